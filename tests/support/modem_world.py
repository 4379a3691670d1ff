"""Modem ports with fake modems on one exact air; time is wound by the world itself."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.command import Ask
from meshtui.model.event import Answered, DeliveryChanged, FrameSent, MessageReceived
from meshtui.model.ids import Instant, LinkId, MessageId, channel_conversation, direct_conversation
from meshtui.model.link import LinkInfo, LinkKind, RadioSettings
from meshtui.model.message import Delivery, DeliveryState, Message
from meshtui.model.packet import Frame, RxMeta, Transmit
from meshtui.networks.meshcore.channel_key import key_of_name
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.listener import AirListener
from meshtui.networks.meshcore.modem.greeting import ModemFacts
from meshtui.networks.meshcore.modem_port import ModemPort
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import Send
from meshtui.networks.meshcore.node.settings import mesh_radio
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.station import NETWORK, Station
from tests.support.fake_kiss_modem import EU, FakeKissModem
from tests.support.meshcore_air import Digests
from tests.support.meshcore_vectors import key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.networks.meshcore.kiss import ModemRadio
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.networks.meshcore.node.settings import NodeSettings

UNIX_MS = 1_767_225_600_000
FREE_RADIO = replace(mesh_radio(), duty_cycle=1.0, frequency_mhz=None)


def radio_of(modem: FakeKissModem) -> RadioSettings:
    """How a modem's radio is set, in the words of all radios; as usual where that is nonsense."""
    return ModemFacts(radio=modem.radio).settings(FREE_RADIO)


@dataclass
class Person:
    """Somebody with a modem, and all that the port said.

    Attributes:
        drops: Packets put on the air from now on that nobody hears.
    """

    name: str
    station: Station
    port: ModemPort
    modem: FakeKissModem
    link: LinkInfo
    outputs: list[object] = field(default_factory=list)
    neighbours: list[str] = field(default_factory=list)
    drops: int = 0
    taken: int = 0

    def all(self, kind: type) -> list:
        """Every output of a kind, in order."""
        return [output for output in self.outputs if isinstance(output, kind)]

    def states(self, message_id: str) -> list[DeliveryState]:
        """How far a message of ours came, step by step."""
        return [delivery.state for delivery in self.deliveries(message_id)]

    def deliveries(self, message_id: str) -> list[Delivery]:
        return [
            output.delivery
            for output in self.all(DeliveryChanged)
            if output.message_id == message_id
        ]

    def texts(self) -> list[str]:
        return [output.message.text for output in self.all(MessageReceived)]

    def answers(self) -> list[Answered]:
        return self.all(Answered)

    def packets_sent(self) -> list[FrameSent]:
        return [sent for sent in self.all(FrameSent) if not sent.transmit.endpoint]


@dataclass
class Server:
    """A repeater or room of its own, without a modem."""

    node: MeshcoreNode
    neighbours: list[str] = field(default_factory=list)


def _tuning_of(station: Person | Server) -> ModemRadio:
    """Servers never leave the mesh's channel."""
    return station.modem.radio if isinstance(station, Person) else EU


class ModemWorld:
    """People, servers, who hears whom, and the time."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.people: dict[str, Person] = {}
        self.servers: dict[str, Server] = {}
        self._later: list[tuple[float, int, str, bytes]] = []
        self._count = 0

    @property
    def now(self) -> Instant:
        return Instant(self.now_s, UNIX_MS + round((self.now_s - 1000.0) * 1000))

    def add(
        self,
        name: str,
        key: KeyPair,
        settings: Settings | None = None,
        radio: RadioSettings = FREE_RADIO,
        modem: FakeKissModem | None = None,
    ) -> Person:
        keyring = Keyring()
        keyring.add_own("us", key)
        for channel in ("Public", "#test"):
            keyring.add_channel(key_of_name(channel))
        entropy = Random(name).randbytes
        settings = settings or Settings(name=name, advert_every_s=0.0)
        station = Station(key, settings, keyring, NodeBook((), ()), Digests(), entropy)
        link_id = LinkId(name)
        port = ModemPort(link_id, station, AirListener(station))
        link = LinkInfo(link_id, NETWORK, LinkKind.MODEM, name, f"kiss:{name}", radio=radio)
        person = Person(name, station, port, modem or FakeKissModem(), link)
        self.people[name] = person
        return person

    def add_server(self, name: str, key: KeyPair, settings: NodeSettings) -> Server:
        """Add a repeater or room that stands by itself."""
        server = Server(MeshcoreNode(key, settings, Random(name).randbytes, Keyring()))
        self.servers[name] = server
        return server

    def join(self, *names: str) -> None:
        """Let each hear the next one, and the other way round."""
        for one, other in itertools.pairwise(names):
            self._any(one).neighbours.append(other)
            self._any(other).neighbours.append(one)

    def up(self, *names: str) -> None:
        for name in names or tuple(self.people):
            person = self.people[name]
            self.take(person, person.port.link_up(person.link, self.now))

    def down(self, name: str) -> None:
        person = self.people[name]
        self.take(person, person.port.link_down(self.now))

    def take(self, person: Person, outputs: Iterable[object]) -> None:
        """Carry out what a port returned."""
        for output in outputs:
            if not isinstance(output, Transmit):
                person.outputs.append(output)
                continue
            person.outputs.append(person.port.describe(output, self.now))
            said = person.modem.feed(output.payload)
            self.take(person, person.port.transmitted(output, self.now))
            if said:
                self.read(person, said)
            self._watch(person)

    def read(self, person: Person, data: bytes) -> None:
        """Let a port read from its modem."""
        self.take(person, person.port.receive(Frame(person.port.link_id, data, self.now)))

    def _watch(self, person: Person) -> None:
        """What a modem took is on the air for its time."""
        while person.taken < len(person.modem.on_air):
            packet = person.modem.on_air[person.taken]
            person.taken += 1
            airtime_s = time_on_air_ms(len(packet), radio_of(person.modem)) / 1000
            self._at(self.now_s + airtime_s, person.name, packet)

    def _at(self, at_s: float, name: str, packet: bytes) -> None:
        self._count += 1
        heapq.heappush(self._later, (at_s, self._count, name, packet))

    def _any(self, name: str) -> Person | Server:
        return self.people.get(name) or self.servers[name]

    def _land(self, name: str, packet: bytes) -> None:
        """A packet was on the air: who is near hears it, and the modem says so."""
        sender = self._any(name)
        if isinstance(sender, Person) and sender.drops:
            sender.drops -= 1
        else:
            self._spread(sender, packet)
        if isinstance(sender, Person):
            self.read(sender, sender.modem.sent())

    def _spread(self, sender: Person | Server, packet: bytes) -> None:
        """Who is near, and tuned to the same, hears it."""
        for name in sender.neighbours:
            other = self._any(name)
            if _tuning_of(other) != _tuning_of(sender):
                continue
            if isinstance(other, Person):
                self.read(other, other.modem.hear(packet))
            else:
                self._send_all(name, other.node.hear(packet, RxMeta(-87, 8.5), self.now))

    def _send_all(self, name: str, outputs: Iterable[NodeOutput]) -> None:
        """What a server sends is on the air when its time has come."""
        for output in outputs:
            if isinstance(output, Send):
                airtime_s = time_on_air_ms(len(output.data), FREE_RADIO) / 1000
                self._at(max(self.now_s, output.not_before_s) + airtime_s, name, output.data)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end_s = self.now_s + seconds
        for _ in range(100_000):
            port_s, name = self._next_due()
            air_s = self._later[0][0] if self._later else None
            times = [at_s for at_s in (port_s, air_s) if at_s is not None]
            if not times or min(times) > end_s:
                self.now_s = end_s
                return
            self.now_s = max(self.now_s, min(times))
            if air_s is not None and air_s <= self.now_s:
                _, _, sender, packet = heapq.heappop(self._later)
                self._land(sender, packet)
            elif name in self.servers:
                self._send_all(name, self.servers[name].node.tick(self.now))
            else:
                person = self.people[name]
                self.take(person, person.port.tick(self.now))
        raise AssertionError("time stands still")

    def _next_due(self) -> tuple[float | None, str]:
        """Who has something to do first, and when."""
        due = [(person.port.next_deadline_s, name) for name, person in self.people.items()]
        due += [(server.node.next_deadline_s, name) for name, server in self.servers.items()]
        return min(((at_s, name) for at_s, name in due if at_s is not None), default=(None, ""))

    # -- what people do

    def ask(
        self, name: str, verb: str, argument: str = "", to: str = "", secret=None
    ) -> list[Answered]:
        """Ask, and return all answers there are after a minute."""
        person = self.people[name]
        before = len(person.answers())
        peer = self.people[to].station.node_id if to else None
        request = Ask(NETWORK, verb, "r", peer, argument, secret)
        self.take(person, person.port.ask(request, self.now))
        self.run(60)
        return person.answers()[before:]

    def write(
        self, name: str, to: str, text: str, message_id: str = "m1", attempt: int = 0
    ) -> None:
        """Write to a person."""
        peer = self.people[to].station.node_id
        self._send(name, direct_conversation(NETWORK, peer), text, message_id, attempt)

    def say(self, name: str, channel: str, text: str, message_id: str = "m1") -> None:
        """Write to a channel."""
        self._send(name, channel_conversation(NETWORK, channel), text, message_id, 0)

    def _send(self, name: str, conversation, text: str, message_id: str, attempt: int) -> None:
        person = self.people[name]
        timestamp = person.station.next_timestamp(self.now)
        message = Message(
            MessageId(message_id),
            conversation,
            person.station.node_id,
            "text",
            text,
            self.now.unix_ms,
            sent_at_ms=timestamp * 1000,
            delivery=Delivery(DeliveryState.QUEUED, attempt),
        )
        assert person.port.objection(conversation, text) == ""
        self.take(person, person.port.send(message, self.now))

    def meet_all(self) -> None:
        """Let everybody hear everybody's flooded advert."""
        for person in self.people.values():
            for other in self.people.values():
                if other is not person:
                    key = other.station.key.public_key
                    person.station.keyring.add_contact(key, other.name)


def pair(radio: RadioSettings = FREE_RADIO, tuning: ModemRadio = EU, **modem) -> ModemWorld:
    """Alice and Bob in direct reach, greeted.

    Args:
        radio: What Alice's URL says of hers.
        tuning: How hers is set before.
        modem: What else there is to say of hers.
    """
    world = ModemWorld()
    world.add("Alice", key("A"), radio=radio, modem=FakeKissModem(tuning, **modem))
    world.add("Bob", key("B"))
    world.join("Alice", "Bob")
    world.up()
    world.run(10)
    world.meet_all()
    return world
