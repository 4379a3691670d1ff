"""A companion radio on a link: greeted, kept in step, asked, and written through.

link ─▶ Deframer ─▶ decode_frame ─┬─ answer ─▶ Driver ─▶ Scripts (greeting, texts, verbs)
                                  ├─ push 88 ─▶ AirListener
                                  └─ push ────▶ Scripts that wait for it, or `Pushes`
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.model.event import FrameReceived, FrameSent, PacketDropped
from meshtui.model.link import LinkKind, Myself
from meshtui.model.packet import Frame, RxMeta, Transmit, Verdict
from meshtui.networks.meshcore.companion import ask, channels, greeting, texts
from meshtui.networks.meshcore.companion.advertising import advertise, forget_path
from meshtui.networks.meshcore.companion.codes import FIRST_PUSH, Push
from meshtui.networks.meshcore.companion.deframer import MAX_PAYLOAD_BYTES, Deframer, enframe
from meshtui.networks.meshcore.companion.dissect import (
    ENDPOINT,
    redacted,
    summarise_companion,
)
from meshtui.networks.meshcore.companion.frames import decode_frame
from meshtui.networks.meshcore.companion.inbox import Inbox
from meshtui.networks.meshcore.companion.news import Pushes
from meshtui.networks.meshcore.companion.outbox import Outbox
from meshtui.networks.meshcore.companion.pushes import SendConfirmed
from meshtui.networks.meshcore.companion.radio import Radio
from meshtui.networks.meshcore.companion.signing import Signer
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.command import Advertise, Ask, Sign
    from meshtui.model.device import Device
    from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId, NodeId
    from meshtui.model.link import LinkInfo
    from meshtui.model.message import Channel, Message, SendCost
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.companion.driver import Finished
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.listener import AirListener
    from meshtui.networks.meshcore.station import Station

REFRESH_S: Final = 300.0
_LOG: Final = bytes((Push.LOG_RX_DATA,))
_LOG_HEAD: Final = 3
_FRAME_HEAD: Final = 3


class CompanionPort:
    """See `networks.meshcore.port.Port` for what each method promises."""

    def __init__(self, link_id: LinkId, station: Station, listener: AirListener) -> None:
        """Begin with the link down."""
        self._radio = Radio(link_id, station)
        self._listener = listener
        self._deframer = Deframer()
        self._outbox = Outbox(self._radio)
        self._inbox = Inbox(self._radio)
        self._pushes = Pushes(self._radio, self._inbox, self._outbox)
        self._signer = Signer(self._radio)
        self._is_stream = True
        self._is_up = False
        self._is_ready = False
        self._greeting = 0
        self._refresh_s: float | None = None

    @property
    def link_id(self) -> LinkId:
        """The link."""
        return self._radio.link_id

    @property
    def is_ready(self) -> bool:
        """The radio was greeted, and its channels are known."""
        return self._is_ready

    @property
    def myself(self) -> Myself | None:
        """Who the radio is."""
        radio = self._radio
        if not radio.key:
            return None
        return Myself(NETWORK, radio.node_id, radio.node_id, radio.name, radio.position)

    @property
    def device(self) -> Device | None:
        """What the radio said of itself."""
        return self._radio.device

    @property
    def next_deadline_s(self) -> float | None:
        """When silence, a wait or a period ends."""
        if not self._is_up:
            return None
        radio = self._radio
        due = (
            radio.driver.next_deadline_s,
            radio.scripts.next_deadline_s,
            self._deframer.next_deadline_s,
            self._signer.next_deadline_s,
            self._refresh_s,
        )
        return min((at_s for at_s in due if at_s is not None), default=None)

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:
        """Greet the radio."""
        self._radio.now = now
        self._is_stream = link.kind is LinkKind.STREAM
        self._is_up = True
        self._deframer.reset()
        self._greet()
        return self._outputs()

    def link_down(self, now: Instant) -> Sequence[Output]:
        """Texts wait, requests fail."""
        radio = self._radio
        radio.now = now
        self._is_up = self._is_ready = False
        self._refresh_s = None
        self._outbox.hold()
        self._pushes.reset()
        self._signer.fail_all()
        radio.scripts.stop(self._greeting)  # it never gives up, nor is the radio ready for that
        radio.driver.abandon()
        radio.scripts.fail_all(now.mono_s)
        radio.driver.abandon()  # what scripts still asked on their way out
        return radio.drain()

    def receive(self, frame: Frame) -> Sequence[Output]:
        """Take what the link read."""
        self._radio.now = frame.received_at
        if not self._is_stream:
            self._take(frame.payload)
        else:
            for payload in self._deframer.feed(frame.payload, frame.received_at.mono_s):
                self._take(payload)
        return self._outputs()

    def describe(self, transmit: Transmit, now: Instant) -> FrameSent:
        """Name the command, with what is secret in it overwritten.

        A stream's marker stays: it tells a command from an answer of the same code.
        """
        summary = summarise_companion(transmit.payload, to_radio=True, verdict=Verdict.SENT)
        summary.message_id = transmit.message_id or ""
        shown = redacted(transmit.payload, to_radio=True)
        return FrameSent(NETWORK, replace(transmit, payload=shown, endpoint=ENDPOINT), now, summary)

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:
        """The radio has the command: its answer is due."""
        self._radio.now = now
        self._finish(self._radio.driver.taken(self._unframed(transmit), now.mono_s))
        return self._outputs()

    def refused(self, transmit: Transmit, reason: str, now: Instant) -> Sequence[Output]:
        """The command never leaves."""
        self._radio.now = now
        self._finish(self._radio.driver.refused(self._unframed(transmit), reason))
        return self._outputs()

    def tick(self, now: Instant) -> Sequence[Output]:
        """Note silence, wake who waits, ask again what changes by itself."""
        if not self._is_up:
            return ()
        self._radio.now = now
        for payload in self._deframer.flush(now.mono_s):
            self._take(payload)
        is_silent, finished = self._radio.driver.tick(now.mono_s)
        if is_silent:
            self._greet()
        self._finish(finished)
        self._radio.scripts.tick(now.mono_s)
        self._signer.tick()
        if self._refresh_s is not None and now.mono_s >= self._refresh_s:
            self._refresh()
        return self._outputs()

    def objection(self, conversation: ConversationId, text: str) -> str:
        """Say why the radio cannot carry a text."""
        return texts.objection(self._radio, conversation, text)

    def cost(self, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:
        """What sending a text would take; a companion radio keeps its own duty cycle."""
        del now
        return texts.cost(self._radio, conversation, text)

    def send(self, message: Message, now: Instant) -> Sequence[Output]:
        """Send a message of ours."""
        self._radio.now = now
        self._outbox.send(message)
        return self._outputs()

    def cancel(self, message_id: MessageId, now: Instant) -> Sequence[Output]:
        """Stop trying."""
        self._radio.now = now
        self._outbox.cancel(message_id)
        return self._outputs()

    def join(self, channel: Channel, now: Instant) -> Sequence[Output]:
        """Give a channel a slot, if there is one."""
        self._radio.now = now
        self._radio.run(channels.join_channel(self._radio, channel))
        return self._outputs()

    def leave(self, name: str, now: Instant) -> Sequence[Output]:
        """Clear a channel's slot."""
        self._radio.now = now
        self._radio.run(channels.leave_channel(self._radio, name))
        return self._outputs()

    def advertise(self, request: Advertise, now: Instant) -> Sequence[Output]:
        """Change the position, then flood an advertisement; of our name a radio has no use."""
        self._radio.now = now
        if request.name is not None and request.position is None:
            return []
        self._radio.run(advertise(self._radio, request))
        return self._outputs()

    def forget_route(self, node_id: NodeId, now: Instant) -> Sequence[Output]:
        """Forget the way to a node."""
        self._radio.now = now
        self._radio.run(forget_path(self._radio, node_id))
        return self._outputs()

    def ask(self, request: Ask, now: Instant) -> Sequence[Output]:
        """Carry out a verb."""
        self._radio.now = now
        ask.begin(self._radio, request)
        return self._outputs()

    def sign(self, request: Sign, now: Instant) -> Sequence[Output]:
        """Have the radio sign."""
        self._radio.now = now
        self._signer.submit(request)
        return self._outputs()

    # --- greeting ---

    def _greet(self) -> None:
        """Greet the radio, now or again: it was silent, and may have started anew."""
        radio = self._radio
        if radio.scripts.is_running(self._greeting) and radio.driver.is_greeting:
            return
        radio.scripts.stop(self._greeting)
        self._is_ready = False
        self._greeting = radio.run(greeting.greet(radio, self._ready, self._refresh))

    def _ready(self) -> None:
        self._is_ready = True

    def _refresh(self) -> None:
        self._refresh_s = self._radio.now.mono_s + REFRESH_S
        self._pushes.fetch()
        self._radio.run(greeting.refresh(self._radio))

    # --- frames ---

    def _take(self, payload: bytes) -> None:
        """Take one frame of the radio. Never raises."""
        if payload[:1] == _LOG and _LOG_HEAD <= len(payload) <= MAX_PAYLOAD_BYTES:
            self._heard(payload)
            return
        if len(payload) > MAX_PAYLOAD_BYTES:
            detail = f"{len(payload)} bytes; no radio writes more than {MAX_PAYLOAD_BYTES}"
            self._reject(payload, DecodeError("too-long", detail, MAX_PAYLOAD_BYTES))
            return
        try:
            frame = decode_frame(payload)
        except DecodeError as error:
            self._reject(payload, error)
            return
        if payload[0] >= FIRST_PUSH and not self._radio.driver.expects(payload[0]):
            ours = self._outbox.message_of(frame.ack) if isinstance(frame, SendConfirmed) else None
            self._show(payload, Verdict.HANDLED, acks=ours or "")
            self._pushes.take(frame)
        else:
            self._answer(payload, frame)

    def _answer(self, payload: bytes, frame: RadioFrame) -> None:
        driver = self._radio.driver
        is_asked, finished = driver.answer(payload[0], frame, self._radio.now.mono_s)
        if is_asked:
            self._show(payload, Verdict.HANDLED)
            self._finish(finished)
            return
        detail = "an answer to no question, or a second one"
        self._show(payload, Verdict.DROPPED, "unasked", detail)
        self._inbox.take(frame)  # a text is a text: the radio has given it away and has no other

    def _heard(self, payload: bytes) -> None:
        """Let the listener judge a packet that the radio heard."""
        snr = payload[1] - 256 if payload[1] > 127 else payload[1]
        rssi = payload[2] - 256 if payload[2] > 127 else payload[2]
        rx = RxMeta(rssi, snr / 4)
        radio = self._radio
        heard = self._listener.hear(Frame(radio.link_id, payload[_LOG_HEAD:], radio.now, rx))
        radio.emit(*heard.outputs)
        if heard.packet is None:
            return
        if heard.echo_of is not None:
            self._outbox.overheard(heard.echo_of, heard.packet)
        elif heard.packet.payload_type == PayloadType.TXT_MSG:
            heard.summary.is_own |= self._outbox.overheard_direct(heard.packet)

    def _reject(self, payload: bytes, error: DecodeError) -> None:
        self._show(payload[:MAX_PAYLOAD_BYTES], Verdict.REJECTED, error.reason, error.detail)
        radio = self._radio
        radio.emit(
            PacketDropped(NETWORK, radio.link_id, "malformed", error.detail, "", "", radio.now)
        )
        if payload:
            self._finish(radio.driver.garbled(payload[0]))

    def _show(
        self,
        payload: bytes,
        verdict: Verdict,
        reason: str = "",
        detail: str = "",
        acks: str = "",
    ) -> None:
        """Tell of a frame, without what is secret in it."""
        radio = self._radio
        shown = redacted(payload, to_radio=False)
        summary = summarise_companion(
            shown, to_radio=False, verdict=verdict, reason=reason, detail=detail
        )
        summary.acks = acks
        frame = Frame(radio.link_id, shown, radio.now, endpoint=ENDPOINT)
        radio.emit(FrameReceived(NETWORK, frame, summary))

    def _finish(self, finished: Finished | None) -> None:
        if finished is not None:
            finished.job.then(finished.reply)

    def _outputs(self) -> Sequence[Output]:
        """Let texts begin, write the next command, and return all that came of it."""
        radio = self._radio
        if self._is_ready:
            self._outbox.pump()
        payload = radio.driver.next_command(radio.now.mono_s) if self._is_up else None
        if payload is not None:
            data = enframe(payload) if self._is_stream else payload
            message_id = radio.driver.message_id
            radio.emit(Transmit(radio.link_id, data, ENDPOINT, message_id))
        return radio.drain()

    def _unframed(self, transmit: Transmit) -> bytes:
        return transmit.payload[_FRAME_HEAD:] if self._is_stream else transmit.payload
