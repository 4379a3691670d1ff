"""What we write: handed to the radio, and followed until it is proven delivered or has failed.

    waiting ─▶ SENDING ─SENT─▶ SENT ─repeated─▶ RELAYED ─acknowledged─▶ DELIVERED
       ▲           │              │ no acknowledgement: next attempt, the third without a path
       └─link lost─┴──────────────┘ none after three: FAILED

A channel acknowledges nothing: there SENT, or RELAYED, is the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from meshtui.model.event import DeliveryChanged
from meshtui.model.ids import ConversationKind, NodeId, split_conversation
from meshtui.model.message import Delivery, DeliveryState
from meshtui.networks.meshcore.companion.answers import Sent
from meshtui.networks.meshcore.companion.channels import send_in_channel
from meshtui.networks.meshcore.companion.codes import MAX_TEXT_BYTES, Command, ErrorCode
from meshtui.networks.meshcore.companion.commands import ForKey, SendTxtMsg
from meshtui.networks.meshcore.companion.contacts import become_contact
from meshtui.networks.meshcore.companion.driver import LINK_LOST, Priority, Reply
from meshtui.networks.meshcore.companion.greeting import read_clock
from meshtui.networks.meshcore.companion.pushes import SendConfirmed
from meshtui.networks.meshcore.companion.scripts import Await, Do, Pause, Script, Step
from meshtui.networks.meshcore.message_ids import text_digest
from meshtui.networks.meshcore.relays import Relays

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from meshtui.model.ids import MessageId
    from meshtui.model.message import Message
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio
    from meshtui.networks.meshcore.packet import Packet

MAX_IN_FLIGHT: Final = 4  # firmware remembers eight acknowledgements it waits for
MAX_FOLLOWED: Final = 500
ATTEMPTS: Final = 3
ATTEMPTS_BY_PATH: Final = 2
PATIENCE: Final = 1.2
MIN_WAIT_S: Final = 2.0
MAX_WAIT_S: Final = 120.0
ECHO_S: Final = 30.0
BUSY_PAUSE_S: Final = 2.0
BUSY_TRIES: Final = 5
_HIDDEN_ATTEMPT_BYTES: Final = 2
_OPEN: Final = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.RELAYED})


@dataclass(slots=True)
class _Text:
    """A text of ours on its way, or one that a late word may still be heard of.

    Attributes:
        peer: Whom it is for; empty in a channel.
        timestamp: What its packets carry, the same for all attempts; 0 = none was made.
        tags: The acknowledgements of its attempts.
        number: Its script's.
    """

    message: Message
    delivery: Delivery
    peer: bytes = b""
    tags: set[bytes] = field(default_factory=set)
    number: int = 0
    timestamp: int = 0
    sent_s: float = 0.0
    patience_s: float = 0.0
    relays: Relays = field(default_factory=Relays)


class Outbox:
    """The texts of one radio."""

    def __init__(self, radio: Radio) -> None:
        """Begin with none."""
        self._radio = radio
        self._waiting: dict[MessageId, _Text] = {}
        self._active: dict[MessageId, _Text] = {}
        self._followed: dict[MessageId, _Text] = {}

    def send(self, message: Message) -> None:
        """Take a text in; `pump` sends it when its turn has come."""
        _, kind, target = split_conversation(message.conversation)
        is_direct = kind is ConversationKind.DIRECT
        attempt = message.delivery.attempt if message.delivery else 0
        delivery = Delivery(DeliveryState.QUEUED, attempt, expects_ack=is_direct)
        peer = bytes.fromhex(target) if is_direct else b""
        known = self._followed.pop(message.message_id, None)
        text = _Text(message, delivery, peer, known.tags if known else set())
        self._waiting[message.message_id] = text

    def cancel(self, message_id: MessageId) -> bool:
        """Stop trying; tells whether it was ours to send."""
        waiting = self._waiting.pop(message_id, None)
        text = self._active.pop(message_id, None)
        if text is not None:
            self._radio.scripts.stop(text.number)
        self._followed.pop(message_id, None)
        return waiting is not None or text is not None

    def hold(self) -> None:
        """The link is gone: what is on its way and not proven waits again, in its old order."""
        held = self._active | self._waiting
        for text in self._active.values():
            self._radio.scripts.stop(text.number)
        self._active.clear()
        self._waiting = held
        for text in held.values():
            self._change(text, replace(text.delivery, state=DeliveryState.QUEUED, reason=LINK_LOST))

    def pump(self) -> None:
        """Begin what may begin: per peer one after the other, few at the same time."""
        busy = {text.peer for text in self._active.values()}
        for message_id, text in list(self._waiting.items()):
            if len(self._active) >= MAX_IN_FLIGHT:
                return
            if text.peer in busy:
                continue
            del self._waiting[message_id]
            busy.add(text.peer)
            self._active[message_id] = text
            text.number = self._radio.run(self._guarded(text))

    def confirmed(self, push: SendConfirmed) -> bool:
        """Take an acknowledgement that nobody waits for any more; tells whether it is ours."""
        for text in self._followed.values():
            if push.ack in text.tags and text.delivery.state is not DeliveryState.DELIVERED:
                self._change(
                    text,
                    replace(
                        text.delivery, state=DeliveryState.DELIVERED, rtt_ms=push.rtt_ms, reason=""
                    ),
                )
                return True
        return False

    def message_of(self, ack: bytes) -> MessageId | None:
        """Say which text an acknowledgement is for; None = no recent one."""
        texts = (*self._active.values(), *self._followed.values())
        return next((text.message.message_id for text in texts if ack in text.tags), None)

    def overheard(self, message_id: MessageId, packet: Packet) -> None:
        """Note that a repeater passed a text of ours on: this is its copy."""
        text = self._active.get(message_id) or self._followed.get(message_id)
        if text is not None and text.delivery.state in _OPEN and text.relays.note(packet):
            repeats = text.delivery.repeats + 1
            self._change(text, replace(text.delivery, state=DeliveryState.RELAYED, repeats=repeats))

    def overheard_direct(self, packet: Packet) -> None:
        """Note a direct text that may be ours: its two hashes are one byte each."""
        if len(packet.payload) < 2 or not self._radio.key:
            return
        if packet.payload[1] != self._radio.key[0]:
            return
        recent = [
            text
            for text in self._active.values()
            if text.peer[:1] == packet.payload[:1]
            and self._radio.now.mono_s - text.sent_s <= ECHO_S
        ]
        if recent:
            self.overheard(recent[-1].message.message_id, packet)

    def _guarded(self, text: _Text) -> Script:
        """Send a text, and see it out of the way whatever came of it."""
        problem = yield from (self._direct(text) if text.peer else self._group(text))
        if problem:
            self._change(text, replace(text.delivery, state=DeliveryState.FAILED, reason=problem))
        self._active.pop(text.message.message_id, None)
        self._followed[text.message.message_id] = text
        if len(self._followed) > MAX_FOLLOWED:
            del self._followed[next(iter(self._followed))]

    def _group(self, text: _Text) -> Generator[Step, Reply, str]:
        _, _, name = split_conversation(text.message.conversation)
        self._begin(text)
        problem = yield from _patiently(partial(send_in_channel, self._radio, name, text.message))
        if not problem:
            self._change(text, replace(text.delivery, state=DeliveryState.SENT))
        return problem

    def _direct(self, text: _Text) -> Generator[Step, Reply, str]:
        problem = yield from become_contact(self._radio, text.peer)
        if problem:
            return problem
        for turn in range(ATTEMPTS):
            if turn == ATTEMPTS_BY_PATH:
                reply = yield Do(ForKey(Command.RESET_PATH, text.peer), Priority.USER)
                if not reply.problem:
                    self._radio.forget_path(text.peer)
            number = self._begin(text)
            problem = yield from _patiently(partial(self._attempt, text, number))
            if problem:
                return problem
            reply = yield Await(_acknowledges(text), text.patience_s)
            self._radio.judge_path(text.peer, is_good=reply.frame is not None)
            if isinstance(reply.frame, SendConfirmed):
                rtt_ms = reply.frame.rtt_ms
                self._change(
                    text,
                    replace(text.delivery, state=DeliveryState.DELIVERED, rtt_ms=rtt_ms, reason=""),
                )
                return ""
        return f"no acknowledgement after {ATTEMPTS} attempts"

    def _begin(self, text: _Text) -> int:
        """Note that an attempt begins; returns its number as packets carry it, from 0."""
        number = text.delivery.attempt
        self._change(
            text, replace(text.delivery, state=DeliveryState.SENDING, attempt=number + 1, reason="")
        )
        size = len(text.message.text.encode(errors="replace"))
        if size > MAX_TEXT_BYTES - _HIDDEN_ATTEMPT_BYTES:
            return number & 3  # no room for more than the two bits
        return min(number, 255)

    def _attempt(self, text: _Text, number: int) -> Generator[Step, Reply, Reply]:
        if not text.timestamp:
            sent_s = text.message.sent_at_ms // 1000
            if self._radio.is_server(text.peer):
                yield from read_clock(self._radio, Priority.USER)
                # it may have been typed before we logged in
                sent_s = max(sent_s, self._radio.station.next_timestamp(self._radio.now))
            text.timestamp = self._radio.stamp(text.peer, sent_s)
        self._know_reflection(text)
        command = SendTxtMsg(0, number, text.timestamp, text.peer[:6], text.message.text)
        asking = Do(command, Priority.USER, message_id=text.message.message_id)
        reply = yield asking
        if reply.error_code == ErrorCode.NOT_FOUND:
            # the table is not as we know it: another program may have changed it
            self._radio.drop_contact(text.peer)
            problem = yield from become_contact(self._radio, text.peer)
            if problem:
                return Reply(None, problem=problem)
            reply = yield asking
        if isinstance(reply.frame, Sent):
            text.tags.add(reply.frame.tag)
            self._radio.station.acks.note(reply.frame.tag, text.message.message_id)
            text.sent_s = self._radio.now.mono_s
            wait_s = reply.frame.timeout_ms / 1000 * PATIENCE
            text.patience_s = min(MAX_WAIT_S, max(MIN_WAIT_S, wait_s))
            self._change(text, replace(text.delivery, state=DeliveryState.SENT))
        return reply

    def _know_reflection(self, text: _Text) -> None:
        """Know our own text, should somebody turn it round: it would open as our peer's."""
        station, message = self._radio.station, text.message
        peer = NodeId(text.peer.hex())
        digest = text_digest(message.conversation, peer, text.timestamp, message.text)
        station.note_own_text(digest, message.message_id)

    def _change(self, text: _Text, delivery: Delivery) -> None:
        """Note how far a text has come, and say so."""
        text.delivery = delivery
        message = text.message
        self._radio.emit(
            DeliveryChanged(
                message.message_id, message.conversation, text.delivery, self._radio.now
            )
        )


def _acknowledges(text: _Text) -> Callable[[RadioFrame], bool]:
    """Make what knows the acknowledgement of any attempt at a text."""

    def matches(frame: RadioFrame) -> bool:
        return isinstance(frame, SendConfirmed) and frame.ack in text.tags

    return matches


def _patiently(attempt: Callable[[], Generator[Step, Reply, Reply]]) -> Generator[Step, Reply, str]:
    """Try again for a while where the radio's send queue is full; returns the problem, or none."""
    reply = Reply(None)
    for turn in range(BUSY_TRIES):
        reply = yield from attempt()
        if reply.error_code != ErrorCode.TABLE_FULL:
            return reply.problem
        if turn + 1 < BUSY_TRIES:
            yield Pause(BUSY_PAUSE_S)
    return "the radio's send queue is full"
