"""Token buckets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshtui.mesh.ratelimit import TokenBuckets


def test_a_burst_is_granted_and_then_the_rate() -> None:
    buckets = TokenBuckets(rate_per_s=10, burst=3)

    assert [buckets.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert not buckets.take("a", 0.05)
    assert buckets.take("a", 0.11)


def test_one_keys_flood_takes_nothing_from_another() -> None:
    buckets = TokenBuckets(rate_per_s=10, burst=1)
    for _ in range(1_000):
        buckets.take("flood", 0.0)

    assert buckets.take("honest", 0.0)


def test_the_moment_named_as_free_is_free() -> None:
    buckets = TokenBuckets(rate_per_s=3, burst=1)
    now_s = 12345.678
    for _ in range(100):
        now_s = buckets.free_at_s("a", now_s)
        assert buckets.take("a", now_s)


def test_a_key_with_tokens_is_free_now() -> None:
    assert TokenBuckets(rate_per_s=3, burst=1).free_at_s("a", 5.0) == 5.0


def test_a_clock_that_steps_back_earns_nothing() -> None:
    buckets = TokenBuckets(rate_per_s=10, burst=1)
    buckets.take("a", 100.0)

    assert not buckets.take("a", 0.0)


def test_the_number_of_keys_is_bounded() -> None:
    buckets = TokenBuckets(rate_per_s=10, burst=1, limit=100)

    for key in range(10_000):
        buckets.take(key, 0.0)

    assert len(buckets) == 100


@given(st.lists(st.floats(0, 0.5), max_size=200))
def test_over_any_span_no_more_is_granted_than_burst_and_rate(gaps_s: list[float]) -> None:
    buckets = TokenBuckets(rate_per_s=10, burst=5)
    now_s, granted = 0.0, 0

    for gap_s in gaps_s:
        now_s += gap_s
        granted += buckets.take("a", now_s)

    assert granted <= 5 + 10 * now_s + 0.001
