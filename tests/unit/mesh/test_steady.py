"""A clock that only goes on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshtui.mesh.steady import SteadyClock


def test_a_step_back_is_a_moment_of_standing_still() -> None:
    clock = SteadyClock()

    assert [clock.read(now_s) for now_s in (100.0, 110.0, 50.0, 55.0)] == [100, 110, 110, 115]
    assert clock.outer(120.0) == 60.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_it_never_falls(readings: list[float]) -> None:
    clock = SteadyClock()
    times = [clock.read(now_s) for now_s in readings]

    assert times == sorted(times)
