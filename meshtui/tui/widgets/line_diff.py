"""What differs between the lines that were painted and those that should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.segment import Segment
    from rich.style import Style
    from textual.strip import Strip


def lines_moved_up(before: list[Strip], after: list[Strip]) -> int:
    """By how many lines most of what is shown has moved up; 0 where moving them saves nothing."""
    height = len(after)
    # By value: a line may have been drawn anew and be the same.
    in_place = sum(old == new for old, new in zip(before, after, strict=True))
    for lines in range(1, height // 2 + 1):
        kept = height - lines
        moved = sum(old == new for old, new in zip(before[lines:], after[:kept], strict=True))
        if moved > kept * 2 // 3 and moved > in_place + lines:
            return lines
    return 0


def differing_spans(old: Strip, new: Strip, width: int, plain: Style) -> list[tuple[int, int]]:
    """Name the spans of cells in which two lines differ; none where they are alike."""
    before = dict(_placed(old.adjust_cell_length(width, plain)))
    spans: list[tuple[int, int]] = []
    for start, segment in _placed(new.adjust_cell_length(width, plain)):
        if before.get(start) == segment:
            continue
        end = start + segment.cell_length
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _placed(strip: Strip) -> Iterator[tuple[int, Segment]]:
    """Segments with the cell each begins at."""
    start = 0
    for segment in strip:
        yield start, segment
        start += segment.cell_length
