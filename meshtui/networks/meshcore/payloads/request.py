"""What is asked of a node, once opened (REQ, 0).

    timestamp, which is also the tag of the answer(4) | kind(1) | parameters | zero padding

The firmware puts four random bytes behind the parameters, so that no two requests are one packet.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from meshtui.errors import DecodeError, EncodeError

_HEAD = Struct("<IB")
_KEEP_ALIVE = Struct("<IBI")
_NEIGHBOURS = Struct("<BBHBB")
_U32 = Struct("<I")


class RequestKind(IntEnum):
    """What is asked."""

    STATUS = 1
    KEEP_ALIVE = 2
    TELEMETRY = 3
    MIN_MAX_AVG = 4
    ACCESS_LIST = 5
    NEIGHBOURS = 6
    OWNER = 7


class NeighbourOrder(IntEnum):
    """How neighbours are sorted."""

    NEWEST = 0
    OLDEST = 1
    STRONGEST = 2
    WEAKEST = 3


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request.

    Attributes:
        tag: The sender's clock, Unix seconds; the answer carries it.
        kind: A `RequestKind`, or a number not known yet.
        parameters: All that follows, padding included: its length is not told.
    """

    tag: int
    kind: int
    parameters: bytes = b""


@dataclass(frozen=True, slots=True)
class NeighboursRequest:
    """What a question for neighbours asks: `count` of them from `offset` on, in an order."""

    count: int
    offset: int
    order: int
    prefix_bytes: int


def decode_request(plaintext: bytes) -> RequestBody:
    """Parse an opened request, padded or not.

    Raises:
        DecodeError: `short`: fewer than 5 bytes.
    """
    if len(plaintext) < _HEAD.size:
        raise DecodeError("short", "a request has 5 bytes or more", len(plaintext))
    tag, kind = _HEAD.unpack_from(plaintext)
    return RequestBody(tag, kind, plaintext[_HEAD.size :])


def encode_request(body: RequestBody) -> bytes:
    """Write a request.

    Raises:
        EncodeError: A number does not fit.
    """
    if not (0 <= body.tag <= 0xFFFFFFFF and 0 <= body.kind <= 255):
        msg = "the tag or the kind of a request is out of range"
        raise EncodeError(msg)
    return _HEAD.pack(body.tag, body.kind) + body.parameters


def keep_alive_request(tag: int, since: int) -> RequestBody:
    """Tell a room server that we are still here and have its texts up to `since`."""
    return RequestBody(tag, RequestKind.KEEP_ALIVE, _U32.pack(since))


def keep_alive_ack(body: RequestBody, public_key: bytes) -> bytes:
    """Compute what acknowledges a keep-alive: 4 bytes. The key is the requester's."""
    since = _U32.unpack_from(body.parameters.ljust(4, b"\0"))[0]
    hashed = _KEEP_ALIVE.pack(body.tag, RequestKind.KEEP_ALIVE, since)
    return hashlib.sha256(hashed + public_key).digest()[:4]


def telemetry_request(tag: int, random: bytes, permissions: int = 0xFF) -> RequestBody:
    """Ask for measured values; `permissions` are those wanted, and the wire has their inverse."""
    inverse = ~permissions & 0xFF
    return RequestBody(tag, RequestKind.TELEMETRY, bytes((inverse, 0, 0, 0)) + random)


def neighbours_request(tag: int, wanted: NeighboursRequest, random: bytes) -> RequestBody:
    """Ask a repeater whom it hears.

    Raises:
        EncodeError: A number does not fit.
    """
    fields = (0, wanted.count, wanted.offset, wanted.order, wanted.prefix_bytes)
    if not all(0 <= value <= 255 for value in fields[1:2] + fields[3:]):
        msg = "a question for neighbours has a number out of range"
        raise EncodeError(msg)
    if not 0 <= wanted.offset <= 0xFFFF:
        msg = "neighbours are counted in 16 bits"
        raise EncodeError(msg)
    return RequestBody(tag, RequestKind.NEIGHBOURS, _NEIGHBOURS.pack(*fields) + random)


def neighbours_request_of(body: RequestBody) -> NeighboursRequest | None:
    """Read a question for neighbours; None where it is something else, or of a later version."""
    if body.kind != RequestKind.NEIGHBOURS or len(body.parameters) < _NEIGHBOURS.size:
        return None
    version, count, offset, order, prefix_bytes = _NEIGHBOURS.unpack_from(body.parameters)
    if version:
        return None
    return NeighboursRequest(count, offset, order, prefix_bytes)
