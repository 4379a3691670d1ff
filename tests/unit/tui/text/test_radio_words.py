"""What sending takes and what is on its way, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.model.message import SendCost
from meshtui.tui.state.arrivals import Arrival
from meshtui.tui.text.glyphs import PLAIN, UNICODE
from meshtui.tui.text.radio import arrival_pieces, cost_words, is_nearly_used, wait_words

COST = SendCost(1, 88, 1_400.0, "compact", 0.12)
WAITS = replace(COST, packets=2, wait_s=170.0, duty_used=1.0)


@pytest.mark.parametrize(
    ("cost", "room", "words"),
    [
        (COST, 60, "42 B · 1 packet · 1.4 s on air · duty 12 %"),
        (COST, 36, "1 packet · 1.4 s on air · duty 12 %"),
        (COST, 34, "1 packet · 1.4 s air · duty 12 %"),
        (COST, 30, "1 packet · 1.4 s air"),
        (COST, 10, "1.4 s air"),
        (replace(COST, packets=3), 60, "42 B · 3 packets · 1.4 s on air · duty 12 %"),
        (WAITS, 80, "42 B · 2 packets · 1.4 s on air · leaves in 3 min: duty cycle"),
        (WAITS, 40, "2 packets · leaves in 3 min: duty cycle"),
        (WAITS, 5, "leaves in 3 min: duty cycle"),
        (
            replace(COST, duty_used=0.93),
            60,
            "42 B · 1 packet · 1.4 s on air · duty 93 %, nearly used",
        ),
        (replace(COST, duty_used=0.93), 5, "duty 93 %, nearly used"),
    ],
)
def test_what_a_text_takes_is_said_as_fully_as_there_is_room(
    cost: SendCost, room: int, words: str
) -> None:
    assert cost_words(cost, 42, room, UNICODE) == words


def test_the_plain_words_are_ascii() -> None:
    assert cost_words(COST, 42, 60, PLAIN) == "42 B - 1 packet - 1.4 s on air - duty 12 %"


def test_a_warning_is_due_where_little_is_left_or_it_must_wait() -> None:
    assert not is_nearly_used(COST)
    assert is_nearly_used(replace(COST, duty_used=0.8))
    assert is_nearly_used(replace(COST, wait_s=0.1))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (59.5, "60 s"), (60, "1 min"), (121, "3 min")]
)
def test_waits_are_rounded_up(seconds: float, words: str) -> None:
    assert wait_words(seconds) == words


@pytest.mark.parametrize(
    ("arrivals", "pieces"),
    [
        ((), []),
        ([Arrival("", 2, 5, "", 0)], [("receiving 2 of 5", "accent")]),
        ([Arrival("a", 2, 5, "", 0)], [("receiving 2 of 5 from ALICE", "accent")]),
        (
            [Arrival("", 2, 5, "", 0), Arrival("", 1, 2, "", 0)],
            [("receiving 2 of 5, and 1 other", "accent")],
        ),
        ([Arrival("", 3, 5, "timeout", 0)], [("incomplete: 3 of 5 arrived", "warn")]),
    ],
)
def test_what_is_on_its_way(arrivals: list[Arrival], pieces: list[tuple[str, str]]) -> None:
    assert arrival_pieces(arrivals, {"a": "ALICE"}.__getitem__) == pieces
