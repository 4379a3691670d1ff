"""A whole radio mesh in virtual time: real sessions on gateways on the virtual air.

Each node is the session a real program would run, plugged into a simulated gateway by a line of
bytes; there is no hub, no task and no disk between them. With one seed everything is repeatable
to the last byte.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

from meshtui.errors import LocalProtocolError
from meshtui.model.command import JoinChannel, SendText
from meshtui.model.ids import (
    LinkId,
    MessageId,
    NetworkName,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.link import LinkInfo, LinkKind, LinkState
from meshtui.model.node import Node, PinState
from meshtui.model.packet import Frame, Transmit
from meshtui.model.restored import Restored
from meshtui.networks.registry import load_network
from meshtui.sim.air import VirtualAir
from meshtui.sim.engine import START_UNIX_MS, Engine
from meshtui.sim.gateway import KINDS, Gateway
from meshtui.sim.memory import MemoryStore
from meshtui.sim.placement import Walkers, components, degrees_of, place_nodes
from meshtui.sim.propagation import Propagation
from meshtui.sim.tally import Tally
from meshtui.sim.traffic import Writing, choose_members, choose_partners, writings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from meshtui.model.link import RadioSettings
    from meshtui.networks.base import Output, Session
    from meshtui.sim.air import Flight
    from meshtui.sim.propagation import Place
    from meshtui.sim.radio_scenario import Failure, RadioScenario

JSONMESH: Final = NetworkName("jsonmesh")
LINK: Final = LinkId("radio")
_EARLIEST_WAKE_S: Final = 0.001  # a session that is always due must not stop time


@dataclass(frozen=True, slots=True)
class Guest:
    """A radio among the nodes whose host is somebody else's.

    Attributes:
        hear: Called with each line its gateway has for that host.
        listen: Called with the number of a node and what its session reports.
        place_of: It takes this node's place, who then has no power; None = where the scenario
            says `own`, or in the middle.
    """

    hear: Callable[[bytes], None]
    listen: Callable[[int, Output], None]
    place_of: int | None = None


@dataclass(slots=True)
class Station:
    """A node of the mesh: its session and its gateway."""

    number: int
    session: Session
    gateway: Gateway
    wake_at_s: float = math.inf
    is_on: bool = False
    has_power: bool = True
    outputs: deque[Output] = field(default_factory=deque)


class World:
    """A scenario come to life. `run` plays it to the end; live worlds wind `engine` themselves."""

    def __init__(
        self,
        scenario: RadioScenario,
        variant: str = "",
        seed: int | None = None,
        *,
        open_session: Callable[[World, int], Session] | None = None,
        radio: RadioSettings | None = None,
        guest: Guest | None = None,
        start_unix_ms: int = START_UNIX_MS,
    ) -> None:
        """Place the nodes and open their sessions.

        Args:
            variant: Whose options to use; empty = the scenario's own.
            seed: Instead of the scenario's.
            open_session: Makes other sessions than real ones; for tests.
            radio: Instead of the scenario's.
            guest: Somebody else's radio among the nodes; its number is the last.
            start_unix_ms: What the nodes' calendars show at the beginning.
        """
        self.scenario = scenario
        self.variant = variant
        self.seed = scenario.seed if seed is None else seed
        self.radio = radio or scenario.radio
        self.engine = Engine(start_unix_ms)
        self.random = Random(f"{self.seed} world")  # noqa: S311 - a play, to be repeated
        self.propagation, self.places = lay_out(scenario, self.seed, self.radio)
        self.partners = choose_partners(scenario.traffic, self.places, self._random("partners"))
        self.nodes = len(self.places)
        self.members = choose_members(scenario.traffic, self.nodes, self._random("members"))
        self._guest = guest
        if guest is not None:
            self.places.append(self._guest_place(guest.place_of))
        self.audible = self.propagation.audible(self.places)
        self.air = VirtualAir(
            self.radio,
            self.audible,
            self.propagation.sensitivity_dbm,
            scenario.air.capture_db,
        )
        self.tally = Tally(self.engine)
        self._info = LinkInfo(
            LINK,
            JSONMESH,
            LinkKind.STREAM,
            "radio",
            "jsonmesh+sim://air",
            LinkState.UP,
            radio=self.radio,
        )
        self.gateways = [self._gateway(number) for number in range(len(self.places))]
        self._keys: list[Node] = []
        opener = open_session or World.open_session
        if open_session is None:
            self._keys = [self._contact(number) for number in range(self.nodes)]
        self.stations = [
            Station(number, opener(self, number), self.gateways[number])
            for number in range(self.nodes)
        ]
        self.node_ids = [station.session.myself.node_id for station in self.stations]
        self._numbers = {node_id: number for number, node_id in enumerate(self.node_ids)}
        self._written: Iterator[Writing] = iter(())
        self._plan()

    # --- building ---

    def _random(self, purpose: str) -> Random:
        return Random(f"{self.seed} {purpose}")  # noqa: S311 - a play, to be repeated

    def _gateway(self, number: int) -> Gateway:
        return Gateway(
            number,
            self.air,
            self.engine,
            self._random(f"gateway {number}"),
            lambda line: self._arrive(number, line),
            self._finish,
        )

    def open_session(self, number: int) -> Session:
        """Open a node's real session."""
        known = self._known_to(number)
        restored = Restored(nodes=known, contacts=frozenset(node.node_id for node in known))
        random = self._random(f"session {number}")
        return load_network(JSONMESH).open_session(
            self.scenario.identity(number, self.seed),
            self.options(number),
            restored,
            MemoryStore(),
            random.randbytes,
        )

    def options(self, number: int) -> dict[str, Any]:
        """Put together the options of a node's session."""
        options: dict[str, Any] = {"name": self.name(number), "relay": True}
        options |= self.scenario.options
        options |= self.scenario.variants.get(self.variant, {})
        if number < len(self.scenario.listed):
            options |= self.scenario.listed[number].options
        position = self.position(number)
        if position is not None:
            options |= {"share_position": True, "position": position}
        return options

    def name(self, number: int) -> str:
        """Name a node."""
        listed = self.scenario.listed
        return (listed[number].name if number < len(listed) else "") or f"node {number}"

    def position(self, number: int) -> tuple[float, float] | None:
        """Say where a node is, in degrees; None where the scenario has no origin."""
        return degrees_of(self.places[number], self.scenario.origin)

    def _contact(self, number: int) -> Node:
        """Describe a node as somebody knows it who has met it."""
        myself = (
            load_network(JSONMESH)
            .open_session(
                self.scenario.identity(number, self.seed),
                {},
                Restored(),
                MemoryStore(),
                bytes,
            )
            .myself
        )
        return Node(
            JSONMESH,
            myself.node_id,
            myself.public_key,
            PinState.FIRST_SEEN,
            name=self.name(number),
            is_online=True,
            caps=self.scenario.caps,
        )

    def _known_to(self, number: int) -> tuple[Node, ...]:
        if self.scenario.known == "none":
            return ()
        if self.scenario.known == "all":
            return tuple(self._keys)
        friends = set(self.partners[number])
        friends |= {other for other, theirs in enumerate(self.partners) if number in theirs}
        return tuple(self._keys[other] for other in sorted(friends))

    def _guest_place(self, instead_of: int | None) -> Place:
        if instead_of is not None:
            self.engine.at(0.0, self._power, instead_of, False)
            return self.places[instead_of]
        return self.scenario.own_m or _middle(self.places)

    # --- the course of events ---

    def _plan(self) -> None:
        """Put everything into the queue that is certain to happen."""
        scenario, engine, random = self.scenario, self.engine, self._random("plan")
        for station in self.stations:
            engine.at(random.random() * scenario.boot_s, self._boot, station)
        for failure in scenario.failures:
            for number in self._failing(failure, random):
                engine.at(failure.from_s, self._power, number, False)
                engine.at(failure.to_s, self._power, number, True)
        walkers = Walkers(scenario.mobility, scenario.listed, self.places, self.nodes, random)
        if walkers:
            engine.at(scenario.mobility.every_s, self._walk, walkers)
        self._written = writings(scenario, self.partners, self.members, self._random("traffic"))
        self._write_next()

    def _failing(self, failure: Failure, random: Random) -> Sequence[int]:
        if failure.nodes:
            return failure.nodes
        return sorted(random.sample(range(self.nodes), round(failure.share * self.nodes)))

    def run(self, *, is_until_s: float | None = None) -> Tally:
        """Play to the end of the scenario, or to a moment."""
        scenario = self.scenario
        end_s = scenario.warmup_s + scenario.hours * 3600 + scenario.drain_s
        self.engine.run_until(end_s if is_until_s is None else is_until_s)
        return self.tally

    @property
    def groups(self) -> list[list[int]]:
        """Who can reach whom, the largest group first."""
        return components(self.audible, self.propagation.sensitivity_dbm)

    def _boot(self, station: Station) -> None:
        if station.is_on or not station.has_power:
            return
        now = self.engine.instant()
        station.is_on = True
        station.session.setup(self._info, now)
        self._handle(station, station.session.link_up(self._info, now))
        for name, members in self.members.items():
            if station.number in members:
                join = JoinChannel(JSONMESH, name)
                self._handle(station, station.session.submit(join, now))

    def _power(self, number: int, is_on: bool) -> None:  # noqa: FBT001 - called by the engine
        station = self.stations[number]
        if is_on == station.has_power:
            return
        station.has_power = is_on
        self.air.switch(number, self.engine.now_s, is_on=is_on)
        if is_on:
            self._boot(station)
        elif station.is_on:
            station.is_on = False
            station.gateway.forget()
            self._handle(station, station.session.link_down(LINK, self.engine.instant()))

    def _walk(self, walkers: Walkers) -> None:
        every_s = self.scenario.mobility.every_s
        moved = walkers.step(self.engine.now_s, every_s)
        self.propagation.move(self.audible, self.places, moved)
        self.engine.after(every_s, self._walk, walkers)

    def _write_next(self) -> None:
        writing = next(self._written, None)
        if writing is not None:
            self.engine.at(writing.at_s, self._write, writing)

    def _write(self, writing: Writing) -> None:
        self._write_next()
        station = self.stations[writing.author]
        if writing.recipient is None:
            conversation = channel_conversation(JSONMESH, writing.forum)
            readers = len(self.members[writing.forum]) - 1
        else:
            recipient = self.node_ids[writing.recipient]
            conversation, readers = direct_conversation(JSONMESH, recipient), 1
        is_direct = writing.recipient is not None
        if station.is_on:
            self.tally.written(writing.message_id, is_direct=is_direct, readers=readers)
            self.submit(
                station, SendText(conversation, writing.text, MessageId(writing.message_id))
            )

    def submit(self, station: Station, command: SendText) -> None:
        """Let a node write; what it cannot send counts as not delivered."""
        try:
            outputs = station.session.submit(command, self.engine.instant())
        except LocalProtocolError as error:
            self.tally.refused(str(error))
            return
        self._handle(station, outputs)

    def number_of(self, node_id: NodeId) -> int | None:
        """Find a node's number by its id."""
        return self._numbers.get(node_id)

    # --- what passes between sessions, gateways and air ---

    def _finish(self, flight: Flight) -> None:
        noise_dbm = self.propagation.noise_dbm
        for number, power_dbm in self.air.finish(flight).items():
            self.gateways[number].hear(flight.payload, power_dbm, power_dbm - noise_dbm)

    def _arrive(self, number: int, line: bytes) -> None:
        if number < self.nodes:
            station = self.stations[number]
            if station.is_on:
                frame = Frame(LINK, line, self.engine.instant())
                self._handle(station, station.session.receive(frame))
        elif self._guest is not None:
            self._guest.hear(line)

    def _handle(self, station: Station, outputs: Sequence[Output]) -> None:
        """Carry out what a session wants, and what it wants then."""
        queue = station.outputs
        queue.extend(outputs)
        while queue:
            output = queue.popleft()
            if isinstance(output, Transmit):
                if station.is_on:
                    kind = min(output.priority, KINDS - 1)
                    station.gateway.take(output.payload, kind)
                    now = self.engine.instant()
                    queue.extend(station.session.transmitted(output, now))
            else:
                self.tally.count(station.number, output)
                if self._guest is not None:
                    self._guest.listen(station.number, output)
        self._watch(station)

    def _watch(self, station: Station) -> None:
        """Be there when the session is due."""
        due_s = station.session.next_deadline_s
        if due_s is not None and due_s < station.wake_at_s:
            station.wake_at_s = max(due_s, self.engine.now_s + _EARLIEST_WAKE_S)
            self.engine.at(station.wake_at_s, self._wake, station)

    def _wake(self, station: Station) -> None:
        now_s = self.engine.now_s
        if now_s < station.wake_at_s:
            return  # another, earlier call has taken over
        station.wake_at_s = math.inf
        due_s = station.session.next_deadline_s
        if due_s is not None and due_s <= now_s:
            self._handle(station, station.session.tick(self.engine.instant()))
        else:
            self._watch(station)


def lay_out(
    scenario: RadioScenario, seed: int, radio: RadioSettings | None = None
) -> tuple[Propagation, list[Place]]:
    """Place a scenario's nodes, and fix how waves travel between them.

    Raises:
        ConfigError: The placement's rule gives no mesh.
    """
    propagation = Propagation(scenario.air, radio or scenario.radio, seed)
    random = Random(f"{seed} places")  # noqa: S311 - a play, to be repeated
    return propagation, place_nodes(scenario, propagation, random)


def _middle(places: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return (
        sum(x for x, _ in places) / len(places),
        sum(y for _, y in places) / len(places),
    )
