"""Which file reads which payload type; a type nobody assigned stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.ack import Ack, decode_ack, encode_ack
from meshtui.networks.meshcore.payloads.advert import Advert, decode_advert, encode_advert
from meshtui.networks.meshcore.payloads.anon_request import (
    AnonRequest,
    decode_anon_request,
    encode_anon_request,
)
from meshtui.networks.meshcore.payloads.control import Control, decode_control, encode_control
from meshtui.networks.meshcore.payloads.envelope import Envelope, decode_envelope, encode_envelope
from meshtui.networks.meshcore.payloads.group import GroupEnvelope, decode_group, encode_group
from meshtui.networks.meshcore.payloads.multipart import (
    Multipart,
    decode_multipart,
    encode_multipart,
)
from meshtui.networks.meshcore.payloads.raw import Raw, decode_raw, encode_raw
from meshtui.networks.meshcore.payloads.trace import Trace, decode_trace, encode_trace

if TYPE_CHECKING:
    from collections.abc import Callable

Payload: TypeAlias = (
    Envelope | Ack | Advert | GroupEnvelope | AnonRequest | Trace | Multipart | Control | Raw
)

_DECODERS: Final[dict[int, Callable[[bytes], Payload]]] = {
    PayloadType.REQ: decode_envelope,
    PayloadType.RESPONSE: decode_envelope,
    PayloadType.TXT_MSG: decode_envelope,
    PayloadType.ACK: decode_ack,
    PayloadType.ADVERT: decode_advert,
    PayloadType.GRP_TXT: decode_group,
    PayloadType.GRP_DATA: decode_group,
    PayloadType.ANON_REQ: decode_anon_request,
    PayloadType.PATH: decode_envelope,
    PayloadType.TRACE: decode_trace,
    PayloadType.MULTIPART: decode_multipart,
    PayloadType.CONTROL: decode_control,
}


def decode_payload(payload_type: int, payload: bytes) -> Payload:
    """Parse a payload by its type, as far as it can be read without keys.

    Raises:
        DecodeError: It does not follow its type; the offset counts from its first byte.
    """
    return _DECODERS.get(payload_type, decode_raw)(payload)


def encode_payload(payload: Payload) -> bytes:
    """Write a payload.

    Raises:
        EncodeError: A field is out of range.
    """
    match payload:
        case Envelope():
            return encode_envelope(payload)
        case Ack():
            return encode_ack(payload)
        case Advert():
            return encode_advert(payload)
        case GroupEnvelope():
            return encode_group(payload)
        case AnonRequest():
            return encode_anon_request(payload)
        case Trace():
            return encode_trace(payload)
        case Multipart():
            return encode_multipart(payload)
        case Control():
            return encode_control(payload)
        case Raw():
            return encode_raw(payload)
