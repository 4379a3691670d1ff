"""A store that keeps nothing on disk: enough of one for simulated nodes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from meshtui.model.event import ChannelChanged, MessageQueued, MessageReceived, NodeHeard
from meshtui.model.restored import Restored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, NodeId
    from meshtui.model.message import Channel, Conversation, Message
    from meshtui.model.node import Node, NodeMarks, Route
    from meshtui.runtime.api import MetricRow

MAX_NODES: Final = 1_000
MAX_DIGESTS: Final = 10_000


class MemoryStore:
    """Writer, reader and digest memory of one simulated node; it remembers nodes and channels."""

    def __init__(self) -> None:
        """Begin empty."""
        self._order = 0
        self._nodes: dict[NodeId, Node] = {}
        self._channels: dict[str, Channel] = {}
        self._digests: dict[bytes, None] = {}

    def restored(self) -> Restored:
        """What a session of a second life needs of the first."""
        return Restored(nodes=tuple(self._nodes.values()), channels=tuple(self._channels.values()))

    # --- writer ---

    def apply(self, events: Sequence[Event]) -> Sequence[Event]:
        """Remember what the next life needs, and number messages."""
        return [self._take(event) for event in events]

    def _take(self, event: Event) -> Event:
        match event:
            case MessageReceived() | MessageQueued():
                self._order += 1
                numbered = dataclasses.replace(event.message, order=self._order)
                return dataclasses.replace(event, message=numbered)
            case NodeHeard(node):
                if node.node_id in self._nodes or len(self._nodes) < MAX_NODES:
                    self._nodes[node.node_id] = node
            case ChannelChanged(channel):
                self._channels[channel.name] = channel  # the session bounds them
            case _:
                pass
        return event

    # --- digest memory ---

    def has(self, digest: bytes) -> bool:
        """Tell whether a digest was added before."""
        return digest in self._digests

    def add(self, digest: bytes) -> None:
        """Remember a digest; the oldest makes room."""
        self._digests[digest] = None
        if len(self._digests) > MAX_DIGESTS:
            del self._digests[next(iter(self._digests))]

    # --- reader: nobody looks at a simulated node's screen ---

    def conversations(self) -> Sequence[Conversation]:
        """None."""
        return ()

    def history(
        self,
        conversation: ConversationId,  # noqa: ARG002
        before: int | None,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> Sequence[Message]:
        """None."""
        return ()

    def search(
        self,
        text: str,  # noqa: ARG002
        conversation: ConversationId | None,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> Sequence[Message]:
        """None."""
        return ()

    def nodes(self) -> Sequence[tuple[Node, NodeMarks]]:
        """None."""
        return ()

    def routes(self) -> Sequence[Route]:
        """None."""
        return ()

    def channels(self) -> Sequence[Channel]:
        """What was heard of."""
        return tuple(self._channels.values())

    def metrics(self) -> Sequence[MetricRow]:
        """None."""
        return ()
