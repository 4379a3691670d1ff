"""A modem's side of the session: we are the node, with our own key.

the line ─ packets ─▶ listener (rows, nodes, channel texts) ─▶ node (acks, paths, relaying)
         ◀─ one at a time, by priority, when the air is free and the duty cycle allows ─┘
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Final

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.device import Device
from meshtui.model.event import Answered, DeviceChanged, FrameReceived, FrameSent, Signed
from meshtui.model.ids import Instant, NodeId
from meshtui.model.link import Myself
from meshtui.model.packet import Frame, Transmit, Verdict
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.kiss import KissCommand, KissDeframer, KissFrame
from meshtui.networks.meshcore.mail import Reception, direct_text
from meshtui.networks.meshcore.modem.ask import script_for
from meshtui.networks.meshcore.modem.ask_radio import MODEL, facts_of, stats_of
from meshtui.networks.meshcore.modem.asking import Asked
from meshtui.networks.meshcore.modem.events import (
    Answer,
    Greeted,
    PacketHeard,
    Replied,
    Restarting,
    Trouble,
    Tuned,
)
from meshtui.networks.meshcore.modem.outbox import LINK_LOST, Outbox
from meshtui.networks.meshcore.modem.rig import Rig, key_in
from meshtui.networks.meshcore.modem.texts import UNTUNED, cost, objection
from meshtui.networks.meshcore.modem.words import ENDPOINT, summarise_modem, wire_of
from meshtui.networks.meshcore.node.outputs import AckHeard, PathLearned, TextHeard
from meshtui.networks.meshcore.node.settings import mesh_radio
from meshtui.networks.meshcore.packet import split_hashes
from meshtui.networks.meshcore.payloads.text import TextType
from meshtui.networks.meshcore.station import NETWORK
from meshtui.networks.meshcore.summary import summarise_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.command import Advertise, Ask, Sign
    from meshtui.model.ids import ConversationId, LinkId, MessageId
    from meshtui.model.link import LinkInfo
    from meshtui.model.message import Channel, Message, SendCost
    from meshtui.model.restored import Spent
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.listener import AirListener
    from meshtui.networks.meshcore.modem.events import LineEvent, PacketSent, Write
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.networks.meshcore.station import Station

STARTS_ANEW: Final = "the modem starts anew"
_START: Final = Instant(0.0, 0)


class ModemPort:
    """One modem; see `port.Port` for what each method promises."""

    def __init__(
        self,
        link_id: LinkId,
        station: Station,
        listener: AirListener,
        spent: Sequence[Spent] = (),
    ) -> None:
        """Begin with the link down.

        Args:
            spent: What this radio used of its duty cycle in earlier lives, oldest first.
        """
        self._rig = Rig(link_id, station, _START)
        self._rig.on_write = self._write
        self._rig.on_sent = self._sent
        self._rig.on_event = self._line_said
        self._rig.on_news = self._node_said
        self._rig.tell_device = self._tell_device
        self._listener = listener
        self._outbox = Outbox(self._rig)
        self._asked = Asked(self._rig)
        self._wished = mesh_radio()
        self._spent = spent
        self._has_advertised = False

    @property
    def link_id(self) -> LinkId:
        """The link."""
        return self._rig.link_id

    @property
    def is_ready(self) -> bool:
        """The modem has said what it is."""
        return self._rig.line.is_greeted

    @property
    def myself(self) -> Myself:
        """We are ourselves here."""
        rig = self._rig
        node_id = rig.station.node_id
        position = rig.node.settings.position or rig.station.settings.position
        return Myself(NETWORK, node_id, node_id, rig.name, position)

    @property
    def device(self) -> Device | None:
        """What the modem said of itself."""
        rig = self._rig
        if not self.is_ready:
            return None
        facts = rig.line.facts
        return Device(
            NETWORK,
            rig.link_id,
            rig.station.node_id,
            rig.name,
            facts.name or MODEL,
            facts.version,
            rig.line.settings if facts.is_tuned else None,
            rig.node.settings.position,
            contacts=len(rig.node.contacts),
            battery_mv=facts.battery_mv or None,
            facts=facts_of(rig),
            stats=stats_of(rig),
        )

    @property
    def next_deadline_s(self) -> float | None:
        """When the line, the node, a text or a verb has something to do."""
        rig = self._rig
        times = (
            rig.line.next_deadline_s(rig.now.mono_s),
            rig.node.next_deadline_s,
            self._outbox.next_deadline_s,
            self._asked.next_deadline_s,
        )
        return min((at_s for at_s in times if at_s is not None), default=None)

    # -- the link

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:
        """Greet the modem."""
        rig = self._begin(now)
        wished = link.radio or mesh_radio()
        if wished != self._wished:
            self._wished = wished
            rig.line = rig.line_for(wished)
        rig.line.restore(self._spent, now)
        self._spent = ()
        rig.take(rig.line.open(now.mono_s))
        return self._end()

    def link_down(self, now: Instant) -> Sequence[Output]:
        """What is not proven delivered waits for the modem; what is late for others is dropped."""
        rig = self._begin(now)
        rig.line.close()
        rig.line.clear()
        self._outbox.hold()
        self._asked.fail_all(LINK_LOST)
        return self._end()

    def receive(self, frame: Frame) -> Sequence[Output]:
        """Take what the line read."""
        rig = self._begin(frame.received_at)
        rig.take(rig.line.feed(frame.payload, frame.received_at.mono_s))
        return self._end()

    def describe(self, transmit: Transmit, now: Instant) -> FrameSent:
        """Say what a transmission was: a packet, with its airtime, or words to the modem."""
        packet = _packet_in(transmit.payload)
        if packet is None:
            summary = summarise_modem(transmit.payload, Verdict.SENT)
            return FrameSent(NETWORK, replace(transmit, endpoint=ENDPOINT), now, summary)
        rig = self._rig
        on_air = rig.line.on_air
        is_own = on_air is None or on_air.data != packet or not on_air.is_relay
        summary = replace(summarise_data(packet, rig.station.keyring), verdict=Verdict.SENT)
        airtime_ms = ceil(time_on_air_ms(len(packet), rig.line.settings))
        shown = replace(transmit, payload=packet)
        return FrameSent(NETWORK, shown, now, summary, airtime_ms, is_own)

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:
        """The line took it; what counts is that the modem says it was on the air."""
        del transmit
        self._begin(now)
        return self._end()

    def refused(self, transmit: Transmit, reason: str, now: Instant) -> Sequence[Output]:
        """The line did not take it: the time-out of whoever sent it follows."""
        del transmit, reason
        self._begin(now)
        return self._end()

    def tick(self, now: Instant) -> Sequence[Output]:
        """Time has passed."""
        rig = self._begin(now)
        rig.take(rig.line.tick(now.mono_s))
        rig.carry(rig.node.tick(now))
        self._outbox.tick()
        self._asked.tick()
        return self._end()

    # -- what the user wants

    def objection(self, conversation: ConversationId, text: str) -> str:
        """Say why a text cannot be sent."""
        return objection(self._rig, conversation, text)

    def send(self, message: Message, now: Instant) -> Sequence[Output]:
        """Send a message of ours."""
        self._begin(now)
        self._outbox.send(message)
        self._outbox.pump()
        return self._end()

    def cancel(self, message_id: MessageId, now: Instant) -> Sequence[Output]:
        """Stop trying."""
        self._begin(now)
        self._outbox.cancel(message_id)
        self._outbox.pump()
        return self._end()

    def join(self, channel: Channel, now: Instant) -> Sequence[Output]:
        """A modem keeps no channels: the keyring does."""
        del channel, now
        return ()

    def leave(self, name: str, now: Instant) -> Sequence[Output]:
        """A modem keeps no channels."""
        del name, now
        return ()

    def advertise(self, request: Advertise, now: Instant) -> Sequence[Output]:
        """Take name and position over, and flood an advertisement."""
        rig = self._begin(now)
        if request.name is not None:
            rig.rename(request.name)
        if request.position is not None:
            rig.move(request.position)
        if request.name is not None or request.position is not None:
            self._tell_device()
        rig.carry(rig.node.advertise(now, flood=True))
        return self._end()

    def forget_route(self, node_id: NodeId, now: Instant) -> Sequence[Output]:
        """The next text to it floods."""
        rig = self._begin(now)
        key = key_in(node_id)
        if key is not None and rig.node.out_path(key) is not None:
            rig.node.set_out_path(key, None, now)
        return self._end()

    def ask(self, request: Ask, now: Instant) -> Sequence[Output]:
        """Carry out a verb."""
        rig = self._begin(now)
        self._asked.start(request, script_for(rig, request))
        return self._end()

    def sign(self, request: Sign, now: Instant) -> Sequence[Output]:
        """Sign by our own key: we are the node."""
        made = SecretBytes(self._rig.station.key.sign(request.data))
        return [Signed(NETWORK, self.link_id, request.request_id, now, made, "our own key")]

    def cost(self, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:
        """Reckon what sending a text takes."""
        return cost(self._rig, conversation, text, now)

    # -- what happens

    def _begin(self, now: Instant) -> Rig:
        self._rig.now = now
        self._rig.outputs = []
        return self._rig

    def _end(self) -> Sequence[Output]:
        return self._rig.outputs

    def _write(self, write: Write) -> None:
        packet = write.packet
        message_id = None if packet is None else packet.message_id
        self._rig.emit(Transmit(self.link_id, write.wire, message_id=message_id, priority=0))

    def _sent(self, event: PacketSent) -> None:
        self._outbox.sent(event)

    def _line_said(self, event: LineEvent) -> None:
        rig = self._rig
        match event:
            case PacketHeard(data, rx):
                self._heard(Frame(self.link_id, data, rig.now, rx))
            case Greeted() | Tuned():
                self._tuned()
            case Replied():
                self._asked.hear(event)
            case Restarting():
                self._asked.fail_all(STARTS_ANEW)
            case Answer(said):
                frame = Frame(self.link_id, wire_of(said), rig.now, endpoint=ENDPOINT)
                rig.emit(FrameReceived(NETWORK, frame, summarise_modem(frame.payload)))
            case Trouble(text):
                rig.emit(Answered(NETWORK, "", "modem", None, rig.now, text, is_error=True))
            case _:
                pass

    def _tuned(self) -> None:
        """The modem is set: reckon with its radio, and tell who is near that we are here."""
        rig = self._rig
        rig.tune()
        self._tell_device()
        if not rig.line.facts.is_tuned:
            rig.emit(Answered(NETWORK, "", "modem", None, rig.now, UNTUNED, is_error=True))
        elif not self._has_advertised:
            self._has_advertised = True
            rig.carry(rig.node.advertise(rig.now, flood=False))
        self._outbox.pump()

    def _tell_device(self) -> None:
        device = self.device
        if device is not None:
            self._rig.emit(DeviceChanged(device))

    def _heard(self, frame: Frame) -> None:
        """A packet: for the rows and the books first, then for the node."""
        rig = self._rig
        heard = self._listener.hear(frame)
        rig.emit(*heard.outputs)
        if heard.packet is None:
            return
        ours = heard.echo_of or rig.message_of(heard.hash)
        if ours is not None:
            self._outbox.overheard(ours, heard.packet)
        heard.summary.is_own |= rig.has_made(heard.hash)
        rig.carry(rig.node.hear(frame.payload, frame.rx, rig.now))

    def _node_said(self, output: NodeOutput) -> None:
        match output:
            case AckHeard():
                self._outbox.acknowledged(output)
            case PathLearned(peer, out_path):
                via = split_hashes(out_path.path, out_path.hash_size)
                self._rig.learn(peer, via, "acked", confidence=0.8)
            case TextHeard() if output.txt_type != TextType.COMMAND:
                self._text(output)
            case _ if not self._asked.hear(output) and isinstance(output, TextHeard):
                node_id = NodeId(output.peer.hex())
                self._rig.emit(Answered(NETWORK, "", "cli", node_id, self._rig.now, output.text))
            case _:
                pass

    def _text(self, heard: TextHeard) -> None:
        """A text for us."""
        rig = self._rig
        nodes = rig.station.nodes
        node_id = NodeId(heard.peer.hex())
        nodes.keep(node_id)
        rig.meet(heard.peer, is_kept=True)
        packet = heard.packet
        hops = packet.hops if packet.is_flood else None
        rig.emit(*nodes.wrote(node_id, rig.link_id, heard.timestamp, hops, rig.now))
        path = tuple(hop.lower() for hop in packet.path_hashes()) if packet.is_flood else ()
        authors = nodes.by_prefix(heard.author.hex()) if heard.author else []
        author = authors[0].node_id if len(authors) == 1 else NodeId(heard.author.hex())
        reception = Reception(rig.link_id, rig.now, hops, heard.rx, path)
        delivered = direct_text(
            rig.station,
            node_id,
            heard.text,
            heard.timestamp,
            reception,
            author if heard.author else None,
        )
        if delivered.message is not None:
            rig.emit(delivered.message)


def _packet_in(wire: bytes) -> bytes | None:
    """Return the packet that a line's bytes send; None = they send none."""
    events = KissDeframer().feed(wire)
    frame = events[0] if events else None
    if isinstance(frame, KissFrame) and frame.command == KissCommand.DATA:
        return frame.data
    return None
