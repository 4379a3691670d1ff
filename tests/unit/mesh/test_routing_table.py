"""The routing table."""

from __future__ import annotations

import pytest

from meshtui.mesh.routing import (
    RoutingTable,
    plausible_latency_ms,
    ways_of,
)
from meshtui.model.ids import LinkId, NetworkName, NodeId

NETWORK, LINK, OTHER_LINK = NetworkName("n"), LinkId("l"), LinkId("m")
A, R, S = NodeId("A"), NodeId("R"), NodeId("S")


def _table(limit: int = 100) -> RoutingTable:
    return RoutingTable(NETWORK, limit)


def test_a_route_is_read_as_the_ways_to_all_who_are_on_it() -> None:
    assert list(ways_of((A, R, S))) == [(A, (S, R)), (R, (S,)), (S, ())]
    assert list(ways_of(())) == []


def test_a_way_is_told_when_it_is_new() -> None:
    route = _table().learn(A, LINK, (R,), 1_000, source="claimed", latency_ms=7)

    assert route is not None
    assert (route.hops, route.via, route.latency_ms) == (2, (R,), 7)


def test_a_refresh_is_told_at_most_every_ten_seconds() -> None:
    table = _table()
    table.learn(A, LINK, (), 0, source="heard")

    told = [table.learn(A, LINK, (), ms, source="heard") for ms in (1_000, 9_999, 11_000, 12_000)]

    assert [route is not None for route in told] == [False, False, True, False]


def test_a_shorter_way_is_told_at_once() -> None:
    table = _table()
    table.learn(A, LINK, (R,), 0, source="claimed")

    route = table.learn(A, LINK, (), 1, source="heard")

    assert route is not None
    assert route.hops == 1


def test_a_longer_way_does_not_replace_a_fresh_shorter_one() -> None:
    table = _table()
    table.learn(A, LINK, (), 0, source="heard")

    assert table.learn(A, LINK, (R, S), 59_999, source="claimed") is None
    assert table.best(A, (LINK,), 59_999).hops == 1  # type: ignore[union-attr]
    assert table.learn(A, LINK, (R, S), 60_000, source="claimed") is not None


def test_what_is_not_measured_again_keeps_its_last_value() -> None:
    table = _table()
    table.learn(A, LINK, (), 0, source="heard", latency_ms=5, rssi_dbm=-90)

    route = table.learn(A, LINK, (), 10_000, source="heard")

    assert route is not None
    assert (route.latency_ms, route.rssi_dbm) == (5, -90)


def test_the_best_way_has_the_fewest_hops_and_is_active() -> None:
    table = _table()
    table.learn(A, LINK, (R,), 0, source="claimed")
    table.learn(A, OTHER_LINK, (), 0, source="heard")

    assert table.best(A, (LINK, OTHER_LINK), 1).link_id == OTHER_LINK  # type: ignore[union-attr]
    assert table.best(A, (LINK,), 1).link_id == LINK  # type: ignore[union-attr]
    assert table.best(A, (LINK, OTHER_LINK), 300_001) is None


def test_forgetting_a_node_forgets_all_ways_to_it() -> None:
    table = _table()
    table.learn(A, LINK, (), 0, source="heard")
    table.learn(A, OTHER_LINK, (), 0, source="heard")
    table.learn(R, LINK, (), 0, source="heard")

    assert table.forget(A) == 2
    assert len(table) == 1


def test_the_table_is_bounded() -> None:
    table = _table(limit=10)

    for number in range(1_000):
        table.learn(NodeId(str(number)), LINK, (), number, source="heard")

    assert len(table) == 10
    assert table.best(NodeId("999"), (LINK,), 999) is not None


@pytest.mark.parametrize(
    ("sent_ms", "received_ms", "latency"),
    [(0, 100, 100), (100, 100, 0), (101, 100, None), (0, 300_000, 300_000), (0, 300_001, None)],
)
def test_a_latency_is_read_only_where_the_clocks_agree(
    sent_ms: int, received_ms: int, latency: int | None
) -> None:
    assert plausible_latency_ms(sent_ms, received_ms) == latency


def test_a_clock_set_back_does_not_silence_the_table() -> None:
    table = _table()
    table.learn(A, LINK, (), 10_000_000, source="heard")

    assert table.learn(A, LINK, (), 5_000_000, source="heard") is not None
    assert table.learn(A, LINK, (R,), 1_000_000, source="claimed") is not None


def test_a_burst_by_one_way_is_one_observation() -> None:
    table = _table()
    table.learn(A, LINK, (), 0, source="heard", latency_ms=1)

    assert table.learn(A, LINK, (), 999, source="heard", latency_ms=2) is None
    assert table.best(A, (LINK,), 999).latency_ms == 1  # type: ignore[union-attr]
