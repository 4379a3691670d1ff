"""Delays and timeouts, by the firmware's formulas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.networks.meshcore.node import delays
from meshtui.networks.meshcore.node.settings import mesh_radio

RADIO = mesh_radio()


def test_a_flood_waits_up_to_five_times_its_time_on_air_times_the_factor() -> None:
    unit = int(delays.airtime_ms(2 + 30, RADIO) * 0.5)
    limits: list[int] = []

    def below(limit: int) -> int:
        limits.append(limit)
        return limit - 1

    assert delays.spread_ms(30, 0.5, RADIO, below) == 5 * unit
    assert limits == [5 * unit + 1]


def test_no_factor_is_no_delay_and_no_chance() -> None:
    assert delays.spread_ms(30, 0.0, RADIO, lambda _: 1 // 0) == 0


def test_timeouts_are_those_of_the_firmware() -> None:
    t = delays.airtime_ms(2 + 20 + 4, RADIO)

    assert delays.flood_timeout_ms(20, RADIO) == 500 + 16 * t
    assert delays.direct_timeout_ms(20, 0, RADIO) == 500 + 6 * t + 250
    assert delays.direct_timeout_ms(20, 2, RADIO) == 500 + (6 * t + 250) * 3
    assert delays.trace_timeout_ms(10, 1, RADIO) == 500 + 2 * (
        6 * delays.airtime_ms(12, RADIO) + 250
    )


@pytest.mark.parametrize(("base", "snr"), [(0.0, 5.0), (-1.0, 5.0), (10.0, None)])
def test_without_a_base_or_a_reception_nothing_lies(base, snr) -> None:
    assert delays.rx_delay_ms(60, snr, base, RADIO) == 0


def test_who_heard_badly_waits_longer_and_who_heard_well_not_at_all() -> None:
    bad = delays.rx_delay_ms(60, -14.0, 10.0, RADIO)
    fair = delays.rx_delay_ms(60, -9.0, 10.0, RADIO)
    good = delays.rx_delay_ms(60, 8.0, 10.0, RADIO)

    assert bad > fair > good == 0


@given(
    st.integers(2, 255), st.floats(-40, 40), st.floats(0.01, 20.0), st.sampled_from((7, 8, 10, 12))
)
def test_a_flood_lies_for_32_seconds_at_most(n_bytes, snr, base, spreading) -> None:
    delay = delays.rx_delay_ms(n_bytes, snr, base, mesh_radio(spreading))

    assert delay == 0 or 50 <= delay <= 32_000


def test_a_reception_is_rated_from_nothing_to_one() -> None:
    assert delays.reception_score(-15.1, 10) == 0.0
    assert delays.reception_score(20.0, 10) == 1.0
    assert 0.0 < delays.reception_score(-10.0, 128) < 0.3
