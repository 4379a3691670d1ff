"""What front ends and sessions ask of the store; each answer is one consistent state of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.mesh.metrics import Metrics
from meshtui.model.metric import MetricRow
from meshtui.model.restored import Restored
from meshtui.store import airtime, channels, conversations, messages, metrics, nodes, routes, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.ids import ConversationId, MessageId, NetworkName, NodeId
    from meshtui.model.message import Channel, Conversation, Message
    from meshtui.model.node import Node, NodeMarks, Route
    from meshtui.store.database import Database


class StoreReader:
    """Queries; any thread may ask, one at a time. Each raises `StoreError` when the disk fails."""

    def __init__(self, database: Database) -> None:
        """Read from an open database."""
        self._database = database

    def conversations(self) -> Sequence[Conversation]:
        """Return conversations with a message or a draft, and joined channels; newest first."""
        with self._database.reading() as connection:
            return conversations.listed(connection)

    def history(
        self, conversation: ConversationId, before: int | None = None, limit: int = 200
    ) -> Sequence[Message]:
        """Return the last `limit` messages before order `before`, in order of arrival."""
        with self._database.reading() as connection:
            row = conversations.find(connection, conversation)
            return [] if row is None else messages.history(connection, row, before, limit)

    def message(self, conversation: ConversationId, message_id: MessageId) -> Message | None:
        """Return a message by its id, ours or anybody's."""
        with self._database.reading() as connection:
            row = conversations.find(connection, conversation)
            return None if row is None else messages.by_id(connection, row, message_id)

    def own_id(self, network: NetworkName) -> NodeId | None:
        """Return by which id we wrote, or were written to, last on a network; None = by none."""
        with self._database.reading() as connection:
            return messages.own_id(connection, network)

    def search(
        self, text: str, conversation: ConversationId | None = None, limit: int = 50
    ) -> Sequence[Message]:
        """Return messages that hold all words of `text`, newest first; odd texts find nothing."""
        with self._database.reading() as connection:
            row = None
            if conversation is not None:
                row = conversations.find(connection, conversation)
                if row is None:
                    return []
            return search.search(connection, text, row, limit)

    def nodes(self) -> Sequence[tuple[Node, NodeMarks]]:
        """Return every known node, last heard first."""
        with self._database.reading() as connection:
            return nodes.listed(connection)

    def routes(self) -> Sequence[Route]:
        """Return the routing table, newest first."""
        with self._database.reading() as connection:
            return routes.listed(connection)

    def channels(self) -> Sequence[Channel]:
        """Return joined and announced channels, by name."""
        with self._database.reading() as connection:
            return channels.listed(connection)

    def metrics(self) -> Sequence[MetricRow]:
        """Return all counters and what is derived from them."""
        with self._database.reading() as connection:
            return [MetricRow(*row) for row in Metrics.of(metrics.load(connection)).report()]

    def restored(self, network: NetworkName, now_ms: int | None = None) -> Restored:
        """Return what a new session of a network starts from.

        Args:
            now_ms: Leaves messages older than seven days out of the outbox, and what was sent more
                than an hour ago out of the airtime; None = neither.
        """
        since_ms = 0 if now_ms is None else now_ms - messages.OUTBOX_MS
        with self._database.reading() as connection:
            return Restored(
                tuple(nodes.of_network(connection, network)),
                tuple(channels.listed(connection, network)),
                tuple(messages.outbox(connection, network, since_ms)),
                nodes.contacts(connection, network),
                nodes.friends(connection, network),
                airtime.lately(connection, network, now_ms),
            )
