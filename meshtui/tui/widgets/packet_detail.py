"""A packet taken apart: any `Dissection` as a tree, or two packets compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from meshtui.model.text import clean_line
from meshtui.tui.state.field_tree import FieldTree
from meshtui.tui.text.format import fit, wrap
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.strip import Strip

    from meshtui.model.packet import DissectedField, Dissection
    from meshtui.tui.state.field_tree import FieldDifference, TreeLine
    from meshtui.tui.text.glyphs import Glyphs
    from meshtui.tui.widgets.ink import Ink, Part

_MAX_VALUE = 400
_MAX_WRAPPED = 6
_SENTENCE_INKS: Mapping[str, Ink] = {
    "summary": "head",
    "why": "warn",
    "problem": "bad",
    "note": "dim",
    "verdict": "plain",
}


class PacketDetail(InkedList):
    """The tree of one packet; the field under the cursor is told upwards."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "open_field", "Open", show=False),
        Binding("left,h", "close_field", "Close", show=False),
        Binding("enter", "toggle_field", "Open or close", show=False),
    ]

    @dataclass
    class FieldChosen(Message):
        """The cursor is on another field, or on none."""

        field: DissectedField | None

    def __init__(self, glyphs: Glyphs) -> None:
        """Begin empty."""
        super().__init__(id="packet-detail")
        self.tree_state = FieldTree()
        self._glyphs = glyphs
        self._differences: Sequence[FieldDifference] | None = None
        self._heading = ""

    def show(self, dissection: Dissection | None, sentences: Sequence[tuple[str, str]]) -> None:
        """Show a packet from its top, or where one reads in the tree, at the same place.

        Args:
            sentences: (kind, text) lines before its fields.
        """
        self._differences = None
        self.tree_state.show(dissection, sentences)
        self._draw(cursor=self.cursor if self.has_focus else 0)

    def show_comparison(self, heading: str, differences: Sequence[FieldDifference]) -> None:
        """Show in what two packets differ."""
        self._differences = differences
        self._heading = heading
        self.set_rows(len(differences) + 1, self._draw_difference, cursor=0)

    def field_under_cursor(self) -> DissectedField | None:
        """The field the cursor is on."""
        lines = self.tree_state.lines
        if self._differences is not None or not 0 <= self.cursor < len(lines):
            return None
        return lines[self.cursor].field

    def choose(self, line: int) -> bool:
        """Put the cursor on a line; False where there is none."""
        if self._differences is not None or line < 0:
            return False
        if len(self.tree_state.lines) != self.count:
            self._draw(cursor=line)  # what was closed was opened on the way there
        self.move_to(line)
        return True

    def on_line_list_highlighted(self, message: InkedList.Highlighted) -> None:
        """Tell which field it is."""
        message.stop()
        self.post_message(self.FieldChosen(self.field_under_cursor()))

    def action_toggle_field(self) -> None:
        """Open or close."""
        self._set_open(is_open=None)

    def action_open_field(self) -> None:
        """Open; an open one: go into it."""
        if not self._set_open(is_open=True):
            self.move_to(self.cursor + 1)

    def action_close_field(self) -> None:
        """Close; a closed one: go to the field around it."""
        if self._differences is None and not self._set_open(is_open=False) and self.cursor >= 0:
            self.move_to(self.tree_state.parent_of(self.cursor))

    def _set_open(self, *, is_open: bool | None) -> bool:
        if self._differences is not None or not self.tree_state.set_open(self.cursor, is_open):
            return False
        self._draw(cursor=self.cursor)
        return True

    def _draw(self, cursor: int) -> None:
        count = len(self.tree_state.lines)
        self.set_rows(count, self._draw_line, cursor=min(max(cursor, 0), count - 1))
        self.post_message(self.FieldChosen(self.field_under_cursor()))

    def _draw_line(self, index: int, width: int, is_cursor: bool) -> Sequence[Strip]:  # noqa: FBT001
        lines = self.tree_state.lines
        if index >= len(lines):
            return [self.line([], width)]
        line = lines[index]
        if line.field is None:
            return self._sentence(line, width, is_cursor=is_cursor)
        return self._field(line, line.field, width, is_cursor=is_cursor)

    def _sentence(self, line: TreeLine, width: int, *, is_cursor: bool) -> Sequence[Strip]:
        ink = _SENTENCE_INKS.get(line.kind, "plain")
        texts = wrap(clean_line(line.text, _MAX_VALUE), max(width - 2, 10))[:_MAX_WRAPPED]
        return [
            self.line([(self._fit(f" {text}", width), ink)], width, is_cursor=is_cursor)
            for text in texts
        ]

    def _field(
        self, line: TreeLine, field: DissectedField, width: int, *, is_cursor: bool
    ) -> Sequence[Strip]:
        indent = min(2 * line.depth, width // 2)
        sign = " "
        if field.children:
            sign = self._glyphs.expanded if line.is_open else self._glyphs.collapsed
        name = clean_line(field.name, 60)
        head = f"{' ' * indent} {sign} {name}"
        value = clean_line(field.value, _MAX_VALUE)
        note = clean_line(field.note, _MAX_VALUE)
        text = f"{value}  ({note})" if note else value
        room = width - len(head) - 2
        if not is_cursor or len(text) <= room:
            parts: list[Part] = [(head, "name"), (f" {self._fit(text, max(room, 0))}", "plain")]
            return [self.line(parts, width, is_cursor=is_cursor)]
        # under the cursor the whole value is read
        pieces = wrap(text, max(width - indent - 5, 10))[:_MAX_WRAPPED]
        strips = [self.line([(self._fit(head, width), "name")], width, is_cursor=True)]
        lead = " " * (indent + 4)
        return strips + [
            self.line([(self._fit(lead + piece, width), "plain")], width, is_cursor=True)
            for piece in pieces
        ]

    def _fit(self, text: str, width: int) -> str:
        return fit(text, width, self._glyphs.ellipsis)

    def _draw_difference(self, index: int, width: int, is_cursor: bool) -> Sequence[Strip]:  # noqa: FBT001
        differences = self._differences or ()
        if index == 0:
            return [self.line([(self._fit(f" {self._heading}", width), "head")], width)]
        if index > len(differences):
            return [self.line([], width)]
        found = differences[index - 1]
        rows = (
            (f" {clean_line(found.name, 100)}", "name"),
            (f"   A {clean_line(found.left, _MAX_VALUE) or '-'}", "plain"),
            (f"   B {clean_line(found.right, _MAX_VALUE) or '-'}", "warn"),
        )
        return [self.line([(self._fit(t, width), i)], width, is_cursor=is_cursor) for t, i in rows]  # type: ignore[list-item]
