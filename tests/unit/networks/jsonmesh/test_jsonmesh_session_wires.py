"""Wires: links with one other node at their end, and no radio between (`air=none`)."""

from __future__ import annotations

from collections import deque

from meshtui.model.ids import LinkId
from meshtui.model.link import LinkInfo, LinkKind
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import NETWORK, SessionDriver, World

WIRE = LinkId("wire")


class _Wire:
    """A cable between two stations; in place of an air, so that the world moves it."""

    next_s = None

    def __init__(self, world: World) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self._ends: list[SessionDriver] = []
        self._on_way: deque[tuple[SessionDriver, bytes]] = deque()
        world.airs.append(self)  # type: ignore[arg-type]

    def plug(self, station: SessionDriver) -> None:
        info = LinkInfo(WIRE, NETWORK, LinkKind.STREAM, "wire", "jsonmesh+serial:///dev/wire")
        self._ends.append(station)
        station.tuned[WIRE] = self  # type: ignore[assignment]
        station.session.setup(info, station.world.now)
        station.apply(station.session.link_up(info, station.world.now))

    def transmit(self, sender: SessionDriver, line: bytes) -> None:
        self.sent.append((sender.name, line))
        self._on_way += [(end, line) for end in self._ends if end is not sender]

    def step(self) -> bool:
        if not self._on_way:
            return False
        end, line = self._on_way.popleft()
        end.hear(line, "", WIRE)
        return True


def test_who_comes_later_is_greeted_and_can_write_at_once() -> None:
    world = World()
    wire, alice, bob = _Wire(world), world.station("alice"), world.station("bob")
    wire.plug(bob)
    world.wind(600)
    wire.plug(alice)
    world.wind(1)

    message_id = alice.say(bob, "long " * 100)
    world.wind(1)

    assert bob.texts == ["long " * 100]
    assert alice.states(message_id)[-1] == ("delivered", 1)


def test_two_on_a_wire_do_not_greet_each_other_without_end() -> None:
    world = World()
    wire, alice, bob = _Wire(world), world.station("alice"), world.station("bob")
    wire.plug(bob)
    world.wind(600)
    wire.plug(alice)
    world.wind(3600)

    assert len(wire.sent) <= 4


def test_who_is_at_the_end_of_a_relays_wire_hears_of_those_on_its_broker() -> None:
    world, broker = World(), FakeBroker()
    wire = _Wire(world)
    alice, carol, bob = (
        world.station("alice"),
        world.station("carol", relay=True),
        world.station("bob"),
    )
    for station in (carol, bob):
        station.connect(broker)
    wire.plug(carol)
    world.wind(600)
    wire.plug(alice)
    world.wind(10)

    message_id = alice.say(bob, "through the wire")
    world.wind(10)

    assert bob.texts == ["through the wire"]
    assert alice.states(message_id)[-1] == ("delivered", 1)
