"""Where a window stands over rows of unlike heights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.tui.widgets.line_window import LineWindow


def window(heights: list[int], height: int) -> LineWindow:
    made = LineWindow(heights.__getitem__)
    made.count, made.height = len(heights), height
    return made


def shown(made: LineWindow, heights: list[int]) -> list[tuple[int, int]]:
    """(row, line) of what is in the window."""
    lines = [(row, line) for row, height in enumerate(heights) for line in range(height)]
    start = lines.index((made.top, made.skip)) if lines else 0
    return lines[start : start + made.height]


def test_the_end_is_the_last_line_of_the_last_row() -> None:
    heights = [1, 3, 2]
    made = window(heights, 4)

    made.to_end()

    assert shown(made, heights) == [(1, 1), (1, 2), (2, 0), (2, 1)]


def test_a_short_list_stands_at_its_beginning() -> None:
    made = window([1, 1], 10)

    made.to_end()

    assert (made.top, made.skip) == (0, 0)


@pytest.mark.parametrize("row", range(5))
def test_a_revealed_row_is_whole_in_the_window(row: int) -> None:
    heights = [1, 3, 2, 1, 4]
    made = window(heights, 5)
    made.to_row(2)

    made.reveal(row)

    assert [(row, line) for line in range(heights[row])] == [
        place for place in shown(made, heights) if place[0] == row
    ]


@given(
    heights=st.lists(st.integers(1, 4), min_size=1, max_size=30),
    height=st.integers(1, 12),
    moves=st.lists(st.integers(-20, 20), max_size=8),
)
def test_scrolling_never_leaves_the_list_nor_room_below_it(heights, height, moves) -> None:
    made = window(heights, height)

    for lines in moves:
        made.scroll(lines)
        made.fill()

        assert 0 <= made.top < len(heights)
        assert 0 <= made.skip < heights[made.top]
        assert len(shown(made, heights)) == min(height, sum(heights))


@given(heights=st.lists(st.integers(1, 4), min_size=1, max_size=30), lines=st.integers(1, 20))
def test_scrolling_there_and_back_is_where_it_was(heights, lines) -> None:
    made = window(heights, 3)
    made.to_row(len(heights) // 2)
    before = (made.top, made.skip)

    made.scroll(-lines)
    moved = sum(heights[made.top : before[0]]) - made.skip
    made.scroll(moved)

    assert (made.top, made.skip) == before
