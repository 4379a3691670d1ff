"""Laws of what moved and what differs."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip

from meshtui.tui.widgets.line_diff import lines_moved_up


def _lines(*texts: str) -> list[Strip]:
    return [Strip([Segment(text)]) for text in texts]


TALK = [f"line {number}" for number in range(30)]


def test_lines_that_moved_up_are_found_though_drawn_anew() -> None:
    assert lines_moved_up(_lines(*TALK[:20]), _lines(*TALK[1:21])) == 1
    assert lines_moved_up(_lines(*TALK[:20]), _lines(*TALK[3:23])) == 3


def test_lines_that_look_alike_do_not_hide_a_move() -> None:
    wrapped = [text for line in TALK for text in (line, "and so on")]

    assert lines_moved_up(_lines(*wrapped[:20]), _lines(*wrapped[2:22])) == 2


def test_what_stands_still_has_not_moved() -> None:
    assert lines_moved_up(_lines(*TALK[:20]), _lines(*TALK[:20])) == 0
    assert lines_moved_up(_lines(*TALK[:20]), _lines("other", *TALK[1:20])) == 0
    assert lines_moved_up(_lines(*["same"] * 20), _lines(*["same"] * 20)) == 0


def test_another_talk_has_not_moved() -> None:
    assert lines_moved_up(_lines(*TALK[:10]), _lines(*TALK[20:30])) == 0
