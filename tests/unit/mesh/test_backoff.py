"""Delays between attempts."""

from __future__ import annotations

from meshtui.mesh.backoff import Backoff


def test_delays_double_up_to_a_ceiling() -> None:
    backoff = Backoff(lambda: 0.0, first_s=1, ceiling_s=10)

    assert [backoff.next_delay_s() for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_a_success_starts_anew() -> None:
    backoff = Backoff(lambda: 0.0, first_s=1)
    backoff.next_delay_s()
    backoff.next_delay_s()

    backoff.reset()

    assert backoff.failures == 0
    assert backoff.next_delay_s() == 1


def test_chance_takes_off_at_most_the_spread() -> None:
    backoff = Backoff(lambda: 0.999, first_s=10, spread=0.5)

    assert 5.0 <= backoff.next_delay_s() < 5.1


def test_ten_thousand_failures_are_no_overflow() -> None:
    backoff = Backoff(lambda: 0.0, ceiling_s=60)

    assert {backoff.next_delay_s() for _ in range(10_000)} <= {1, 2, 4, 8, 16, 32, 60}
