"""When a radio relays, and how long it waits for an answer."""

from __future__ import annotations

import random

import pytest

from meshtui.mesh.radio_relay import (
    LONGEST_S,
    LONGEST_WAIT_S,
    PLAIN,
    SHORTEST_S,
    TURN_S,
    RelayTiming,
    among,
    answer_timeout_s,
)

AIRTIME_S = 1.4


def test_the_plain_wait_is_the_protocols() -> None:
    chance = random.Random(1).random

    waits = [PLAIN.delay_s(AIRTIME_S, None, chance) for _ in range(200)]

    assert min(waits) >= SHORTEST_S == 0.05
    assert max(waits) <= LONGEST_S == 0.2


@pytest.mark.parametrize("snr_db", [None, -30.0, -15.0, 0.0, 8.0, 40.0])
def test_relays_go_at_the_beginning_of_a_slot_within_the_window(snr_db: float | None) -> None:
    timing, chance = RelayTiming(slots=12), random.Random(2).random
    slot_s = AIRTIME_S + TURN_S

    for _ in range(200):
        number, late_s = divmod(timing.delay_s(AIRTIME_S, snr_db, chance), slot_s)
        assert 0 <= number < timing.slots
        assert SHORTEST_S - 1e-9 <= late_s <= LONGEST_S + 1e-9


def test_a_slot_has_room_for_the_packet_and_the_longest_wait() -> None:
    assert TURN_S > LONGEST_S - SHORTEST_S


def test_who_is_further_away_goes_first() -> None:
    timing = RelayTiming(slots=12)

    far, near = (timing.delay_s(AIRTIME_S, snr_db, lambda: 0.5) for snr_db in (-15.0, 8.0))

    assert far < near


def test_the_more_neighbours_the_more_slots_and_the_less_patience() -> None:
    timings = [among(neighbours) for neighbours in range(60)]

    assert [timing.slots for timing in timings] == sorted(timing.slots for timing in timings)
    assert [timing.patience for timing in timings] == sorted(
        (timing.patience for timing in timings), reverse=True
    )
    assert timings[-1].patience == 1


def test_who_listens_gives_the_next_relay_time_to_wait_and_to_send() -> None:
    assert PLAIN.listen_s(AIRTIME_S, lambda: 0.0) >= LONGEST_S + AIRTIME_S
    flood = RelayTiming(slots=8)
    assert flood.listen_s(AIRTIME_S, lambda: 0.0) >= 8 * AIRTIME_S


def test_an_answer_has_longer_the_further_it_comes_within_bounds() -> None:
    timing = among(8)

    waits = [answer_timeout_s(AIRTIME_S, 0.9, hops, timing, 0.0) for hops in range(10)]

    assert waits == sorted(waits)
    assert waits[0] >= 2 * (AIRTIME_S + 0.9)
    assert max(waits) == LONGEST_WAIT_S
    assert answer_timeout_s(AIRTIME_S, 0.9, 9, timing, 0.999) <= LONGEST_WAIT_S * 1.5
