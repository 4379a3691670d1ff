"""Rows as they were drawn: which are kept, and for how long."""

from __future__ import annotations

from textual.strip import Strip

from meshtui.tui.widgets.painted import RowCache


def kept(*rows: int) -> tuple[RowCache, dict[int, tuple[Strip, ...]]]:
    cache = RowCache()
    drawn = {row: (Strip.blank(row + 1),) for row in rows}
    for row, lines in drawn.items():
        cache.put((row, False), lines)
    return cache, drawn


def test_rows_keep_their_drawing_when_older_ones_go_but_for_the_new_first() -> None:
    cache, drawn = kept(0, 1, 2, 3)

    cache.drop_first(2)

    assert cache.get((0, False)) is None
    assert cache.get((1, False)) is drawn[3]


def test_a_forgotten_row_is_drawn_anew_with_and_without_the_cursor() -> None:
    cache, drawn = kept(0, 1)
    cache.put((1, True), drawn[1])

    cache.forget([1])

    assert cache.get((1, False)) is cache.get((1, True)) is None
    assert cache.get((0, False)) is drawn[0]


def test_however_many_rows_are_drawn_a_few_hundred_are_kept() -> None:
    cache, _ = kept(*range(2_000))

    assert sum(cache.get((row, False)) is not None for row in range(2_000)) <= 512
