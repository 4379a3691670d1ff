"""A table on the virtual list: rows in, cells by column, the row under the cursor out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from rich.cells import cell_len

from meshtui.tui.text.columns import place, titles
from meshtui.tui.text.format import fit
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from textual.strip import Strip

    from meshtui.tui.text.columns import Column
    from meshtui.tui.text.glyphs import Glyphs
    from meshtui.tui.widgets.ink import Ink, Part
    from meshtui.tui.widgets.line_list import Rendered

RowT = TypeVar("RowT")


class RowTable(InkedList, Generic[RowT]):
    """Draws rows of any kind; cells come cleaned."""

    def __init__(
        self,
        columns: Sequence[Column],
        cells_of: Callable[[RowT], Mapping[str, tuple[str, Ink]]],
        glyphs: Glyphs,
        *,
        id: str,  # noqa: A002 - Textual's own word
    ) -> None:
        """Begin empty.

        Args:
            cells_of: Text and ink of a row's cells by column name; a missing one is blank.
        """
        super().__init__(show_cursor=True, id=id)
        self.rows: Sequence[RowT] = ()
        self._all_columns = self._columns = tuple(columns)
        self._cells_of = cells_of
        self._glyphs = glyphs

    def header(self, width: int) -> list[list[Part]]:
        """The line of titles."""
        return [[(f"  {titles(place(self._columns, width - 2))}", "head")]]

    def hide(self, names: Collection[str]) -> None:
        """Leave these columns out, from the next `show` on."""
        self._columns = tuple(c for c in self._all_columns if c.name not in names)

    def show(self, rows: Sequence[RowT], cursor: int) -> None:
        """Take other rows; the cursor goes to one of them."""
        self.rows = rows
        self.set_rows(len(rows), self._draw_row, cursor=min(max(cursor, 0), len(rows) - 1))

    def current(self) -> RowT | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    def draw_cells(self, index: int, width: int, *, is_cursor: bool) -> Strip:
        """The line of a row's cells; what is too long has the room of blank ones after it."""
        cells = self._cells_of(self.rows[index])
        parts: list[Part] = [(f"{self._glyphs.cursor if is_cursor else ' '} ", "name")]
        columns = place(self._columns, width - 2, self._glyphs.ellipsis)
        for at, placed in enumerate(columns):
            text, ink = cells.get(placed.column.name, ("", "plain"))
            rest = columns[at + 1 :]
            if cell_len(text) > placed.width and not any(
                cells.get(each.column.name, ("", ""))[0] for each in rest
            ):
                room = placed.width + sum(each.width + 1 for each in rest)
                parts.append((fit(text, room, self._glyphs.ellipsis), ink))
                break
            parts.append((placed.cell(text) + " ", ink))
        return self.line(parts, width, is_cursor=is_cursor)

    def draw_row(self, index: int, width: int, is_cursor: bool) -> Rendered:  # noqa: FBT001
        """All lines of a row: subclasses may add some."""
        return self.draw_cells(index, width, is_cursor=is_cursor)

    def _draw_row(self, index: int, width: int, is_cursor: bool) -> Rendered:  # noqa: FBT001
        if index >= len(self.rows):
            return self.line([], width)
        return self.draw_row(index, width, is_cursor)
