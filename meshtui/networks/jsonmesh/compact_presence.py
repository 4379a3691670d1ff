"""Compact presence: what a node says of itself, in one LoRa packet.

    CA  stuffed CBOR array, whose trailing defaults are left out (see `stuffing`):

    0 key    bytes: the public key (33); the node id follows from it
    1 time   number: whole seconds since 1970; bytes: milliseconds, big-endian, where not whole
    2 flags  number: 1 = online, then one bit for each of WORDS
    3 name   text
    4 place  bytes: latitude, longitude in millionths of a degree (4 each, signed, big-endian), or
             as IEEE numbers (8 each) where those do not hold them
    5 via    bytes: node ids (4 each)
    6 caps   list of text: the words that have no bit
    7 more   map: JSON keys unknown to us

Not signed, as the JSON is not. The same bounds hold; unlike there, what is wrong is refused.
"""

from __future__ import annotations

import math
import struct
from typing import Any

from meshtui.crypto.secp256k1 import PUBLIC_KEY_BYTES
from meshtui.errors import DecodeError, EncodeError
from meshtui.model.node import Position
from meshtui.networks.jsonmesh.compact_frame import (
    check_json_map,
    pack_ids,
    pack_time,
    pick_unknown,
    read_frame,
    read_ids,
    read_time,
    write_frame,
)
from meshtui.networks.jsonmesh.identity import node_id_of
from meshtui.networks.jsonmesh.presence import (
    MAX_CAPS,
    MAX_NAME_CHARS,
    MAX_VIA,
    Presence,
    is_cap,
)

PRESENCE_MARK = 0xCA
WORDS = ("ack", "cbor1", "zlib", "resend", "dsr")
_SLOTS = 8
_NEEDED = 3
_DEFAULTS: tuple[Any, ...] = (None, None, None, "", b"", b"", [], {})
_MICRO = struct.Struct(">ii")
_EXACT = struct.Struct(">dd")
_KNOWN_KEYS = frozenset(
    {"nodeId", "pubkeyHex", "online", "ts", "lat", "lng", "name", "caps", "via"}
)


def is_compact_presence(frame: bytes) -> bool:
    """Tell by the first byte whether this claims to be a compact presence."""
    return frame[:1] == b"\xca"


def encode_compact_presence(presence: Presence) -> bytes:
    """Write a presence as a compact frame; no 00, 0A or 0D is in it.

    Raises:
        EncodeError: It exceeds 4 KiB, was carried too far, or holds what the reader would not take.
    """
    if len(presence.via) > MAX_VIA:
        raise EncodeError("it has been carried too far")
    flags = int(presence.is_online)
    for bit, word in enumerate(WORDS, start=1):
        flags |= (word in presence.caps) << bit
    slots: list[object] = [
        presence.public_key,
        pack_time(presence.ts_ms),
        flags,
        presence.name,
        _place(presence.position),
        pack_ids(presence.via),
        sorted(presence.caps.difference(WORDS)),
        pick_unknown(presence.raw, _KNOWN_KEYS),
    ]
    return write_frame(PRESENCE_MARK, slots, _NEEDED)


def decode_compact_presence(frame: bytes) -> Presence:
    """Parse and check a compact presence. `raw` holds but the keys unknown to us.

    Raises:
        DecodeError: `too-large`, `not-compact`, `bad-stuffing`, `bad-cbor`, `bad-slots`, `bad-key`,
            `bad-ts`, `bad-online`, `bad-name`, `bad-position`, `bad-via`, `bad-caps`, `bad-more`.
    """
    slots = read_frame(frame, PRESENCE_MARK, _NEEDED, _SLOTS)
    key, time, flags, name, place, via, caps, more = slots + list(_DEFAULTS[len(slots) :])
    if type(key) is not bytes or len(key) != PUBLIC_KEY_BYTES:
        raise DecodeError("bad-key", "33 bytes")
    if type(flags) is not int or not 0 <= flags < 2 ** (len(WORDS) + 1):
        raise DecodeError("bad-online", "no such flags")
    if type(name) is not str or len(name) > MAX_NAME_CHARS:
        raise DecodeError("bad-name", f"text of at most {MAX_NAME_CHARS} characters")
    words = {word for bit, word in enumerate(WORDS, start=1) if flags >> bit & 1}
    return Presence(
        node_id=node_id_of(key),
        public_key=key,
        is_online=bool(flags & 1),
        ts_ms=read_time(time),
        position=_read_place(place),
        name=name,
        caps=frozenset(words).union(_read_caps(caps)),
        via=read_ids(via, MAX_VIA, "bad-via"),
        raw=check_json_map(more, _KNOWN_KEYS),
    )


def _place(position: Position | None) -> bytes:
    """Write a position without losing any of it."""
    if position is None:
        return b""
    micro = (round(position.lat * 1e6), round(position.lng * 1e6))
    if (micro[0] / 1e6, micro[1] / 1e6) == (position.lat, position.lng):
        return _MICRO.pack(*micro)
    return _EXACT.pack(position.lat, position.lng)


def _read_place(place: object) -> Position | None:
    """Read a position."""
    if place == b"":
        return None
    if type(place) is not bytes or len(place) not in (_MICRO.size, _EXACT.size):
        raise DecodeError("bad-position", f"{_MICRO.size} or {_EXACT.size} bytes")
    if len(place) == _MICRO.size:
        micro = _MICRO.unpack(place)
        lat, lng = micro[0] / 1e6, micro[1] / 1e6
    else:
        lat, lng = _EXACT.unpack(place)
    if not (math.isfinite(lat) and math.isfinite(lng) and abs(lat) <= 90 and abs(lng) <= 180):
        raise DecodeError("bad-position", "not on this earth")
    return Position(lat, lng)


def _read_caps(caps: object) -> list[str]:
    """Read the words that have no bit."""
    if type(caps) is not list or len(caps) > MAX_CAPS or not all(map(is_cap, caps)):
        raise DecodeError("bad-caps", f"a list of at most {MAX_CAPS} words")
    return caps
