"""Reading a packet as far as keys reach, checking on the way what every reading promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    decode_packet,
    encode_packet,
    packet_hash,
)
from meshtui.networks.meshcore.payloads.advert import Advert, decode_appdata, is_genuine
from meshtui.networks.meshcore.payloads.anon_request import AnonRequest, decode_anon_body
from meshtui.networks.meshcore.payloads.control import (
    Control,
    discover_request_of,
    discover_response_of,
)
from meshtui.networks.meshcore.payloads.envelope import Envelope
from meshtui.networks.meshcore.payloads.group import GroupEnvelope
from meshtui.networks.meshcore.payloads.group_data import decode_group_data
from meshtui.networks.meshcore.payloads.group_text import decode_group_text
from meshtui.networks.meshcore.payloads.path import decode_path
from meshtui.networks.meshcore.payloads.registry import decode_payload, encode_payload
from meshtui.networks.meshcore.payloads.request import decode_request
from meshtui.networks.meshcore.payloads.response import decode_response
from meshtui.networks.meshcore.payloads.text import decode_text

if TYPE_CHECKING:
    from meshtui.networks.meshcore.keyring import Keyring
    from meshtui.networks.meshcore.payloads.registry import Payload

BODIES: Final = {0: decode_request, 1: decode_response, 2: decode_text, 8: decode_path}
GROUP_BODIES: Final = {5: decode_group_text, 6: decode_group_data}


def outcome_of(data: bytes, keyring: Keyring) -> str:
    """Read a packet: `opened`, `sealed` (no key opens it), `clear` (it needs none), `forged`, or
    the reason word of its refusal.
    """
    try:
        packet = decode_packet(data)
        assert encode_packet(packet) == data
        payload = decode_payload(packet.payload_type, packet.payload)
        assert encode_payload(payload) == packet.payload
        return _read(packet, payload, keyring)
    except DecodeError as error:
        return _checked(error, data)


def _read(packet: Packet, payload: Payload, keyring: Keyring) -> str:
    """Open a payload, and say what came of it."""
    packet_hash(packet)
    match payload:
        case GroupEnvelope():
            is_opened = _read_group(packet.payload_type, payload, keyring)
        case Envelope():
            is_opened = _read_direct(packet.payload_type, payload, keyring)
        case AnonRequest():
            is_opened = _read_anon(payload, keyring)
        case Advert():
            return _read_advert(payload)
        case Control():
            assert discover_request_of(payload) is None or discover_response_of(payload) is None
            return "clear"
        case _:
            return "clear"
    if not is_opened:
        assert keyring.why(payload)
    return "opened" if is_opened else "sealed"


def _read_group(kind: int, payload: GroupEnvelope, keyring: Keyring) -> bool:
    is_text = kind == PayloadType.GRP_TXT
    found = keyring.open_group(payload.channel_hash, payload.sealed, is_text)
    if found is not None:
        GROUP_BODIES[kind](found[1])
    return found is not None


def _read_direct(kind: int, payload: Envelope, keyring: Keyring) -> bool:
    found = keyring.open_direct(payload.dest_hash, payload.src_hash, payload.sealed, kind)
    if found is not None:
        BODIES[kind](found.plaintext)
    return found is not None


def _read_anon(payload: AnonRequest, keyring: Keyring) -> bool:
    found = keyring.open_anon(payload.dest_hash, payload.sender, payload.sealed)
    if found is not None:
        body = decode_anon_body(found.plaintext)
        assert body.password is None or body.query is None
        assert body.room_login
    return found is not None


def _read_advert(payload: Advert) -> str:
    if not is_genuine(payload):
        return "forged"
    assert isinstance(decode_appdata(payload.appdata).name, str)
    return "clear"


def _checked(error: DecodeError, data: bytes) -> str:
    """A refusal has a word and a place within the packet."""
    assert error.reason
    assert error.offset is not None
    assert 0 <= error.offset <= len(data)
    return error.reason
