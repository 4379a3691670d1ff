"""Columns of a table: which ones fit, how wide each is, and a row cut to them by cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.tui.text.format import fit, fit_right

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        width: Cells it has; those with `grow` have at least that many.
        grow: Its share of the room left over; 0 = none.
        from_width: Only shown where the table is at least that wide.
        below_width: Only shown where the table is narrower than that; 0 = no matter.
        is_right: Its text stands at the right end.
    """

    name: str
    width: int
    grow: int = 0
    from_width: int = 0
    below_width: int = 0
    is_right: bool = False
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A column with the cells it was given."""

    column: Column
    width: int
    ellipsis: str

    def cell(self, text: str) -> str:
        """Return the text in exactly these cells."""
        cut = fit_right if self.column.is_right else fit
        return cut(text, self.width, self.ellipsis)


def place(columns: Sequence[Column], width: int, ellipsis: str = "…") -> tuple[Placed, ...]:
    """Choose the columns that are shown at a width, and share the room among those that grow."""
    shown = [
        column
        for column in columns
        if width >= column.from_width and not 0 < column.below_width <= width
    ]
    spare = width - sum(column.width for column in shown) - (len(shown) - 1)
    shares = sum(column.grow for column in shown) or 1
    placed = []
    for column in shown:
        extra = max(spare, 0) * column.grow // shares
        placed.append(Placed(column, column.width + extra, ellipsis))
    return tuple(placed)


def titles(placed: Sequence[Placed]) -> str:
    """Return the line of column titles."""
    names = (p.column.name if p.column.title is None else p.column.title for p in placed)
    return " ".join(p.cell(name) for p, name in zip(placed, names, strict=True))
