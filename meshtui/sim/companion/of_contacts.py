"""Commands about contacts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.companion import answers, commands
from meshtui.networks.meshcore.companion.forms import Path
from meshtui.networks.meshcore.node.contacts import Contact
from meshtui.sim.companion.desk import (
    BAD_STATE,
    ILLEGAL,
    NOT_FOUND,
    OK,
    TABLE_FULL,
    Reply,
    frame_of,
    out_path_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshtui.networks.meshcore.node.outputs import AdvertHeard
    from meshtui.sim.companion.desk import Desk

LISTING_S: Final = 0.002  # a contact at a time: pushes pass between them
_E6: Final = 1_000_000
_LEAST_ADVERT_BYTES: Final = 2 + 32 + 64


def listing(desk: Desk, command: commands.GetContacts) -> Reply:
    """Begin to tell the contacts."""
    if desk.is_listing:
        return BAD_STATE
    desk.is_listing = True
    since = command.since or 0
    changed = [contact for contact in desk.node.contacts if contact.modified_s > since]
    newest = max((contact.modified_s for contact in changed), default=0)
    desk.station.engine.after(0.0, _tell_next, desk, iter(changed), newest)
    return answers.ContactsStart(len(desk.node.contacts))


def _tell_next(desk: Desk, left: Iterator[Contact], newest: int) -> None:
    if not desk.is_listing:
        return  # the program began anew meanwhile
    contact = next(left, None)
    if contact is not None:
        desk.tell(frame_of(contact))
        desk.station.engine.after(LISTING_S, _tell_next, desk, left, newest)
        return
    desk.is_listing = False
    desk.tell(answers.EndOfContacts(newest))


def get(desk: Desk, command: commands.ForKey) -> Reply:
    """Tell one contact."""
    contact = desk.contact(command.key)
    return NOT_FOUND if contact is None else frame_of(contact)


def add_or_update(desk: Desk, command: commands.AddUpdateContact) -> Reply:
    """Write an entry of the table."""
    before = desk.node.contacts.get(command.key) or Contact(command.key)
    lat, lon = command.lat, command.lon
    contact = replace(
        before,
        name=command.name,
        node_type=command.node_type,
        flags=command.flags,
        out_path=out_path_of(command.out_path),
        last_advert=command.last_advert,
        lat_e6=before.lat_e6 if lat is None else round(lat * _E6),
        lon_e6=before.lon_e6 if lon is None else round(lon * _E6),
        modified_s=command.lastmod or desk.clock_s,
    )
    return OK if desk.node.add_contact(contact) else TABLE_FULL


def remove(desk: Desk, command: commands.ForKey) -> Reply:
    """Forget a contact."""
    return OK if desk.node.remove_contact(command.key) else NOT_FOUND


def reset_path(desk: Desk, command: commands.ForKey) -> Reply:
    """Forget the way to a contact."""
    if desk.node.contacts.get(command.key) is None:
        return NOT_FOUND
    desk.node.set_out_path(command.key, None, desk.now)
    return OK


def share(desk: Desk, command: commands.ForKey) -> Reply:
    """Repeat a contact's advertisement to the neighbours."""
    contact = desk.node.contacts.get(command.key)
    if contact is None:
        return NOT_FOUND
    if not contact.advert:
        return TABLE_FULL
    desk.station.do(desk.node.share_contact(command.key, desk.now))
    return OK


def export(desk: Desk, command: commands.ExportContact) -> Reply:
    """Hand out an advertisement: ours, or a contact's last."""
    if command.key is None:
        return answers.ExportedContact(desk.node.own_advert(desk.now))
    contact = desk.node.contacts.get(command.key)
    if contact is None or not contact.advert:
        return NOT_FOUND
    return answers.ExportedContact(contact.advert)


def take_in(desk: Desk, command: commands.ImportContact) -> Reply:
    """Take an advertisement as if it had been heard."""
    if len(command.packet) <= _LEAST_ADVERT_BYTES:
        return ILLEGAL
    outputs = desk.node.import_advert(command.packet, RxMeta(), desk.now)
    # answered first: what comes of it follows, as with one that was heard
    desk.tell(OK)
    desk.station.do(outputs)
    return None


def advert_path(desk: Desk, command: commands.GetAdvertPath) -> Reply:
    """Say which way a node's last advertisement came."""
    if command.reserved:
        return ILLEGAL
    found = desk.advert_paths.get(command.key)
    return NOT_FOUND if found is None else answers.AdvertPath(found.at_s, found.path)


def note_advert(desk: Desk, heard: AdvertHeard) -> None:
    """Remember which way an advertisement came."""
    packet = heard.packet
    path = Path(packet.path_len if packet.is_flood else 0, packet.path if packet.is_flood else b"")
    desk.note_advert(heard.contact.public_key, path)
