"""Wireshark's "exported PDU": tagged fields that name a dissector, then the bytes for it.

    ( tag u16 | length u16 | value, padded to 4 )* | 0 u16 | 0 u16 | bytes        big-endian

Source: `exported_pdu_tlvs.h` as its tags are listed by `tshark -G fields` (`exported_pdu.*`).
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from meshtui.capture.packet import MAX_NAME_CHARS
from meshtui.errors import DecodeError

_FIELD: Final = struct.Struct(">HH")
_END: Final = 0
_DISSECTOR: Final = 12
_PROTOCOL_COLUMN: Final = 33
_DIRECTION: Final = 35
# No tag says where something was published. Readers pass over tags they do not know.
_TOPIC: Final = 0x8001
_SENT, _RECEIVED = b"\0\0\0\0", b"\0\0\0\1"
_DIRECTIONS: Final = {_SENT: "tx", _RECEIVED: "rx"}


class UpperPdu(NamedTuple):
    """What it says.

    Attributes:
        dissector: Such as `json`; empty = it does not say.
        protocol: What the list's protocol column shall show: our network's name; or empty.
        direction: `rx`, `tx`, or empty.
        topic: Where it was published; only our own files say it.
    """

    payload: bytes
    dissector: str = ""
    protocol: str = ""
    direction: str = ""
    topic: str = ""


def encode_upper_pdu(pdu: UpperPdu) -> bytes:
    """Make the bytes."""
    fields = _field(_DISSECTOR, pdu.dissector.encode())
    if pdu.protocol:
        fields += _field(_PROTOCOL_COLUMN, pdu.protocol.encode("utf-8", "replace"))
    if pdu.direction:
        fields += _field(_DIRECTION, _SENT if pdu.direction == "tx" else _RECEIVED)
    if pdu.topic:
        fields += _field(_TOPIC, pdu.topic[:MAX_NAME_CHARS].encode("utf-8", "replace"))
    return fields + _FIELD.pack(_END, 0) + pdu.payload


def decode_upper_pdu(data: bytes) -> UpperPdu:
    """Read what it says; fields we do not know are passed over.

    Raises:
        DecodeError: A field reaches beyond the data, or the fields do not end.
    """
    texts: dict[int, str] = {}
    direction = ""
    at = 0
    while at + _FIELD.size <= len(data):
        tag, length = _FIELD.unpack_from(data, at)
        at += _FIELD.size
        if tag == _END:
            payload = data[at + length :]
            return UpperPdu(
                payload,
                texts.get(_DISSECTOR, ""),
                texts.get(_PROTOCOL_COLUMN, ""),
                direction,
                texts.get(_TOPIC, ""),
            )
        value = data[at : at + length]
        if len(value) < length:
            raise DecodeError("bad-pdu-field", f"field {tag} claims {length} bytes", at)
        if tag == _DIRECTION:
            direction = _DIRECTIONS.get(value, "")
        else:
            texts[tag] = value.rstrip(b"\0").decode("utf-8", "replace")[:MAX_NAME_CHARS]
        at += length
    raise DecodeError("endless-pdu-fields", "the fields before the bytes do not end", at)


def _field(tag: int, value: bytes) -> bytes:
    # what a length does not count, old readers do not skip: the padding belongs to the value
    padded = value + bytes(-len(value) % 4)
    return _FIELD.pack(tag, len(padded)) + padded
