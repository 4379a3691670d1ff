"""Texts on this network: UTF-8 that may end at a NUL, or in the middle of a character.

Firmware before 1.17 cut names and texts by bytes, so an incomplete last character is nobody's
fault.
"""

from __future__ import annotations

import codecs

_INCREMENTAL = codecs.getincrementaldecoder("utf-8")


def text_of(data: bytes) -> str:
    """Read a text: an incomplete last character is left away, a wrong byte becomes U+FFFD."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _INCREMENTAL(errors="replace").decode(data)


def is_text(data: bytes) -> bool:
    """Tell whether bytes are UTF-8, but for an incomplete last character."""
    try:
        data.decode()
    except UnicodeDecodeError:
        try:
            _INCREMENTAL().decode(data)
        except UnicodeDecodeError:
            return False
    return True


def cut(text: str, limit: int) -> bytes:
    """Write a text in at most `limit` bytes, cut between characters; it ends before a NUL."""
    data = text.partition("\0")[0].encode("utf-8", "replace")
    if len(data) <= limit:
        return data
    end = limit
    while end and data[end] & 0xC0 == 0x80:
        end -= 1
    return data[:end]
