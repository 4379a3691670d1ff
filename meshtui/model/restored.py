"""What outlived a session: handed by the store to the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from meshtui.model.ids import LinkId, NodeId
    from meshtui.model.message import Channel, Message
    from meshtui.model.node import Node


@dataclass(frozen=True, slots=True)
class Spent:
    """Time that a radio of ours was on the air.

    Attributes:
        ended_at_ms: It was over by then: milliseconds since 1970 UTC, of a clock that may since
            have been set.
        airtime_s: 0 or more.
        is_own: With what is ours; else with what was passed on for others.
    """

    ended_at_ms: int
    airtime_s: float
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class Restored:
    """What the store kept for a session from its earlier lives.

    Attributes:
        contacts: Nodes we wrote with, marked as favourites, or whose key the user compared:
            never forgotten for lack of room.
        friends: Those of them whom the user chose: wrote to, marked, or compared the key of. Who
            only wrote to us is none.
        outbox: Own messages whose delivery is not final, in the order they were written.
        airtime: What each radio spent of its duty cycle in the last hour, oldest first.
    """

    nodes: tuple[Node, ...] = ()
    channels: tuple[Channel, ...] = ()
    outbox: tuple[Message, ...] = ()
    contacts: frozenset[NodeId] = frozenset()
    friends: frozenset[NodeId] = frozenset()
    airtime: Mapping[LinkId, Sequence[Spent]] = field(default_factory=dict)
