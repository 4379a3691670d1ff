"""Who speaks when: brings the people of a scenario to life around whoever joins their mesh.

Nobody speaks before there is somebody to listen. Answers go to guests only, never to each other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import chain, count
from random import Random
from typing import TYPE_CHECKING, Final

from meshtui.sim.characters import Character, Said
from meshtui.sim.oddities import Oddities
from meshtui.sim.scenario import NodeKind
from meshtui.sim.station import HubStation
from meshtui.sim.wire_station import WireStation

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from meshtui.model.ids import NodeId
    from meshtui.model.node import Node
    from meshtui.runtime.clock import Clock
    from meshtui.sim.scenario import Line, Scenario
    from meshtui.sim.station import Heard, Station

MAX_GUESTS: Final = 20
MAX_PENDING: Final = 50  # a guest who floods is answered no faster
FIRST_PAUSE_S: Final = (0.4, 1.2)
EARLY_PAUSE_S: Final = (2.0, 5.0)
LATE_PAUSE_S: Final = (15.0, 45.0)
FIRST_LINES: Final = 6
EARLY_LINES: Final = 24
ANSWER_S: Final = (1.2, 3.5)
GREETING_S: Final = 6.0
ODDITY_S: Final = (25.0, 60.0)
GREETING: Final = (
    "Welcome to {title}, {you}! Nobody here is real, but the crypto, the relays and the ticks are. "
    "Write back, or write “help” to any of us."
)


class Director:
    """Runs every node of a scenario until cancelled."""

    def __init__(self, scenario: Scenario, ports: Mapping[str, int], clock: Clock) -> None:
        """Prepare the nodes; `ports` are those of the brokers, by island."""
        self._scenario = scenario
        self._clock = clock
        self._random = Random(scenario.seed)  # noqa: S311 - a play, to be repeated
        self._oddities = Oddities(scenario, self._random)
        self._stations: dict[str, Station] = {
            node.name: (WireStation if node.kind in _BY_HAND else HubStation)(
                scenario, node, ports, clock
            )
            for node in scenario.nodes
        }
        self._characters = {
            name: Character(scenario, station.node, self._random)
            for name, station in self._stations.items()
        }
        self._names = {station.node_id: name for name, station in self._stations.items()}
        self._guests: dict[NodeId, Node] = {}
        self._answered: deque[str] = deque(maxlen=1_000)
        self._arrival = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._pending = 0

    async def run(self) -> None:
        """Live until cancelled."""
        async with self._group as group:
            for station in self._stations.values():
                group.create_task(station.run(self), name=station.node.name)
            group.create_task(self._talk())
            group.create_task(self._be_odd())

    # --- what the nodes tell us (see `Audience`) ---

    def met(self, station: Station, node: Node) -> None:
        """A node heard of another: perhaps a guest."""
        if not station.node.greets or node.node_id in self._names or not node.public_key:
            return
        is_new = node.node_id not in self._guests
        if is_new and len(self._guests) >= MAX_GUESTS:
            return
        self._guests[node.node_id] = node
        if is_new:
            self._arrival.set()
            greeting = GREETING.replace("{title}", self._scenario.title)
            greeting = greeting.replace("{you}", _name_of(node))
            self._soon(GREETING_S, station.tell(node.node_id, greeting))

    def heard(self, station: Station, heard: Heard) -> None:
        """A node read a message: guests get an answer."""
        if heard.sender in self._names or self._pending >= MAX_PENDING:
            return
        if heard.channel and station is not self._answerer(heard):
            return
        if heard.message_id in self._answered:
            return
        self._answered.append(heard.message_id)
        guest = self._guests.get(heard.sender)
        name = _name_of(guest) if guest else heard.sender
        via = tuple(self._names.get(relay, relay) for relay in heard.via)
        answer = self._characters[station.node.name].answer(
            Said(heard.text, name, via, heard.at_ms)
        )
        pause_s = self._random.uniform(*ANSWER_S)
        if heard.channel:
            self._soon(pause_s, station.say(heard.channel, f"@[{name}] {answer}"))
        else:
            self._soon(pause_s, station.tell(heard.sender, answer))
            if station.node.twins and "new key" in heard.text.lower() and guest:
                self._soon(pause_s + 1.0, self._change_keys(station, guest))

    # --- what they do by themselves ---

    def _soon(self, pause_s: float, deed: Coroutine[None, None, None]) -> None:
        async def act() -> None:
            try:
                await self._clock.sleep(pause_s)
                await deed
            finally:
                self._pending -= 1
                deed.close()

        self._pending += 1
        self._group.create_task(act())

    def _answerer(self, heard: Heard) -> Station | None:
        """Choose who answers in a forum: the same for all who hear the message."""
        members = [
            station for station in self._stations.values() if heard.channel in station.node.forums
        ]
        if not members:
            return None
        return members[Random(heard.message_id).randrange(len(members))]  # noqa: S311

    async def _talk(self) -> None:
        await self._arrival.wait()
        for number, (forum, line) in enumerate(self._lines()):
            await self._clock.sleep(self._random.uniform(*_pause_before(number)))
            guest = next(reversed(self._guests.values()))
            character = self._characters[line.speaker]
            now_ms = self._clock.now().unix_ms
            text = character.speak(line.text, Said("", _name_of(guest), (), now_ms))
            await self._stations[line.speaker].say(forum, text)

    def _lines(self) -> Iterator[tuple[str, Line]]:
        """All scenes as written, then again and again in any order."""
        scenes = self._scenario.scenes
        later = (self._random.sample(scenes, len(scenes)) for _ in count())
        for scene in chain(scenes, chain.from_iterable(later)):
            for line in scene.lines:
                yield scene.forum, line

    async def _be_odd(self) -> None:
        await self._arrival.wait()
        while True:
            await self._clock.sleep(self._random.uniform(*ODDITY_S))
            guest = next(reversed(self._guests.values()))
            key, now_ms = bytes.fromhex(guest.public_key), self._clock.now().unix_ms
            await self._publish(*self._oddities.next_packet(guest.node_id, key, now_ms))

    async def _change_keys(self, station: Station, guest: Node) -> None:
        """Let a node's twin appear, and write."""
        now_ms = self._clock.now().unix_ms
        await self._publish(*self._oddities.twin_presence(station.node, now_ms))
        await self._clock.sleep(1.0)
        key = bytes.fromhex(guest.public_key)
        await self._publish(*self._oddities.twin_text(station.node, guest.node_id, key, now_ms))

    async def _publish(self, topic: str, payload: bytes) -> None:
        """Publish where the guests are; a broker does not tell who did."""
        for station in self._stations.values():
            if isinstance(station, WireStation) and station.node.islands[0] == self._home:
                await station.publish(topic, payload)
                return

    @property
    def _home(self) -> str:
        return self._scenario.islands[0]


_BY_HAND = frozenset({NodeKind.APP, NodeKind.GHOST})


def _name_of(node: Node) -> str:
    return node.name or node.node_id


def _pause_before(number: int) -> tuple[float, float]:
    if number < FIRST_LINES:
        return FIRST_PAUSE_S
    return EARLY_PAUSE_S if number < EARLY_LINES else LATE_PAUSE_S
