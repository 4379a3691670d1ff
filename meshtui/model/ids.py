"""Names of things, and the two clocks.

A conversation's id reads `NETWORK/TARGET`: `jsonmesh/MESH-E0D02795` is a direct conversation,
`jsonmesh/#bitcoin-paris` a channel (a channel named `#a` is `jsonmesh/##a`). No node id of any
network begins with `#`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NewType

NetworkName = NewType("NetworkName", str)
LinkId = NewType("LinkId", str)
NodeId = NewType("NodeId", str)
MessageId = NewType("MessageId", str)
ConversationId = NewType("ConversationId", str)

_NAMES_LACK_SIGN = frozenset({"jsonmesh"})


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment, read from both clocks at once.

    Attributes:
        mono_s: Monotonic seconds; for timeouts, meaningless across restarts.
        unix_ms: Milliseconds since 1970 UTC; for display, storage and the wire.
    """

    mono_s: float
    unix_ms: int


class ConversationKind(Enum):
    """Who reads a conversation."""

    DIRECT = "direct"
    CHANNEL = "channel"


def direct_conversation(network: NetworkName, peer: NodeId) -> ConversationId:
    """Name the conversation with one node."""
    return ConversationId(f"{network}/{peer}")


def channel_conversation(network: NetworkName, channel: str) -> ConversationId:
    """Name the conversation in a channel; `channel` is verbatim, without a leading `#` of ours."""
    return ConversationId(f"{network}/#{channel}")


def channel_title(network: NetworkName, channel: str) -> str:
    """Write a channel's name as people do: `#paris` on a network whose names lack the sign.

    Where the sign is part of the name, names without one are not given one: MeshCore's `Public`.
    """
    return f"#{channel}" if network in _NAMES_LACK_SIGN else channel


def split_conversation(
    conversation: ConversationId,
) -> tuple[NetworkName, ConversationKind, str]:
    """Take an id apart into network, kind and target (node id, or channel name without our `#`)."""
    network, _, target = conversation.partition("/")
    if target.startswith("#"):
        return NetworkName(network), ConversationKind.CHANNEL, target[1:]
    return NetworkName(network), ConversationKind.DIRECT, target
