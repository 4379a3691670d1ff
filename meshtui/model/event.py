"""Facts, in the past tense. The store keeps them, front ends show them.

Events are immutable and self-contained; a subscriber needs no other source to act on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from meshtui.model.device import Device
    from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId, NetworkName, NodeId
    from meshtui.model.link import LinkInfo
    from meshtui.model.message import Channel, Delivery, Message, NotifyLevel
    from meshtui.model.node import Node, NodeMarks, Route
    from meshtui.model.packet import Frame, PacketSummary, Transmit
    from meshtui.model.secret import SecretBytes


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """A link delivered a frame; emitted for every one, and first among what it causes."""

    network: NetworkName
    frame: Frame
    summary: PacketSummary


@dataclass(frozen=True, slots=True)
class FrameSent:
    """A link took a transmission of ours.

    Attributes:
        airtime_ms: How long a radio is on the air with it, rounded up; 0 where it is no radio.
        is_own: Not somebody else's, passed on. Told for radios only.
    """

    network: NetworkName
    transmit: Transmit
    at: Instant
    summary: PacketSummary
    airtime_ms: int = 0
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class PacketDropped:
    """A packet went no further.

    Attributes:
        reason: Short stable word: `seen`, `ttl`, `loop`, `rate`, `replay`, `malformed`, `forged`, …
        detail: A sentence for the person who asks why.
    """

    network: NetworkName
    link_id: LinkId
    reason: str
    detail: str
    source: str
    message_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class PacketRelayed:
    """We passed a packet on for somebody else.

    Attributes:
        ttl: As sent on.
        hops: As sent on.
        links: Where it went.
    """

    network: NetworkName
    message_id: str
    source: str
    destination: str
    ttl: int
    hops: int
    links: tuple[LinkId, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class ReassemblyProgressed:
    """A chunk of a longer message came, or what was incomplete was given up.

    Attributes:
        chunk_id: The chunks' common id; unique together with `link_id` for as long as it lasts.
        source: Who sends it, where that is known; else empty.
        have: Chunks so far, 1..total.
        total: Chunks in all.
        reason: Why it was given up (`timeout`, `contradiction`, `room`); empty while it is not.
    """

    network: NetworkName
    link_id: LinkId
    chunk_id: str
    source: str
    have: int
    total: int
    at: Instant
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """Somebody's message was opened and is new.

    Attributes:
        digest: 8 bytes that recognise its ciphertext for good, or empty.
    """

    message: Message
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """A message of ours was accepted; it is on disk before anything is sent."""

    message: Message


@dataclass(frozen=True, slots=True)
class SenderChanged:
    """A message of ours leaves by a radio that is another node than the one it was queued as."""

    message_id: MessageId
    conversation: ConversationId
    sender: NodeId


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """A message of ours came further, or failed."""

    message_id: MessageId
    conversation: ConversationId
    delivery: Delivery
    at: Instant


@dataclass(frozen=True, slots=True)
class DigestSeen:
    """A ciphertext never to be accepted again: received without a message, or sent by us."""

    network: NetworkName
    digest: bytes


@dataclass(frozen=True, slots=True)
class NodeHeard:
    """What we know of a node changed."""

    node: Node


@dataclass(frozen=True, slots=True)
class NodeMarked:
    """The user said something about a node."""

    network: NetworkName
    node_id: NodeId
    marks: NodeMarks


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """A channel was announced, withdrawn, joined or left."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class RouteChanged:
    """A way to a node was learned or refreshed."""

    route: Route


@dataclass(frozen=True, slots=True)
class RouteForgotten:
    """The user threw a way to a node away."""

    network: NetworkName
    node_id: NodeId


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """A link came up, went down, or tries again."""

    link: LinkInfo
    at: Instant


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """What a radio of ours said of itself."""

    device: Device


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an `Ask`. Texts are as they came: not yet cleaned for a terminal.

    Attributes:
        request_id: The `Ask`'s own; empty for news nobody asked for (`verb` says of what kind).
        node_id: Who answered; None = our own radio.
        is_final: Nothing more follows for this request.
        is_error: It failed; `text` says why, and what to do.
        text: One line for a person.
        rows: The answer as a table, one record a row, each the same columns: `(name, value)`.
        rtt_ms: From sending the request to this answer; None where it did not cross the air.
    """

    network: NetworkName
    request_id: str
    verb: str
    node_id: NodeId | None
    at: Instant
    text: str = ""
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    rtt_ms: int | None = None
    is_final: bool = True
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """What came of a `Sign`; exactly one for each.

    Attributes:
        signature: 64 bytes, proven to be of the radio's own public key; None = there is none.
        signed_by: Who signed, for a person: `the radio`, `the key the radio exported`,
            `our own key`.
        reason: Why there is none, for a person.
    """

    network: NetworkName
    link_id: LinkId
    request_id: str
    at: Instant
    signature: SecretBytes | None = None
    signed_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SecurityRaised:
    """Something a person should look at.

    Attributes:
        kind: `key-changed`, `forged-presence`, `impersonated`, `reflected`, …
    """

    network: NetworkName
    kind: str
    node_id: NodeId
    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ConversationRead:
    """The user has read a conversation up to `order`."""

    conversation: ConversationId
    order: int


@dataclass(frozen=True, slots=True)
class DraftChanged:
    """What the user has typed and not sent."""

    conversation: ConversationId
    draft: str


@dataclass(frozen=True, slots=True)
class NotifyChanged:
    """What a conversation may disturb with."""

    conversation: ConversationId
    notify: NotifyLevel


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """The store could not write; what was not written is not acknowledged. For a person."""

    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class EventsMissed:
    """This subscriber was too slow; `count` events are gone from its queue (the store has them)."""

    count: int


Event: TypeAlias = (
    FrameReceived
    | FrameSent
    | PacketDropped
    | PacketRelayed
    | ReassemblyProgressed
    | MessageReceived
    | MessageQueued
    | SenderChanged
    | DeliveryChanged
    | DigestSeen
    | NodeHeard
    | NodeMarked
    | ChannelChanged
    | RouteChanged
    | RouteForgotten
    | LinkChanged
    | DeviceChanged
    | Answered
    | Signed
    | SecurityRaised
    | ConversationRead
    | DraftChanged
    | NotifyChanged
    | StoreFailed
    | EventsMissed
)
