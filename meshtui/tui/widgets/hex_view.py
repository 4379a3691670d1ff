"""Bytes in hex and as text, the chosen field's lit; derived buffers stand beside the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.text import clean_line
from meshtui.tui.text.format import size_words
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from meshtui.model.packet import DissectedField
    from meshtui.tui.widgets.ink import Ink, Part

_NARROW, _WIDE = 8, 16
_PRINTABLE = range(0x20, 0x7F)


class HexView(InkedList):
    """Shows one of several buffers; buffer 0 is the frame as it crossed the link."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__(id="hex-view")
        self._buffers: Sequence[tuple[str, bytes]] = ()
        self._buffer = 0
        self._lit = range(0)

    @property
    def shown_buffer(self) -> int:
        """Which buffer is shown."""
        return self._buffer

    def show(self, buffers: Sequence[tuple[str, bytes]]) -> None:
        """Take another packet's buffers, the frame first."""
        self._buffers = buffers
        self._buffer = 0
        self._lit = range(0)
        self._rebuild(cursor=0)

    def light(self, field: DissectedField | None) -> None:
        """Light a field's bytes, in whichever buffer they are, and bring them into sight."""
        if field is None or field.end <= field.start or not 0 <= field.buffer < len(self._buffers):
            self._lit = range(0)
            self.changed()
            return
        size = len(self._buffers[field.buffer][1])
        self._lit = range(max(field.start, 0), min(field.end, size))
        if field.buffer != self._buffer:
            self._buffer = field.buffer
            self._rebuild(cursor=0)
        self.changed()
        self.move_to(self._lit.start // self._per_row(self.size.width))

    def next_buffer(self) -> None:
        """Show the next buffer."""
        if len(self._buffers) > 1:
            self._buffer = (self._buffer + 1) % len(self._buffers)
            self._lit = range(0)
            self._rebuild(cursor=0)

    def header(self, _width: int) -> list[list[Part]]:
        """The line of buffers."""
        parts: list[Part] = [(" ", "dim")]
        for index, (name, data) in enumerate(self._buffers):
            ink: Ink = "head" if index == self._buffer else "dim"
            parts += [(f"{clean_line(name, 20)} {size_words(len(data))}", ink), ("  ", "dim")]
        if len(self._buffers) > 1:
            parts.append(("b next", "dim"))
        return [parts]

    def on_resize(self) -> None:
        """Another number of bytes a row."""
        self._rebuild(cursor=max(self.cursor, 0))
        super().on_resize()

    def _rebuild(self, cursor: int) -> None:
        per_row = self._per_row(self.size.width)
        data = self._buffers[self._buffer][1] if self._buffers else b""
        count = -(-len(data) // per_row)
        self.set_rows(count, self._draw_row, cursor=min(cursor, count - 1))

    def _per_row(self, width: int) -> int:
        return _WIDE if width >= 5 + 4 * _WIDE + 2 else _NARROW

    def _draw_row(self, index: int, width: int, is_cursor: bool) -> Strip:  # noqa: FBT001, ARG002
        per_row = self._per_row(width)
        start = index * per_row
        data = self._buffers[self._buffer][1] if self._buffers else b""
        row = data[start : start + per_row]
        hexes: list[Part] = []
        texts: list[Part] = []
        for at, byte in enumerate(row, start):
            ink: Ink = "lit" if at in self._lit else "plain"
            gap: Ink = "lit" if at in self._lit and at + 1 in self._lit else "plain"
            hexes += [(f"{byte:02x}", ink), (" ", gap)]
            is_text = byte in _PRINTABLE
            texts.append(
                (chr(byte) if is_text else ".", ink if is_text or at in self._lit else "dim")
            )
        padding = "   " * (per_row - len(row))
        offset: Part = (f"{start:04x} ", "dim")
        return self.line([offset, *hexes, (padding + " ", "plain"), *texts], width)


def _dimmed(ink: Ink) -> Ink:
    return "dim" if ink == "plain" else ink
