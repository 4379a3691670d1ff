"""What outlived a session: handed by the store to the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.model.ids import NodeId
    from meshtui.model.message import Channel, Message
    from meshtui.model.node import Node


@dataclass(frozen=True, slots=True)
class Restored:
    """What the store kept for a session from its earlier lives.

    Attributes:
        contacts: Nodes we wrote with, marked as favourites, or whose key the user compared:
            never forgotten for lack of room.
        outbox: Own messages whose delivery is not final, in the order they were written.
    """

    nodes: tuple[Node, ...] = ()
    channels: tuple[Channel, ...] = ()
    outbox: tuple[Message, ...] = ()
    contacts: frozenset[NodeId] = frozenset()
