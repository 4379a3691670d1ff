"""A profile as it looks after months: 350 nodes, 20 chats, 10,000 messages."""

from __future__ import annotations

import hashlib
from random import Random
from typing import TYPE_CHECKING

from meshtui.model.event import ChannelChanged, MessageReceived, NodeHeard
from meshtui.model.ids import (
    MessageId,
    NetworkName,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.message import Channel, Message, Proof
from meshtui.model.node import Node, PinState, Position
from meshtui.store.database import Database
from meshtui.store.writer import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from meshtui.model.event import Event

NODES, CHANNELS, CHATS, MESSAGES = 350, 8, 20, 10_000
NETWORK = NetworkName("jsonmesh")
NOW_MS = 1_700_000_000_000
RARE_WORD = "quokka"  # in one message of 20,000
_SENTENCES = (
    "antenna battery bridge cow dusk echo ferry gate hill ice junction kite lake mast node oak "
    "path quarry relay signal tower until valley weather xylophone yard zenith and the of with"
)
_WORDS = _SENTENCES.split()


def fill(path: Path, messages: int = MESSAGES) -> None:
    """Write the profile's database."""
    random = Random(7)
    database = Database.open(path)
    writer = StoreWriter(database)
    writer.apply([*_nodes(random), *_channels()])
    batch: list[Event] = []
    for event in _messages(random, messages):
        batch.append(event)
        if len(batch) == 1_000:
            writer.apply(batch)
            batch = []
    writer.apply(batch)
    database.close()


def node_id(number: int) -> NodeId:
    """The id of the profile's node of that number."""
    return NodeId(f"MESH-{number:08X}")


def _nodes(random: Random) -> Iterator[Event]:
    for number in range(NODES):
        yield NodeHeard(
            Node(
                NETWORK,
                node_id(number),
                "02" + hashlib.sha256(str(number).encode()).hexdigest(),
                PinState.FIRST_SEEN,
                name=f"Node {number}",
                position=Position(45 + random.random(), 3 + random.random()),
                is_online=number % 3 == 0,
                last_heard_ms=NOW_MS - number * 60_000,
                hops=number % 4,
            )
        )


def _channels() -> Iterator[Event]:
    for number in range(CHANNELS):
        yield ChannelChanged(Channel(NETWORK, f"forum-{number}", is_joined=True))


def _messages(random: Random, count: int) -> Iterator[Event]:
    for number in range(count):
        chat = min(int(random.expovariate(0.2)), CHATS - 1)
        is_channel = chat < CHANNELS
        sender = node_id(random.randrange(NODES) if is_channel else chat)
        conversation = (
            channel_conversation(NETWORK, f"forum-{chat}")
            if is_channel
            else direct_conversation(NETWORK, sender)
        )
        yield MessageReceived(
            Message(
                MessageId(f"m{number}"),
                conversation,
                sender,
                "text",
                _text(random, number),
                NOW_MS - (count - number) * 30_000,
                NOW_MS - (count - number) * 30_000,
                proof=Proof.PINNED,
                hops=number % 4,
            ),
            hashlib.sha256(str(number).encode()).digest()[:8],
        )


def _text(random: Random, number: int) -> str:
    words = random.choices(_WORDS, k=random.randrange(3, 20))
    return " ".join(words if number % 20_000 else [RARE_WORD, *words])
