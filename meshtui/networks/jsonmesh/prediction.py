"""Short texts in half their bytes: each byte is predicted from the three before it.

A model of order 3 (PPM, escape method C), learnt from the text `CHAT_1` and never from what is
packed, drives an arithmetic coder in whole numbers, so that all machines agree. In full:

Learning. For each byte of CHAT_1 but the first, with the 3, 2, 1 and 0 bytes before it as context
(as many as there are): count it in that context; stop after the first in which it was known. A
count ends at 255.

Predicting. The history of a text begins with one NUL; its end is one more. From the longest context
that was learnt down to the empty one, leaving out the bytes that a longer one offered: the bytes by
value, each as wide as its count; then the escape, as wide as there are bytes. After the last
escape all bytes left out so far are out, and the others equally wide.

Coding. The text is an interval within [0, 7/8) of [0, 1): every step takes its part of what is
left. What is written is the shortest number within it, after the point, in bytes. So none begins
with E0 or above.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from meshtui.errors import CryptoError
from meshtui.networks.jsonmesh.dictionary import CHAT_1

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 512  # of text, and of what it became: a byte costs some ten microseconds
_ORDER = 3
_END = 0
_MAX_COUNT = 255
_TAKEN, _OF = 7, 8


def squeeze(plain: bytes) -> bytes | None:
    """Write a text; its first byte is below E0.

    None = it or what became of it exceeds 512 bytes, or it holds a NUL.
    """
    if len(plain) > MAX_BYTES or _END in plain:
        return None
    low, width, scale = 0, _TAKEN, _OF
    history = bytes((_END,))
    for byte in (*plain, _END):
        for start, size, total in _steps(history, byte):
            low = low * total + start * width
            width *= size
            scale *= total
        history = _after(history, byte)
    for length in range(MAX_BYTES + 1):
        number = -(-(low << 8 * length) // scale)  # rounded up
        if number * scale < (low + width) << 8 * length:
            return number.to_bytes(length, "big")
    return None


def unsqueeze(body: bytes) -> bytes:
    """Read `squeeze`.

    Raises:
        CryptoError: `bad-packing`: it has no end within 512 bytes.
    """
    part, whole = int.from_bytes(body[: MAX_BYTES + 1], "big") * _OF, _TAKEN << 8 * len(body)
    if part >= whole or len(body) > MAX_BYTES:
        raise CryptoError("bad-packing", "no predicted text")
    plain = bytearray()
    history = bytes((_END,))
    while len(plain) <= MAX_BYTES:
        byte, part, whole = _next(history, part, whole)
        if byte == _END:
            return bytes(plain)
        plain.append(byte)
        history = _after(history, byte)
    raise CryptoError("bad-packing", "a predicted text without an end")


def _steps(history: bytes, byte: int) -> Iterator[tuple[int, int, int]]:
    """Say where a byte lies after a history: start, size and total of each step to it."""
    out: set[int] = set()
    for offered in _offers(history, out):
        total = sum(offered.values()) + len(offered)
        if byte in offered:
            start = sum(count for other, count in offered.items() if other < byte)
            yield start, offered[byte], total
            return
        yield total - len(offered), len(offered), total
    yield byte - sum(other < byte for other in out), 1, 256 - len(out)


def _next(history: bytes, part: int, whole: int) -> tuple[int, int, int]:
    """Find the byte at a place (part of whole), and the place within it."""
    out: set[int] = set()
    for offered in _offers(history, out):
        total = sum(offered.values()) + len(offered)
        at, start = part * total // whole, 0
        for byte, count in offered.items():
            if at < start + count:
                return byte, part * total - start * whole, whole * count
            start += count
        part, whole = part * total - start * whole, whole * len(offered)
    left = [byte for byte in range(256) if byte not in out]
    at = part * len(left) // whole
    return left[at], part * len(left) - at * whole, whole


def _offers(history: bytes, out: set[int]) -> Iterator[dict[int, int]]:
    """List what each context offers, longest first; what it offered is put `out` thereafter."""
    model = _model()
    for order in range(len(history), -1, -1):
        table = model.get(history[len(history) - order :], b"")
        offered = {
            byte: count
            for byte, count in zip(table[::2], table[1::2], strict=True)
            if byte not in out
        }
        if offered:
            yield offered
            out.update(offered)


def _after(history: bytes, byte: int) -> bytes:
    """Move on by one byte."""
    return (history + bytes((byte,)))[-_ORDER:]


@cache
def _model() -> dict[bytes, bytes]:
    """Learn the text when it is first needed: by context, bytes in order and their counts."""
    counts: dict[bytes, dict[int, int]] = {}
    for end in range(1, len(CHAT_1)):
        byte = CHAT_1[end]
        for order in range(min(_ORDER, end), -1, -1):
            known = counts.setdefault(CHAT_1[end - order : end], {})
            is_known = byte in known
            known[byte] = min(known.get(byte, 0) + 1, _MAX_COUNT)
            if is_known:
                break
    return {
        context: bytes(part for pair in sorted(known.items()) for part in pair)
        for context, known in counts.items()
    }
