"""The smallest session with behaviour, and a store in memory that can be told to fail."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

from meshtui.errors import LocalProtocolError, StoreError
from meshtui.model.command import SendText
from meshtui.model.event import (
    DeliveryChanged,
    FrameReceived,
    FrameSent,
    MessageQueued,
    MessageReceived,
)
from meshtui.model.ids import Instant, LinkId, MessageId, NodeId, direct_conversation
from meshtui.model.link import LinkInfo, LinkSetup, Myself
from meshtui.model.message import Delivery, DeliveryState, Message
from meshtui.model.packet import Dissection, Frame, PacketSummary, Transmit, Verdict
from tests.support.fake_link import FAKENET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.command import Command
    from meshtui.model.device import Device
    from meshtui.model.event import Event
    from meshtui.model.verb import Verb
    from meshtui.networks.base import Output

PEER = NodeId("peer")
TALK = direct_conversation(FAKENET, PEER)


class FakeSession:
    """A frame is a message and is answered `ack:`; a text is a frame on every link that is up."""

    def __init__(self) -> None:
        self.myself = Myself(FAKENET, NodeId("me"), "")
        self.next_deadline_s: float | None = None
        self.up: list[LinkId] = []
        self.waiting: dict[str, Transmit | None] = {}
        self.heard: list[str] = []
        self.ticks: list[float] = []
        self.refusals: list[str] = []

    def setup(self, link: LinkInfo, now: Instant) -> LinkSetup:
        return LinkSetup(client_id="me")

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:
        self.up.append(link.link_id)
        self.heard.append(f"up {link.link_id}")
        return [self._transmit(text, link.link_id) for text in self.waiting]

    def cost(self, conversation, text: str, now: Instant) -> None:
        return None

    def link_down(self, link_id: LinkId, now: Instant) -> Sequence[Output]:
        self.up.remove(link_id)
        self.heard.append(f"down {link_id}")
        return []

    def receive(self, frame: Frame) -> Sequence[Output]:
        text = frame.payload.decode()
        self.heard.append(text)
        if text == "bug":
            raise ZeroDivisionError
        summary = PacketSummary("text", Verdict.DELIVERED)
        message = _message(text, frame.received_at)
        ack = Transmit(frame.link_id, f"ack:{text}".encode(), priority=0)
        return [FrameReceived(FAKENET, frame, summary), MessageReceived(message), ack]

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:
        events: list[Output] = [FrameSent(FAKENET, transmit, now, PacketSummary("", Verdict.SENT))]
        if transmit.message_id is not None and self.waiting.pop(transmit.message_id, None):
            sent = Delivery(DeliveryState.SENT, 1)
            events.append(DeliveryChanged(transmit.message_id, TALK, sent, now))
        return events

    def refused(self, transmit: Transmit, reason: str, now: Instant) -> Sequence[Output]:
        self.refusals.append(reason)
        return []

    def submit(self, command: Command, now: Instant) -> Sequence[Output]:
        assert isinstance(command, SendText)
        if not command.text:
            msg = "an empty message cannot be sent"
            raise LocalProtocolError(msg)
        own = dataclasses.replace(
            _message(command.text, now),
            message_id=command.message_id,
            delivery=Delivery(DeliveryState.QUEUED),
        )
        self.waiting[command.message_id] = Transmit(LinkId(""), command.text.encode())
        return [MessageQueued(own)] + [
            self._transmit(command.message_id, link_id) for link_id in self.up
        ]

    def tick(self, now: Instant) -> Sequence[Output]:
        self.ticks.append(now.mono_s)
        self.next_deadline_s = None
        return []

    def shutdown(self, now: Instant) -> Sequence[Output]:
        return [Transmit(link_id, b"offline") for link_id in self.up]

    def summarise(self, frame: Frame) -> PacketSummary:
        return PacketSummary("text", Verdict.HANDLED)

    def verbs(self) -> tuple[Verb, ...]:
        return ()

    def devices(self) -> tuple[Device, ...]:
        return ()

    def dissect(self, frame: Frame) -> Dissection:
        return Dissection(FAKENET, frame.payload.decode(), ())

    def safety_number(self, node_id: NodeId, public_key: str = "") -> str:
        return "12345"

    def _transmit(self, message_id: str, link_id: LinkId) -> Transmit:
        text = self.waiting[message_id]
        assert text is not None
        return Transmit(link_id, text.payload, message_id=MessageId(message_id), is_confirmed=True)


def _message(text: str, at: Instant) -> Message:
    return Message(
        message_id=MessageId(text),
        conversation=TALK,
        sender=PEER,
        kind="text",
        text=text,
        sent_at_ms=at.unix_ms,
        received_at_ms=at.unix_ms,
    )


class MemoryStore:
    """A writer that remembers; `failure` makes it fail, `gate` makes it wait."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Event]] = []
        self.attempts = 0
        self.failure: StoreError | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.threads: set[str] = set()

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch]

    @property
    def texts(self) -> list[str]:
        return [event.message.text for event in self.events if isinstance(event, MessageReceived)]

    def apply(self, events: Sequence[Event]) -> Sequence[Event]:
        self.attempts += 1
        self.threads.add(threading.current_thread().name)
        assert self.gate.wait(5)
        if self.failure is not None:
            raise self.failure
        self.batches.append(events)
        return events
