"""A flood of nodes does not fill the directory."""

from __future__ import annotations

from meshtui.model.event import NodeHeard
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.node import Node, NodeMarks
from meshtui.tui.state import directory as module
from meshtui.tui.state.directory import Directory

NET = NetworkName("jsonmesh")


def a_node(number: int) -> Node:
    return Node(NET, NodeId(f"MESH-{number:08X}"), name=f"node {number}", last_heard_ms=number)


def test_a_flood_of_nodes_stays_bounded_and_who_was_marked_stays(monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 100)
    directory = Directory()
    directory.load([(a_node(0), NodeMarks(is_favourite=True))])

    for number in range(1, 2_000):
        directory.apply(NodeHeard(a_node(number)))

    assert len(directory.nodes) <= 100
    assert len(directory._bearers) <= 100
    assert directory.name_of(a_node(0).node_id) == "node 0"
    assert directory.name_of(a_node(1_999).node_id) == "node 1999"
    assert directory.name_of(a_node(1).node_id) == "MESH-00000001"


def test_a_node_that_changes_its_name_for_ever_leaves_nothing_behind() -> None:
    directory = Directory()

    for number in range(500):
        directory.apply(NodeHeard(Node(NET, NodeId("MESH-1"), name=f"name {number}")))

    assert len(directory._bearers) == 1
    assert directory.name_of(NodeId("MESH-1")) == "name 499"
