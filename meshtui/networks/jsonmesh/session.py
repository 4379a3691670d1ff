"""Our side of the JSON mesh over any number of links.

Here frames, commands and time are only handed to the part that knows: `inbound` (messages that
arrive), `outbox` (messages of ours), `presences`, `forums`, `bridge` (service to others).
Links of another kind than a broker, radios and wires, carry packets without a topic: `radio` sends
and paces them, `receiver` puts their chunks together, `gateway` serves those who have no radio.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, assert_never

from meshtui.crypto.safety_number import safety_number
from meshtui.errors import CryptoError, DecodeError, LocalProtocolError
from meshtui.mesh.routing import RoutingTable
from meshtui.model.command import (
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
from meshtui.model.event import FrameSent, NodeHeard, RouteForgotten
from meshtui.model.link import LinkKind, LinkSetup, Myself
from meshtui.model.packet import Frame, Subscribe, Verdict
from meshtui.networks.jsonmesh.bridge import Bridge
from meshtui.networks.jsonmesh.compact import decode_compact, is_compact
from meshtui.networks.jsonmesh.compact_presence import (
    decode_compact_presence,
    is_compact_presence,
)
from meshtui.networks.jsonmesh.courier import Courier
from meshtui.networks.jsonmesh.forums import Forums
from meshtui.networks.jsonmesh.gateway import Gateway
from meshtui.networks.jsonmesh.identity import node_id_of, parse_node_id
from meshtui.networks.jsonmesh.inbound import Inbound
from meshtui.networks.jsonmesh.learning import Learner
from meshtui.networks.jsonmesh.outbox import Outbox
from meshtui.networks.jsonmesh.passage import Passage
from meshtui.networks.jsonmesh.paths import Paths
from meshtui.networks.jsonmesh.peers import PeerBook
from meshtui.networks.jsonmesh.presences import Presences
from meshtui.networks.jsonmesh.radio import Airwaves
from meshtui.networks.jsonmesh.receiver import Receiver
from meshtui.networks.jsonmesh.repeater import Repeater
from meshtui.networks.jsonmesh.station import NETWORK
from meshtui.networks.jsonmesh.summary import summarise
from meshtui.networks.jsonmesh.topics import (
    ALL_ANNOUNCEMENTS,
    ALL_DIRECT,
    ALL_FORUMS,
    ALL_IDENTITIES,
    ALL_ROUTES,
    LORA_INBOUND,
    LORA_OUTBOUND,
    TopicKind,
    dm_topic,
    forum_topic,
    parse_topic,
    route_topic,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.command import SessionCommand
    from meshtui.model.device import Device
    from meshtui.model.ids import ConversationId, Instant, LinkId, NodeId
    from meshtui.model.link import LinkInfo
    from meshtui.model.message import SendCost
    from meshtui.model.packet import Dissection, PacketSummary, Transmit
    from meshtui.model.restored import Restored
    from meshtui.model.verb import Verb
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.deframer import Deframed
    from meshtui.networks.jsonmesh.station import Station

_MAX_NAME_CHARS = 64


class JsonmeshSession:
    """The state machine; see `networks.base.Session` for what each method promises."""

    def __init__(self, station: Station, restored: Restored) -> None:
        """Start with no link, and with what earlier lives left."""
        self._station = station
        self._bridged: set[LinkId] = set()
        self._routes = RoutingTable(NETWORK)
        self._peers = PeerBook(station, restored.nodes, restored.contacts)
        learner = Learner(station, self._peers, self._routes)
        self._air = Airwaves(station, restored.airtime)
        self._receiver = Receiver(station, self._peers, self._air)
        paths = Paths(station, self._peers, self._routes, self._air)
        self._repeater = Repeater(station, self._peers, self._air, paths)
        self._bridge = Bridge(station, self._peers, self._repeater)
        self._courier = Courier(station, self._peers, self._air, paths)
        self._outbox = Outbox(station, self._peers, self._courier, paths, restored.outbox)
        self._forums = Forums(station, self._peers, self._bridge, restored.channels)
        self._presences = Presences(station, self._peers, learner, self._bridge, self._air)
        self._inbound = Inbound(
            station,
            self._peers,
            learner,
            self._forums,
            self._outbox,
            self._courier,
            self._bridge,
            self._air,
            paths,
        )
        self._gateway = Gateway(station, self._air, self._repeater)

    @property
    def myself(self) -> Myself:
        """Who we are."""
        station = self._station
        key = station.public_key.hex()
        return Myself(NETWORK, station.node_id, key, station.name, station.position)

    @property
    def next_deadline_s(self) -> float | None:
        """When `tick` is due."""
        deadlines = (
            self._outbox.next_deadline_s,
            self._presences.next_deadline_s,
            self._receiver.next_deadline_s,
            self._air.next_deadline_s,
        )
        return min((at_s for at_s in deadlines if at_s is not None), default=None)

    def setup(self, link: LinkInfo, now: Instant) -> LinkSetup:
        """Ask for a kept session, our will, and what we want to hear."""
        self._station.known_links.add(link.link_id)
        if link.kind is not LinkKind.BROKER:
            return LinkSetup()
        return LinkSetup(
            client_id=f"meshcore-{self._station.node_id}",
            will=self._presences.transmit(link.link_id, now, is_online=False),
            subscriptions=tuple(Subscribe(link.link_id, topic) for topic in self._topics()),
        )

    def link_up(self, link: LinkInfo, now: Instant) -> Sequence[Output]:
        """Say that we are here, repeat what we announced, send what waited."""
        self._station.now_s = now.mono_s
        is_second = len(self._station.brokers(but=link.link_id)) == 1
        self._station.known_links.add(link.link_id)
        self._station.links[link.link_id] = link
        outputs: list[Output] = []
        if link.kind is LinkKind.BROKER:
            outputs += self._bridging(link.link_id, is_second=is_second)
            outputs += self._presences.announce([link.link_id], now)
            outputs += self._forums.link_up(link.link_id)
        else:
            self._air.open(link, now)
            self._presences.air_up(link.link_id, now)
        return self._pumped([*outputs, *self._outbox.pump(now)], now)

    def link_down(self, link_id: LinkId, now: Instant) -> Sequence[Output]:
        """Let what the link had not taken wait again."""
        self._station.now_s = now.mono_s
        self._station.links.pop(link_id, None)
        self._air.close(link_id)
        self._receiver.forget(link_id)
        return self._pumped(self._outbox.link_down(link_id, now), now)

    def receive(self, frame: Frame) -> Sequence[Output]:
        """Judge a frame. Whatever its bytes are, this returns."""
        now = frame.received_at
        self._station.now_s = now.mono_s
        lines = self._air.deframe(frame)
        if lines is None:
            return self._pumped(self._judge(frame), now)
        outputs: list[Output] = []
        for line in lines:
            outputs += self._judge_line(frame.link_id, line, now)
        return self._pumped(outputs, now)

    def transmitted(self, transmit: Transmit, now: Instant) -> Sequence[Output]:
        """Note that a link took a transmission."""
        self._station.now_s = now.mono_s
        parcel, is_out = self._air.taken(transmit, now)
        if parcel is None:
            summary = summarise(
                transmit.payload, transmit.endpoint, Verdict.SENT, self._station.node_id
            )
            outputs = [FrameSent(NETWORK, transmit, now, summary)]
            return self._pumped([*outputs, *self._outbox.taken(transmit, now)], now)
        sent: list[Output] = [self._air.told(transmit, parcel, now)]
        if is_out and parcel.message_id is not None:
            sent += self._outbox.taken_by_air(parcel.message_id, transmit.link_id, now)
        return self._pumped(sent, now)

    def refused(self, transmit: Transmit, reason: str, now: Instant) -> Sequence[Output]:
        """Note that a link would not; messages are tried again later, the rest is lost."""
        self._station.now_s = now.mono_s
        parcel = self._air.refused(transmit)
        if parcel is None:
            return self._outbox.refused(transmit, reason, now)
        outputs: list[Output] = []
        if parcel.message_id is not None:
            outputs += self._outbox.refused_by_air(parcel.message_id, transmit.link_id, reason, now)
        return self._pumped(outputs, now)

    def submit(self, command: SessionCommand, now: Instant) -> Sequence[Output]:
        """Carry out a request."""
        self._station.now_s = now.mono_s
        return self._pumped(self._obey(command, now), now)

    def _obey(self, command: SessionCommand, now: Instant) -> Sequence[Output]:
        match command:
            case SendText():
                return self._outbox.send(command, now)
            case ResendMessage():
                return self._outbox.resend(command.message, now)
            case CancelMessage():
                self._air.withdraw(command.message_id)
                return self._outbox.cancel(command.message_id, now)
            case JoinChannel():
                return self._forums.join(command, now)
            case LeaveChannel():
                return self._forums.leave(command)
            case AcceptKey():
                return [self._accept(command), *self._outbox.pump(now)]
            case Advertise():
                return self._advertise(command, now)
            case ForgetRoute():
                self._routes.forget(command.node_id)
                return [RouteForgotten(NETWORK, command.node_id)]
            case Ask() | Sign():
                raise LocalProtocolError("nothing can be asked of nodes of the JSON mesh")
            case _:
                assert_never(command)

    def tick(self, now: Instant) -> Sequence[Output]:
        """Retries, and our presence again."""
        self._station.now_s = now.mono_s
        outputs = [*self._outbox.tick(now), *self._presences.tick(now), *self._receiver.tick(now)]
        for link_id, line in self._air.flush(now):
            outputs += self._judge_line(link_id, line, now)
        return self._pumped(outputs, now)

    def shutdown(self, now: Instant) -> Sequence[Output]:
        """Say that we leave: a clean end does not trigger the will."""
        return self._presences.announce(self._station.brokers(), now, is_online=False)

    def dissect(self, frame: Frame) -> Dissection:
        """Take a frame apart with our keys and the forums we are in."""
        from meshtui.networks.jsonmesh.dissect import dissect_frame

        keys = self._peers.keys()
        return dissect_frame(frame, self._station.sealer, self._forums.joined(), keys)

    def summarise(self, frame: Frame) -> PacketSummary:
        """Say in one line what a frame says of itself."""
        return summarise(frame.payload, frame.endpoint, Verdict.HANDLED)

    def verbs(self) -> Sequence[Verb]:
        """Nodes of this network answer no questions."""
        return ()

    def devices(self) -> Sequence[Device]:
        """Gateways say nothing of themselves."""
        return ()

    def cost(self, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:
        """Say what sending this text by radio would take; None where no radio would carry it."""
        return self._outbox.cost(conversation, text, now) if self._air.radios() else None

    def safety_number(self, node_id: NodeId, public_key: str = "") -> str:
        """60 digits to compare by voice, of `public_key` or else of the node's own; empty without.

        Where a second key claims the node, they are of that one: it is what the user may accept,
        and digits of the pinned key would match for the true owner while the other is accepted.
        """
        peer = self._peers.get(node_id)
        if peer is None or not peer.key:
            return ""
        key = bytes.fromhex(public_key or peer.node.rival_key) or peer.key
        return safety_number(self._station.public_key, key)

    def _pumped(self, outputs: Sequence[Output], now: Instant) -> Sequence[Output]:
        """Add what radios and wires are to be given now."""
        return [*outputs, *self._air.pump(now)]

    def _judge_line(self, link_id: LinkId, line: Deframed, now: Instant) -> Sequence[Output]:
        """Judge what a gateway's line holds."""
        frame = Frame(link_id, line.payload, now, line.rx)
        if not line.problem:
            return [*self._judge(frame), *self._gateway.publish(frame)]
        passage = Passage(NETWORK, frame)
        passage.kind = "noise"
        passage.drop(line.problem, "no packet", Verdict.REJECTED, "noise")
        return passage.results()

    def _judge(self, frame: Frame, *, is_whole: bool = False) -> list[Output]:
        """Judge one packet.

        Args:
            is_whole: It was put together from chunks, so it is no chunk itself.
        """
        passage = Passage(NETWORK, frame)
        rest: list[Output] = []
        try:
            whole = self._dispatch(passage, is_whole=is_whole)
            if whole is not None:
                rest = self._judge(whole, is_whole=True)
        except DecodeError as error:
            passage.drop(error.reason, error.detail, Verdict.REJECTED, "malformed")
        except CryptoError as error:
            passage.drop(error.reason, error.detail, Verdict.REJECTED, "forged")
        return [*passage.results(), *rest]

    def _dispatch(self, passage: Passage, *, is_whole: bool) -> Frame | None:
        """Hand a frame to the part that knows its topic; returns the frame it made whole, if any.

        Raises:
            DecodeError: It is malformed.
            CryptoError: It proves something else than it claims.
        """
        endpoint = passage.frame.endpoint
        kind, name = parse_topic(endpoint) if endpoint else (None, "")
        match kind:
            case TopicKind.IDENTITY:
                self._presences.receive(passage, name)
            case TopicKind.ANNOUNCE:
                self._forums.receive(passage, name)
            case TopicKind.LORA_OUT if not self._station.settings.is_gateway:
                passage.conclude(Verdict.IGNORED, "", "for a gateway with a radio")
            case None | TopicKind.LORA_IN | TopicKind.LORA_OUT:
                return self._from_air(passage, kind, is_whole=is_whole)
            case _:
                self._inbound.receive(passage, kind, name)
        return None

    def _from_air(
        self, passage: Passage, kind: TopicKind | None, *, is_whole: bool
    ) -> Frame | None:
        """Take what a radio heard, here or at a gateway elsewhere, or is to send."""
        frame = passage.frame
        if self._gateway.note(frame, kind):
            self._bridge.welcome_gateway(passage)
        whole = frame if is_whole else self._receiver.take(passage)
        if whole is not frame:
            return whole
        if kind is TopicKind.LORA_OUT:
            self._gateway.transmit(passage)
            return None
        payload = frame.payload
        if is_compact(payload):
            passage.is_compact = True
            self._inbound.judge(passage, decode_compact(payload, partial(self._key_of, passage)))
        elif is_compact_presence(payload):
            passage.is_compact = True
            self._presences.judge(passage, decode_compact_presence(payload))
        elif b'"enc"' not in payload and b'"pubkeyHex"' in payload:
            self._presences.receive(passage, "")
        elif b'"enc"' not in payload and b'"channelName"' in payload:
            self._forums.receive(passage, "")
        else:
            self._inbound.receive(passage, None, "")
        return None

    def _key_of(self, passage: Passage, node_id: NodeId) -> bytes | None:
        """Find the key that a small frame leaves out; without it we can but pass it on."""
        passage.is_keyless = True
        peer = self._peers.get(node_id)
        if node_id == self._station.node_id:
            return self._station.public_key
        return peer.key if peer is not None else b""

    def _bridging(self, new: LinkId, *, is_second: bool) -> list[Output]:
        """Ask for what a relay needs now that there is one more broker to carry to."""
        if not self._bridge.is_on:
            return []
        outputs: list[Output] = []
        if is_second:  # from now on there is somewhere to carry direct messages to
            outputs += [Subscribe(up, ALL_DIRECT) for up in self._station.brokers()]
        if new in self._bridged:  # it has what was kept; what is new is carried as it comes
            return outputs
        self._bridged.add(new)
        for up in self._station.brokers(but=new):
            # asked again, a broker hands over again what it keeps, and we carry it to the new one
            outputs += [Subscribe(up, ALL_IDENTITIES), Subscribe(up, ALL_ANNOUNCEMENTS)]
        return outputs

    def _topics(self) -> list[str]:
        """Name what we want to hear from a broker."""
        me = self._station.node_id
        everywhere = [ALL_IDENTITIES, ALL_ANNOUNCEMENTS, LORA_INBOUND]
        if self._station.settings.is_gateway:
            everywhere.append(LORA_OUTBOUND)
        if not self._bridge.is_on:
            forums = [forum_topic(name) for name in self._forums.joined()]
            return [dm_topic(me), route_topic(me), *everywhere, *forums]
        direct = ALL_DIRECT if len(self._station.known_links) > 1 else dm_topic(me)
        return [direct, ALL_ROUTES, *everywhere, ALL_FORUMS]

    def _accept(self, command: AcceptKey) -> NodeHeard:
        """Pin a key at the user's word.

        Raises:
            LocalProtocolError: It is no key, or not that node's.
        """
        try:
            node_id = parse_node_id(command.node_id)
            key = bytes.fromhex(command.public_key)
            owner = node_id_of(key)
        except DecodeError as error:
            raise LocalProtocolError(error.detail) from error
        except ValueError as error:
            msg = "a public key is 66 hex digits"
            raise LocalProtocolError(msg) from error
        if owner != node_id:
            msg = f"this key belongs to {owner}, not to {node_id}"
            raise LocalProtocolError(msg)
        if node_id == self._station.node_id:
            msg = "that is your own key"
            raise LocalProtocolError(msg)
        return self._peers.trust(node_id, key, is_verified=command.is_verified)

    def _advertise(self, command: Advertise, now: Instant) -> Sequence[Output]:
        """Publish our presence now, with what has changed.

        Raises:
            LocalProtocolError: The name is too long, or positions are not to be shared.
        """
        if command.position is not None and not self._station.settings.share_position:
            msg = "your position is not shared; set share_position = true under [jsonmesh] first"
            raise LocalProtocolError(msg)
        if command.name is not None:
            if len(command.name) > _MAX_NAME_CHARS:
                msg = f"a name has at most {_MAX_NAME_CHARS} characters"
                raise LocalProtocolError(msg)
            self._station.rename(command.name)
        if command.position is not None:
            self._station.position = command.position
        self._presences.announce_by_air(now)
        return self._presences.announce(self._station.brokers(), now)
