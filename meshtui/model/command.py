"""Requests, in the imperative. A session carries out the first group, the hub the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId, LinkId, MessageId, NetworkName, NodeId
    from meshtui.model.message import Message, NotifyLevel
    from meshtui.model.node import NodeMarks, Position
    from meshtui.model.secret import SecretBytes


MAX_SIGNED_BYTES = 8_192


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
    """Join a channel; `announce` tells the others of it, with `description`.

    Attributes:
        name: Or an invitation, where the network has such (`meshcore://channel/add?…`).
        secret: Its key, where the name alone does not give it.
    """

    network: NetworkName
    name: str
    announce: bool = False
    description: str = ""
    secret: SecretBytes | None = None


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
class Ask:
    """Ask a node, or a radio of ours, to do or tell something; the answer is an `Answered`.

    Attributes:
        verb: One of the session's `verbs()`.
        node_id: Whom; None = our own radio.
        argument: What the verb takes, as typed; empty = nothing.
        secret: What a verb with `is_secret` takes instead: a password, a key.
        request_id: Chosen by the caller (a fresh uuid4), to know the answer again.
        link_id: By which link; None = whichever reaches it.
    """

    network: NetworkName
    verb: str
    request_id: str
    node_id: NodeId | None = None
    argument: str = ""
    secret: SecretBytes | None = None
    link_id: LinkId | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """Have the radio behind a link sign, as the node it is; `Signed` follows in time.

    Attributes:
        data: What is signed, at most `MAX_SIGNED_BYTES`.
        request_id: Chosen by the caller (a fresh uuid4), to know the answer again.
        may_export: Where the radio does not sign, its private key may be asked for, used once
            inside the session and forgotten.
    """

    network: NetworkName
    link_id: LinkId
    data: bytes
    request_id: str
    may_export: bool = False


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
    | Ask
    | Sign
)
LocalCommand: TypeAlias = MarkNode | MarkRead | SetDraft | SetNotify
Command: TypeAlias = SessionCommand | LocalCommand
