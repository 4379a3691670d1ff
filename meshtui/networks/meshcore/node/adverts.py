"""Advertisements: ours, and what others' say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.node.contacts import Contact
from meshtui.networks.meshcore.node.outputs import AdvertHeard, ContactDeleted
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
)
from meshtui.networks.meshcore.payloads.advert import (
    Advert,
    AppData,
    appdata,
    decode_appdata,
    encode_advert,
    sign_advert,
)

if TYPE_CHECKING:
    from meshtui.model.ids import Instant
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.outputs import NodeOutput

_ADVERT: Final = int(PayloadType.ADVERT)
_NOWHERE: Final = (0, 0)  # scope codes that say: this is no neighbour, only a card passed round
_E6: Final = 1e6


def advertise(core: Core, now: Instant, *, flood: bool) -> list[NodeOutput]:
    """Advertise ourselves."""
    out = core.begin(now)
    announce(core, flood=flood)
    return out


def announce(core: Core, *, flood: bool, delay_ms: int = 0) -> None:
    """Advertise ourselves within a call in progress."""
    payload = _own_payload(core)
    if flood:
        core.flood(_ADVERT, payload, delay_ms, scope=core.settings.scope)
    else:
        core.zero_hop(_ADVERT, payload, delay_ms)


def own_advert(core: Core, now: Instant) -> bytes:
    """Return an advertisement of ours as a packet."""
    core.begin(now)
    return encode_packet(Packet(RouteType.FLOOD, _ADVERT, 0, b"", _own_payload(core)))


def share(core: Core, peer: bytes, now: Instant) -> list[NodeOutput]:
    """Repeat a contact's last advertisement to the neighbours."""
    out = core.begin(now)
    contact = core.contacts.get(peer)
    if contact is not None and contact.advert:
        core.zero_hop(_ADVERT, decode_packet(contact.advert).payload, 0, _NOWHERE)
    return out


def is_share(packet: Packet) -> bool:
    """Tell whether an advertisement was passed round by hand: its node need not be near."""
    return packet.transport_codes == _NOWHERE


def hear(core: Core, packet: Packet, rx: RxMeta, advert: Advert) -> AppData | None:
    """Take a genuine advertisement into the contacts; None = nothing in it is of use."""
    try:
        data = decode_appdata(advert.appdata)
    except DecodeError as error:
        core.drop(error.reason)
        return None
    known = core.contacts.get(advert.public_key)
    if not data.name:
        core.drop("no-name")
    elif known is not None and advert.timestamp <= known.last_advert:
        core.drop("replay")
    else:
        _note(core, packet, rx, _described(core, known, packet, advert, data))
    return data


def _note(core: Core, packet: Packet, rx: RxMeta, contact: Contact) -> None:
    """Add or change the contact, as far as settings and room allow, and tell."""
    is_new = core.contacts.get(contact.public_key) is None
    is_contact = not is_new or (_is_wanted(core, packet, contact) and _make_room(core, contact))
    if is_contact:
        core.add_contact(contact)
    core.out.append(AdvertHeard(contact, packet, rx, is_new, is_contact))


def _is_wanted(core: Core, packet: Packet, contact: Contact) -> bool:
    settings = core.settings
    max_hops = settings.auto_add_max_hops
    if max_hops and packet.hops >= max_hops:
        return False
    return contact.node_type in settings.auto_add


def _make_room(core: Core, contact: Contact) -> bool:
    """Forget the oldest contact where there is no room for a new one; False = there is none."""
    if not core.contacts.is_full:
        return True
    oldest = core.contacts.oldest() if core.settings.overwrites_oldest else None
    if oldest is None:
        core.out.append(ContactDeleted(contact.public_key, is_full=True))
        return False
    core.remove_contact(oldest.public_key)
    core.out.append(ContactDeleted(oldest.public_key))
    return True


def _described(
    core: Core, known: Contact | None, packet: Packet, advert: Advert, data: AppData
) -> Contact:
    """Return the contact as the advertisement describes it; what it leaves out stays."""
    contact = replace(
        known or Contact(advert.public_key),
        name=data.name,
        node_type=data.node_type,
        last_advert=advert.timestamp,
        modified_s=core.clock_s(core.now),
        advert=encode_packet(
            Packet(RouteType.FLOOD, _ADVERT, packet.path_len, packet.path, packet.payload)
        ),
    )
    if data.lat_e6 is None or data.lon_e6 is None:
        return contact
    return replace(contact, lat_e6=data.lat_e6, lon_e6=data.lon_e6)


def _own_payload(core: Core) -> bytes:
    settings = core.settings
    lat: int | None = None
    lon: int | None = None
    if settings.position is not None:
        # the firmware cuts towards zero
        lat, lon = int(settings.position.lat * _E6), int(settings.position.lng * _E6)
    data = appdata(settings.role, settings.name, lat, lon)
    return encode_advert(sign_advert(core.key, core.clock_s(core.now), data))
