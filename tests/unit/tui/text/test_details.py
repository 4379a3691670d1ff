"""What is said of a message and its sender where the details are asked for."""

from __future__ import annotations

from dataclasses import replace

from meshtui.model.event import NodeHeard
from meshtui.model.ids import ConversationId, MessageId, NetworkName, NodeId
from meshtui.model.link import Myself
from meshtui.model.message import Delivery, DeliveryState, Message
from meshtui.model.node import Node
from meshtui.tui.state.directory import Directory
from meshtui.tui.text.details import heard_ago, message_lines, node_lines
from meshtui.tui.text.glyphs import UNICODE

ME, OTHER = NodeId("MESH-00000001"), NodeId("MESH-00000002")
DIRECTORY = Directory([Myself(NetworkName("jsonmesh"), ME, "02" * 33, "alice")])
CONVERSATION = ConversationId(f"jsonmesh/direct/{OTHER}")
THEIRS = Message(MessageId("m1"), CONVERSATION, OTHER, "text", "hello", 5_000, 2_000)
MINE = replace(THEIRS, sender=ME, delivery=Delivery(DeliveryState.SENT, 1))


def words(lines: list[tuple[tuple[str, str], ...]]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_an_own_message_neither_arrives_nor_has_a_foreign_clock() -> None:
    shown = words(message_lines(MINE, DIRECTORY, UNICODE))
    assert "sent" in shown
    assert "arrived" not in shown
    assert "their clock" not in shown


def test_the_clock_of_others_is_theirs() -> None:
    shown = words(message_lines(THEIRS, DIRECTORY, UNICODE))
    assert "arrived" in shown
    assert "by their clock" in shown


def test_nobody_hears_of_oneself() -> None:
    assert "Nothing was heard" not in words(node_lines(ME, DIRECTORY, 9_000))
    assert "Nothing was heard" in words(node_lines(OTHER, DIRECTORY, 9_000))


def test_who_was_heard_by_others_only_is_as_old_as_it_says() -> None:
    known = Node(NetworkName("meshcore"), OTHER, claimed_at_s=100)
    heard = replace(known, last_heard_ms=160_000)
    directory = Directory([])
    directory.apply(NodeHeard(known))

    assert [heard_ago(node, 220_000) for node in (known, heard)] == ["~2 min", "1 min"]
    assert heard_ago(replace(known, claimed_at_s=0), 220_000) == "never"
    assert "advertised 2 min ago" in words(node_lines(OTHER, directory, 220_000))
