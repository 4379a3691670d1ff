"""The simulator's air for `session_driver.World`: gateways that listen first, collisions, airtime.

air = SimAir(world)
alice.tune(air); bob.tune(air, "ble")   # a link named ble… arrives in notifications of 20 bytes
world.wind(60)

With `SlowBroker` time passes between publishing and arriving; `DumbGateway` joins the two as an
ESP32 does that knows nothing of sessions.
"""

from __future__ import annotations

import heapq
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from meshtui.model.link import LinkInfo, LinkKind, LinkSetup, RadioSettings
from meshtui.model.packet import Subscribe
from meshtui.networks.jsonmesh.topics import LORA_INBOUND, LORA_OUTBOUND
from meshtui.sim.air import VirtualAir
from meshtui.sim.engine import Engine
from meshtui.sim.gateway import Gateway
from tests.support.fake_broker import FakeBroker

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import LinkId
    from meshtui.sim.air import Flight
    from tests.support.session_driver import SessionDriver, World

RSSI_DBM, SNR_DB = -92, 7.5
NOTIFICATION_BYTES = 20
MAX_RADIOS = 16


class SimAir:
    """One channel on which all hear each other; see the module's docstring."""

    def __init__(self, world: World, radio: RadioSettings | None = None) -> None:
        self.radio = radio or RadioSettings(duty_cycle=1.0)
        self.sent: list[bytes] = []
        self.lose: Callable[[bytes], bool] = lambda packet: False
        self._world = world
        self._engine = Engine()
        self._engine.run_until(world.now.mono_s)
        self._audible: list[dict[int, float]] = [{} for _ in range(MAX_RADIOS)]
        self._air = VirtualAir(self.radio, self._audible, sensitivity_dbm=-130)
        self._gateways: list[Gateway] = []
        self._of: dict[str, Gateway] = {}
        world.airs.append(self)  # type: ignore[arg-type]  # it has what a world asks of an air

    def airtime_ms(self, packet: bytes) -> float:
        return self._air.airtime_s(len(packet)) * 1000

    def plug(self, give: Callable[[bytes], None]) -> Gateway:
        """Put one more gateway up; `give` is called with what it says to its host."""
        number = len(self._gateways)
        for other in range(number):
            self._audible[number][other] = self._audible[other][number] = RSSI_DBM
        gateway = Gateway(number, self._air, self._engine, Random(number), give, self._finish)
        self._gateways.append(gateway)
        return gateway

    def join(self, station: SessionDriver, link_id: LinkId) -> LinkInfo:
        """Give a station a radio here."""
        kind = LinkKind.PIECES if link_id.startswith("ble") else LinkKind.STREAM
        size = NOTIFICATION_BYTES if kind is LinkKind.PIECES else 4_096

        def give(line: bytes) -> None:
            for start in range(0, len(line), size):
                station.hear(line[start : start + size], "", link_id)

        self._of[station.node_id] = self.plug(give)
        url = f"jsonmesh+{'ble' if kind is LinkKind.PIECES else 'serial'}://{link_id}"
        network = station.session.myself.network
        return LinkInfo(link_id, network, kind, link_id, url, radio=self.radio)

    def transmit(self, sender: SessionDriver, line: bytes) -> None:
        """Let a station's gateway have a line."""
        self._engine.run_until(self._world.now.mono_s)
        self._of[sender.node_id].take(line)

    @property
    def next_s(self) -> float | None:
        return self._engine.next_at_s

    def step(self) -> int:
        """Let happen what is due by now; returns how much that was."""
        before = self._engine.events
        self._engine.run_until(self._world.now.mono_s)
        return self._engine.events - before

    def _finish(self, flight: Flight) -> None:
        self.sent.append(flight.payload)
        for number in self._air.finish(flight):
            if not self.lose(flight.payload):
                self._gateways[number].hear(flight.payload, RSSI_DBM, SNR_DB)


class SlowBroker(FakeBroker):
    """A broker from which everything arrives `delay_s` after it was published."""

    def __init__(self, world: World, name: str, delay_s: float) -> None:
        super().__init__(name)
        self.delay_s = delay_s
        self._world = world
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        world.airs.append(self)  # type: ignore[arg-type]  # it has what a world asks of an air

    def connect(self, setup: LinkSetup, deliver: Callable[[str, bytes, bool], None]) -> None:
        def later(topic: str, payload: bytes, is_retained: bool) -> None:
            at_s = self._world.now.mono_s + self.delay_s
            arrive = lambda: deliver(topic, payload, is_retained)  # noqa: E731
            heapq.heappush(self._due, (at_s, next(self._number), arrive))

        super().connect(setup, later)

    @property
    def next_s(self) -> float | None:
        return self._due[0][0] if self._due else None

    def step(self) -> int:
        if not self._due or self._due[0][0] > self._world.now.mono_s:
            return 0
        heapq.heappop(self._due)[2]()
        return 1


class DumbGateway:
    """Publishes what it hears on `lora/inbound`, sends what comes on `lora/outbound`."""

    def __init__(self, name: str, broker: FakeBroker, air: SimAir) -> None:
        self.heard: list[bytes] = []
        gateway = air.plug(self._hear)
        self._broker, self._name = broker, name
        wanted = Subscribe("lora", LORA_OUTBOUND)  # type: ignore[arg-type]
        broker.connect(
            LinkSetup(name, subscriptions=(wanted,)),
            lambda _topic, payload, _is_retained: gateway.take(payload + b"\n"),
        )

    def _hear(self, line: bytes) -> None:
        packet = line.split(b"|", 2)[2].removesuffix(b"\n")
        self.heard.append(packet)
        self._broker.publish(self._name, LORA_INBOUND, packet, False, False)
