"""Bytes in hex and as text, the chosen field's lit; derived buffers stand beside the frame.

With the keys it has a cursor of its own: the byte under it is told upwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from meshtui.model.packet import DissectedField
from meshtui.model.text import clean_line
from meshtui.tui.text.format import size_words
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.strip import Strip

    from meshtui.tui.widgets.ink import Ink, Part

_NARROW, _WIDE = 8, 16
_OFFSET = 5
_PRINTABLE = range(0x20, 0x7F)


class HexView(InkedList):
    """Shows one of several buffers; buffer 0 is the frame as it crossed the link."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "byte_by(1)", "Next byte", show=False),
        Binding("left,h", "byte_by(-1)", "Byte before", show=False),
    ]

    @dataclass
    class ByteChosen(Message):
        """The user moved the cursor to a byte."""

        buffer: int
        offset: int

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__(id="hex-view")
        self._byte = 0
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
        self._byte = 0
        self._lit = range(0)
        self._rebuild(cursor=0)

    @property
    def buffers(self) -> Sequence[tuple[str, bytes]]:
        """All that can be shown."""
        return self._buffers

    @property
    def byte(self) -> int:
        """The byte under the cursor."""
        return self._byte

    def light_span(self, buffer: int, span: range) -> None:
        """Light some bytes of a buffer, and bring them into sight."""
        self.light(DissectedField("", "", span.start, span.stop, buffer=buffer))

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
        if self.has_focus and self._byte in self._lit:
            return  # it was lit because the cursor is there
        self._byte = self._lit.start
        self.move_to(self._lit.start // self._per_row(self.size.width))

    def next_buffer(self) -> None:
        """Show the next buffer."""
        if len(self._buffers) > 1:
            self._buffer = (self._buffer + 1) % len(self._buffers)
            self._byte = 0
            self._lit = range(0)
            self._rebuild(cursor=0)

    def action_byte_by(self, count: int) -> None:
        """Move the cursor by bytes."""
        self._go_to(self._byte + count)

    def action_cursor_by(self, rows: int) -> None:
        """Move the cursor by rows, in its column."""
        self._go_to(self._byte + rows * self._per_row(self.size.width))

    def action_cursor_to(self, row: int) -> None:
        """The first byte."""
        self._go_to(row)

    def action_cursor_last(self) -> None:
        """The last byte."""
        self._go_to(len(self._data()) - 1)

    def action_page(self, pages: float) -> None:
        """Move by screenfuls."""
        self.action_cursor_by(int(self.size.height * pages) or 1)

    def on_focus(self) -> None:
        """The cursor shows; it is where the lit bytes begin."""
        self.changed()

    def on_blur(self) -> None:
        """The cursor hides."""
        self.changed()

    def on_click(self, event: events.Click) -> None:
        """Choose the byte that was clicked on, in hex or as text."""
        at = event.get_content_offset(self)
        if at is None:
            return
        per_row = self._per_row(self.size.width)
        column = (at.x - _OFFSET) // 3
        if at.x >= _OFFSET + 3 * per_row + 1:
            column = at.x - _OFFSET - 3 * per_row - 1
        if 0 <= column < per_row:
            self._go_to((self.visible_rows[0] + at.y) * per_row + column)

    def _go_to(self, byte: int) -> None:
        data = self._data()
        if data:
            self._byte = min(max(byte, 0), len(data) - 1)
            self.changed()
            self.move_to(self._byte // self._per_row(self.size.width))
            self.post_message(self.ByteChosen(self._buffer, self._byte))

    def _data(self) -> bytes:
        return self._buffers[self._buffer][1] if self._buffers else b""

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
        data = self._data()
        count = -(-len(data) // per_row)
        self.set_rows(count, self._draw_row, cursor=min(cursor, count - 1))

    def _per_row(self, width: int) -> int:
        return _WIDE if width >= 5 + 4 * _WIDE + 2 else _NARROW

    def _draw_row(self, index: int, width: int, is_cursor: bool) -> Strip:  # noqa: FBT001, ARG002
        per_row = self._per_row(width)
        start = index * per_row
        data = self._data()
        row = data[start : start + per_row]
        hexes: list[Part] = []
        texts: list[Part] = []
        here = self._byte if self.has_focus else -1
        for at, byte in enumerate(row, start):
            ink: Ink = "lit" if at in self._lit else "plain"
            if at == here:
                ink = "here"
            gap: Ink = "lit" if at in self._lit and at + 1 in self._lit else "plain"
            hexes += [(f"{byte:02x}", ink), (" ", gap)]
            is_text = byte in _PRINTABLE
            texts.append(
                (chr(byte) if is_text else ".", ink if is_text or ink != "plain" else "dim")
            )
        padding = "   " * (per_row - len(row))
        offset: Part = (f"{start:04x} ", "dim")
        return self.line([offset, *hexes, (padding + " ", "plain"), *texts], width)
