"""Names that cannot be mistaken."""

from __future__ import annotations

import pytest

from meshtui.model.event import NodeHeard, NodeMarked
from meshtui.model.ids import ConversationId, NetworkName, NodeId
from meshtui.model.link import Myself
from meshtui.model.node import Node, NodeMarks, NodeRole
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


CORE = NetworkName("meshcore")


def relays(*named: tuple[str, str, NodeRole]) -> Directory:
    made = Directory([ME])
    for start, name, role in named:
        made.apply(NodeHeard(Node(CORE, NodeId(start.ljust(64, "0")), name=name, role=role)))
    return made


def test_an_author_known_by_a_claim_only_is_called_what_he_claims() -> None:
    who = directory((A, "alice"))

    assert who.name_of(NodeId("~dora")) == "dora"
    assert who.name_of(NodeId("~")) == "(no name)"
    assert "\x1b" not in who.name_of(NodeId("~\x1b[2J"))


@pytest.mark.parametrize("name", ["me", "Harald", "SYSTEM", "h\u0430rald"])
def test_a_claim_to_be_us_is_marked(name: str) -> None:
    assert directory().name_of(NodeId(f"~{name}")) == f"~{name}"


def test_the_first_digits_of_one_relay_alone_are_its_name() -> None:
    who = relays(("66aa", "Ridge", NodeRole.RELAY), ("66bb", "phone", NodeRole.CLIENT))

    assert who.hop_name(CORE, NodeId("66")) == "Ridge"
    assert not who.is_ambiguous(CORE, NodeId("66"))


def test_the_first_digits_of_several_or_of_nobody_are_said_to_be_so() -> None:
    who = relays(("66aa", "Ridge", NodeRole.RELAY), ("66bb", "Hill", NodeRole.ROOM))

    assert who.hop_name(CORE, NodeId("66")) == "66 (1 of 2)"
    assert who.hop_name(CORE, NodeId("99")) == "99 ?"
    assert who.hop_name(CORE, NodeId("66aa")) == "Ridge"
    assert who.is_ambiguous(CORE, NodeId("66"))
    assert who.is_ambiguous(CORE, NodeId("99"))


def test_first_digits_mean_nodes_of_their_own_network_only() -> None:
    who = relays(("66aa", "Ridge", NodeRole.RELAY))

    assert who.hop_name(NETWORK, NodeId("66")) == "66 ?"
    assert who.author_of(ConversationId("jsonmesh/#a"), NodeId("66aa")) == "66aa"
    assert who.author_of(ConversationId("meshcore/66"), NodeId("66aa")) == "Ridge"


def test_a_node_without_a_name_whose_id_is_a_key_is_called_by_its_first_digits() -> None:
    who = relays(("66aabb", "", NodeRole.RELAY), ("66cc", "X", NodeRole.RELAY))
    twin = relays(("66cc", "X", NodeRole.RELAY), ("77cc", "X", NodeRole.RELAY))

    assert who.name_of(NodeId("66aabb".ljust(64, "0"))) == "66aabb…"
    assert twin.name_of(NodeId("77cc".ljust(64, "0"))) == "X~77cc"


def test_a_node_is_found_by_the_beginning_of_its_id_on_its_network() -> None:
    who = relays(("66aabb", "Ridge", NodeRole.RELAY))
    ridge = NodeId("66aabb".ljust(64, "0"))

    assert who.find("66AA") == who.find("66aa", CORE) == [ridge]
    assert who.find("66a") == who.find("66aa", NETWORK) == []


def test_a_radio_of_ours_is_us() -> None:
    who = relays(("66aabb", "Ridge", NodeRole.RELAY))
    told = who.know_own(NodeId("66aabb".ljust(64, "0")), "Ridge")
    again = who.know_own(NodeId("66aabb".ljust(64, "0")), "Ridge")

    assert (told, again) == (True, False)
    assert who.name_of(NodeId("66aabb".ljust(64, "0"))) == "me"
    assert who.name_of(NodeId("~ridge")) == "~ridge"


def test_a_forgotten_nodes_digits_mean_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from meshtui.tui.state import directory as module

    monkeypatch.setattr(module, "MAX_NODES", 1)
    who = relays(("66aa", "old", NodeRole.RELAY))
    who.apply(NodeHeard(Node(CORE, NodeId("77".ljust(64, "0")), last_heard_ms=9)))

    assert who.hop_name(CORE, NodeId("66")) == "66 ?"
