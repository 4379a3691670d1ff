"""Chunks: how what is longer than a radio's packet travels, and how missing ones are asked for.

    MCHK|{id}|{index}|{total}|{payload}       as specified; index from 0
    MCHK|1|{id}|{index}/{total}|{TYPE}|{payload}   the app's dialect, read and never written
    MREQ|{id}|{index},{index},…               ours: please send these again

Ids, numbers and words are ASCII; a payload is bytes and may hold anything, `|` as well. Numbers are
plain decimal digits without sign or leading zero. The app also counts from 0. What its TYPE says
(`CASHU`, `LN_INV`, `BTC_TX`, `RAW`) is said again by what its chunks make up, so it is not kept.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError, EncodeError
from meshtui.mesh.reassembly import MAX_BUFFER_BYTES, MAX_CHUNKS, MAX_ID_CHARS, Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "MAX_FRAME_BYTES",
    "PAYLOAD_BYTES",
    "Chunk",
    "decode_chunk",
    "decode_request",
    "encode_chunks",
    "encode_request",
    "is_chunk",
    "is_request",
    "new_chunk_id",
]

MAX_FRAME_BYTES = 240
PAYLOAD_BYTES = 200
_CHUNK_MARK = b"MCHK|"
_REQUEST_MARK = b"MREQ|"
_ID_CHARS = 7
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIALECT_VERSION = b"1"
_MAX_WORD_BYTES = 16
_LONGEST_CHARACTER = 4  # bytes of UTF-8
_LONGEST_NUMBER = 3  # digits: beyond any index or total that is allowed


def is_chunk(frame: bytes) -> bool:
    """Tell whether a frame is meant to be a chunk."""
    return frame.startswith(_CHUNK_MARK)


def is_request(frame: bytes) -> bool:
    """Tell whether a frame is meant to be a request for chunks."""
    return frame.startswith(_REQUEST_MARK)


def decode_chunk(frame: bytes) -> Chunk | None:
    """Read a chunk; None = the frame is none.

    Raises:
        DecodeError: `bad-chunk`: it begins as a chunk and does not go on as one.
    """
    if not frame.startswith(_CHUNK_MARK):
        return None
    # as specified first: in the dialect's place of `total` stands the index too
    parts = frame.split(b"|", 4)
    if len(parts) < 5:
        raise DecodeError("bad-chunk", f"{len(parts)} parts, not 5")
    _, first, second, third, rest = parts
    if b"/" in third:
        return _decode_dialect(first, second, third, rest)
    return _chunk(first, second, third, rest)


def encode_chunks(
    payload: bytes, chunk_id: str, max_frame_bytes: int = MAX_FRAME_BYTES
) -> list[bytes]:
    """Cut a message into frames of at most `max_frame_bytes`, with 200 bytes of it or less each.

    A cut never falls inside a character, where the payload is UTF-8.

    Raises:
        EncodeError: It would take more than 64 chunks, or the id is not fit for one.
    """
    if _id_problem(chunk_id.encode()):
        msg = f"no id for chunks: {chunk_id[:MAX_ID_CHARS]!r}"
        raise EncodeError(msg)
    for longest in (9, MAX_CHUNKS):  # few chunks have shorter numbers, and so longer payloads
        header = f"MCHK|{chunk_id}|{longest}|{longest}|"
        room = min(PAYLOAD_BYTES, max_frame_bytes - len(header))
        if room < _LONGEST_CHARACTER:
            msg = f"frames of {max_frame_bytes} bytes have no room for a character"
            raise EncodeError(msg)
        borders = _borders(payload, room)
        total = len(borders) - 1
        if total <= longest:
            break
    else:
        msg = f"{len(payload)} bytes take {total} chunks, at most {MAX_CHUNKS}"
        raise EncodeError(msg)
    return [
        b"MCHK|%b|%d|%d|%b" % (chunk_id.encode(), index, total, payload[begin:end])
        for index, (begin, end) in enumerate(pairwise(borders))
    ]


def new_chunk_id(entropy: Callable[[int], bytes]) -> str:
    """Draw an id of seven base36 characters: a clash in 30 seconds is one in thousands of millions.

    Args:
        entropy: Returns so many random bytes.
    """
    number = int.from_bytes(entropy(8))
    digits = ""
    for _ in range(_ID_CHARS):
        number, digit = divmod(number, 36)
        digits += _BASE36[digit]
    return digits


def encode_request(chunk_id: str, missing: Sequence[int]) -> bytes:
    """Ask for chunks: at most 64 of them, which fit a packet."""
    indexes = ",".join(str(index) for index in missing[:MAX_CHUNKS])
    return f"MREQ|{chunk_id}|{indexes}".encode()


def decode_request(frame: bytes) -> tuple[str, tuple[int, ...]] | None:
    """Read a request as (id, indexes in order, each once); None = the frame is none.

    Raises:
        DecodeError: `bad-request`: it begins as a request and does not go on as one.
    """
    if not frame.startswith(_REQUEST_MARK):
        return None
    parts = frame.split(b"|")
    if len(parts) != 3:
        raise DecodeError("bad-request", f"{len(parts)} parts, not 3")
    _, chunk_id, wanted = parts
    if problem := _id_problem(chunk_id):
        raise DecodeError("bad-request", problem)
    numbers = wanted.split(b",", MAX_CHUNKS)
    if len(numbers) > MAX_CHUNKS:
        raise DecodeError("bad-request", f"more than {MAX_CHUNKS} indexes")
    indexes = {_number(number, "index", "bad-request") for number in numbers}
    if max(indexes) >= MAX_CHUNKS:
        raise DecodeError("bad-request", f"index {max(indexes)}, at most {MAX_CHUNKS - 1}")
    return chunk_id.decode(), tuple(sorted(indexes))


def _decode_dialect(version: bytes, chunk_id: bytes, place: bytes, rest: bytes) -> Chunk:
    """Read what follows the mark in the app's dialect."""
    if version != _DIALECT_VERSION:
        raise DecodeError("bad-chunk", "neither as specified nor version 1 of the app's dialect")
    word, bar, payload = rest.partition(b"|")
    if not bar or len(word) > _MAX_WORD_BYTES:
        raise DecodeError("bad-chunk", "the app's dialect without its type")
    index, _, total = place.partition(b"/")
    return _chunk(chunk_id, index, total, payload)


def _chunk(chunk_id: bytes, index: bytes, total: bytes, payload: bytes) -> Chunk:
    """Check the parts of a chunk."""
    if problem := _id_problem(chunk_id):
        raise DecodeError("bad-chunk", problem)
    place = _number(index, "index", "bad-chunk")
    count = _number(total, "total", "bad-chunk")
    if not 1 <= count <= MAX_CHUNKS:
        raise DecodeError("bad-chunk", f"{count} chunks, not 1 to {MAX_CHUNKS}")
    if place >= count:
        raise DecodeError("bad-chunk", f"index {place} of {count}")
    if len(payload) > MAX_BUFFER_BYTES:
        raise DecodeError("bad-chunk", f"{len(payload)} bytes, at most {MAX_BUFFER_BYTES}")
    return Chunk(chunk_id.decode(), place, count, payload)


def _number(digits: bytes, what: str, reason: str) -> int:
    """Read a number as this format writes it."""
    is_plain = digits.isdigit() and (digits[:1] != b"0" or digits == b"0")
    if not is_plain or len(digits) > _LONGEST_NUMBER:
        raise DecodeError(reason, f"{what} is no number of at most {_LONGEST_NUMBER} digits")
    return int(digits)


def _id_problem(chunk_id: bytes) -> str:
    """Say what is wrong with an id; empty = nothing."""
    if not chunk_id:
        return "the id is empty"
    if len(chunk_id) > MAX_ID_CHARS:
        return f"an id of {len(chunk_id)} bytes, at most {MAX_ID_CHARS}"
    if b"|" in chunk_id or min(chunk_id) <= 0x20 or max(chunk_id) >= 0x7F:
        return "the id is not printable ASCII"
    return ""


def _borders(payload: bytes, room: int) -> list[int]:
    """Say where to cut: pieces of at most `room` bytes, none cut inside a character of UTF-8."""
    borders = [0]
    while borders[-1] + room < len(payload):
        end = borders[-1] + room
        character = end
        while character > end - _LONGEST_CHARACTER and payload[character] & 0xC0 == 0x80:
            character -= 1
        # four continuation bytes in a row are not UTF-8, and then there is nothing to spare
        is_character = payload[character] & 0xC0 != 0x80
        borders.append(character if is_character else end)
    borders.append(len(payload))
    return borders
