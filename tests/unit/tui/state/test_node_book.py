"""The fold of nodes, its orders and its filter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.model.display_filter import compile_words_or_filter
from meshtui.model.event import NodeHeard, NodeMarked
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.node import Node, NodeMarks, PinState, Position
from meshtui.tui.state.nodes import NodeBook, node_fields, sorted_nodes, words_of_node

NET = NetworkName("jsonmesh")
NOW_MS = 1_000_000


def a_node(name: str, heard_ms: int = 1, **more) -> Node:
    return Node(NET, NodeId(f"MESH-{name}"), name=name, last_heard_ms=heard_ms, **more)


def names_of(rows) -> list[str]:
    return [row.node.name for row in rows]


def test_the_same_news_twice_changes_nothing() -> None:
    book = NodeBook()
    event = NodeHeard(a_node("a"))

    assert book.apply(event)
    assert not book.apply(event)


def test_older_news_does_not_replace_newer() -> None:
    book = NodeBook()
    book.apply(NodeHeard(a_node("a", 20, hops=1)))

    book.load([(a_node("a", 10, hops=5), NodeMarks(is_favourite=True))])

    row = book.get((NET, NodeId("MESH-a")))
    assert row is not None
    assert row.node.hops == 1
    assert row.marks.is_favourite


def test_what_the_user_said_survives_what_is_heard() -> None:
    book = NodeBook()
    book.apply(NodeHeard(a_node("a", 1)))
    book.apply(NodeMarked(NET, NodeId("MESH-a"), NodeMarks(is_blocked=True)))

    book.apply(NodeHeard(a_node("a", 2)))

    assert next(iter(book.rows)).marks.is_blocked


def test_a_million_nodes_stay_bounded_and_favourites_stay() -> None:
    book = NodeBook(limit=100)
    book.load([(a_node("fav", 0), NodeMarks(is_favourite=True))])

    for index in range(1, 1_000):
        book.apply(NodeHeard(a_node(f"n{index}", index)))

    assert len(book) <= 100
    assert book.get((NET, NodeId("MESH-fav"))) is not None
    assert book.get((NET, NodeId("MESH-n999"))) is not None


def test_distance_counts_from_our_own_position_whenever_it_is_learned() -> None:
    me = a_node("me", position=Position(48.0, 2.0))
    book = NodeBook([(NET, me.node_id)])
    book.apply(NodeHeard(a_node("north", position=Position(49.0, 2.0))))

    book.apply(NodeHeard(me))
    book.apply(NodeHeard(a_node("east", position=Position(48.0, 3.0))))

    found = {row.node.name: (row.km, row.towards) for row in book.rows}
    assert found["north"][0] == pytest.approx(111.2, abs=0.1)
    assert found["north"][1] == "N"
    assert found["east"][1] == "E"


def test_a_position_that_is_ours_but_not_shared_counts_too() -> None:
    me = a_node("me")
    book = NodeBook([(NET, me.node_id)], here=Position(48.0, 2.0))

    book.apply(NodeHeard(me))
    book.apply(NodeHeard(a_node("north", position=Position(49.0, 2.0))))

    assert {row.node.name: row.towards for row in book.rows}["north"] == "N"


NODES = (
    a_node("bob", 5, hops=2, rssi_dbm=-100),
    a_node("Alice", 9, hops=0, snr_db=8.0),
    a_node("", 7),
    a_node("carol", 1, hops=1, rssi_dbm=-60, pin=PinState.CHANGED),
)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("heard", ["Alice", "", "bob", "carol"]),
        ("name", ["Alice", "bob", "carol", ""]),
        ("hops", ["Alice", "carol", "bob", ""]),
        ("signal", ["carol", "bob", "Alice", ""]),
        ("favourite", ["carol", "Alice", "", "bob"]),
        ("nonsense", ["Alice", "", "bob", "carol"]),
    ],
)
def test_every_order_puts_the_most_useful_first_and_the_unknown_last(order, expected) -> None:
    book = NodeBook()
    book.load((node, NodeMarks(is_favourite=node.name == "carol")) for node in NODES)

    assert names_of(sorted_nodes(book.rows, order)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hops<=2", {"Alice", "carol"}),
        ("heard<0.996 && heard>0.992", {"bob", ""}),
        ("key==changed", {"carol"}),
        ("fav", {"bob"}),
        ("ali", {"Alice"}),
        ("mesh-b", {"bob"}),
        ("", {"bob", "Alice", "", "carol"}),
        ("rssi", {"bob", "carol"}),
    ],
)
def test_nodes_are_filtered_by_figures_or_by_plain_words(text: str, expected: set[str]) -> None:
    book = NodeBook()
    now_ms = 1_000
    book.load((node, NodeMarks(is_favourite=node.name == "bob")) for node in NODES)
    book.apply(NodeHeard(replace(NODES[0])))

    test = compile_words_or_filter(text, node_fields(lambda: now_ms), words_of_node).matches

    assert {row.node.name for row in book.rows if test(row)} == expected
