"""What we write as the node: each attempt is a packet in the modem's queue.

The wait for an acknowledgement begins when the packet was on the air, not when it was queued.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError
from meshtui.model.ids import NodeId, split_conversation
from meshtui.model.message import DeliveryState
from meshtui.networks.meshcore.channel_text import claimed_sender
from meshtui.networks.meshcore.delivery import (
    ATTEMPTS,
    ATTEMPTS_BY_PATH,
    Deliveries,
    OwnText,
    no_ack,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType

if TYPE_CHECKING:
    from meshtui.model.ids import MessageId
    from meshtui.model.message import Message
    from meshtui.networks.meshcore.modem.events import PacketSent
    from meshtui.networks.meshcore.modem.rig import Rig
    from meshtui.networks.meshcore.node.outputs import AckHeard, Sent
    from meshtui.networks.meshcore.packet import Packet

LINK_LOST: Final = "the modem is gone"
_SERVERS: Final = frozenset({AdvertType.REPEATER, AdvertType.ROOM, AdvertType.SENSOR})


@dataclass(slots=True)
class _Text(OwnText):
    """A text of one modem.

    Attributes:
        turn: Attempts begun in this life.
        deadline_s: When the next attempt is due; None = it is not on the air yet.
    """

    turn: int = 0
    deadline_s: float | None = None


class Outbox:
    """The texts of one modem."""

    def __init__(self, rig: Rig) -> None:
        """Begin with none."""
        self._rig = rig
        self._texts = Deliveries(_Text, rig)

    @property
    def next_deadline_s(self) -> float | None:
        """When the first has waited long enough for its acknowledgement."""
        due = (text.deadline_s for text in self._texts.active.values())
        return min((at_s for at_s in due if at_s is not None), default=None)

    def send(self, message: Message) -> None:
        """Take a text in; `pump` sends it when its turn has come."""
        self._texts.take(message)

    def cancel(self, message_id: MessageId) -> None:
        """Stop trying."""
        self._rig.line.drop(message_id)
        self._texts.forget(message_id)

    def hold(self) -> None:
        """The line is gone."""
        self._texts.hold(LINK_LOST)
        for text in self._texts.waiting.values():
            text.deadline_s, text.turn = None, 0

    def pump(self) -> None:
        """Begin what may begin."""
        while self._rig.line.is_greeted and (text := self._texts.next_due()) is not None:
            self._attempt(text)

    def sent(self, event: PacketSent) -> None:
        """A packet that carries a text was on the air, or could not be."""
        message_id = event.outgoing.message_id
        text = None if message_id is None else self._texts.active.get(message_id)
        if text is None or text.delivery.state is not DeliveryState.SENDING:
            return
        if not event.is_ok:
            self._next(text, event.reason)
            return
        self._texts.sent(text)
        if text.peer:
            text.deadline_s = self._rig.now.mono_s + text.patience_s
        else:
            self._finish(text)

    def acknowledged(self, heard: AckHeard) -> None:
        """Somebody acknowledged a text; late is as good as in time."""
        text = self._texts.text_of(heard.ack)
        if text is not None and not text.is_delivered:
            self._texts.delivered(text, heard.rtt_ms)
            self._rig.line.drop(text.message.message_id)
            self._finish(text)

    def overheard(self, message_id: MessageId, packet: Packet) -> None:
        """A repeater passed a text of ours on: this is its copy."""
        self._texts.overheard(message_id, packet)

    def tick(self) -> None:
        """Try again what was not acknowledged in time."""
        now_s = self._rig.now.mono_s
        for text in list(self._texts.active.values()):
            if text.deadline_s is not None and now_s >= text.deadline_s:
                self._next(text, no_ack(self._rig.station, text.peer))

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
        number = self._texts.begin(text)
        try:
            sent = self._hand_over(text, number)
        except EncodeError as error:
            self._fail(text, str(error))
            return
        self._texts.expect(text, sent.ack, sent.est_timeout_ms)
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
            self._texts.know(text, claimed_sender(rig.name), timestamp)
            return rig.node.send_channel_text(channel, message.text, timestamp, rig.now)
        contact = rig.meet(text.peer, is_kept=True)
        if not text.timestamp:
            # servers take what is no later than our last request for a replay, or for a retry
            is_server = contact.node_type in _SERVERS
            text.timestamp = rig.node.unique_time(rig.now) if is_server else timestamp
        # should somebody turn it round, it would open as our peer's
        self._texts.know(text, NodeId(text.peer.hex()), text.timestamp)
        return rig.node.send_text(text.peer, message.text, text.timestamp, rig.now, number)

    def _fail(self, text: _Text, reason: str) -> None:
        self._texts.failed(text, reason)
        self._finish(text)

    def _finish(self, text: _Text) -> None:
        text.deadline_s = None
        self._texts.finish(text)
        self.pump()
