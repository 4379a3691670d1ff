"""The packet as it is on the air.

    header(1) | transport codes(4, routes 0 and 3) | path_len(1) | path(0..64) | payload(0..184)

    header    bits 0-1 route, bits 2-5 payload type, bits 6-7 version (only 0 exists)
    path_len  bits 0-5 hops, bits 6-7 bytes a hop less one (3 is reserved)

Numbers are little-endian. A hop is the first one to three bytes of a relay's public key; the path
of a TRACE holds one signed byte a hop instead: how well it was heard there, in quarters of a dB.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from meshtui.errors import DecodeError, EncodeError

MAX_PACKET_BYTES = 255
MAX_PATH_BYTES = 64
MAX_PAYLOAD_BYTES = 184
MAX_HOPS = 63
HASH_BYTES = 8


class RouteType(IntEnum):
    """How a packet travels."""

    TRANSPORT_FLOOD = 0
    FLOOD = 1
    DIRECT = 2
    TRANSPORT_DIRECT = 3


class PayloadType(IntEnum):
    """What a packet carries; 12 to 14 are unassigned."""

    REQ = 0
    RESPONSE = 1
    TXT_MSG = 2
    ACK = 3
    ADVERT = 4
    GRP_TXT = 5
    GRP_DATA = 6
    ANON_REQ = 7
    PATH = 8
    TRACE = 9
    MULTIPART = 10
    CONTROL = 11
    RAW_CUSTOM = 15


_TRACE = int(PayloadType.TRACE)
_CODES = Struct("<HH")
_HAS_CODES = (True, False, False, True)
_IS_FLOOD = (True, True, False, False)
_NO_PATH = -1
_HASH_HEADS = tuple(bytes((kind,)) for kind in range(16))
_sha256 = hashlib.sha256


def _path_bytes_of(path_len: int) -> int:
    """Count the bytes of a path; -1 where the path_len byte is not allowed."""
    size = (path_len >> 6) + 1
    total = (path_len & 0x3F) * size
    return total if size <= 3 and total <= MAX_PATH_BYTES else _NO_PATH


_PATH_BYTES = tuple(_path_bytes_of(path_len) for path_len in range(256))


@dataclass(slots=True)
class Packet:
    """A packet, its payload still closed. Treat it as frozen: freezing costs the hot path 1 µs.

    Attributes:
        route: A `RouteType`, as a plain number.
        payload_type: 0..15, a `PayloadType` or unassigned.
        path_len: The byte as on the air: hop count and bytes a hop.
        path: Hops in the order of travel; of a TRACE, signal to noise ratios.
        transport_codes: Scope and reserved, on routes 0 and 3; else None.
        version: Always 0 so far.
    """

    route: int
    payload_type: int
    path_len: int
    path: bytes
    payload: bytes
    transport_codes: tuple[int, int] | None = None
    version: int = 0

    @property
    def hash_size(self) -> int:
        """Bytes of a relay's key that name it in the path: 1..3."""
        return (self.path_len >> 6) + 1

    @property
    def hops(self) -> int:
        """Entries of the path: relays so far of a flood, still to come of a direct packet."""
        return self.path_len & 0x3F

    @property
    def is_flood(self) -> bool:
        """Every repeater sends it on, rather than those its path names."""
        return _IS_FLOOD[self.route]

    @property
    def header(self) -> int:
        """The first byte."""
        return self.version << 6 | self.payload_type << 2 | self.route

    def path_hashes(self) -> tuple[str, ...]:
        """List the hops in upper-case hex; empty for a TRACE, whose path names nobody."""
        if self.payload_type == _TRACE:
            return ()
        return split_hashes(self.path, self.hash_size)

    def path_snrs(self) -> tuple[int, ...]:
        """List how well each relay heard a TRACE, in quarters of a dB; empty for others."""
        if self.payload_type != _TRACE:
            return ()
        return tuple(byte - 256 if byte > 127 else byte for byte in self.path)


def split_hashes(path: bytes, hash_size: int) -> tuple[str, ...]:
    """Cut a path into hops of that many bytes, in upper-case hex."""
    text = path.hex().upper()
    width = hash_size * 2
    return tuple(text[start : start + width] for start in range(0, len(text), width))


def path_len_byte(hops: int, hash_size: int) -> int:
    """Write hop count and bytes a hop as one byte.

    Raises:
        EncodeError: The hops do not fit into 64 bytes, or their size is not 1..3.
    """
    if not 1 <= hash_size <= 3 or not 0 <= hops <= MAX_HOPS or hops * hash_size > MAX_PATH_BYTES:
        msg = f"a path of {hops} hops of {hash_size} bytes cannot be written"
        raise EncodeError(msg)
    return (hash_size - 1) << 6 | hops


def path_bytes_of(path_len: int) -> int | None:
    """Count the path bytes that a path_len byte announces; None where it is not allowed."""
    total = _PATH_BYTES[path_len]
    return None if total == _NO_PATH else total


def decode_packet(data: bytes) -> Packet:
    """Parse what a radio heard.

    An empty payload is let through as the firmware does; what the type needs is for its decoder.

    Raises:
        DecodeError: `short`, `bad-version`, `bad-path-len`, `short-path` or `long-payload`.
    """
    length = len(data)
    if length < 2:
        raise DecodeError("short", f"{length} bytes; a packet has 2 or more", length)
    header = data[0]
    if header > 0x3F:
        raise DecodeError("bad-version", f"payload version {header >> 6}; only 0 is known", 0)
    route = header & 3
    codes: tuple[int, int] | None = None
    at = 1
    if route == 0 or route == 3:  # a tuple test costs twice as much here
        if length < 6:
            raise DecodeError("short", "the transport codes are cut off", length)
        codes = _CODES.unpack_from(data, 1)
        at = 5
    path_len = data[at]
    at += 1
    total = _PATH_BYTES[path_len]
    end = at + total
    if total < 0:
        raise _bad_path_len(path_len, at - 1)
    if end > length:
        raise DecodeError("short-path", f"{total} path bytes announced, {length - at} there", at)
    if length - end > MAX_PAYLOAD_BYTES:
        detail = f"{length - end} payload bytes; {MAX_PAYLOAD_BYTES} are the most"
        raise DecodeError("long-payload", detail, end + MAX_PAYLOAD_BYTES)
    return Packet(route, header >> 2, path_len, data[at:end], data[end:], codes)


def encode_packet(packet: Packet) -> bytes:
    """Write a packet for the air.

    Raises:
        EncodeError: A field is out of range, or path and path_len do not agree.
    """
    if packet.version or not 0 <= packet.payload_type <= 15 or not 0 <= packet.route <= 3:
        msg = "route, type or version of a packet is out of range"
        raise EncodeError(msg)
    if not 0 <= packet.path_len <= 255 or _PATH_BYTES[packet.path_len] != len(packet.path):
        msg = f"a path of {len(packet.path)} bytes does not match its length byte"
        raise EncodeError(msg)
    if len(packet.payload) > MAX_PAYLOAD_BYTES:
        msg = f"a payload of {len(packet.payload)} bytes; {MAX_PAYLOAD_BYTES} are the most"
        raise EncodeError(msg)
    if (packet.transport_codes is not None) != _HAS_CODES[packet.route]:
        msg = "transport codes belong to the routes 0 and 3, and to no other"
        raise EncodeError(msg)
    codes = b"" if packet.transport_codes is None else _write_codes(packet.transport_codes)
    head = bytes((packet.header,)) + codes + bytes((packet.path_len,))
    return head + packet.path + packet.payload


def packet_hash(packet: Packet) -> bytes:
    """Name a packet by 8 bytes that stay the same along a flood; a TRACE's change each hop."""
    kind = packet.payload_type
    head = bytes((kind, packet.path_len, 0)) if kind == _TRACE else _HASH_HEADS[kind]
    return _sha256(head + packet.payload).digest()[:HASH_BYTES]


def packet_hash_text(packet: Packet) -> str:
    """Write a packet's hash as people and captures do: 16 upper-case hex digits."""
    kind = packet.payload_type
    head = bytes((kind, packet.path_len, 0)) if kind == _TRACE else _HASH_HEADS[kind]
    return _sha256(head + packet.payload).hexdigest()[: 2 * HASH_BYTES].upper()


def scope_code(region_key: bytes, packet: Packet) -> int:
    """Compute the first transport code of a packet that shall stay in a region.

    Args:
        region_key: 16 bytes, see `channel_key.region_key`.
    """
    message = bytes((packet.payload_type,)) + packet.payload
    code = int.from_bytes(hmac.digest(region_key, message, "sha256")[:2], "little")
    # 0 and FFFF are taken: nowhere, everywhere
    return min(max(code, 1), 0xFFFE)


def _write_codes(codes: tuple[int, int]) -> bytes:
    """Write the transport codes."""
    if not all(0 <= code <= 0xFFFF for code in codes):
        msg = "a transport code is a number of 16 bits"
        raise EncodeError(msg)
    return _CODES.pack(*codes)


def _bad_path_len(path_len: int, offset: int) -> DecodeError:
    """Say what is wrong with a path_len byte."""
    if path_len >> 6 == 3:
        return DecodeError("bad-path-len", "4 bytes a hop are reserved", offset)
    total = (path_len & 0x3F) * ((path_len >> 6) + 1)
    return DecodeError("bad-path-len", f"{total} path bytes; 64 are the most", offset)
