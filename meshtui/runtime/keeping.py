"""What the hub needs of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId
    from meshtui.model.message import Channel, Conversation, Message
    from meshtui.model.metric import MetricRow
    from meshtui.model.node import Node, NodeMarks, Route


class Writer(Protocol):
    """The store's writing side; called in one worker thread, never twice at once."""

    def apply(self, events: Sequence[Event]) -> Sequence[Event]:
        """Keep events in one durable transaction; returns them as stored.

        Raises:
            StoreError: Nothing was kept.
        """
        ...


class Reader(Protocol):
    """The store's reading side; called in another worker thread."""

    def conversations(self) -> Sequence[Conversation]:
        """See `MeshApi.conversations`."""
        ...

    def history(
        self, conversation: ConversationId, before: int | None, limit: int
    ) -> Sequence[Message]:
        """See `MeshApi.history`."""
        ...

    def search(
        self, text: str, conversation: ConversationId | None, limit: int
    ) -> Sequence[Message]:
        """See `MeshApi.search`."""
        ...

    def nodes(self) -> Sequence[tuple[Node, NodeMarks]]:
        """See `MeshApi.nodes`."""
        ...

    def routes(self) -> Sequence[Route]:
        """See `MeshApi.routes`."""
        ...

    def channels(self) -> Sequence[Channel]:
        """See `MeshApi.channels`."""
        ...

    def metrics(self) -> Sequence[MetricRow]:
        """See `MeshApi.metrics`."""
        ...
