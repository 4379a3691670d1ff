"""A real store for tests: a database in a file or in memory, its writer and its reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.model.event import MessageQueued, MessageReceived
from meshtui.model.ids import ConversationId, MessageId, NetworkName, NodeId
from meshtui.model.message import Delivery, DeliveryState, Message, Proof
from meshtui.store.database import Database
from meshtui.store.reader import StoreReader
from meshtui.store.writer import StoreWriter

if TYPE_CHECKING:
    from pathlib import Path

NETWORK = NetworkName("jsonmesh")
ALICE = NodeId("MESH-00000A11")
BOB = NodeId("MESH-00000B0B")
ME = NodeId("MESH-0000000E")
PARIS = ConversationId("jsonmesh/#paris")
WITH_ALICE = ConversationId(f"jsonmesh/{ALICE}")


@dataclass(frozen=True)
class OpenStore:
    """The three parts, on one database."""

    database: Database
    writer: StoreWriter
    reader: StoreReader

    @classmethod
    def at(cls, path: Path | None = None, busy_s: float = 5.0) -> OpenStore:
        database = Database.open(path, busy_s=busy_s)
        return cls(database, StoreWriter(database), StoreReader(database))


def received(
    message_id: str,
    text: str = "hello",
    conversation: ConversationId = PARIS,
    sender: NodeId = ALICE,
    digest: bytes = b"",
    **fields: object,
) -> MessageReceived:
    message = Message(MessageId(message_id), conversation, sender, "text", text, 1_000, **fields)
    return MessageReceived(message, digest)


def queued(
    message_id: str,
    text: str = "hi",
    conversation: ConversationId = WITH_ALICE,
    state: DeliveryState = DeliveryState.QUEUED,
    at_ms: int = 1_000,
    **delivery: object,
) -> MessageQueued:
    return MessageQueued(
        Message(
            MessageId(message_id),
            conversation,
            ME,
            "text",
            text,
            at_ms,
            proof=Proof.OWN,
            delivery=Delivery(state, **delivery),
        )
    )
