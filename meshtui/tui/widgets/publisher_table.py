"""The table of brokers: one line each, or two where there is room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from meshtui.model.publishing import PublisherStatus
from meshtui.tui.text.columns import Column
from meshtui.tui.text.format import fit
from meshtui.tui.text.publishers import cells_of, note_of
from meshtui.tui.widgets.row_table import RowTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from meshtui.tui.widgets.ink import Ink, Part
    from meshtui.tui.widgets.line_list import Rendered
    from meshtui.tui.widgets.pane import Desk

_INDENT = 9
_COLUMNS: Final = (
    Column("name", 6, title="broker"),
    Column("state", 12),
    Column("since", 6, is_right=True),
    Column("where", 12, grow=1, from_width=96),
    Column("host", 12, grow=1, below_width=96, title="where"),
    Column("why", 12, grow=1, title="where, or why"),
    Column("queue", 9, is_right=True),
    Column("published", 9, is_right=True),
    Column("dropped", 7, is_right=True),
    Column("last", 6, is_right=True),
    Column("token", 14, from_width=90),
)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a row says."""

    cells: Mapping[str, tuple[str, Ink]]
    note: Sequence[Part]


class PublisherTable(RowTable[PublisherStatus]):
    """Rows of brokers, with what is wrong in a second line or instead of the address."""

    def __init__(self, desk: Desk) -> None:
        """Begin empty."""
        super().__init__(_COLUMNS, self._cells, desk.glyphs, id="publisher-list")
        self._desk = desk
        self._has_notes: bool | None = None
        self._said: dict[str, _Said] = {}

    def show_brokers(
        self, rows: Sequence[PublisherStatus], cursor: int, *, has_notes: bool
    ) -> None:
        """Take what is known by now; only rows that say something else are drawn."""
        glyphs, now_ms = self._desk.glyphs, self._desk.now_ms()
        before, names = self._said, [row.name for row in rows]
        self._said = {
            row.name: _Said(cells_of(row, glyphs, now_ms), note_of(row, glyphs, now_ms))
            for row in rows
        }
        is_same = names == [row.name for row in self.rows]
        if is_same and (has_notes, cursor) == (self._has_notes, self.cursor):
            self.rows = rows
            self.changed([at for at, name in enumerate(names) if self._said[name] != before[name]])
            return
        self._has_notes = has_notes
        self.hide(("why",) if has_notes else ("where", "host"))
        self.show(rows, cursor)

    def draw_row(self, index: int, width: int, is_cursor: bool) -> Rendered:  # noqa: FBT001
        """Cells, and what is to be said of it."""
        first = self.draw_cells(index, width, is_cursor=is_cursor)
        if not self._has_notes:
            return first
        room, parts = width - _INDENT - 1, []
        for text, ink in self._said[self.rows[index].name].note:
            shown = text if cell_len(text) <= room else fit(text, room, self._desk.glyphs.ellipsis)
            parts.append((shown, ink))
            room -= cell_len(shown)
        begin: list[Part] = [(" " * _INDENT, "plain")]
        return first, self.line([*begin, *parts], width, is_cursor=is_cursor)

    def _cells(self, row: PublisherStatus) -> Mapping[str, tuple[str, Ink]]:
        return self._said[row.name].cells
