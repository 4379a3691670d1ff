"""Verbs about our own radio: what it is, its tables, its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import CryptoError, DecodeError, LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.arguments import days_of
from meshtui.networks.meshcore.channel_key import ChannelKey
from meshtui.networks.meshcore.companion.answers import Contact, ExportedContact
from meshtui.networks.meshcore.companion.asking import name_of_node, need
from meshtui.networks.meshcore.companion.codes import Command
from meshtui.networks.meshcore.companion.commands import (
    Bare,
    ExportContact,
    ImportContact,
    Reboot,
    SendSelfAdvert,
)
from meshtui.networks.meshcore.companion.contacts import put_contact, remove_contact
from meshtui.networks.meshcore.companion.driver import Priority
from meshtui.networks.meshcore.companion.forms import UNKNOWN_PATH
from meshtui.networks.meshcore.companion.greeting import (
    check_clock,
    read_condition,
    read_contact,
    read_contacts,
)
from meshtui.networks.meshcore.companion.radio import is_favourite
from meshtui.networks.meshcore.contact_card import SCHEME, card_of, parse_card
from meshtui.networks.meshcore.device_arguments import tuning_words
from meshtui.networks.meshcore.told import (
    MAX_ROWS,
    NO_PATH,
    Told,
    contact_row,
    record,
    unheard_words,
)

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.asking import Asking
    from meshtui.networks.meshcore.companion.radio import Radio

_DAY_S: Final = 86_400


def info(radio: Radio, _: str) -> Asking:
    """Tell all that is known of the radio."""
    yield from read_condition(radio)
    device = radio.device
    radio.tell_device()
    if device is None:
        raise LocalProtocolError("the radio has not said what it is")
    facts = {"name": device.name, "key": device.node_id, "model": device.model}
    facts |= {"firmware": device.firmware}
    if device.radio is not None:
        facts["radio"] = tuning_words(device.radio)
    if device.position is not None:
        facts["position"] = f"{device.position.lat:.6f}, {device.position.lng:.6f}"
    if device.contacts is not None:
        facts["contacts"] = f"{device.contacts} of {device.max_contacts or '?'}"
    facts["channels"] = f"{len(radio.slots)} of {radio.max_channels}"
    if device.battery_mv is not None:
        facts["battery"] = f"{device.battery_mv / 1000:.2f} V"
    if device.clock_skew_s is not None:
        facts["clock"] = f"{device.clock_skew_s:+d} s against ours"
    text = f"{device.name}, {device.model or 'a radio'} {device.firmware}".strip()
    return Told(text, record(facts | dict(device.facts)))


def battery(radio: Radio, _: str) -> Asking:
    """Tell voltage and storage."""
    yield from need(Bare(Command.GET_BATT_AND_STORAGE))  # does it answer at all?
    yield from read_condition(radio)
    radio.tell_device()
    if radio.battery_mv is None:
        raise LocalProtocolError("the radio does not say")
    facts = {"battery": f"{radio.battery_mv / 1000:.2f} V"}
    if "storage" in radio.facts:
        facts["storage"] = radio.facts["storage"]
    return Told(", ".join(facts.values()), record(facts))


def stats(radio: Radio, _: str) -> Asking:
    """Tell traffic, air time, noise, uptime."""
    yield from need(Bare(Command.GET_BATT_AND_STORAGE))
    yield from read_condition(radio)
    radio.tell_device()
    text = ", ".join(
        f"{name} {radio.facts[name]}" for name in ("uptime", "packets") if name in radio.facts
    )
    return Told(text or "its firmware keeps no statistics", record(radio.facts))


def sync_time(radio: Radio, _: str) -> Asking:
    """Compare clocks, and set the radio's where it is behind."""
    is_right = yield from check_clock(radio, Priority.REQUEST)
    radio.tell_device()
    skew_s = radio.clock_skew_s
    if skew_s is None:
        raise LocalProtocolError("the radio does not tell its time")
    if is_right:
        return Told(f"its clock is right ({skew_s:+d} s)")
    if skew_s > 0:
        msg = f"its clock is {skew_s} s ahead, and firmware sets no clock back; reboot it or wait"
        raise LocalProtocolError(msg)
    msg = f"its clock is {-skew_s} s behind and was not set: the setting sync_clock is off, or "
    msg += "it refused"
    raise LocalProtocolError(msg)


def advert(radio: Radio, _: str) -> Asking:
    """Tell those in direct reach of us."""
    del radio
    yield from need(SendSelfAdvert())
    return Told("told to those in direct reach")


def advert_flood(radio: Radio, _: str) -> Asking:
    """Tell the mesh of us."""
    del radio
    yield from need(SendSelfAdvert(1))
    return Told("told to the whole mesh")


def reboot(radio: Radio, _: str) -> Asking:
    """Start the radio anew; it will be greeted again."""
    del radio
    yield from need(Reboot())
    return Told("it starts anew")


def import_card(radio: Radio, argument: str) -> Asking:
    """Add a contact by its card.

    Raises:
        LocalProtocolError: It is none, or forged.
    """
    try:
        card = parse_card(argument)
    except (DecodeError, CryptoError) as error:
        raise LocalProtocolError(error.detail or error.reason) from error
    if NodeId(card.public_key.hex()) == radio.node_id:
        raise LocalProtocolError("that is the radio's own card")
    if card.advert is None:
        known = radio.contacts.get(card.public_key)
        if known is not None:
            return _told_card(card.name)
        plain = Contact(card.public_key, card.node_type, 0, UNKNOWN_PATH, card.name, 0, 0.0, 0.0, 0)
        return _put(radio, plain)
    packet = bytes.fromhex(argument.strip()[len(SCHEME) :])
    return _import_packet(radio, card.public_key, card.name, packet)


def _told_card(name: str) -> Asking:
    yield from ()
    return Told(f"{name} is a contact already")


def _put(radio: Radio, contact: Contact) -> Asking:
    problem = yield from put_contact(radio, contact)
    if problem:
        raise LocalProtocolError(problem)
    radio.tell_device()
    return Told(f"{contact.name} is a contact; the card proves nothing, so compare the keys")


def _import_packet(radio: Radio, key: bytes, name: str, packet: bytes) -> Asking:
    yield from need(ImportContact(packet))
    if not (yield from read_contact(radio, key, Priority.REQUEST)):
        msg = "the radio took the card, and has no such contact: is its table full?"
        raise LocalProtocolError(msg)
    radio.tell_device()
    return Told(f"{name or key.hex()[:8]} is a contact")


def export_self(radio: Radio, _: str) -> Asking:
    """Show our own card."""
    frame = yield from need(ExportContact())
    if not isinstance(frame, ExportedContact):
        raise LocalProtocolError("the radio answered something else")
    del radio
    return Told(card_of(frame.packet))


def contacts(radio: Radio, _: str) -> Asking:
    """Read the contact table anew."""
    if not (yield from read_contacts(radio, is_whole=True)):
        raise LocalProtocolError("the contact table could not be read")
    radio.tell_device()
    rows = tuple(_contact_row(radio, each) for each in list(radio.contacts.values())[:MAX_ROWS])
    return Told(f"{len(radio.contacts)} of {radio.max_contacts} contacts", rows)


def channels(radio: Radio, _: str) -> Asking:
    """Show the channel slots."""
    yield from ()
    rows = tuple(
        (
            ("slot", str(number)),
            ("name", slot.name),
            ("hash", f"{ChannelKey(slot.name, SecretBytes(slot.secret)).hash:02X}"),
        )
        for number, slot in sorted(radio.slots.items())
    )
    return Told(f"{len(rows)} of {radio.max_channels} slots are set", rows)


def contacts_old(radio: Radio, argument: str) -> Asking:
    """List contacts long unheard.

    Raises:
        LocalProtocolError: It is no number of days.
    """
    return _cleanup(radio, days_of(argument), is_real=False)


def contacts_cleanup(radio: Radio, argument: str) -> Asking:
    """Remove contacts long unheard.

    Raises:
        LocalProtocolError: It is no number of days.
    """
    return _cleanup(radio, days_of(argument), is_real=True)


def _cleanup(radio: Radio, days: float, *, is_real: bool) -> Asking:
    if not (yield from read_contacts(radio, is_whole=True)):
        raise LocalProtocolError("the contact table could not be read")
    before_s = radio.now.unix_ms / 1000 - days * _DAY_S
    old = sorted(
        (
            each
            for each in radio.contacts.values()
            if not is_favourite(each) and _last_word_s(radio, each) < before_s
        ),
        key=lambda each: _last_word_s(radio, each),
    )
    rows = tuple(_contact_row(radio, each) for each in old[:MAX_ROWS])
    if not is_real:
        return Told(unheard_words(len(old), len(radio.contacts), days), rows)
    for each in old:
        problem = yield from remove_contact(radio, each.key)
        if problem:
            raise LocalProtocolError(problem)
    radio.tell_device()
    return Told(f"{len(old)} contacts removed, {len(radio.contacts)} are left", rows)


def _last_word_s(radio: Radio, contact: Contact) -> int:
    """Say when anything was last heard of a contact, by any clock."""
    heard_ms = radio.station.nodes.known(NodeId(contact.key.hex())).last_heard_ms
    return max(contact.last_advert, contact.lastmod, heard_ms // 1000)


def _contact_row(radio: Radio, contact: Contact) -> tuple[tuple[str, str], ...]:
    path = contact.out_path
    return contact_row(
        contact.key.hex()[:12],
        name_of_node(radio, contact.key),
        radio.now.unix_ms / 1000 - _last_word_s(radio, contact),
        " > ".join(path.hashes) if path.is_known else NO_PATH,
        is_favourite=is_favourite(contact),
    )
