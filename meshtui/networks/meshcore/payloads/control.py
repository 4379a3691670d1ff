"""What neighbours ask each other (CONTROL, 11): direct, over no relay, in clear.

subtype << 4 | low bits (1) | body

8  who is there?   low bit 0: short keys please | type filter(1) tag(4) [since(4)]
9  I am            low bits: node type | SNR*4 as the question was heard(1) tag(4) key(8 or 32)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final

from meshtui.errors import DecodeError, EncodeError

PREFIX_KEY_BYTES = 8
FULL_KEY_BYTES = 32
_REQUEST = Struct("<BI")
_RESPONSE = Struct("<bI")
_U32 = Struct("<I")


class ControlType(IntEnum):
    """What is asked or said."""

    DISCOVER_REQ = 8
    DISCOVER_RESP = 9


@dataclass(frozen=True, slots=True)
class Control:
    """A control packet of any subtype."""

    sub_type: int
    low_bits: int
    body: bytes


@dataclass(frozen=True, slots=True)
class DiscoverRequest:
    """Who is there?

    Attributes:
        type_filter: Bit n asks nodes of type n.
        tag: Chosen by who asks; the answers carry it.
        since: Only who changed after this, Unix seconds; None = not told.
        wants_prefix: 8 bytes of the key suffice.
    """

    type_filter: int
    tag: int
    since: int | None = None
    wants_prefix: bool = False


@dataclass(frozen=True, slots=True)
class DiscoverResponse:
    """I am.

    Attributes:
        snr_quarter_db: How well the question was heard.
        key: The public key, or its first 8 bytes.
    """

    node_type: int
    snr_quarter_db: int
    tag: int
    key: bytes


def decode_control(payload: bytes) -> Control:
    """Parse a control packet; its body stays closed.

    Raises:
        DecodeError: `short`: it is empty, or a question or answer of known subtype is cut off.
    """
    if not payload:
        raise DecodeError("short", "a control packet is empty", 0)
    control = Control(payload[0] >> 4, payload[0] & 0x0F, payload[1:])
    least = _LEAST_BODY.get(control.sub_type, 0)
    if len(control.body) < least:
        detail = f"{len(payload)} bytes; this subtype has {least + 1} or more"
        raise DecodeError("short", detail, len(payload))
    return control


def encode_control(control: Control) -> bytes:
    """Write a control packet.

    Raises:
        EncodeError: A number does not fit four bits.
    """
    if not (0 <= control.sub_type <= 15 and 0 <= control.low_bits <= 15):
        msg = "the numbers of a control packet are 0..15"
        raise EncodeError(msg)
    return bytes((control.sub_type << 4 | control.low_bits,)) + control.body


def discover_request_of(control: Control) -> DiscoverRequest | None:
    """Read the question; None where it is something else."""
    if control.sub_type != ControlType.DISCOVER_REQ or len(control.body) < _REQUEST.size:
        return None
    type_filter, tag = _REQUEST.unpack_from(control.body)
    rest = control.body[_REQUEST.size :]
    since = _U32.unpack_from(rest)[0] if len(rest) >= 4 else None
    return DiscoverRequest(type_filter, tag, since, bool(control.low_bits & 1))


def discover_response_of(control: Control) -> DiscoverResponse | None:
    """Read the answer; None where it is something else."""
    if control.sub_type != ControlType.DISCOVER_RESP:
        return None
    if len(control.body) < _RESPONSE.size + PREFIX_KEY_BYTES:
        return None
    snr, tag = _RESPONSE.unpack_from(control.body)
    key = control.body[_RESPONSE.size :]
    size = FULL_KEY_BYTES if len(key) >= FULL_KEY_BYTES else PREFIX_KEY_BYTES
    return DiscoverResponse(control.low_bits, snr, tag, key[:size])


def control_of(body: DiscoverRequest | DiscoverResponse) -> Control:
    """Write a question or an answer as a control packet."""
    if isinstance(body, DiscoverRequest):
        since = b"" if body.since is None else _U32.pack(body.since)
        data = _REQUEST.pack(body.type_filter, body.tag) + since
        return Control(ControlType.DISCOVER_REQ, int(body.wants_prefix), data)
    data = _RESPONSE.pack(body.snr_quarter_db, body.tag) + body.key
    return Control(ControlType.DISCOVER_RESP, body.node_type, data)


_LEAST_BODY: Final[dict[int, int]] = {
    ControlType.DISCOVER_REQ: _REQUEST.size,
    ControlType.DISCOVER_RESP: _RESPONSE.size + PREFIX_KEY_BYTES,
}
