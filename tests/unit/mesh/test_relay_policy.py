"""What is passed on, and what is not."""

from __future__ import annotations

import pytest

from meshtui.mesh.relay import RelayPolicy
from meshtui.model.ids import NodeId

ME, OTHER = NodeId("ME"), NodeId("OTHER")
NOW_MS = 1_780_000_000_000


def _refusal(**changes: object) -> str:
    packet: dict[str, object] = {
        "ttl": 10,
        "hop_count": 0,
        "route": (OTHER,),
        "sent_at_ms": NOW_MS,
        "now_ms": NOW_MS,
        "size_bytes": 500,
    }
    return RelayPolicy().refusal(ME, **(packet | changes))  # type: ignore[arg-type]


def test_an_ordinary_packet_is_passed_on() -> None:
    assert _refusal() == ""


@pytest.mark.parametrize(("ttl", "hop_count"), [(0, 0), (-1, 0), (10, 10), (5, 255)])
def test_a_packet_without_hops_left_is_not(ttl: int, hop_count: int) -> None:
    assert _refusal(ttl=ttl, hop_count=hop_count) == "ttl"


@pytest.mark.parametrize(("ttl", "hop_count", "left"), [(10, 0, 10), (255, 0, 10), (3, 9, 1)])
def test_a_packet_never_travels_further_than_ten_hops_in_all(
    ttl: int, hop_count: int, left: int
) -> None:
    assert RelayPolicy().remaining_ttl(ttl, hop_count) == left


def test_a_packet_that_passed_here_is_a_loop() -> None:
    assert _refusal(route=(OTHER, ME)) == "loop"


@pytest.mark.parametrize("off_ms", [-600_001, 600_001, -NOW_MS])
def test_a_packet_of_another_time_is_stale(off_ms: int) -> None:
    assert _refusal(sent_at_ms=NOW_MS + off_ms) == "stale"


@pytest.mark.parametrize("off_ms", [-600_000, 0, 600_000])
def test_ten_minutes_either_way_are_well(off_ms: int) -> None:
    assert _refusal(sent_at_ms=NOW_MS + off_ms) == ""


def test_an_unset_clock_calls_nothing_stale() -> None:
    assert _refusal(now_ms=5_000) == ""


def test_a_huge_packet_is_not_carried() -> None:
    assert _refusal(size_bytes=1_000_000) == "size"
