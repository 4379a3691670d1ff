"""Our side of MeshCore over any number of links, each with a radio of its own behind it.

The session keeps what all radios share (channels, nodes, messages that wait); a `Port` per link
does what that radio can: `companion.port` drives a radio that is a node itself, `modem_port` makes
us the node.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from meshtui.crypto.safety_number import safety_number
from meshtui.errors import LocalProtocolError, NotReadyError
from meshtui.model.command import (
    MAX_SIGNED_BYTES,
    AcceptKey,
    Advertise,
    Ask,
    CancelMessage,
    ForgetRoute,
    JoinChannel,
    LeaveChannel,
    ResendMessage,
    SendText,
    Sign,
)
from meshtui.model.event import (
    ChannelChanged,
    DeliveryChanged,
    MessageQueued,
    SenderChanged,
)
from meshtui.model.ids import ConversationKind, NodeId, split_conversation
from meshtui.model.link import LinkSetup, Myself
from meshtui.model.message import Delivery, DeliveryState, Message, Proof
from meshtui.model.node import PinState
from meshtui.networks.meshcore.channels import Channels
from meshtui.networks.meshcore.frame_view import dissect_frame, summarise_frame
from meshtui.networks.meshcore.nodes import ID_CHARS
from meshtui.networks.meshcore.station import NETWORK
from meshtui.networks.meshcore.text_limits import misfit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.model.command import SessionCommand
    from meshtui.model.device import Device
    from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId
    from meshtui.model.link import LinkInfo
    from meshtui.model.message import SendCost
    from meshtui.model.packet import Dissection, Frame, PacketSummary, Transmit
    from meshtui.model.restored import Restored
    from meshtui.model.verb import Verb
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.listener import AirListener
    from meshtui.networks.meshcore.port import Port
    from meshtui.networks.meshcore.station import Station

MAX_WAITING = 500
_HEX = frozenset("0123456789abcdef")
_OUT = frozenset({DeliveryState.SENT, DeliveryState.RELAYED})


class MeshcoreSession:
    """The state machine; see `networks.base.Session` for what each method promises."""

    def __init__(
        self,
        station: Station,
        listener: AirListener,
        restored: Restored,
        make_port: Callable[[LinkInfo], Port],
        verbs: Sequence[Verb],
    ) -> None:
        """Begin with what the store kept; no link is up.

        Args:
            make_port: Makes what serves a link, for the session's whole life.
            verbs: What the ports can be asked.
        """
        self._station = station
        self._listener = listener
        self._make_port = make_port
        self._verbs = verbs
        self._channels = Channels(station.keyring, restored.channels)
        self._ports: dict[LinkId, Port] = {}
        self._waiting: dict[MessageId, Message] = {
            message.message_id: message for message in restored.outbox
        }
        # waiting here, or on its way by a port
        self._open: set[MessageId] = set(self._waiting)

    @property
    def myself(self) -> Myself:
        """Who the first radio that said so says we are; before that, our own key."""
        for port in self._ports.values():
            if port.myself is not None:
                return port.myself
        settings, node_id = self._station.settings, self._station.node_id
        return Myself(NETWORK, node_id, node_id, settings.name, settings.position)

    @property
    def next_deadline_s(self) -> float | None:
        """When the first port has something to do."""
        due = [port.next_deadline_s for port in self._ports.values()]
        return min((at_s for at_s in due if at_s is not None), default=None)

    def setup(self, link: LinkInfo, now: Instant) -> LinkSetup:  # noqa: ARG002 - the same always
        """Nobody at the far end needs to be told anything."""
        return LinkSetup()

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:
        """Greet the radio."""
        port = self._ports.get(link.link_id)
        if port is None:
            port = self._ports[link.link_id] = self._make_port(link)
        return self._after([*self._channels.announce(), *port.link_up(link, now)], now)

    def link_down(self, link_id: LinkId, now: Instant) -> Sequence[Output]:
        """The radio is out of reach."""
        port = self._ports.get(link_id)
        return [] if port is None else self._after(port.link_down(now), now)

    def receive(self, frame: Frame) -> Sequence[Output]:
        """Hand a read to the port it came by."""
        port = self._ports.get(frame.link_id)
        return [] if port is None else self._after(port.receive(frame), frame.received_at)

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:
        """A link took a transmission."""
        port = self._ports.get(transmit.link_id)
        if port is None:
            return []
        return self._after([port.describe(transmit, now), *port.transmitted(transmit, now)], now)

    def refused(self, transmit: Transmit, reason: str, now: Instant) -> Sequence[Output]:
        """A link will not take a transmission."""
        port = self._ports.get(transmit.link_id)
        return [] if port is None else self._after(port.refused(transmit, reason, now), now)

    def tick(self, now: Instant) -> Sequence[Output]:
        """Let every port do what is due."""
        outputs = [output for port in self._ports.values() for output in port.tick(now)]
        return self._after(outputs, now)

    def shutdown(self, now: Instant) -> Sequence[Output]:  # noqa: ARG002 - nothing is said
        """Nodes of this network do not say that they leave."""
        return ()

    def submit(self, command: SessionCommand, now: Instant) -> Sequence[Output]:
        """Carry out a request."""
        return self._after(self._obey(command, now), now)

    def dissect(self, frame: Frame) -> Dissection:
        """Take a frame apart with all keys at hand."""
        return dissect_frame(frame, self._station.keyring)

    def summarise(self, frame: Frame) -> PacketSummary:
        """Say in one line what a frame is."""
        summary = summarise_frame(frame, self._station.keyring)
        summary.is_own = summary.source in self._station.own_ids
        return summary

    def verbs(self) -> Sequence[Verb]:
        """What can be asked of nodes and radios."""
        return self._verbs

    def devices(self) -> Sequence[Device]:
        """The radios that said something of themselves."""
        return [port.device for port in self._ports.values() if port.device is not None]

    def cost(self, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:
        """What sending a text by the first radio that carries it would take."""
        for port in self._ready():
            cost = port.cost(conversation, text, now)
            if cost is not None:
                return cost
        return None

    def safety_number(self, node_id: NodeId, public_key: str = "") -> str:
        """60 digits to compare by voice; a node's id is its key, so it always has some."""
        try:
            theirs = bytes.fromhex(public_key or node_id)
        except ValueError:
            return ""
        if len(theirs) * 2 != ID_CHARS:
            return ""
        return safety_number(bytes.fromhex(self.myself.public_key), theirs)

    # --- commands ---

    def _obey(self, command: SessionCommand, now: Instant) -> Sequence[Output]:
        match command:
            case SendText():
                return self._send(command, now)
            case ResendMessage(message):
                return self._queue(message, now)
            case CancelMessage():
                return self._cancel(command, now)
            case Ask():
                return self._port_for(command).ask(command, now)
            case Sign():
                return self._sign(command, now)
            case _:
                return self._arrange(command, now)

    def _arrange(
        self,
        command: JoinChannel | LeaveChannel | AcceptKey | Advertise | ForgetRoute,
        now: Instant,
    ) -> Sequence[Output]:
        """Carry out what sends no message."""
        match command:
            case JoinChannel():
                return self._join(command, now)
            case LeaveChannel():
                return self._leave(command, now)
            case AcceptKey():
                return self._accept(command)
            case Advertise():
                return self._advertise(command, now)
            case ForgetRoute(_, node_id):
                outputs = self._station.nodes.forget_route(node_id)
                for port in self._ready():
                    outputs += port.forget_route(node_id, now)
                return outputs
            case _:
                assert_never(command)

    def _send(self, command: SendText, now: Instant) -> Sequence[Output]:
        _, kind, target = split_conversation(command.conversation)
        is_direct = kind is ConversationKind.DIRECT
        if is_direct and (len(target) != ID_CHARS or not _HEX.issuperset(target)):
            msg = f"a MeshCore node's id is {ID_CHARS} hex digits; pick the node from the node list"
            raise LocalProtocolError(msg)
        if not is_direct and not self._channels.is_joined(target):
            msg = f"you are not in {target}; join it first: /join {target}"
            raise LocalProtocolError(msg)
        if not command.text.strip():
            raise LocalProtocolError("there is no text to send")
        if is_direct:
            self._station.befriend(NodeId(target))
        message = Message(
            command.message_id,
            command.conversation,
            self.myself.node_id,
            "text",
            command.text,
            now.unix_ms,
            sent_at_ms=self._station.next_timestamp(now) * 1000,
            proof=Proof.OWN,
            delivery=Delivery(DeliveryState.QUEUED, expects_ack=is_direct),
        )
        return self._queue(message, now)

    def _queue(self, message: Message, now: Instant) -> Sequence[Output]:
        """Accept a message of ours; what no radio could ever carry is refused at once."""
        if message.delivery is None:
            raise LocalProtocolError("only messages of your own can be sent again")
        if message.message_id in self._open:
            raise LocalProtocolError("this message is still on its way")
        ready = self._ready()
        objections = [port.objection(message.conversation, message.text) for port in ready]
        if not ready:
            # under the name of a radio that was here, else under none: it may be a short one
            known = next((port.myself for port in self._ports.values() if port.myself), None)
            name = known.name if known else ""
            objections = [misfit(message.conversation, message.text, name)]
        if all(objections):
            raise LocalProtocolError(objections[0])
        if len(self._open) >= MAX_WAITING:
            raise LocalProtocolError("too many messages wait for a radio; is one connected?")
        reason = "" if ready else "no radio is connected"
        delivery = replace(message.delivery, state=DeliveryState.QUEUED, reason=reason, rtt_ms=None)
        queued = replace(message, delivery=delivery)
        self._waiting[queued.message_id] = queued
        return [
            MessageQueued(queued),
            DeliveryChanged(queued.message_id, queued.conversation, delivery, now),
        ]

    def _cancel(self, command: CancelMessage, now: Instant) -> Sequence[Output]:
        if command.message_id not in self._open:
            raise LocalProtocolError("this message is not on its way any more")
        waiting = self._waiting.pop(command.message_id, None)
        outputs = [
            output
            for port in self._ports.values()
            for output in port.cancel(command.message_id, now)
        ]
        attempt = waiting.delivery.attempt if waiting and waiting.delivery else 0
        cancelled = Delivery(DeliveryState.CANCELLED, attempt)
        return [
            *outputs,
            DeliveryChanged(command.message_id, command.conversation, cancelled, now),
        ]

    def _join(self, command: JoinChannel, now: Instant) -> Sequence[Output]:
        channel = self._channels.join(command)
        outputs: list[Output] = [ChannelChanged(channel)]
        for port in self._ready():
            outputs += port.join(channel, now)
        return [*outputs, *self._listener.open_again()]

    def _leave(self, command: LeaveChannel, now: Instant) -> Sequence[Output]:
        channel = self._channels.leave(command.name)
        outputs: list[Output] = [ChannelChanged(channel)]
        for port in self._ready():
            outputs += port.leave(command.name, now)
        return outputs

    def _accept(self, command: AcceptKey) -> Sequence[Output]:
        """Note that the user compared a key: here, that it is this id."""
        if command.public_key.lower() != command.node_id.lower():
            msg = "a MeshCore node's id is its key: this key is another node's"
            raise LocalProtocolError(msg)
        node_id = NodeId(command.node_id.lower())
        self._station.befriend(node_id)
        node = self._station.nodes.known(node_id)
        pin = PinState.VERIFIED if command.is_verified else PinState.FIRST_SEEN
        return self._station.nodes.put(replace(node, pin=pin))

    def _advertise(self, command: Advertise, now: Instant) -> Sequence[Output]:
        ready = self._ready()
        if not ready:
            raise NotReadyError("no MeshCore radio is connected")
        return [output for port in ready for output in port.advertise(command, now)]

    def _sign(self, command: Sign, now: Instant) -> Sequence[Output]:
        if len(command.data) > MAX_SIGNED_BYTES:
            msg = f"{MAX_SIGNED_BYTES} bytes at most can be signed, not {len(command.data)}"
            raise LocalProtocolError(msg)
        return self._port_for(command).sign(command, now)

    # --- ports ---

    def _ready(self) -> list[Port]:
        return [port for port in self._ports.values() if port.is_ready]

    def _port_for(self, command: Ask | Sign) -> Port:
        """Choose the radio that a request goes by.

        Raises:
            NotReadyError: There is none, or it has not been greeted yet.
        """
        ready = [port for port in self._ready() if command.link_id in (None, port.link_id)]
        if not ready:
            msg = (
                "no MeshCore radio is connected"
                if command.link_id is None
                else (f"the radio {command.link_id} is not connected")
            )
            raise NotReadyError(msg)
        return ready[0]

    def _after(self, outputs: Sequence[Output], now: Instant) -> Sequence[Output]:
        """Note channels that a radio brought, send what waited for one, and save what must be."""
        result = list(outputs)
        self._follow(result)
        if self._channels.note(result):
            result += self._listener.open_again()
        sent: list[Output] = []
        ready = self._ready() if self._waiting else []
        for message in list(self._waiting.values()) if ready else ():
            port = next(
                (port for port in ready if not port.objection(message.conversation, message.text)),
                None,
            )
            del self._waiting[message.message_id]
            if port is None:
                sent.append(self._failed(message, ready[0], now))
            else:
                sent += self._hand_over(message, port, now)
        self._follow(sent)
        return [*result, *sent, *self._station.take_unsaved()]

    def _hand_over(self, message: Message, port: Port, now: Instant) -> Sequence[Output]:
        """Let a radio send what waited; it was perhaps queued before we knew whom that makes us."""
        me = port.myself
        if me is None or me.node_id == message.sender:
            return port.send(message, now)
        known = SenderChanged(message.message_id, message.conversation, me.node_id)
        return [known, *port.send(replace(message, sender=me.node_id), now)]

    def _follow(self, outputs: Sequence[Output]) -> None:
        """Know which messages can still be stopped: where nothing acknowledges, sent is the end.

        What waits to be sent again may be acknowledged late, and then waits no more.
        """
        for output in outputs:
            if not isinstance(output, DeliveryChanged):
                continue
            delivery = output.delivery
            is_out = delivery.state in _OUT and not delivery.expects_ack
            if delivery.state.is_final or is_out:
                self._open.discard(output.message_id)
                self._waiting.pop(output.message_id, None)
            else:
                self._open.add(output.message_id)

    def _failed(self, message: Message, port: Port, now: Instant) -> DeliveryChanged:
        """What waited cannot be carried by any radio that came."""
        attempt = message.delivery.attempt if message.delivery else 0
        reason = port.objection(message.conversation, message.text)
        failed = Delivery(DeliveryState.FAILED, attempt, reason=reason)
        return DeliveryChanged(message.message_id, message.conversation, failed, now)
