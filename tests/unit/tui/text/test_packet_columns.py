"""Which columns of the packet list fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.tui.text.columns import place
from meshtui.tui.text.packet_columns import COLUMNS, DEFAULT, FIXED, HELP, chosen_of, fitting

NAMES = [column.name for column in COLUMNS]


@given(st.integers(1, 300), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_what_is_chosen_known_and_fits_is_shown_in_its_order(width, chosen, known) -> None:
    shown = [column.name for column in fitting(width, chosen, known)]

    assert set(shown) <= (chosen & known) | {FIXED}
    assert shown == [name for name in NAMES if name in shown]
    placed = place(fitting(width, chosen, known), width)
    assert sum(each.width + 1 for each in placed) <= max(width, 1) + 1


def test_on_a_small_screen_both_signal_figures_are_there() -> None:
    shown = {column.name for column in fitting(80, DEFAULT, set(NAMES))}

    assert {"time", "type", "stations", "hops", "snr", "dBm", "verdict"} <= shown


@pytest.mark.parametrize("saved", ["", "nonsense", FIXED, ","])
def test_a_choice_that_names_nothing_is_the_usual_one(saved: str) -> None:
    assert chosen_of(saved) == DEFAULT


def test_a_choice_is_read_in_the_order_of_the_columns() -> None:
    assert chosen_of("verdict,time,gone") == ("time", "verdict")


def test_every_column_says_what_it_is() -> None:
    assert set(HELP) == set(NAMES) - {FIXED}
