"""What we write as the node: sent, heard again from repeaters, acknowledged, or failed.

    waiting ─▶ SENDING ─on the air─▶ SENT ─repeated─▶ RELAYED ─acknowledged─▶ DELIVERED
       ▲           │                   │ no acknowledgement: next attempt, the third without a path
       └─line lost─┴───────────────────┘ none after three: FAILED

The wait begins when the packet was on the air, not when it was queued. A channel acknowledges
nothing: there SENT, or RELAYED, is the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError
from meshtui.model.event import DeliveryChanged
from meshtui.model.ids import ConversationKind, NodeId, split_conversation
from meshtui.model.message import Delivery, DeliveryState
from meshtui.networks.meshcore.channel_text import claimed_sender
from meshtui.networks.meshcore.message_ids import text_digest
from meshtui.networks.meshcore.node.settings import NodeRole
from meshtui.networks.meshcore.payloads.text import MAX_RETRY_TEXT_BYTES
from meshtui.networks.meshcore.relays import Relays

if TYPE_CHECKING:
    from meshtui.model.ids import MessageId
    from meshtui.model.message import Message
    from meshtui.networks.meshcore.modem.events import PacketSent
    from meshtui.networks.meshcore.modem.rig import Rig
    from meshtui.networks.meshcore.node.outputs import AckHeard, Sent
    from meshtui.networks.meshcore.packet import Packet

MAX_IN_FLIGHT: Final = 4  # a node waits for eight acknowledgements, and late ones are welcome
MAX_FOLLOWED: Final = 500
ATTEMPTS: Final = 3
ATTEMPTS_BY_PATH: Final = 2
PATIENCE: Final = 1.2
MIN_WAIT_S: Final = 2.0
MAX_WAIT_S: Final = 120.0
LINK_LOST: Final = "the modem is gone"
_SERVERS: Final = frozenset({NodeRole.REPEATER, NodeRole.ROOM, NodeRole.SENSOR})
_OPEN: Final = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.RELAYED})


@dataclass(slots=True)
class _Text:
    """A text of ours on its way, or one that a late word may still be heard of.

    Attributes:
        peer: Whom it is for; empty in a channel.
        acks: What acknowledges its attempts.
        turn: Attempts begun in this life.
        timestamp: What its packets carry, the same for all attempts; 0 = none was made.
        deadline_s: When the next attempt is due; None = it is not on the air yet.
    """

    message: Message
    delivery: Delivery
    peer: bytes = b""
    acks: set[bytes] = field(default_factory=set)
    turn: int = 0
    timestamp: int = 0
    patience_s: float = 0.0
    deadline_s: float | None = None
    relays: Relays = field(default_factory=Relays)


class Outbox:
    """The texts of one modem."""

    def __init__(self, rig: Rig) -> None:
        """Begin with none."""
        self._rig = rig
        self._waiting: dict[MessageId, _Text] = {}
        self._active: dict[MessageId, _Text] = {}
        self._followed: dict[MessageId, _Text] = {}

    @property
    def next_deadline_s(self) -> float | None:
        """When the first has waited long enough for its acknowledgement."""
        due = (text.deadline_s for text in self._active.values())
        return min((at_s for at_s in due if at_s is not None), default=None)

    def send(self, message: Message) -> None:
        """Take a text in; `pump` sends it when its turn has come."""
        _, kind, target = split_conversation(message.conversation)
        is_direct = kind is ConversationKind.DIRECT
        attempt = message.delivery.attempt if message.delivery else 0
        delivery = Delivery(DeliveryState.QUEUED, attempt, expects_ack=is_direct)
        known = self._followed.pop(message.message_id, None)
        peer = bytes.fromhex(target) if is_direct else b""
        text = _Text(message, delivery, peer, known.acks if known else set())
        self._waiting[message.message_id] = text

    def cancel(self, message_id: MessageId) -> None:
        """Stop trying."""
        self._rig.line.drop(message_id)
        for texts in (self._waiting, self._active, self._followed):
            texts.pop(message_id, None)

    def hold(self) -> None:
        """The line is gone: what is not proven delivered waits again, in its old order."""
        held = self._active | self._waiting
        self._active = {}
        self._waiting = held
        for text in held.values():
            text.deadline_s, text.turn = None, 0
            self._change(text, replace(text.delivery, state=DeliveryState.QUEUED, reason=LINK_LOST))

    def pump(self) -> None:
        """Begin what may begin: per peer one after the other, few at the same time."""
        busy = {text.peer for text in self._active.values()}
        for message_id, text in list(self._waiting.items()):
            if len(self._active) >= MAX_IN_FLIGHT or not self._rig.line.is_greeted:
                return
            if text.peer in busy:
                continue
            del self._waiting[message_id]
            busy.add(text.peer)
            self._active[message_id] = text
            self._attempt(text)

    def sent(self, event: PacketSent) -> None:
        """A packet that carries a text was on the air, or could not be."""
        message_id = event.outgoing.message_id
        text = None if message_id is None else self._active.get(message_id)
        if text is None or text.delivery.state is not DeliveryState.SENDING:
            return
        if not event.is_ok:
            self._next(text, event.reason)
            return
        self._change(text, replace(text.delivery, state=DeliveryState.SENT))
        if text.peer:
            text.deadline_s = self._rig.now.mono_s + text.patience_s
        else:
            self._finish(text)

    def acknowledged(self, heard: AckHeard) -> None:
        """Somebody acknowledged a text; late is as good as in time."""
        for text in (*self._active.values(), *self._followed.values()):
            if heard.ack in text.acks and text.delivery.state is not DeliveryState.DELIVERED:
                delivered = replace(
                    text.delivery, state=DeliveryState.DELIVERED, rtt_ms=heard.rtt_ms, reason=""
                )
                self._change(text, delivered)
                self._rig.line.drop(text.message.message_id)
                self._finish(text)
                return

    def overheard(self, message_id: MessageId, packet: Packet) -> None:
        """A repeater passed a text of ours on: this is its copy."""
        text = self._active.get(message_id) or self._followed.get(message_id)
        if text is not None and text.delivery.state in _OPEN and text.relays.note(packet):
            repeats = text.delivery.repeats + 1
            self._change(text, replace(text.delivery, state=DeliveryState.RELAYED, repeats=repeats))

    def tick(self) -> None:
        """Try again what was not acknowledged in time."""
        now_s = self._rig.now.mono_s
        for text in list(self._active.values()):
            if text.deadline_s is not None and now_s >= text.deadline_s:
                self._next(text, f"no acknowledgement after {ATTEMPTS} attempts")

    def _next(self, text: _Text, reason: str) -> None:
        """Begin the next attempt at a text, or give it up."""
        text.deadline_s = None
        attempts = ATTEMPTS if text.peer else 1
        if text.turn < attempts:
            self._attempt(text)
        else:
            self._fail(text, reason)

    def _attempt(self, text: _Text) -> None:
        """Hand a text to the node."""
        rig, message = self._rig, text.message
        text.turn += 1
        if text.peer and text.turn > ATTEMPTS_BY_PATH:
            rig.node.set_out_path(text.peer, None, rig.now)
        number = text.delivery.attempt
        begun = replace(text.delivery, state=DeliveryState.SENDING, attempt=number + 1, reason="")
        self._change(text, begun)
        try:
            sent = self._hand_over(text, number)
        except EncodeError as error:
            self._fail(text, str(error))
            return
        if sent.ack:
            text.acks.add(sent.ack)
        wait_s = sent.est_timeout_ms / 1000 * PATIENCE
        text.patience_s = min(MAX_WAIT_S, max(MIN_WAIT_S, wait_s))
        rig.carry(sent.outputs, message.message_id)

    def _hand_over(self, text: _Text, number: int) -> Sent:
        """Let the node make the packet.

        Raises:
            EncodeError: It does not fit.
        """
        rig, message = self._rig, text.message
        timestamp = message.sent_at_ms // 1000
        _, _, target = split_conversation(message.conversation)
        if not text.peer:
            channel = rig.station.keyring.channel(target)
            if channel is None:
                msg = f"no key of {target} is known; join it first"
                raise EncodeError(msg)
            self._note_own(message, claimed_sender(rig.name), timestamp)
            return rig.node.send_channel_text(channel, message.text, timestamp, rig.now)
        contact = rig.meet(text.peer, is_kept=True)
        if not text.timestamp:
            # servers take what is no later than our last request for a replay, or for a retry
            is_server = contact.node_type in _SERVERS
            text.timestamp = rig.node.unique_time(rig.now) if is_server else timestamp
        size = len(message.text.encode(errors="replace"))
        # should somebody turn it round, it would open as our peer's
        self._note_own(message, NodeId(text.peer.hex()), timestamp)
        # a long text leaves no room for more than the two bits of its attempt
        attempt = number & 3 if size > MAX_RETRY_TEXT_BYTES else min(number, 255)
        return rig.node.send_text(text.peer, message.text, text.timestamp, rig.now, attempt)

    def _note_own(self, message: Message, sender: NodeId, timestamp: int) -> None:
        """Know our text when it is heard again."""
        digest = text_digest(message.conversation, sender, timestamp, message.text)
        self._rig.station.note_own_text(digest, message.message_id)

    def _fail(self, text: _Text, reason: str) -> None:
        self._change(text, replace(text.delivery, state=DeliveryState.FAILED, reason=reason))
        self._finish(text)

    def _finish(self, text: _Text) -> None:
        """It is out of the way; a late word of it is still understood."""
        message_id = text.message.message_id
        self._active.pop(message_id, None)
        text.deadline_s = None
        self._followed[message_id] = text
        if len(self._followed) > MAX_FOLLOWED:
            del self._followed[next(iter(self._followed))]
        self.pump()

    def _change(self, text: _Text, delivery: Delivery) -> None:
        """Note how far a text has come, and say so."""
        text.delivery = delivery
        message = text.message
        self._rig.emit(
            DeliveryChanged(message.message_id, message.conversation, delivery, self._rig.now)
        )
