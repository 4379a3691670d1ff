"""What we write, on its way over either port until it is proven delivered or has failed.

    waiting ─▶ SENDING ─▶ SENT ─repeated─▶ RELAYED ─acknowledged─▶ DELIVERED
       ▲          │         │ no acknowledgement: next attempt, the third without a path
       └─link lost┴─────────┘ none after three: FAILED

A channel acknowledges nothing: there SENT, or RELAYED, is the end. How a text is handed over, and
how the wait is done, is each port's own.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from meshtui.errors import EncodeError
from meshtui.model.event import DeliveryChanged, SenderChanged
from meshtui.model.ids import ConversationKind, NodeId, split_conversation
from meshtui.model.message import Delivery, DeliveryState
from meshtui.model.node import NodeRole
from meshtui.networks.meshcore.message_ids import text_digest
from meshtui.networks.meshcore.payloads.text import MAX_RETRY_TEXT_BYTES, ack_of, text_body
from meshtui.networks.meshcore.relays import Relays

if TYPE_CHECKING:
    from meshtui.model.ids import Instant, MessageId
    from meshtui.model.message import Message
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.station import Station

MAX_IN_FLIGHT: Final = 4  # firmware remembers eight acknowledgements it waits for
MAX_FOLLOWED: Final = 500
ATTEMPTS: Final = 3
ATTEMPTS_BY_PATH: Final = 2
NO_ACK: Final = f"no acknowledgement after {ATTEMPTS} attempts"
_SERVERS: Final = frozenset({NodeRole.RELAY, NodeRole.ROOM, NodeRole.SENSOR})
_NUMBERS: Final = 4  # acknowledgements know no more attempts apart
_PATIENCE: Final = 1.2
_MIN_WAIT_S: Final = 2.0
_MAX_WAIT_S: Final = 120.0
_CHANNELS: Final = b""
_OPEN: Final = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.RELAYED})


def no_ack(station: Station, peer: bytes) -> str:
    """Say that nobody acknowledged a text; a server keeps silent before those it does not know."""
    node = station.nodes.get(NodeId(peer.hex()))
    if node is None or node.role not in _SERVERS:
        return NO_ACK
    return f"{NO_ACK}; it answers those who are logged in: /login"


class Host(Protocol):
    """The side of a port that its texts belong to."""

    now: Instant
    station: Station

    def emit(self, *outputs: Output) -> None:
        """Return something from the call in progress."""
        ...


@dataclass(slots=True)
class OwnText:
    """A text of ours on its way, or one that a late word may still be heard of.

    Attributes:
        peer: Whom it is for; empty in a channel.
        tags: What acknowledges its attempts.
        timestamp: What its packets carry, the same for all attempts; 0 = none was made.
        patience_s: How long to wait for the acknowledgement of the last attempt.
    """

    message: Message
    delivery: Delivery
    peer: bytes = b""
    tags: set[bytes] = field(default_factory=set)
    timestamp: int = 0
    patience_s: float = 0.0
    relays: Relays = field(default_factory=Relays)

    @property
    def is_delivered(self) -> bool:
        """It is proven to have arrived."""
        return self.delivery.state is DeliveryState.DELIVERED


_Text = TypeVar("_Text", bound=OwnText)


class Deliveries(Generic[_Text]):
    """The texts of one port. Each change of how far one has come is emitted.

    Attributes:
        waiting: Those whose turn has not come, oldest first.
        active: Those under way.
        followed: Those that are over, of which a late word may be heard; bounded.
    """

    def __init__(self, kind: type[_Text], host: Host) -> None:
        """Begin with none."""
        self._kind = kind
        self._host = host
        self.waiting: dict[MessageId, _Text] = {}
        self.active: dict[MessageId, _Text] = {}
        self.followed: dict[MessageId, _Text] = {}

    def take(self, message: Message) -> None:
        """Take a text in, to be sent when its turn has come."""
        _, kind, target = split_conversation(message.conversation)
        is_direct = kind is ConversationKind.DIRECT
        attempt = message.delivery.attempt if message.delivery else 0
        delivery = Delivery(DeliveryState.QUEUED, attempt, expects_ack=is_direct)
        text = self._kind(message, delivery, bytes.fromhex(target) if is_direct else b"")
        known = self.followed.pop(message.message_id, None)
        if known is not None:
            text.tags = known.tags
        self.waiting[message.message_id] = text

    def next_due(self) -> _Text | None:
        """Let the next text begin: per peer one after the other, to few peers at the same time.

        Channels are one peer more: nobody who is away holds them up.
        """
        busy = {text.peer for text in self.active.values()}
        is_full = len(busy - {_CHANNELS}) >= MAX_IN_FLIGHT
        for message_id, text in self.waiting.items():
            if text.peer not in busy and not (is_full and text.peer):
                del self.waiting[message_id]
                self.active[message_id] = text
                return text
        return None

    def forget(self, message_id: MessageId) -> None:
        """Stop following a text, wherever it is."""
        for texts in (self.waiting, self.active, self.followed):
            texts.pop(message_id, None)

    def hold(self, reason: str) -> None:
        """The link is gone: what is on its way and not proven waits again, in its old order."""
        self.waiting = self.active | self.waiting
        self.active = {}
        for text in self.waiting.values():
            held = replace(text.delivery, state=DeliveryState.QUEUED, reason=reason)
            if held != text.delivery:
                self._change(text, held)

    def attribute(self, text: _Text, sender: NodeId) -> None:
        """Note as whom we write: a radio that was changed for another is another node."""
        message = text.message
        if message.sender != sender:
            text.message = replace(message, sender=sender)
            self._host.emit(SenderChanged(message.message_id, message.conversation, sender))

    # -- how far one has come

    def begin(self, text: _Text) -> int:
        """Note that an attempt begins; returns its number as packets carry it, from 0."""
        number = text.delivery.attempt
        begun = replace(text.delivery, state=DeliveryState.SENDING, attempt=number + 1, reason="")
        self._change(text, begun)
        size = len(text.message.text.encode(errors="replace"))
        # a long text leaves no room for more than two bits
        return number & 3 if size > MAX_RETRY_TEXT_BYTES else min(number, 255)

    def expect(self, text: _Text, ack: bytes, estimate_ms: float) -> None:
        """Note what will acknowledge an attempt, and in about what time; empty = nothing will."""
        if ack:
            text.tags.add(ack)
            self._host.station.acks.note(ack, text.message.message_id)
        wait_s = estimate_ms / 1000 * _PATIENCE
        text.patience_s = min(_MAX_WAIT_S, max(_MIN_WAIT_S, wait_s))

    def know(self, text: _Text, sender: NodeId, timestamp: int) -> None:
        """Know our own text again when it is heard as if from `sender`."""
        message = text.message
        digest = text_digest(message.conversation, sender, timestamp, message.text)
        self._host.station.note_own_text(digest, message.message_id)

    def recall(self, text: _Text, timestamp: int, public_key: bytes) -> None:
        """Know what would acknowledge the attempts of earlier lives: it may come in this one.

        Args:
            timestamp: What their packets carried.
            public_key: Ours, by which they were sent.
        """
        words = text.message.text.encode(errors="replace")
        for number in range(min(text.delivery.attempt, _NUMBERS)):
            with contextlib.suppress(EncodeError):  # of a time that no packet holds
                text.tags.add(ack_of(text_body(timestamp, words, number), public_key))

    def sent(self, text: _Text) -> None:
        """It is out."""
        self._change(text, replace(text.delivery, state=DeliveryState.SENT))

    def overheard(self, message_id: MessageId, packet: Packet) -> None:
        """Note that a repeater passed a text of ours on: this is its copy."""
        text = self.active.get(message_id) or self.followed.get(message_id)
        if text is not None and text.delivery.state in _OPEN and text.relays.note(packet):
            repeats = text.delivery.repeats + 1
            self._change(text, replace(text.delivery, state=DeliveryState.RELAYED, repeats=repeats))

    def delivered(self, text: _Text, rtt_ms: int | None) -> None:
        """It was acknowledged."""
        state = DeliveryState.DELIVERED
        self._change(text, replace(text.delivery, state=state, rtt_ms=rtt_ms, reason=""))

    def failed(self, text: _Text, reason: str) -> None:
        """It is given up."""
        self._change(text, replace(text.delivery, state=DeliveryState.FAILED, reason=reason))

    def finish(self, text: _Text) -> None:
        """It is out of the way, whatever came of it, and though it may have waited again."""
        message_id = text.message.message_id
        self.active.pop(message_id, None)
        self.waiting.pop(message_id, None)
        self.followed[message_id] = text
        if len(self.followed) > MAX_FOLLOWED:
            del self.followed[next(iter(self.followed))]

    def text_of(self, ack: bytes) -> _Text | None:
        """Find the text that an acknowledgement is for; None = no recent one."""
        for texts in (self.active, self.waiting, self.followed):
            for text in texts.values():
                if ack in text.tags:
                    return text
        return None

    def _change(self, text: _Text, delivery: Delivery) -> None:
        text.delivery = delivery
        message, host = text.message, self._host
        host.emit(DeliveryChanged(message.message_id, message.conversation, delivery, host.now))
