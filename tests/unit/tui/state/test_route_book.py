"""The fold of routes."""

from __future__ import annotations

from functools import partial

import pytest

from meshtui.model.display_filter import compile_words_or_filter
from meshtui.model.event import RouteChanged, RouteForgotten
from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.node import Route
from meshtui.tui.state.routes import RouteBook, hop_shares, route_fields, words_of_route

NET = NetworkName("jsonmesh")


def a_route(
    node: str, seen_ms: int = 1, hops: int = 1, link: str = "mqtt", via=(), **more
) -> Route:
    stops = tuple(NodeId(stop) for stop in via)
    return Route(NET, NodeId(node), LinkId(link), hops, stops, seen_ms, **more)


def test_the_newer_word_wins_and_the_same_word_changes_nothing() -> None:
    book = RouteBook()

    assert book.apply(RouteChanged(a_route("a", 10, hops=2)))
    assert not book.apply(RouteChanged(a_route("a", 10, hops=2)))
    assert not book.apply(RouteChanged(a_route("a", 5, hops=1)))
    assert [route.hops for route in book.routes] == [2]


def test_every_link_has_its_own_way_and_forgetting_takes_them_all() -> None:
    book = RouteBook()
    book.load([a_route("a", 1), a_route("a", 2, link="ble"), a_route("b", 3)])

    assert [route.link_id for route in book.ways_to(NET, NodeId("a"))] == ["ble", "mqtt"]
    assert book.apply(RouteForgotten(NET, NodeId("a")))
    assert not book.apply(RouteForgotten(NET, NodeId("a")))
    assert [route.node_id for route in book.newest_first()] == ["b"]


def test_a_flood_of_routes_stays_bounded_and_keeps_the_newest() -> None:
    book = RouteBook(limit=50)

    for index in range(500):
        book.apply(RouteChanged(a_route(f"n{index}", index)))

    assert len(book) <= 50
    assert book.newest_first()[0].node_id == "n499"


def test_hop_shares_add_up_to_one_or_are_all_zero() -> None:
    routes = [a_route("a"), a_route("b", hops=2), a_route("c", hops=7), a_route("d", hops=3)]

    assert hop_shares(routes) == (("1", 0.25), ("2", 0.25), ("3+", 0.5))
    assert hop_shares([]) == (("1", 0.0), ("2", 0.0), ("3+", 0.0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hops>1", {"b"}),
        ("via~rid", {"b"}),
        ("age<60", {"a"}),
        ("state==stale", {"b"}),
        ("ridge", {"b"}),
        ("to==a", {"a"}),
        ("sure>80", {"b"}),
        ("learned==acked", {"a"}),
    ],
)
def test_routes_are_filtered_by_figures_or_by_plain_words(text: str, expected: set[str]) -> None:
    names = {"r": "Ridge"}
    now_ms = 10_000_000
    routes = [
        a_route("a", now_ms - 1, source="acked"),
        a_route("b", 1, hops=2, via=["r"], confidence=0.9),
    ]

    test = compile_words_or_filter(
        text, route_fields(names, lambda: now_ms), partial(words_of_route, names=names)
    ).matches

    assert {route.node_id for route in routes if test(route)} == expected
