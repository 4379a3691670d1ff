"""The cache of what passed lately."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshtui.mesh.dedupe import SeenCache


def test_a_key_is_new_once() -> None:
    seen = SeenCache()

    assert seen.add("a", 0.0)
    assert not seen.add("a", 1.0)
    assert seen.add("b", 1.0)


def test_a_key_is_new_again_when_it_is_old_enough() -> None:
    seen = SeenCache(max_age_s=10)
    seen.add("a", 0.0)

    assert not seen.add("a", 9.9)
    assert seen.add("a", 10.0)
    assert not seen.add("a", 19.9)


def test_the_oldest_key_makes_room_for_the_newest() -> None:
    seen = SeenCache(limit=2)
    for key in "abc":
        seen.add(key, 0.0)

    assert not seen.has("a", 0.0)
    assert seen.has("b", 0.0)
    assert seen.has("c", 0.0)


def test_expiring_forgets_what_is_too_old_and_says_how_much() -> None:
    seen = SeenCache(max_age_s=10)
    seen.add("a", 0.0)
    seen.add("b", 5.0)

    assert seen.expire(12.0) == 1
    assert len(seen) == 1
    assert seen.expire(100.0) == 1
    assert seen.expire(100.0) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 30)), max_size=200))
def test_it_is_never_larger_than_its_limit(additions: list[tuple[int, float]]) -> None:
    seen = SeenCache(max_age_s=10, limit=7)
    now_s = 0.0

    for key, passed_s in additions:
        now_s += passed_s
        seen.add(key, now_s)
        assert len(seen) <= 7
        assert seen.has(key, now_s)
