"""What compact frames share: their slots, and how times, node ids and unknown keys are written.

A frame is a mark that no text begins with, and a stuffed CBOR array whose trailing defaults are
left out. It is read without tags and without anything of unknown length.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from meshtui.errors import DecodeError, EncodeError
from meshtui.model.ids import NodeId
from meshtui.networks.jsonmesh.cbor import read_cbor
from meshtui.networks.jsonmesh.envelope import MAX_TIME_MS
from meshtui.networks.jsonmesh.strict_json import MAX_DEPTH
from meshtui.networks.jsonmesh.stuffing import stuff, unstuff

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

MAX_COMPACT_BYTES = 4096
ID_BYTES = 4
_PREFIX = "MESH-"


def write_frame(mark: int, slots: list[object], needed: int) -> bytes:
    """Write slots as a frame; those at the end that say nothing are left out.

    Raises:
        EncodeError: It exceeds 4 KiB, or holds what CBOR or the reader would not take.
    """
    import cbor2  # who has no radio never needs it

    while len(slots) > needed and not slots[-1]:
        slots.pop()
    try:
        content = cbor2.dumps(slots)
    except (cbor2.CBOREncodeError, ValueError, RecursionError) as error:
        raise EncodeError("it cannot be written as CBOR") from error
    frame = stuff(mark, content)
    if len(frame) > MAX_COMPACT_BYTES:
        msg = f"{len(frame)} bytes, at most {MAX_COMPACT_BYTES} in a compact frame"
        raise EncodeError(msg)
    return frame


def read_frame(frame: bytes, mark: int, needed: int, most: int) -> list[Any]:
    """Read the slots of a frame.

    Raises:
        DecodeError: `too-large`, `not-compact`, `bad-stuffing`, `bad-cbor`, `bad-slots`.
    """
    if len(frame) > MAX_COMPACT_BYTES:
        raise DecodeError("too-large", f"{len(frame)} bytes, at most {MAX_COMPACT_BYTES}")
    if not frame or frame[0] != mark:
        raise DecodeError("not-compact", "another first byte", 0)
    slots = read_cbor(unstuff(frame), with_floats=True, max_depth=MAX_DEPTH + 1)
    if type(slots) is not list or not needed <= len(slots) <= most:
        raise DecodeError("bad-slots", f"an array of {needed}..{most}")
    return slots


def pack_ids(node_ids: Iterable[NodeId]) -> bytes:
    """Write node ids, 4 bytes each."""
    return b"".join(map(pack_id, node_ids))


def read_ids(packed: object, most: int, reason: str) -> tuple[NodeId, ...]:
    """Read node ids, 4 bytes each.

    Raises:
        DecodeError: `reason`: not that, or more than `most`.
    """
    if packed == b"":
        return ()
    if type(packed) is not bytes or len(packed) % ID_BYTES or len(packed) > most * ID_BYTES:
        raise DecodeError(reason, f"at most {most} ids of {ID_BYTES} bytes")
    return tuple(unpack_id(packed[at : at + ID_BYTES]) for at in range(0, len(packed), ID_BYTES))


def pack_time(time_ms: int) -> object:
    """Write a time: a number where the seconds are whole, else bytes."""
    seconds, rest = divmod(time_ms, 1000)
    return seconds if not rest else time_ms.to_bytes((time_ms.bit_length() + 7) // 8, "big")


def read_time(time: object) -> int:
    """Read a time, in milliseconds.

    Raises:
        DecodeError: `bad-ts`: neither, or out of range.
    """
    if type(time) is int:
        time_ms = time * 1000
    elif type(time) is bytes and 0 < len(time) <= 8:
        time_ms = int.from_bytes(time, "big")
    else:
        raise DecodeError("bad-ts", "seconds, or bytes of milliseconds")
    if not 0 <= time_ms <= MAX_TIME_MS:
        raise DecodeError("bad-ts", "out of range")
    return time_ms


def pick_unknown(raw: Mapping[str, object], known: AbstractSet[str]) -> dict[str, object]:
    """Pick what is not among the keys known.

    Raises:
        EncodeError: It is not what JSON can say, so the reader would not take it.
    """
    unknown = {key: value for key, value in raw.items() if key not in known}
    try:
        return check_json_map(unknown, frozenset())
    except DecodeError as error:
        raise EncodeError(error.detail) from error


def check_json_map(value: object, known: AbstractSet[str]) -> dict[str, Any]:
    """Read a map that could be a JSON object, of keys that are not among those known.

    Raises:
        DecodeError: `bad-more`: it is none.
    """
    if type(value) is not dict or not known.isdisjoint(value):
        raise DecodeError("bad-more", "a map of keys unknown to us")
    _check_json(value, MAX_DEPTH)
    return value


def pack_id(node_id: NodeId) -> bytes:
    """Write a node id in 4 bytes."""
    return bytes.fromhex(node_id[len(_PREFIX) :])


@lru_cache(maxsize=4096)
def unpack_id(packed: bytes) -> NodeId:
    """Read a node id of 4 bytes."""
    return NodeId(_PREFIX + packed.hex().upper())


def _check_json(value: object, depth: int) -> None:
    """Refuse what JSON cannot say, or not so deep."""
    if value is None or type(value) in (bool, str):
        return
    if type(value) is int and -(2**63) <= value < 2**64:
        return
    if type(value) is float and math.isfinite(value):
        return
    if depth == 0:
        raise DecodeError("bad-more", "too deep")
    if type(value) is list:
        for item in value:
            _check_json(item, depth - 1)
    elif type(value) is dict and all(type(key) is str for key in value):
        for item in value.values():
            _check_json(item, depth - 1)
    else:
        raise DecodeError("bad-more", "what JSON cannot say")
