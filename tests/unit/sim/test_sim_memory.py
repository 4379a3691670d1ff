"""The store of a simulated node."""

from __future__ import annotations

from meshtui.model.event import ChannelChanged, MessageReceived, NodeHeard
from meshtui.model.ids import (
    MessageId,
    NetworkName,
    NodeId,
    direct_conversation,
)
from meshtui.model.message import Channel, Message
from meshtui.model.node import Node
from meshtui.sim import memory
from meshtui.sim.memory import MemoryStore

NETWORK = NetworkName("jsonmesh")


def message(name: str) -> Message:
    conversation = direct_conversation(NETWORK, NodeId("MESH-00000001"))
    return Message(MessageId(name), conversation, NodeId("MESH-00000001"), "text", "hi", 5)


def test_messages_are_numbered_as_they_come() -> None:
    stored = MemoryStore().apply([MessageReceived(message("a")), MessageReceived(message("b"))])

    assert [event.message.order for event in stored] == [1, 2]


def test_a_second_life_knows_nodes_and_channels_of_the_first() -> None:
    store = MemoryStore()
    node, channel = Node(NETWORK, NodeId("MESH-00000001")), Channel(NETWORK, "talk")

    store.apply([NodeHeard(node), ChannelChanged(channel)])

    assert store.restored().nodes == (node,)
    assert store.restored().channels == (channel,)


def test_digests_are_remembered_within_bounds(monkeypatch) -> None:
    monkeypatch.setattr(memory, "MAX_DIGESTS", 2)
    store = MemoryStore()

    for digest in (b"1", b"2", b"3"):
        store.add(digest)

    assert [store.has(digest) for digest in (b"1", b"2", b"3")] == [False, True, True]


def test_nodes_are_remembered_within_bounds(monkeypatch) -> None:
    monkeypatch.setattr(memory, "MAX_NODES", 1)
    store = MemoryStore()

    store.apply([NodeHeard(Node(NETWORK, NodeId(f"MESH-{n:08X}"))) for n in range(3)])

    assert len(store.restored().nodes) == 1
