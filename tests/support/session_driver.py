"""Sessions at work without a hub: several stations, brokers in memory, one wound clock.

world = World()
alice, bob = world.station("alice"), world.station("bob")
alice.connect(broker); bob.connect(broker)
alice.say(bob, "hello")
assert bob.texts == ["hello"]
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from meshtui.crypto.keys import Identity, PrivateKey
from meshtui.crypto.secp256k1 import public_key_of
from meshtui.model.command import JoinChannel, SendText, SessionCommand
from meshtui.model.event import (
    ChannelChanged,
    DeliveryChanged,
    Event,
    FrameSent,
    MessageQueued,
    MessageReceived,
    NodeHeard,
    PacketDropped,
)
from meshtui.model.ids import (
    ConversationId,
    Instant,
    LinkId,
    MessageId,
    NetworkName,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.link import LinkInfo, LinkKind
from meshtui.model.packet import Frame, Subscribe, Transmit, Unsubscribe
from meshtui.model.restored import Restored, Spent
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.network import JSONMESH
from meshtui.networks.jsonmesh.seal import Sealer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.message import Channel, Message
    from meshtui.model.node import Node
    from meshtui.networks.base import Output, Session
    from tests.support.fake_air import FakeAir
    from tests.support.fake_broker import FakeBroker

NETWORK = NetworkName("jsonmesh")
_Event = TypeVar("_Event")


class RememberedDigests:
    """A digest memory that outlives its session."""

    def __init__(self) -> None:
        self.digests: set[bytes] = set()

    def has(self, digest: bytes) -> bool:
        return digest in self.digests

    def add(self, digest: bytes) -> None:
        self.digests.add(digest)


class World:
    """One clock, the stations, and a settling of everything that is on its way."""

    def __init__(self, unix_ms: int = 1_780_000_000_000) -> None:
        self.now = Instant(1_000.0, unix_ms)
        self.stations: list[SessionDriver] = []
        self.airs: list[FakeAir] = []

    def station(self, name: str = "", **options: object) -> SessionDriver:
        """Make a station with its own identity."""
        driver = SessionDriver(self, name, {"name": name, **options})
        self.stations.append(driver)
        return driver

    def settle(self, most: int = 200_000) -> None:
        """Deliver until nothing is on its way."""
        for _ in range(most):
            moved = sum(station.step() for station in self.stations)
            if not moved + self._step_airs():
                return
        raise AssertionError("the mesh does not come to rest")

    def _step_airs(self) -> int:
        return sum(air.step() for air in self.airs)

    def wind(self, seconds: float) -> None:
        """Let time pass, waking each station at its deadlines."""
        self.settle()
        end_s = self.now.mono_s + seconds
        while True:
            deadlines = [station.session.next_deadline_s for station in self.stations]
            deadlines += [air.next_s for air in self.airs]
            due_s = min((at_s for at_s in deadlines if at_s is not None), default=end_s)
            if due_s > end_s:
                break
            if due_s <= self.now.mono_s:
                due_s = self.now.mono_s + 0.001  # a deadline in the past: the tick must clear it
                if due_s > end_s:
                    break
            self._set(due_s)
            for station in self.stations:
                station.tick()
            self.settle()
        self._set(end_s)
        for station in self.stations:
            station.tick()
        self.settle()

    def _set(self, mono_s: float) -> None:
        passed_ms = round((mono_s - self.now.mono_s) * 1000)
        self.now = Instant(mono_s, self.now.unix_ms + passed_ms)


class SessionDriver:
    """One station: a session, its links to brokers, and all it ever said."""

    def __init__(self, world: World, name: str, options: dict[str, object]) -> None:
        self.world = world
        self.name = name
        self.options = options
        seed = f"{name}{len(world.stations)}"
        self.identity = Identity(hashlib.sha512(seed.encode()).digest())
        self.private_key: PrivateKey = derive_key(self.identity)
        self.public_key = public_key_of(self.private_key)
        self.node_id: NodeId = node_id_of(self.public_key)
        self.sealer = Sealer(self.private_key, self.public_key, self.node_id)
        self.random = random.Random(seed)
        self.digests = RememberedDigests()
        self.events: list[Event] = []
        self.brokers: dict[LinkId, FakeBroker] = {}
        self.tuned: dict[LinkId, FakeAir] = {}
        self._inbox: deque[Frame] = deque()
        self.session = self._open(Restored())

    # what a person does

    def connect(self, broker: FakeBroker, link: str = "") -> LinkId:
        """Bring a link up."""
        link_id = LinkId(link or broker.name)
        info = self._info(link_id, broker)
        setup = self.session.setup(info, self.world.now)
        self.brokers[link_id] = broker
        self._client_id = setup.client_id

        def deliver(topic: str, payload: bytes, is_retained: bool) -> None:
            self._inbox.append(self.frame(payload, topic, link_id, is_retained=is_retained))

        broker.connect(setup, deliver)
        self.apply(self.session.link_up(info, self.world.now))
        self.world.settle()
        return link_id

    def tune(self, air: FakeAir, link: str = "lora") -> LinkId:
        """Bring a radio up."""
        link_id = LinkId(link)
        info = air.join(self, link_id)
        self.session.setup(info, self.world.now)
        self.tuned[link_id] = air
        self.apply(self.session.link_up(info, self.world.now))
        self.world.settle()
        return link_id

    def untune(self, link: str = "lora") -> None:
        """Lose a radio."""
        link_id = LinkId(link)
        self.tuned.pop(link_id).leave(self)
        self.apply(self.session.link_down(link_id, self.world.now))

    def disconnect(self, broker: FakeBroker, *, is_clean: bool = False) -> None:
        """Lose a link."""
        link_id = next(link_id for link_id, value in self.brokers.items() if value is broker)
        del self.brokers[link_id]
        broker.disconnect(self._client_id, is_clean=is_clean)
        self._inbox = deque(frame for frame in self._inbox if frame.link_id != link_id)
        self.apply(self.session.link_down(link_id, self.world.now))
        self.world.settle()

    def restart(self) -> None:
        """End without a word and start again with what the store would have kept."""
        brokers, airs = list(self.brokers.values()), dict(self.tuned)
        for broker in brokers:
            broker.disconnect(self._client_id, is_clean=False)
        for air in airs.values():
            air.leave(self)
        self.brokers.clear()
        self.tuned.clear()
        self._inbox.clear()
        self.session = self._open(self.kept())
        self.world.settle()
        for broker in brokers:
            self.connect(broker)
        for link_id, air in airs.items():
            self.tune(air, link_id)

    def submit(self, command: SessionCommand) -> list[Output]:
        """Ask for something; returns what came of it at once."""
        outputs = list(self.session.submit(command, self.world.now))
        self.apply(outputs)
        self.world.settle()
        return outputs

    def say(self, to: SessionDriver | str, text: str) -> MessageId:
        """Write to a station, or to a forum by name."""
        message_id = MessageId(str(uuid.UUID(int=self.random.getrandbits(128), version=4)))
        self.submit(SendText(self.conversation(to), text, message_id))
        return message_id

    def join(self, *names: str) -> None:
        """Join forums."""
        for name in names:
            self.submit(JoinChannel(NETWORK, name))

    def hear(self, payload: bytes, topic: str, link: str = "", **kwargs: Any) -> list[Output]:
        """Take a frame in, wherever it comes from."""
        link_id = LinkId(link) if link else next(iter(self.brokers), LinkId("none"))
        outputs = list(self.session.receive(self.frame(payload, topic, link_id, **kwargs)))
        self.apply(outputs)
        if not self.world.airs:
            self.world.settle()
        return outputs

    # what can be seen of it

    def conversation(self, to: SessionDriver | str) -> ConversationId:
        if isinstance(to, str):
            return channel_conversation(NETWORK, to)
        return direct_conversation(NETWORK, to.node_id)

    def of(self, kind: type[_Event]) -> list[_Event]:
        """List the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def messages(self) -> list[Message]:
        return [event.message for event in self.of(MessageReceived)]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    @property
    def drops(self) -> list[str]:
        return [event.reason for event in self.of(PacketDropped)]

    def states(self, message_id: MessageId) -> list[tuple[str, int]]:
        """List how a message fared: state and attempt."""
        return [
            (event.delivery.state.value, event.delivery.attempt)
            for event in self.of(DeliveryChanged)
            if event.message_id == message_id
        ]

    def node(self, of: SessionDriver) -> Node:
        """Return a node as it was last told."""
        return next(
            event.node for event in reversed(self.of(NodeHeard)) if event.node.node_id == of.node_id
        )

    def kept_own(self) -> list[Message]:
        """Fold the messages of its own with their deliveries, as a store does."""
        own: dict[MessageId, Message] = {}
        for event in self.events:
            match event:
                case MessageQueued(message):
                    own[message.message_id] = message
                case DeliveryChanged(message_id, _, delivery) if message_id in own:
                    own[message_id] = replace(own[message_id], delivery=delivery)
                case _:
                    pass
        return list(own.values())

    def kept(self) -> Restored:
        """Fold the events as a store does."""
        nodes: dict[NodeId, Node] = {}
        channels: dict[str, Channel] = {}
        airtime: dict[LinkId, list[Spent]] = {}
        for event in self.events:
            match event:
                case NodeHeard(node):
                    nodes[node.node_id] = node
                case ChannelChanged(channel):
                    channels[channel.name] = channel
                case FrameSent(_, transmit, at, _, airtime_ms, is_own) if airtime_ms:
                    spent = Spent(at.unix_ms + airtime_ms, airtime_ms / 1000, is_own)
                    airtime.setdefault(transmit.link_id, []).append(spent)
                case _:
                    pass
        waiting = tuple(
            message
            for message in self.kept_own()
            if message.delivery is not None and not message.delivery.state.is_final
        )
        return Restored(tuple(nodes.values()), tuple(channels.values()), waiting, airtime=airtime)

    # how it runs

    def frame(
        self, payload: bytes, topic: str, link_id: LinkId, *, is_retained: bool = False
    ) -> Frame:
        return Frame(link_id, payload, self.world.now, endpoint=topic, is_retained=is_retained)

    def step(self) -> bool:
        """Take one frame that waits; False = there is none."""
        if not self._inbox:
            return False
        self.apply(self.session.receive(self._inbox.popleft()))
        return True

    def tick(self) -> None:
        self.apply(self.session.tick(self.world.now))

    def apply(self, outputs: Sequence[Output]) -> None:
        """Do what a hub does with outputs."""
        for output in outputs:
            match output:
                case Transmit():
                    self._transmit(output)
                case Subscribe(link_id, endpoint):
                    self.brokers[link_id].subscribe(self._client_id, endpoint)
                case Unsubscribe(link_id, endpoint):
                    self.brokers[link_id].unsubscribe(self._client_id, endpoint)
                case _:
                    self.events.append(output)

    def _transmit(self, transmit: Transmit) -> None:
        air = self.tuned.get(transmit.link_id)
        if air is not None:
            air.transmit(self, transmit.payload)
            self.apply(self.session.transmitted(transmit, self.world.now))
            return
        broker = self.brokers.get(transmit.link_id)
        if broker is not None and broker.publish(
            self._client_id,
            transmit.endpoint,
            transmit.payload,
            transmit.is_retained,
            transmit.is_confirmed,
        ):
            self.apply(self.session.transmitted(transmit, self.world.now))

    def _open(self, restored: Restored) -> Session:
        return JSONMESH.open_session(
            self.identity, self.options, restored, self.digests, self.random.randbytes
        )

    def _info(self, link_id: LinkId, broker: FakeBroker) -> LinkInfo:
        url = f"jsonmesh+mqtt://{broker.name}"
        return LinkInfo(link_id, NETWORK, LinkKind.BROKER, broker.name, url)
