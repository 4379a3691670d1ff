"""Verbs about whom we know, where the radio is a modem: the contact table is our own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import CryptoError, DecodeError, LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.model.packet import NO_RX
from meshtui.networks.meshcore.arguments import days_of, switch_of
from meshtui.networks.meshcore.contact_card import parse_card
from meshtui.networks.meshcore.node.contacts import FAVOURITE
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    encode_packet,
    split_hashes,
)
from meshtui.networks.meshcore.payloads.advert import encode_advert
from meshtui.networks.meshcore.told import (
    MAX_ROWS,
    NO_PATH,
    Row,
    Told,
    contact_row,
    unheard_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.networks.meshcore.modem.asking import Asking
    from meshtui.networks.meshcore.modem.rig import Rig
    from meshtui.networks.meshcore.node.contacts import Contact

_DAY_S: Final = 86_400


def add(rig: Rig, key: bytes, argument: str) -> Asking:
    """Put a node into the contact table."""
    del argument
    yield from ()
    rig.meet(key)
    if rig.node.contacts.get(key) is None:
        raise LocalProtocolError(
            "our contact table is full: `contacts-old 30` lists whom to remove"
        )
    rig.tell_device()
    return Told(f"it is in our contacts, {len(rig.node.contacts)} in all")


def remove(rig: Rig, key: bytes, argument: str) -> Asking:
    """Take a node out of the contact table; its next advertisement brings it back."""
    del argument
    yield from ()
    _forget(rig, (key,))
    return Told("it is no contact of ours any more, until it advertises or the program starts anew")


def favourite(rig: Rig, key: bytes, argument: str) -> Asking:
    """Never forget a contact to make room, or as any other."""
    yield from ()
    is_on = switch_of(argument, default=True)
    contact = rig.meet(key, is_kept=is_on)
    if not is_on:
        rig.node.add_contact(replace(contact, flags=contact.flags & ~FAVOURITE))
    return Told("a favourite of ours" if is_on else "no favourite of ours any more")


def import_card(rig: Rig, argument: str) -> Asking:
    """Add a contact by its card."""
    yield from ()
    try:
        card = parse_card(argument)
    except (DecodeError, CryptoError) as error:
        raise LocalProtocolError(error.detail or error.reason) from error
    if card.public_key == rig.node.public_key:
        raise LocalProtocolError("that is our own card")
    node_id = NodeId(card.public_key.hex())
    name = card.name or node_id[:8]
    if card.advert is not None:
        packet = Packet(RouteType.FLOOD, PayloadType.ADVERT, 0, b"", encode_advert(card.advert))
        rig.carry(rig.node.import_advert(encode_packet(packet), NO_RX, rig.now))
    known = rig.station.nodes.known(node_id)
    rig.emit(*rig.station.nodes.put(replace(known, name=card.name or known.name)))
    rig.station.nodes.keep(node_id)
    rig.meet(card.public_key)
    rig.tell_device()
    proof = "" if card.advert else "; the card proves nothing, so compare the keys"
    return Told(f"{name} is a contact{proof}")


def contacts(rig: Rig, argument: str) -> Asking:
    """Show whom we know."""
    del argument
    yield from ()
    known = list(rig.node.contacts)
    text = f"{len(known)} of {rig.node.settings.max_contacts} contacts"
    return Told(text, tuple(_row(rig, each) for each in known[:MAX_ROWS]))


def contacts_old(rig: Rig, argument: str) -> Asking:
    """List contacts long unheard."""
    yield from ()
    days = days_of(argument)
    old = _old(rig, days)
    text = unheard_words(len(old), len(rig.node.contacts), days)
    return Told(text, tuple(_row(rig, each) for each in old[:MAX_ROWS]))


def contacts_cleanup(rig: Rig, argument: str) -> Asking:
    """Remove contacts long unheard."""
    yield from ()
    old = _old(rig, days_of(argument))
    _forget(rig, (each.public_key for each in old))
    rows = tuple(_row(rig, each) for each in old[:MAX_ROWS])
    left = f"{len(rig.node.contacts)} are left"
    return Told(f"{len(old)} contacts removed until the program ends, {left}", rows)


def _forget(rig: Rig, keys: Iterable[bytes]) -> None:
    for key in keys:
        rig.node.remove_contact(key)
        rig.station.keyring.remove_contact(key)
    rig.tell_device()


def _old(rig: Rig, days: float) -> list[Contact]:
    before_s = rig.now.unix_ms / 1000 - days * _DAY_S
    old = [
        each
        for each in rig.node.contacts
        if not each.is_favourite and _last_word_s(rig, each) < before_s
    ]
    return sorted(old, key=lambda each: _last_word_s(rig, each))


def _last_word_s(rig: Rig, contact: Contact) -> int:
    """Say when anything was last heard of a contact, by any clock."""
    heard_ms = rig.station.nodes.known(NodeId(contact.public_key.hex())).last_heard_ms
    return max(contact.last_advert, contact.modified_s, heard_ms // 1000)


def _row(rig: Rig, contact: Contact) -> Row:
    way = contact.out_path
    hops = () if way is None else split_hashes(way.path, way.hash_size)
    return contact_row(
        contact.public_key.hex()[:12],
        contact.name,
        rig.now.unix_ms / 1000 - _last_word_s(rig, contact),
        NO_PATH if way is None else " > ".join(hops).lower(),
        is_favourite=contact.is_favourite,
    )
