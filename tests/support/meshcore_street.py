"""A street on the simulated air where several radios are ours: companions, and KISS modems.

    async with street() as air:
        url = await air.companion("Alice", "tcp")    # or "serial"; or a Bluetooth bed
        url = await air.modem("Bob")                 # the program is the node

    Alice, Bob ── each other, and Hill Rpt ── Carol          Cellar, a room, is near Alice and Bob

Everything is in the test's loop and by the street's clock, which the hubs must go by, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.sim.companion.board import Board
from meshtui.sim.companion.framing import Unframer, framed
from meshtui.sim.companion.stream import companion_of
from meshtui.sim.kiss_modem import ModemStation, tuning_of
from meshtui.sim.meshcore_world import MeshcoreWorld
from meshtui.sim.pace import Pace
from meshtui.sim.radio_scenario import parse_radio_scenario
from tests.support.ble_bed import ADDRESS
from tests.support.fake_kiss_modem import FakeKissModem
from tests.support.gateway_pair import SerialGateway
from tests.support.quick_clock import QuickClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from meshtui.model.ids import NodeId
    from meshtui.sim.air import Flight
    from meshtui.sim.companion.radio import CompanionRadio
    from tests.support.ble_bed import BleBed

PLACES = {
    "Alice": (0, 0, "chat"),
    "Bob": (100, 0, "chat"),
    "Carol": (3200, 0, "chat"),
    "Hill Rpt": (1500, 0, "repeater"),
    "Cellar": (50, 50, "room"),
}
STREET = """
title = "A street"
boot_s = 1
known_contacts = "{known}"
[air]
shadowing_db = 0
[place]
rule = "list"
[traffic]
dms_per_node_hour = 0
[meshcore]
channels = ["#street"]
advert_every_min = 600
admin_password = "secret"
guest_password = "hello"
[meshcore.radio]
sf = 7
bandwidth_khz = 500
coding_rate = 5
"""
NODE = """
[[node]]
name = "{name}"
x_m = {x}
y_m = {y}
[node.meshcore]
role = "{role}"
"""


class Street:
    """The air, and our radios on it."""

    def __init__(self, known: str, folder: Path) -> None:
        self.clock = QuickClock()
        nodes = "".join(
            NODE.format(name=name, x=x, y=y, role=role) for name, (x, y, role) in PLACES.items()
        )
        scenario = parse_radio_scenario((STREET.format(known=known) + nodes).encode(), "street", "")
        now = self.clock.now()
        self.world = MeshcoreWorld(scenario, start_unix_ms=now.unix_ms)
        # nobody advertises but when a test says so
        queue = self.world.engine._queue
        queue[:] = [due for due in queue if due[2].__name__ != "_advertise"]
        heapq.heapify(queue)
        self.pace = Pace(self.world.engine, self.clock, now.mono_s)
        self.folder = folder
        self.sent: list[tuple[str, bytes]] = []
        self.ends: dict[str, SerialEnd | TcpEnd | BleEnd] = {}
        self.companions: dict[str, CompanionRadio] = {}
        self.modems: dict[str, FakeKissModem] = {}

    def number(self, name: str) -> int:
        return list(PLACES).index(name)

    def node_id(self, name: str) -> NodeId:
        """The id of a node that stands by itself, or of a companion."""
        station = self.world.stations[self.number(name)]
        return station.node.public_key.hex()

    async def companion(
        self, name: str, how: str = "tcp", *, bed: BleBed | None = None, slots: int = 40
    ) -> str:
        """Make this node a companion radio of ours; returns the link's URL."""
        number = self.number(name)
        self.world.guest = self.world.stations[number]
        unframer = Unframer(skips_long=how == "tcp")
        radio = companion_of(
            self.world, lambda data: self._give(name, data), Board(max_channels=slots)
        )
        radio.desk.rename(name)
        self.companions[name] = radio

        def take(data: bytes) -> None:
            for payload in unframer.feed(data):
                self.pace.do(lambda payload=payload: radio.command(payload))

        if bed is not None:
            self.ends[name] = BleEnd(bed, lambda data: self.pace.do(lambda: radio.command(data)))
        elif how == "serial":
            self.ends[name] = SerialEnd("serial", number, self.folder, take)
        else:
            self.ends[name] = TcpEnd(take)
            await self.ends[name].start()
        radio.rebooted = self.ends[name].hang_up
        radio.connect()
        return self.ends[name].url

    async def modem(self, name: str) -> str:
        """Make this node a modem of ours, on a serial line; returns the link's URL."""
        number = self.number(name)
        modem = self.modems[name] = FakeKissModem(radio=tuning_of(self.world))
        end = SerialEnd(
            "kiss", number, self.folder, lambda data: self.pace.do(lambda: station.take(data))
        )
        station = ModemStation(self.world, number, modem, end.give)
        self.ends[name] = end
        return end.url

    async def advertise(self, name: str) -> None:
        """Let a node that stands by itself flood its advertisement."""
        number = self.number(name)
        station = self.world.stations[number]
        self.pace.do(
            lambda: station.do(station.node.advertise(self.world.engine.instant(), flood=True))
        )

    def deafen(self, name: str, *, is_deaf: bool = True) -> None:
        """Let a radio hear nothing for a while, or again; it has power."""
        self.world.tune(self.number(name), is_here=not is_deaf)

    def _give(self, name: str, payload: bytes) -> None:
        end = self.ends.get(name)
        if end is not None:
            end.give(payload if isinstance(end, BleEnd) else framed(payload))


class SerialEnd(SerialGateway):
    """A radio's serial line; `unplug` and `replug` do what they say."""

    def __init__(
        self, scheme: str, number: int, folder: Path, take: Callable[[bytes], None]
    ) -> None:
        self.take = take
        super().__init__(None, number, folder)
        self.url = f"meshcore+{scheme}://{self._path}"

    def hang_up(self) -> None:
        """The radio starts anew: behind a converter the line stays."""


class TcpEnd:
    """A radio's TCP port; one client."""

    url = ""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._writer: asyncio.StreamWriter | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"meshcore+tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def give(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)

    def hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()

    async def aclose(self) -> None:
        self._server.close()
        self.hang_up()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        with contextlib.suppress(OSError):
            while data := await reader.read(4_096):
                self._take(data)
        if self._writer is writer:
            self._writer = None
        writer.close()


class BleEnd:
    """A radio's Bluetooth: the bed lives in another thread."""

    url = f"meshcore+ble://{ADDRESS}"

    def __init__(self, bed: BleBed, take: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self._bed = bed
        bed.radio.on_data = lambda data: loop.call_soon_threadsafe(take, data) and None

    def give(self, data: bytes) -> None:
        self._bed._loop.call_soon_threadsafe(self._bed.radio.notify, data)

    def hang_up(self) -> None:
        asyncio.run_coroutine_threadsafe(self._bed.radio.drop(), self._bed._loop)

    async def aclose(self) -> None:
        self._bed.radio.on_data = lambda _: None


@contextlib.asynccontextmanager
async def street(known: str = "all") -> AsyncIterator[Street]:
    """A street for the length of a block; `known`: who knows whom (see `sim.radio_scenario`)."""
    with tempfile.TemporaryDirectory(prefix="meshtui-street-") as folder:
        air = Street(known, Path(folder))
        finish = air.world._finish

        def noted(flight: Flight) -> None:
            air.sent.append((list(PLACES)[flight.sender], flight.payload))
            finish(flight)

        for station in air.world.stations:
            station.radio._finish = noted
        air.world._finish = noted
        async with asyncio.TaskGroup() as group:
            group.create_task(air.pace.run(lambda: None))
            try:
                yield air
            finally:
                air.pace.end()
                for end in air.ends.values():
                    await end.aclose()
