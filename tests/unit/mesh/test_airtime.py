"""Time on air and the duty cycle."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.mesh.airtime import DutyCycle, time_on_air_ms
from meshtui.model.link import RadioSettings

LONG_FAST = RadioSettings()
NARROW = RadioSettings(spreading_factor=8, bandwidth_khz=62.5, coding_rate=8)


@pytest.mark.parametrize(
    ("radio", "size", "expected_ms"),
    [
        (LONG_FAST, 236, 1993),
        (LONG_FAST, 204, 1788),
        (LONG_FAST, 152, 1378),
        (LONG_FAST, 134, 1255),
        (LONG_FAST, 122, 1174),
        (LONG_FAST, 118, 1133),
        (NARROW, 236, 2082),
        (NARROW, 204, 1820),
        (NARROW, 152, 1394),
        (NARROW, 118, 1099),
    ],
)
def test_time_on_air_is_what_is_published(
    radio: RadioSettings, size: int, expected_ms: int
) -> None:
    assert round(time_on_air_ms(size, radio)) == expected_ms


def test_slow_symbols_carry_fewer_bits() -> None:
    # SF12 at 125 kHz: 32.8 ms a symbol; 8 preamble symbols and 51 bytes are known to take 2.466 s
    slow = RadioSettings(spreading_factor=12, bandwidth_khz=125, preamble_symbols=8)

    assert round(time_on_air_ms(51, slow)) == 2466


def test_the_shortest_spreading_factors_have_a_longer_sync_word() -> None:
    # by the data sheet: 16 + 6.25 + 8 + ceil((8 * 20 + 16 - 20 + 20) / 20) * 5 symbols of 64 us
    fastest = RadioSettings(spreading_factor=5, bandwidth_khz=500)

    assert time_on_air_ms(20, fastest) == pytest.approx((30.25 + 9 * 5) * 0.064)


def test_an_empty_packet_is_a_preamble_and_a_header() -> None:
    radio = replace(LONG_FAST, spreading_factor=12, bandwidth_khz=500)

    assert time_on_air_ms(0, radio) == pytest.approx((16 + 4.25 + 8) * 8.192)


@given(size=st.integers(0, 300), factor=st.integers(5, 12), rate=st.integers(5, 8))
def test_more_bytes_never_take_less_time(size: int, factor: int, rate: int) -> None:
    radio = RadioSettings(spreading_factor=factor, coding_rate=rate)

    assert 0 < time_on_air_ms(size, radio) <= time_on_air_ms(size + 1, radio)


def test_the_allowance_may_be_spent_at_once_and_then_one_waits() -> None:
    duty = DutyCycle(0.1)  # 360 s an hour

    assert duty.wait_s(360.0, 0.0, is_own=True) == 0.0
    duty.spend(360.0, 0.0, is_own=True)
    wait_s = duty.wait_s(1.0, 360.0, is_own=True)
    assert 3600.0 <= wait_s <= 3630.0
    assert duty.wait_s(1.0, 360.0 + wait_s, is_own=True) == 0.0


def test_relays_leave_half_to_us() -> None:
    duty = DutyCycle(0.1)
    duty.spend(179.5, 0.0, is_own=False)

    assert duty.wait_s(1.0, 200.0, is_own=False) > 0
    assert duty.wait_s(1.0, 200.0, is_own=True) == 0.0
    assert duty.wait_s(0.5, 200.0, is_own=False) == 0.0


def test_what_is_ours_may_use_all_and_relays_then_wait() -> None:
    duty = DutyCycle(0.1)
    duty.spend(360.0, 0.0, is_own=True)

    assert duty.wait_s(0.1, 400.0, is_own=False) > 0


def test_a_packet_longer_than_the_allowance_never_goes() -> None:
    assert math.isinf(DutyCycle(0.001).wait_s(4.0, 0.0, is_own=True))
    assert math.isinf(DutyCycle(0.001).wait_s(2.0, 0.0, is_own=False))


def test_without_a_limit_there_is_nothing_to_wait_for() -> None:
    duty = DutyCycle(1.0)
    for second in range(4000):
        assert duty.wait_s(1.0, second, is_own=True) == 0.0
        duty.spend(1.0, second, is_own=True)


def test_what_is_used_is_told_and_forgotten_after_the_window() -> None:
    duty = DutyCycle(0.1)
    assert duty.used(0.0) == 0.0
    duty.spend(36.0, 0.0, is_own=False)

    assert duty.used(10.0) == pytest.approx(0.1)
    assert duty.used(3599.0) == pytest.approx(0.1)
    assert duty.used(3700.0) == 0.0


def test_what_was_spent_without_leave_counts_as_everything() -> None:
    duty = DutyCycle(0.1)
    duty.spend(500.0, 0.0, is_own=True)

    assert duty.used(500.0) == 1.0


def test_a_clock_that_steps_back_an_hour_neither_frees_nor_wedges() -> None:
    duty = DutyCycle(0.1)
    duty.spend(360.0, 10_000.0, is_own=True)

    wait_s = duty.wait_s(1.0, 6_400.0, is_own=True)
    assert 3600.0 <= wait_s <= 4000.0
    assert duty.wait_s(1.0, 6_400.0 + wait_s, is_own=True) == 0.0


def test_a_new_life_waits_as_if_it_were_the_old_one() -> None:
    old, new = DutyCycle(0.1), DutyCycle(0.1)
    packets = [(9_000.0, 100.0, True), (10_000.0, 170.0, False), (11_000.0, 80.0, True)]
    for at_s, airtime_s, is_own in packets:
        old.spend(airtime_s, at_s, is_own=is_own)
    # rebooted: the clock begins anew, at what was 12 000
    for at_s, airtime_s, is_own in packets:
        new.restore(airtime_s, 12_000.0 - at_s - airtime_s, 6.0, is_own=is_own)

    assert new.used(6.0) == old.used(12_000.0) == pytest.approx(350 / 360)
    for airtime_s, is_own in ((10.0, True), (20.0, True), (10.0, False), (30.0, False)):
        wait_s = old.wait_s(airtime_s, 12_000.0, is_own=is_own)
        assert abs(new.wait_s(airtime_s, 6.0, is_own=is_own) - wait_s) <= 30.0  # of one slice


def test_what_an_earlier_life_sent_long_ago_does_not_count() -> None:
    duty = DutyCycle(0.1)

    duty.restore(360.0, 3_700.0, 50.0, is_own=True)

    assert len(duty) == 0
    assert duty.wait_s(360.0, 50.0, is_own=True) == 0.0


def test_what_an_earlier_life_sent_in_the_future_counts_as_just_sent() -> None:
    duty = DutyCycle(0.1)

    duty.restore(360.0, -1_000.0, 50.0, is_own=True)

    assert 3600.0 <= duty.wait_s(1.0, 50.0, is_own=True) <= 3630.0


def test_the_ledger_stays_small() -> None:
    duty = DutyCycle(0.1)
    for second in range(0, 200_000, 7):
        duty.spend(0.5, second, is_own=True)

    assert len(duty) <= 122


@given(
    tries=st.lists(
        st.tuples(st.floats(0, 40), st.floats(0.01, 5), st.booleans()), min_size=1, max_size=120
    )
)
def test_no_window_holds_more_than_is_allowed(tries: list[tuple[float, float, bool]]) -> None:
    window_s, limit = 100.0, 0.1
    duty = DutyCycle(limit, window_s)
    now_s = 5.0
    spent: list[tuple[float, float, bool]] = []
    for pause_s, airtime_s, is_own in tries:
        now_s += pause_s
        if duty.wait_s(airtime_s, now_s, is_own=is_own) == 0.0:
            duty.spend(airtime_s, now_s, is_own=is_own)
            spent.append((now_s, airtime_s, is_own))
            now_s += airtime_s
    for first_s, length_s, _ in spent:
        for begin_s in (first_s, first_s + length_s):
            assert _within(spent, begin_s, begin_s + window_s) <= limit * window_s + 1e-3
            relayed = [packet for packet in spent if not packet[2]]
            assert _within(relayed, begin_s, begin_s + window_s) <= limit * window_s / 2 + 1e-3


def _within(spent: list[tuple[float, float, bool]], begin_s: float, end_s: float) -> float:
    return sum(
        max(0.0, min(end_s, at_s + airtime_s) - max(begin_s, at_s)) for at_s, airtime_s, _ in spent
    )
