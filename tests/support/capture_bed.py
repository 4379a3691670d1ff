"""What the capture service is run against: a simulated companion radio on TCP, and its settings.

    async with capture_radio(tmp_path) as radio:
        async with capturing(radio, mqtt1="server = localhost\\nport = 1883") as mesh:
            radio.hear(raw)

The radio is `meshtui.sim.companion_server`'s, in the test's loop, so that it can be told what to
hear; the service is `open_mesh`'s, with settings read from an INI file as its users have it.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.config.settings import parse_config
from meshtui.model.packet import RxMeta
from meshtui.model.publishing import PublisherState
from meshtui.networks.registry import load_network
from meshtui.runtime.bootstrap import open_mesh
from meshtui.runtime.publishing.service import PublishingService
from meshtui.sim import companion_server as server
from meshtui.sim.companion.board import MAX_RAW_BYTES
from meshtui.sim.companion.pushing import overheard
from tests.support.meshcore_vectors import raw_packets
from tests.support.mosquitto import eventually
from tests.support.someone import identity_of
from tests.support.token_broker import AUDIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from meshtui.config.settings import Config
    from meshtui.model.capture import CaptureConfig
    from meshtui.model.publishing import PublisherStatus, PublishingStatus
    from meshtui.runtime.clock import Clock
    from meshtui.runtime.hub import MeshHub
    from tests.support.mosquitto import Mosquitto
    from tests.support.token_broker import TokenBroker

PLACE = "BTS"
# nobody is near enough to be heard
DESERT = """
title = "A desert"
boot_s = 1
[air]
shadowing_db = 0
[place]
rule = "list"
[own]
x_m = 0
y_m = 0
[traffic]
dms_per_node_hour = 0
[[node]]
name = "Oasis"
x_m = 900000
y_m = 0
[[node]]
name = "Mirage"
x_m = -900000
y_m = 0
"""
TOPICS = """
topic_status = meshcore/{IATA}/{PUBLIC_KEY}/status
topic_packets = meshcore/{IATA}/{PUBLIC_KEY}/packets
"""


class CaptureRadio(server.CompanionServer):
    """A companion radio that hears what it is told.

    Attributes:
        port: The same for its life.
        told: Packets it heard so far, the program being there or not.
    """

    def __init__(self, scenario: Path, *options: str) -> None:
        super().__init__(server.parse([str(scenario), "--speed=10", *options]))
        self.port = 0
        self.told = 0
        self._listener: asyncio.Server | None = None

    @property
    def key(self) -> str:
        """As topics and user names have it."""
        return self.mesh.radio.desk.node.public_key.hex().upper()

    @property
    def private_key(self) -> str:
        """As radios export it, in hex."""
        return self.mesh.radio.desk.owner.key.private.reveal.hex()

    @property
    def is_connected(self) -> bool:
        return self._client is not None

    async def switch_on(self) -> None:
        """Be there."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: server._Client(self), server.HOST, self.port
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    def switch_off(self) -> None:
        """Be gone, as if somebody had pulled the plug."""
        self._listener.close()
        self._hang_up()

    def hear(self, *raw: bytes, snr_db: float = 8.5, rssi_dbm: int = -42) -> None:
        """Hear packets, as they are on the air."""
        self.told += len(raw)
        desk = self.mesh.radio.desk
        rx = RxMeta(rssi_dbm, snr_db)
        self.mesh.do(lambda: [overheard(desk, each, rx) for each in raw])


@contextlib.asynccontextmanager
async def capture_radio(folder: Path, *options: str) -> AsyncIterator[CaptureRadio]:
    """A radio that is switched on; options as of `companion_server`, such as `--no-signing`."""
    scenario = folder / "desert.toml"
    scenario.write_text(DESERT)
    radio = CaptureRadio(scenario, *options)
    await radio.switch_on()
    async with asyncio.TaskGroup() as group:
        group.create_task(radio.mesh.run())
        try:
            yield radio
        finally:
            radio.mesh.end()
            radio.switch_off()


def ini(radio: int | str, service: str = "", **brokers: str) -> str:
    """A settings file; a broker's lines go without their `mqttN_`, topics are there already.

    Args:
        radio: Its port on this machine, or all that `[Connection]` says of it.
    """
    at_port = f"connection_type = tcp\nhostname = 127.0.0.1\ntcp_port = {radio}"
    lines = [
        "[Connection]",
        at_port if isinstance(radio, int) else radio,
        "[PacketCapture]",
        "enabled = true   # as users write it",
        f"iata = {PLACE}",
        "health_check_interval = 1",
        *service.split("\n"),
    ]
    for name, said in brokers.items():
        lines += [f"{name}_{line.strip()}" for line in (TOPICS + said).split("\n") if line.strip()]
    return "\n".join(lines)


def settings(radio: int | str, service: str = "", **brokers: str) -> Config:
    """What such a file says."""
    return parse_config(Path("config.ini"), ini(radio, service, **brokers))


def at_mosquitto(broker: Mosquitto, scheme: str = "mqtt", *more: str) -> str:
    """The lines of a broker that is a mosquitto; `alice` logs in."""
    from tests.support.mosquitto import ALICE

    login = (f"username = {ALICE[0]}", f"password = {ALICE[1]}")
    return "\n".join((*_where(broker.ports[scheme], scheme, broker.authority.file), *login, *more))


def at_tokens(broker: TokenBroker, scheme: str = "wss", *more: str) -> str:
    """The lines of a broker that takes tokens."""
    login = ("use_auth_token = true", f"token_audience = {AUDIENCE}")
    return "\n".join((*_where(broker.ports[scheme], scheme, broker.authority.file), *login, *more))


def at_port(port: int, *more: str) -> str:
    """The lines of a broker that is plain TCP."""
    return "\n".join(("server = 127.0.0.1", f"port = {port}", *more))


def _where(port: int, scheme: str, ca: Path) -> list[str]:
    lines = ["server = localhost", f"port = {port}"]
    if scheme in {"ws", "wss"}:
        lines.append("transport = websockets")
    if scheme in {"mqtts", "wss"}:
        lines += ["use_tls = true", f"tls_ca = {ca}"]
    return lines


class Capturing:
    """A running service."""

    def __init__(self, mesh: MeshHub) -> None:
        self.mesh = mesh
        api = mesh.publishing()
        assert api is not None
        self.api = api

    @property
    def status(self) -> PublishingStatus:
        return self.api.status()

    def of(self, name: str) -> PublisherStatus:
        """Where one broker stands."""
        return next(each for each in self.status.publishers if each.name == name)

    def are_up(self, *names: str) -> bool:
        """Tell whether these are connected, all of them where none is named."""
        names = names or tuple(each.name for each in self.status.publishers)
        return all(self.of(name).state is PublisherState.UP for name in names)

    async def up(self, *names: str, timeout_s: float = 10) -> None:
        """Wait until these are connected."""
        try:
            await eventually(lambda: self.are_up(*names), timeout_s)
        except TimeoutError:
            raise AssertionError(
                [(p.name, p.state, p.reason) for p in self.status.publishers]
            ) from None

    def retried(self, *names: str) -> bool:
        """Let those that are down try now; tells whether these are connected."""
        for name in names:
            self.api.retry(name)
        return self.are_up(*names)

    async def down(self, *names: str) -> None:
        """Wait until these are not connected, and know it."""
        await eventually(
            lambda: all(self.of(name).state is PublisherState.DOWN for name in names), 10
        )

    async def reason(self, name: str, *words: str, timeout_s: float = 10) -> str:
        """Wait until a broker is down for a reason that has these words; returns it."""
        try:
            await eventually(lambda: self._is_down(name, words), timeout_s)
        except TimeoutError:
            raise AssertionError(self.of(name)) from None
        return self.of(name).reason

    async def published(self, count: int, *names: str, timeout_s: float = 10) -> None:
        """Wait until these brokers were given so many packets."""
        try:
            await eventually(
                lambda: all(self.of(name).published >= count for name in names), timeout_s
            )
        except TimeoutError:
            raise AssertionError([self.of(name) for name in names]) from None

    async def hear(self, radio: CaptureRadio, packets: Sequence[bytes]) -> None:
        """Let the radio hear many packets, no faster than its connection takes them."""
        for start in range(0, len(packets), 100):
            radio.hear(*packets[start : start + 100])
            await eventually(lambda: self.status.captured == radio.told)

    def _is_down(self, name: str, words: Sequence[str]) -> bool:
        status = self.of(name)
        return status.state is PublisherState.DOWN and all(word in status.reason for word in words)


@contextlib.asynccontextmanager
async def capturing(
    radio: CaptureRadio, service: str = "", *, stats_s: float = 300, **brokers: str
) -> AsyncIterator[Capturing]:
    """Run the service for the length of a block; `stats_s` may be less than settings allow."""
    config = settings(radio.port, service, **brokers)
    hasty = replace(config.capture, stats_refresh_interval_s=stats_s)
    config = replace(config, capture=hasty)
    async with open_mesh(config, None, identity_of("observer")) as mesh:
        yield Capturing(mesh)


@contextlib.asynccontextmanager
async def publishing(hub: MeshHub, config: CaptureConfig, clock: Clock) -> AsyncIterator[Capturing]:
    """Run the service beside a mesh that is there already, by any clock."""
    service = PublishingService(
        config, hub, lambda name: load_network(name).open_observer(), clock, lambda: 0.5
    )
    async with service:
        hub.publish_by(service)
        yield Capturing(hub)


def hexes(packets: Sequence[bytes]) -> list[str]:
    """Packets as messages have them."""
    return [raw.hex().upper() for raw in packets]


def air(count: int) -> list[bytes]:
    """So many packets as firmware sent them, of all kinds; there are some seventy."""
    known = [raw for raw in raw_packets() if len(raw) <= MAX_RAW_BYTES]
    return [known[number % len(known)] for number in range(count)]


def numbered(count: int, size: int = 60) -> list[bytes]:
    """So many packets, no two of them alike: floods of data that only their sender can read."""
    return [b"\x3d\0" + number.to_bytes(4) + bytes(size - 6) for number in range(count)]
