"""Events to rows: a batch is one durable transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.model.event import (
    ChannelChanged,
    ConversationRead,
    DeliveryChanged,
    DigestSeen,
    DraftChanged,
    FrameSent,
    MessageQueued,
    MessageReceived,
    NodeHeard,
    NodeMarked,
    NotifyChanged,
    RouteChanged,
    RouteForgotten,
    SenderChanged,
)
from meshtui.model.ids import split_conversation
from meshtui.store import airtime, channels, conversations, digests, messages, nodes, routes
from meshtui.store.metrics import StoredMetrics

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, LinkId, NetworkName, NodeId
    from meshtui.model.message import Message
    from meshtui.model.node import Node, Route
    from meshtui.store.database import Database

EVICT_EVERY = 500
"""So many nodes, routes or announcements may come before the tables are cut to size."""

_TOO_OLD = "it waited for more than seven days"


class StoreWriter:
    """The only one who writes. Not for use by two threads at once."""

    def __init__(self, database: Database) -> None:
        """Write to an open database."""
        self._database = database
        self._metrics = StoredMetrics()
        self._heard = EVICT_EVERY  # an earlier life may have left the tables too long

    def apply(self, events: Sequence[Event]) -> Sequence[Event]:
        """Write a batch; on return it survives a power cut.

        Returns:
            The events with `Message.order` filled in; without messages that are there already.
            A message of ours that is queued again keeps its order.

        Raises:
            StoreError: Nothing of the batch was written; it may be tried again.
        """
        try:
            with self._database.writing() as connection:
                batch = _Batch(connection)
                stored = [kept for event in events if (kept := batch.take(event)) is not None]
                batch.finish()
                self._metrics.write(connection, stored)
                heard = self._heard + batch.heard
                if heard >= EVICT_EVERY:
                    heard = 0
                    nodes.evict(connection)
                    routes.evict(connection)
                    channels.evict(connection)
        except BaseException:
            self._metrics.forget()
            raise
        self._heard = heard
        return stored

    def give_up_old(self, now_ms: int) -> None:
        """Let messages of ours fail that a new session would not try again (see `OUTBOX_MS`).

        For the start, before anything is shown: it makes no events.

        Raises:
            StoreError: Nothing was written.
        """
        with self._database.writing() as connection:
            messages.give_up(connection, now_ms - messages.OUTBOX_MS, _TOO_OLD)


class _Batch:
    """One transaction at work. Of facts that replace each other only the last is written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.heard = 0
        self._connection = connection
        self._rows: dict[ConversationId, int] = {}
        self._nodes: dict[tuple[NetworkName, NodeId], Node] = {}
        self._routes: dict[tuple[NetworkName, NodeId, LinkId], Route] = {}
        self._digests: list[tuple[NetworkName, bytes]] = []
        self._sent: list[FrameSent] = []
        self._first_order = 0

    def take(self, event: Event) -> Event | None:
        """Write an event or put it by for `finish`; None = it is a message known already."""
        match event:
            case MessageReceived():
                return self._received(event)
            case MessageQueued():
                return self._queued(event)
            case DeliveryChanged():
                row = self._row(event.conversation)
                messages.set_delivery(self._connection, row, event.message_id, event.delivery)
            case SenderChanged():
                row = self._row(event.conversation)
                messages.set_sender(self._connection, row, event.message_id, event.sender)
            case DigestSeen():
                self._digests.append((event.network, event.digest))
            case FrameSent() if event.airtime_ms > 0:
                self._sent.append(event)
            case NodeHeard() | RouteChanged() | RouteForgotten() | ChannelChanged():
                self._heard_of(event)
            case _:
                self._said_by_user(event)
        return event

    def finish(self) -> None:
        """Write what was put by."""
        if self._first_order:
            messages.index(self._connection, self._first_order)
        digests.insert(self._connection, self._digests)
        nodes.upsert(self._connection, self._nodes.values())
        routes.upsert(self._connection, self._routes.values())
        airtime.add(self._connection, self._sent)
        self.heard += len(self._nodes) + len(self._routes)

    def _received(self, event: MessageReceived) -> Event | None:
        message = event.message
        if event.digest:
            network, _, _ = split_conversation(message.conversation)
            self._digests.append((network, event.digest))
        order = self._insert(self._row(message.conversation), message)
        return MessageReceived(replace(message, order=order), event.digest) if order else None

    def _queued(self, event: MessageQueued) -> Event:
        message = event.message
        row = self._row(message.conversation)
        order = self._insert(row, message)
        if not order:
            order = messages.order_of_own(self._connection, row, message.message_id)
            if message.delivery is not None:
                messages.set_delivery(self._connection, row, message.message_id, message.delivery)
        return MessageQueued(replace(message, order=order))

    def _insert(self, row: int, message: Message) -> int:
        order = messages.insert(self._connection, row, message)
        self._first_order = self._first_order or order
        return order

    def _heard_of(self, event: NodeHeard | RouteChanged | RouteForgotten | ChannelChanged) -> None:
        match event:
            case NodeHeard(node):
                self._nodes[node.network, node.node_id] = node
            case RouteChanged(route):
                self._routes[route.network, route.node_id, route.link_id] = route
            case RouteForgotten(network, node_id):
                for key in [key for key in self._routes if key[:2] == (network, node_id)]:
                    del self._routes[key]
                routes.forget(self._connection, network, node_id)
            case ChannelChanged(channel):
                channels.upsert(self._connection, channel)
                self.heard += 1

    def _said_by_user(self, event: Event) -> None:
        match event:
            case NodeMarked(network, node_id, marks):
                nodes.set_marks(self._connection, network, node_id, marks)
            case ConversationRead(conversation, order):
                conversations.mark_read(self._connection, conversation, order)
            case DraftChanged(conversation, draft):
                conversations.set_draft(self._connection, conversation, draft)
            case NotifyChanged(conversation, notify):
                conversations.set_notify(self._connection, conversation, notify)
            case _:
                pass  # frames and the like are counted, not kept

    def _row(self, conversation: ConversationId) -> int:
        row = self._rows.get(conversation)
        if row is None:
            row = self._rows[conversation] = conversations.ensure(self._connection, conversation)
        return row
