"""What people write to each other, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from meshtui.model.packet import NO_RX, RxMeta

if TYPE_CHECKING:
    from meshtui.model.ids import (
        ConversationId,
        ConversationKind,
        LinkId,
        MessageId,
        NetworkName,
        NodeId,
    )
    from meshtui.model.secret import SecretBytes


class DeliveryState(Enum):
    """How far a message of ours has come.

    QUEUED → SENDING → SENT → (RELAYED) → DELIVERED | FAILED | CANCELLED. SENT means the link
    took it, RELAYED that a relay of it was overheard; only an end-to-end acknowledgement makes
    DELIVERED. Where the recipient cannot acknowledge, SENT (or RELAYED) is the end.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RELAYED = "relayed"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Nothing more is waited for, unless the user sends it again.

        A proven acknowledgement that comes late still turns FAILED into DELIVERED.
        """
        return self in _FINAL


_FINAL = frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of one message of ours.

    Attributes:
        attempt: Transmissions begun so far, from 1; 0 while queued.
        rtt_ms: From handing the attempt to the links to its acknowledgement; None before.
        reason: Why it failed or waits, for a person; empty otherwise.
        repeats: How often a relay of it was overheard.
        expects_ack: The recipient announced that it acknowledges.
    """

    state: DeliveryState
    attempt: int = 0
    rtt_ms: int | None = None
    reason: str = ""
    repeats: int = 0
    expects_ack: bool = False


class Proof(Enum):
    """What is proven about who wrote a message."""

    PINNED = "pinned"  # end-to-end, by the key pinned for this node
    FIRST_CONTACT = "first-contact"  # end-to-end, key seen for the first time
    DIRECTION_UNPROVEN = "direction-unproven"  # end-to-end, but could be an echo or a replay
    SENDER_UNPROVEN = "sender-unproven"  # any member of the channel could have written it
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Message:
    """What a person reads. Texts are as they came: cleaned only where they are shown.

    Attributes:
        message_id: Stable over attempts and copies; unique together with `sender`.
        kind: `text`, `cashu`, `btc_tx`, `image`, … or whatever unknown type the sender named.
        text: What to show: the text itself, or a line that says what the body is.
        body: The plaintext as it came where it is more than `text`; else empty.
        sent_at_ms: The sender's claim; 0 where it made none.
        received_at_ms: Our clock; for own messages, when it was typed.
        hops: Relays it passed; None where unknown.
        route: Claimed path, sender first.
        is_late: The sender's clock and ours disagree by more than a day, or it waited that long.
        delivery: For own messages; None for others'.
        is_signed: It carried a signature that its sender's key verifies.
        recipient: Which of our ids a direct message of a peer was for, on networks where each
            radio has its own; None elsewhere.
        order: Position in the store, growing with arrival; 0 before it is stored.
    """

    message_id: MessageId
    conversation: ConversationId
    sender: NodeId
    kind: str
    text: str
    received_at_ms: int
    sent_at_ms: int = 0
    body: str = ""
    proof: Proof = Proof.SENDER_UNPROVEN
    hops: int | None = None
    route: tuple[NodeId, ...] = ()
    rx: RxMeta = NO_RX
    link_id: LinkId | None = None
    is_late: bool = False
    mentions_me: bool = False
    delivery: Delivery | None = None
    order: int = 0
    is_signed: bool = False
    recipient: NodeId | None = None

    @property
    def is_own(self) -> bool:
        """Written here."""
        return self.delivery is not None


@dataclass(frozen=True, slots=True)
class SendCost:
    """What sending a text by radio would take; shown while it is typed.

    Attributes:
        packets: LoRa packets, 1 or more.
        frame_bytes: Of all packets together.
        airtime_ms: Of all packets together, sent once.
        form: How it would be written: `json`, `compact`.
        duty_used: Time spent sending in the last hour, as a part of what is allowed, 0..1.
        wait_s: Until the duty cycle lets it begin; 0 = at once.
    """

    packets: int
    frame_bytes: int
    airtime_ms: float
    form: str
    duty_used: float
    wait_s: float = 0.0


class NotifyLevel(Enum):
    """What a conversation may disturb its reader with."""

    ALL = "all"
    MENTIONS = "mentions"
    MUTE = "mute"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as a list shows it.

    Attributes:
        title: Channel name with `#`, or the peer's name, or its node id.
        unread: Messages after `last_read` from others (blocked senders do not count).
        mentions: Those among them that mention us; in a direct conversation, all of them.
        last_read: `Message.order` up to which it was read.
        last_at_ms: When its newest message arrived; 0 for an empty one.
    """

    conversation_id: ConversationId
    network: NetworkName
    kind: ConversationKind
    title: str
    notify: NotifyLevel = NotifyLevel.ALL
    draft: str = ""
    unread: int = 0
    mentions: int = 0
    last_read: int = 0
    last_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel we joined or heard of.

    Attributes:
        name: Verbatim; for some networks the name is the key.
        creator: Who announced it; empty where nobody did.
        announced_at_ms: The announcement's own time; 0 where nobody announced it.
        secret: Its key, where that does not follow from the name; None = it does, or is not known.
    """

    network: NetworkName
    name: str
    is_joined: bool = False
    description: str = ""
    creator: str = ""
    is_public: bool = True
    announced_at_ms: int = 0
    secret: SecretBytes | None = None

    @property
    def is_announced(self) -> bool:
        """Somebody told of it."""
        return bool(self.announced_at_ms or self.creator)
