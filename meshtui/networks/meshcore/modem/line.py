"""The modem's line: one question at a time, one packet at a time, and each with its time-out.

    greeting ─▶ idle ─due─▶ is the channel free? ─free─▶ data ─TxDone─▶ idle
                              └ busy: again in 120, 240 or 360 ms; after 4 s it is sent all the same

A packet that is heard is followed by how well it was heard, so it is held until that comes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.mesh.airtime import DutyCycle, time_on_air_ms
from meshtui.model.packet import NO_RX, RxMeta
from meshtui.networks.meshcore.kiss import (
    BUSY,
    Hardware,
    KissCommand,
    KissDeframer,
    KissFrame,
    data_frame,
    decode_rx_meta,
    decode_unsigned,
)
from meshtui.networks.meshcore.modem.events import (
    Answer,
    Greeted,
    Outgoing,
    PacketHeard,
    PacketSent,
    Replied,
    Restarting,
    Trouble,
    Tuned,
    Write,
)
from meshtui.networks.meshcore.modem.greeting import (
    ModemFacts,
    Question,
    note,
    openers,
    questions,
)
from meshtui.networks.meshcore.modem.queue import SendQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.model.ids import Instant, MessageId
    from meshtui.model.link import RadioSettings
    from meshtui.model.restored import Spent
    from meshtui.networks.meshcore.kiss import KissEvent
    from meshtui.networks.meshcore.modem.events import LineEvent

ANSWER_S: Final = 1.5
TRIES: Final = 3
GREET_AGAIN_S: Final = 5.0
REBOOT_S: Final = 3.0
META_S: Final = 0.1
BUSY_STEP_S: Final = 0.12
FORCE_S: Final = 4.0
TX_GRACE_S: Final = 2.0
MAX_TX_TRIES: Final = 2
TOO_LONG: Final = "longer than the duty cycle allows"
NO_MODEM: Final = "the modem does not answer; does it run MeshCore's KISS modem firmware?"
_BUSY_QUESTION: Final = Question(Hardware.IS_BUSY)


@dataclass(slots=True)
class _Sending:
    outgoing: Outgoing
    deadline_s: float = 0.0
    tries: int = 0
    is_on_air: bool = False
    wanted_since_s: float = 0.0
    ask_at_s: float = 0.0


@dataclass(slots=True)
class _Asked:
    question: Question
    deadline_s: float
    tries: int = 1


@dataclass(slots=True)
class _Held:
    data: bytes
    until_s: float = field(default=0.0)


class ModemLine:
    """One modem."""

    def __init__(self, wished: RadioSettings, random_below: Callable[[int], int]) -> None:
        """Begin with the line closed.

        Args:
            wished: What the link's URL says of the radio.
            random_below: Draws a number from 0 up to, without, its argument.
        """
        self._wished = wished
        self._random_below = random_below
        self._deframer = KissDeframer()
        self._duty = DutyCycle(wished.duty_cycle)
        self._queue = SendQueue(self._waits)
        self._asked: _Asked | None = None
        self._to_ask: list[Question] = []
        self._sending: _Sending | None = None
        self._held: _Held | None = None
        self._greet_at_s: float | None = None
        self._has_complained = False
        self.facts = ModemFacts()
        self.is_greeted = False

    @property
    def settings(self) -> RadioSettings:
        """How the radio is set, as far as it said."""
        return self.facts.settings(self._wished)

    def airtime_s(self, n_bytes: int) -> float:
        """Reckon how long a packet of so many bytes is on the air."""
        return time_on_air_ms(n_bytes, self.settings) / 1000

    def duty_used(self, now_s: float) -> float:
        """Say how much of what may be sent in an hour is used up, 0..1."""
        return self._duty.used(now_s)

    def wait_s(self, n_bytes: int, now_s: float, *, is_own: bool = True) -> float:
        """Say how long the duty cycle makes a packet of so many bytes wait."""
        return self._duty.wait_s(self.airtime_s(n_bytes), now_s, is_own=is_own)

    @property
    def queue_length(self) -> int:
        """Packets that wait."""
        return len(self._queue)

    def restore(self, spent: Iterable[Spent], now: Instant) -> None:
        """Book what this radio sent in an earlier life; oldest first."""
        for each in spent:
            age_s = (now.unix_ms - each.ended_at_ms) / 1000
            self._duty.restore(each.airtime_s, age_s, now.mono_s, is_own=each.is_own)

    @property
    def on_air(self) -> Outgoing | None:
        """What was handed to the modem and is not yet known to be sent."""
        sending = self._sending
        return sending.outgoing if sending is not None and sending.is_on_air else None

    # -- the line

    def open(self, now_s: float) -> list[LineEvent]:
        """The line is open: greet the modem."""
        self.close()
        events: list[LineEvent] = [Write(wire) for wire in openers()]
        self._to_ask = questions(self._wished)
        self.facts = ModemFacts()
        self._ask_next(now_s, events)
        return events

    def close(self) -> None:
        """The line is gone: what was on it is not known to have been sent, and waits again."""
        self._deframer.reset()
        if self._sending is not None:
            self._queue.put(self._sending.outgoing)
        self._asked = self._sending = self._held = self._greet_at_s = None
        self._to_ask = []
        self.is_greeted = False

    def clear(self) -> None:
        """Forget what waits: an acknowledgement minutes late is worth nothing."""
        self._queue.clear()

    def ask(self, question: Question, now_s: float) -> list[LineEvent]:
        """Ask the modem, as soon as nothing is on the air; a `Replied` follows in time.

        It does not where the line is closed, or opened anew, before.
        """
        events: list[LineEvent] = []
        self._to_ask.append(question)
        self._advance(now_s, events)
        return events

    def keep(self) -> None:
        """Greet the modem from now on with what is set now, instead of what the URL says."""
        self._wished = self.settings

    def restart(self, now_s: float) -> list[LineEvent]:
        """The modem starts anew: greet it when it is back."""
        self.close()
        self._greet_at_s = now_s + REBOOT_S
        return [Restarting()]

    def feed(self, data: bytes, now_s: float) -> list[LineEvent]:
        """Take what was read."""
        events: list[LineEvent] = []
        for event in self._deframer.feed(data):
            self._take(event, now_s, events)
        self._advance(now_s, events)
        return events

    def tick(self, now_s: float) -> list[LineEvent]:
        """Time has passed."""
        events: list[LineEvent] = []
        if self._held is not None and now_s >= self._held.until_s:
            self._release(NO_RX, events)
        if self._asked is not None and now_s >= self._asked.deadline_s:
            self._unanswered(self._asked, now_s, events)
        if self._greet_at_s is not None and now_s >= self._greet_at_s:
            events += self.open(now_s)
        sending = self._sending
        if sending is not None and sending.is_on_air and now_s >= sending.deadline_s:
            self._failed(sending, now_s, "the modem did not say that it sent it", events)
        self._advance(now_s, events)
        return events

    def next_deadline_s(self, now_s: float) -> float | None:
        """When `tick` is due; None = nothing waits."""
        times: list[float] = []
        if self._held is not None:
            times.append(self._held.until_s)
        if self._asked is not None:
            times.append(self._asked.deadline_s)
        if self._greet_at_s is not None:
            times.append(self._greet_at_s)
        sending = self._sending
        if sending is not None and sending.is_on_air:
            times.append(sending.deadline_s)
        elif self._asked is None and self.is_greeted:
            # while an answer is waited for, nothing else can begin
            if sending is not None:
                times.append(sending.ask_at_s)
            elif self._queue:
                times.append(self._queue.next_departure_s(now_s))
        return min(times, default=None)

    # -- packets

    def send(self, outgoing: Outgoing, now_s: float) -> list[LineEvent]:
        """Put a packet into the queue; where it is full, the least urgent goes, relays first."""
        if math.isinf(self._waits(outgoing, now_s)):
            return [PacketSent(outgoing, is_ok=False, reason=TOO_LONG)]
        self._queue.put(outgoing)
        events: list[LineEvent] = [
            PacketSent(excess, is_ok=False, reason="the send queue is full")
            for excess in self._queue.take_excess()
        ]
        self._advance(now_s, events)
        return events

    def drop(self, message_id: MessageId) -> None:
        """Take what carries a message, and is not on the air yet, out of the queue."""
        self._queue.drop(message_id)

    # -- what the modem says

    def _take(self, event: KissEvent, now_s: float, events: list[LineEvent]) -> None:
        """Sort a frame: a packet, how it was heard, that one was sent, or an answer."""
        found = None
        if isinstance(event, KissFrame) and not event.port:
            found = event.hardware
            if found is not None and found[0] == Hardware.RX_META:
                self._release(_rx_of(found[1]), events)
                return
            if event.command == KissCommand.DATA:
                self._release(NO_RX, events)
                if event.data:
                    self._held = _Held(event.data, now_s + META_S)
                return
        events.append(Answer(event))
        if found is not None:
            self._hardware(*found, now_s, events)

    def _hardware(self, code: int, body: bytes, now_s: float, events: list[LineEvent]) -> None:
        sending = self._sending
        if code == Hardware.TX_DONE:
            if sending is not None and sending.is_on_air:
                self._done(sending, now_s, body, events)
            return
        if code == Hardware.ERROR and self._asked is None:
            if sending is not None and sending.is_on_air:
                self._refused(sending, now_s, body, events)
            return
        asked = self._asked
        if asked is None or code not in {asked.question.answer, Hardware.ERROR}:
            return
        self._asked = None
        if asked.question is _BUSY_QUESTION:
            self._channel(now_s, body if code != Hardware.ERROR else b"\0", events)
            return
        self._noted(asked.question, code, body, now_s, events)
        self._ask_next(now_s, events)

    def _noted(
        self, question: Question, code: int, body: bytes, now_s: float, events: list[LineEvent]
    ) -> None:
        """Take an answer in; from one who was greeted, for those who asked, too."""
        before = self.settings
        self.facts = note(self.facts, question, code, body)
        if not self.is_greeted:
            return
        if self.settings != before:
            self._retuned(now_s, events)
        events.append(Replied(question, code, body))

    def _retuned(self, now_s: float, events: list[LineEvent]) -> None:
        """Packets take another time now: reckon anew which may go."""
        if self._sending is not None:
            self._queue.put(self._sending.outgoing)
            self._sending = None
        hopeless = self._queue.take_hopeless(now_s)
        events += [PacketSent(outgoing, is_ok=False, reason=TOO_LONG) for outgoing in hopeless]
        events.append(Tuned())

    def _release(self, rx: RxMeta, events: list[LineEvent]) -> None:
        """Hand over the packet that waited for how it was heard."""
        if self._held is not None:
            events.append(PacketHeard(self._held.data, rx))
            self._held = None

    # -- questions

    def _ask_next(self, now_s: float, events: list[LineEvent]) -> None:
        """Ask the next of the greeting, or be done with it."""
        if self._to_ask:
            self._ask(self._to_ask.pop(0), now_s, events)
        elif not self.is_greeted:
            self.is_greeted = True
            self._has_complained = False
            events.append(Greeted(self.facts))

    def _ask(self, question: Question, now_s: float, events: list[LineEvent]) -> None:
        self._asked = _Asked(question, now_s + ANSWER_S)
        events.append(Write(question.wire))

    def _unanswered(self, asked: _Asked, now_s: float, events: list[LineEvent]) -> None:
        """Ask again, go on without, or begin the greeting anew."""
        if asked.question is _BUSY_QUESTION:
            self._asked = None
            self._channel(now_s, b"\0", events)
            return
        if asked.tries < TRIES:
            asked.tries += 1
            asked.deadline_s = now_s + ANSWER_S
            events.append(Write(asked.question.wire))
            return
        self._asked = None
        if asked.question.is_vital:
            self._to_ask = []
            self._greet_at_s = now_s + GREET_AGAIN_S
            if not self._has_complained:
                self._has_complained = True
                events.append(Trouble(NO_MODEM))
            return
        if self.is_greeted:
            events.append(Replied(asked.question))
        self._ask_next(now_s, events)

    # -- sending

    def _advance(self, now_s: float, events: list[LineEvent]) -> None:
        """Begin what may begin."""
        if not self.is_greeted or self._asked is not None:
            return
        sending = self._sending
        if self._to_ask and (sending is None or not sending.is_on_air):
            # what is asked may retune the radio, which would tear a packet on the air apart
            self._ask_next(now_s, events)
            return
        if sending is None:
            outgoing = self._queue.take_next(now_s)
            if outgoing is None:
                return
            sending = self._sending = _Sending(outgoing, wanted_since_s=now_s, ask_at_s=now_s)
        if not sending.is_on_air and now_s >= sending.ask_at_s:
            self._ask(_BUSY_QUESTION, now_s, events)

    def _waits(self, outgoing: Outgoing, now_s: float) -> float:
        return self.wait_s(len(outgoing.data), now_s, is_own=not outgoing.is_relay)

    def _channel(self, now_s: float, body: bytes, events: list[LineEvent]) -> None:
        """The modem said whether somebody is sending: send, or ask again soon."""
        sending = self._sending
        if sending is None:  # the line was closed in between
            return
        is_busy = bool(body and body[0])
        if is_busy and now_s - sending.wanted_since_s < FORCE_S:
            sending.ask_at_s = now_s + BUSY_STEP_S * (1 + self._random_below(3))
            return
        airtime_s = self.airtime_s(len(sending.outgoing.data))
        sending.is_on_air = True
        sending.tries += 1
        sending.deadline_s = now_s + 2 * airtime_s + TX_GRACE_S
        self._duty.spend(airtime_s, now_s, is_own=not sending.outgoing.is_relay)
        events.append(Write(data_frame(sending.outgoing.data), sending.outgoing))

    def _done(self, sending: _Sending, now_s: float, body: bytes, events: list[LineEvent]) -> None:
        """The modem has sent the packet, or failed to."""
        if not body or decode_unsigned(body):
            self._sending = None
            events.append(PacketSent(sending.outgoing, is_ok=True))
        else:
            self._failed(sending, now_s, "the modem could not send it", events)

    def _refused(
        self, sending: _Sending, now_s: float, body: bytes, events: list[LineEvent]
    ) -> None:
        """The modem did not take the packet: it has one already, or it cannot."""
        if body[:1] == bytes((BUSY,)):
            self._failed(sending, now_s, "the modem is busy", events)
        else:
            self._failed(sending, now_s, "the modem refused it", events)

    def _failed(
        self, sending: _Sending, now_s: float, reason: str, events: list[LineEvent]
    ) -> None:
        """Try once more, then give the packet up."""
        if sending.tries < MAX_TX_TRIES:
            sending.is_on_air = False
            sending.wanted_since_s = now_s
            sending.ask_at_s = now_s + BUSY_STEP_S
            return
        self._sending = None
        events.append(PacketSent(sending.outgoing, is_ok=False, reason=reason))


def _rx_of(body: bytes) -> RxMeta:
    """Read how a packet was heard; nothing where it is cut off."""
    try:
        snr, rssi = decode_rx_meta(body)
    except DecodeError:
        return NO_RX
    return RxMeta(rssi, snr)
