"""Columns that fit."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from meshtui.tui.text.columns import Column, place, titles

COLUMNS = (
    Column("name", 5, grow=1),
    Column("wide", 6, from_width=40),
    Column("narrow", 6, below_width=40),
    Column("n", 4, is_right=True, title="#"),
)


@pytest.mark.parametrize("width", [17, 30, 39, 40, 120])
def test_columns_and_gaps_fill_the_width(width: int) -> None:
    assert cell_len(titles(place(COLUMNS, width))) == width


def test_columns_come_and_go_with_the_width() -> None:
    assert [p.column.name for p in place(COLUMNS, 39)] == ["name", "narrow", "n"]
    assert [p.column.name for p in place(COLUMNS, 40)] == ["name", "wide", "n"]


@pytest.mark.parametrize("text", ["", "a", "山田 花子", "a much too long text", "🌲🌲🌲"])
def test_a_cell_has_exactly_its_width_whatever_the_text(text: str) -> None:
    for placed in place(COLUMNS, 30):
        assert cell_len(placed.cell(text)) == placed.width
