"""Requests, in the imperative. A session carries out the first group, the hub the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId, MessageId, NetworkName, NodeId
    from meshtui.model.message import Message, NotifyLevel
    from meshtui.model.node import NodeMarks, Position


@dataclass(frozen=True, slots=True)
class SendText:
    """Write to a conversation; the caller chooses the id (a fresh uuid4) and can follow it."""

    conversation: ConversationId
    text: str
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class ResendMessage:
    """Try a failed message of ours again: the same message, not a copy."""

    message: Message


@dataclass(frozen=True, slots=True)
class CancelMessage:
    """Stop trying to deliver a message of ours."""

    conversation: ConversationId
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class JoinChannel:
    """Join a channel; `announce` tells the others of it, with `description`."""

    network: NetworkName
    name: str
    announce: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class LeaveChannel:
    """Leave a channel; its history stays."""

    network: NetworkName
    name: str


@dataclass(frozen=True, slots=True)
class AcceptKey:
    """Trust `public_key` (lower-case hex) for a node; `is_verified` = the user compared it."""

    network: NetworkName
    node_id: NodeId
    public_key: str
    is_verified: bool = True


@dataclass(frozen=True, slots=True)
class Advertise:
    """Tell the mesh that we are here, now; None leaves what was said before."""

    network: NetworkName
    name: str | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class ForgetRoute:
    """Throw the learned ways to a node away."""

    network: NetworkName
    node_id: NodeId


@dataclass(frozen=True, slots=True)
class MarkNode:
    """Favourite, block or annotate a node."""

    network: NetworkName
    node_id: NodeId
    marks: NodeMarks


@dataclass(frozen=True, slots=True)
class MarkRead:
    """A conversation was read up to `order` (see `Message.order`)."""

    conversation: ConversationId
    order: int


@dataclass(frozen=True, slots=True)
class SetDraft:
    """Keep what is typed and not sent."""

    conversation: ConversationId
    draft: str


@dataclass(frozen=True, slots=True)
class SetNotify:
    """What a conversation may disturb with."""

    conversation: ConversationId
    notify: NotifyLevel


SessionCommand: TypeAlias = (
    SendText
    | ResendMessage
    | CancelMessage
    | JoinChannel
    | LeaveChannel
    | AcceptKey
    | Advertise
    | ForgetRoute
)
LocalCommand: TypeAlias = MarkNode | MarkRead | SetDraft | SetNotify
Command: TypeAlias = SessionCommand | LocalCommand
