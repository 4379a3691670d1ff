from __future__ import annotations

from dataclasses import replace

from meshtui.model.event import RouteChanged, RouteForgotten
from meshtui.model.ids import LinkId
from meshtui.model.node import Route
from meshtui.store import routes
from tests.support.open_store import ALICE, BOB, NETWORK, OpenStore

WAY = Route(NETWORK, ALICE, LinkId("mqtt"), 2, (BOB,), 10, -80, 12, "claimed", 0.75)


def test_of_ways_over_one_link_the_last_is_kept_and_newest_come_first(store: OpenStore) -> None:
    newer = replace(WAY, hops=1, via=(), last_seen_ms=20)
    radio = replace(WAY, link_id=LinkId("lora"), last_seen_ms=15, rssi_dbm=None, latency_ms=None)

    store.writer.apply([RouteChanged(WAY), RouteChanged(radio)])
    store.writer.apply([RouteChanged(newer)])

    assert store.reader.routes() == [newer, radio]


def test_a_forgotten_route_is_gone_even_if_learned_in_the_same_batch(store: OpenStore) -> None:
    other = replace(WAY, node_id=BOB)
    store.writer.apply([RouteChanged(replace(WAY, link_id=LinkId("lora")))])

    store.writer.apply([RouteChanged(WAY), RouteChanged(other), RouteForgotten(NETWORK, ALICE)])

    assert store.reader.routes() == [other]


def test_a_route_learned_after_forgetting_stays(store: OpenStore) -> None:
    store.writer.apply([RouteForgotten(NETWORK, ALICE), RouteChanged(WAY)])

    assert store.reader.routes() == [WAY]


def test_of_too_many_routes_the_oldest_go(store: OpenStore) -> None:
    ways = [replace(WAY, link_id=LinkId(f"l{n}"), last_seen_ms=n) for n in range(5)]
    store.writer.apply([RouteChanged(way) for way in ways])

    with store.database.writing() as connection:
        routes.evict(connection, 2)

    assert store.reader.routes() == [ways[4], ways[3]]
