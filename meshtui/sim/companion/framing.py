"""How frames stand in a stream of bytes, seen from the radio.

    program ── `<` length16 data ──▶ radio        radio ── `>` length16 data ──▶ program

What stands before a marker is passed over. Over a serial line a frame that is too long is cut to
what the radio's buffer holds; over TCP it is skipped.
"""

from __future__ import annotations

from typing import Final

from meshtui.networks.meshcore.companion.codes import MAX_FRAME_BYTES

TO_RADIO: Final = ord("<")
FROM_RADIO: Final = b">"
_HEAD_BYTES: Final = 3


def framed(payload: bytes) -> bytes:
    """Put a frame of the radio into the stream."""
    return FROM_RADIO + len(payload).to_bytes(2, "little") + payload


class Unframer:
    """Finds a program's frames in what it writes; keeps at most one frame."""

    def __init__(self, *, skips_long: bool = False) -> None:
        """Begin between two frames; `skips_long` as over TCP, else they are cut."""
        self._skips_long = skips_long
        self._head = bytearray()
        self._body = bytearray()
        self._left = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read; returns the payloads that are complete, empty ones left out."""
        found: list[bytes] = []
        at = 0
        while at < len(data):
            if len(self._head) < _HEAD_BYTES:
                at = self._read_head(data, at)
                continue
            piece = data[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            room = MAX_FRAME_BYTES - len(self._body)
            self._body += piece[: max(0, room)]
            if not self._left:
                self._end(found)
        return found

    def _read_head(self, data: bytes, at: int) -> int:
        """Take one byte of the head, or pass over what is none."""
        if not self._head:
            at = data.find(TO_RADIO, at)
            if at < 0:
                return len(data)
        self._head.append(data[at])
        if len(self._head) == _HEAD_BYTES:
            self._left = int.from_bytes(self._head[1:], "little")
            if not self._left:
                self._head.clear()
        return at + 1

    def _end(self, found: list[bytes]) -> None:
        is_long = int.from_bytes(self._head[1:], "little") > MAX_FRAME_BYTES
        if not (is_long and self._skips_long):
            found.append(bytes(self._body))
        self._head.clear()
        self._body.clear()
