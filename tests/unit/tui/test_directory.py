"""Names that cannot be mistaken."""

from __future__ import annotations

import pytest

from meshtui.model.event import NodeHeard, NodeMarked
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.link import Myself
from meshtui.model.node import Node, NodeMarks
from meshtui.tui.state.directory import Directory

NETWORK = NetworkName("jsonmesh")
ME = Myself(NETWORK, NodeId("MESH-11AA22BB"), "02", "Harald")
A = NodeId("MESH-0000000A")
B = NodeId("MESH-0000000B")


def directory(*names: tuple[NodeId, str]) -> Directory:
    made = Directory([ME])
    for node_id, name in names:
        made.apply(NodeHeard(Node(NETWORK, node_id, name=name)))
    return made


def test_a_node_without_a_name_is_called_by_its_id() -> None:
    assert directory((A, "")).name_of(A) == "MESH-0000000A"


def test_two_of_one_name_are_told_apart_by_their_ids() -> None:
    who = directory((A, "alice"), (B, "Alice"))

    assert who.name_of(A) == "alice~000A"
    assert who.name_of(B) == "Alice~000B"


def test_a_name_is_plain_again_when_the_other_takes_another() -> None:
    who = directory((A, "alice"), (B, "alice"), (B, "bert"))

    assert who.name_of(A) == "alice"


@pytest.mark.parametrize("name", ["me", "You", "system", "harald", "h\u0430rald", "HARALD\u200b"])
def test_nobody_can_pass_for_us_or_for_the_program(name: str) -> None:
    assert directory((A, name)).name_of(A).endswith("~000A")


def test_a_control_sequence_in_a_name_is_a_picture() -> None:
    assert "\x1b" not in directory((A, "\x1b[31mred")).name_of(A)


def test_a_node_is_found_by_name_by_id_and_by_the_end_of_its_id() -> None:
    who = directory((A, "alice"), (B, "bert"))

    assert who.find("@alice") == who.find("mesh-0000000a") == who.find("000A") == [A]


def test_an_exact_name_beats_a_longer_one() -> None:
    who = directory((A, "al"), (B, "alfred"))

    assert who.find("al") == [A]


def test_only_what_is_seen_counts_as_a_change() -> None:
    who = directory((A, "alice"))

    again = who.apply(NodeHeard(Node(NETWORK, A, name="alice", last_heard_ms=5)))
    renamed = who.apply(NodeHeard(Node(NETWORK, A, name="alicia")))

    assert (again, renamed) == (None, A)


def test_a_mark_is_remembered() -> None:
    who = directory((A, "alice"))

    who.apply(NodeMarked(NETWORK, A, NodeMarks(is_blocked=True)))

    assert who.is_blocked(A)
