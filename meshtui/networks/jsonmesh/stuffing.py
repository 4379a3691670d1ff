"""Binary frames as lines: three bytes never appear, which gateways would take for an end.

    mark  mask  content XOR mask, and in it  1B (byte XOR 20)  for 00 0A 0D 1B

The mask is the first of those that leave the fewest bytes to escape; it is never one of the four
itself. As the average mask leaves 4 in 256, the best one leaves no more: the overhead is at most
1 byte and 1.6 %. In frames of one packet it is that 1 byte, nothing else, nearly always. A frame
does not end with white space where that can be helped, for gateways that trim their lines.
"""

from __future__ import annotations

import re
from functools import lru_cache

from meshtui.errors import DecodeError

_ESCAPE = 0x1B
_FLIP = 0x20
_AVOIDED = bytes((0x00, 0x0A, 0x0D, _ESCAPE))
_SPACES = frozenset(b"\t\n\v\f\r ")
_MASKS = tuple(mask for mask in range(256) if mask not in _AVOIDED)
_TO_ESCAPE = re.compile(rb"[\x00\x0a\x0d\x1b]")
_REFUSED = re.compile(rb"[\x00\x0a\x0d]")
_ESCAPED = re.compile(rb"\x1b(.?)", re.DOTALL)
_ESCAPES = {bytes((byte ^ _FLIP,)): bytes((byte,)) for byte in _AVOIDED}


def stuff(mark: int, content: bytes) -> bytes:
    """Write content as a frame that begins with `mark` and holds no 00, 0A or 0D."""
    mask = _best_mask(content)
    masked = content.translate(_table(mask))
    escaped = _TO_ESCAPE.sub(_escape, masked)
    return bytes((mark, mask)) + escaped


def unstuff(frame: bytes) -> bytes:
    """Read the content of `stuff`.

    Raises:
        DecodeError: `bad-stuffing`: too short, a byte that cannot be there, or a wrong escape.
    """
    if len(frame) < 2 or frame[1] in _AVOIDED:
        raise DecodeError("bad-stuffing", "no frame", 1)
    found = _REFUSED.search(frame, 2)
    if found:
        raise DecodeError("bad-stuffing", "a byte that cannot be there", found.start())
    body = frame[2:]
    if _ESCAPE in body:
        body = _ESCAPED.sub(_unescape, body)
    return body.translate(_table(frame[1]))


def _best_mask(content: bytes) -> int:
    """Choose the mask that leaves the least to escape, and no white space at the end."""
    present = frozenset(content)
    last = content[-1] if content else 0x80
    for mask in _MASKS:
        if (
            mask not in present
            and mask ^ 0x0A not in present
            and mask ^ 0x0D not in present
            and mask ^ _ESCAPE not in present
            and last ^ mask not in _SPACES
        ):
            return mask
    counts = [content.count(byte) for byte in range(256)]
    return min(
        _MASKS,
        key=lambda mask: (sum(counts[mask ^ byte] for byte in _AVOIDED), last ^ mask in _SPACES),
    )


def _escape(found: re.Match[bytes]) -> bytes:
    """Write one byte that must not appear."""
    return bytes((_ESCAPE, found[0][0] ^ _FLIP))


def _unescape(found: re.Match[bytes]) -> bytes:
    """Read one escape."""
    try:
        return _ESCAPES[found[1]]
    except KeyError as error:
        raise DecodeError("bad-stuffing", "a wrong escape", found.start()) from error


@lru_cache(maxsize=256)
def _table(mask: int) -> bytes:
    """List every byte under a mask."""
    return bytes(byte ^ mask for byte in range(256))
