"""The packet capture service in the whole program: a radio that hears a thousand packets a second,
ten brokers, one of which is frozen, and somebody who writes meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.config.settings import parse_config
from meshtui.crypto.keys import Identity
from meshtui.errors import LocalProtocolError
from meshtui.model.capture import BrokerConfig, CaptureConfig
from meshtui.model.command import SendText
from meshtui.model.event import FrameSent
from meshtui.model.ids import MessageId, NetworkName, channel_conversation
from meshtui.model.publishing import PublisherState
from meshtui.runtime.bootstrap import open_mesh
from tests.support.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from meshtui.model.publishing import PublisherStatus
    from meshtui.runtime.hub import MeshHub
    from tests.bench.measure import Table

RATE, SECONDS, BROKERS = 1_000, 6.0, 10
WORDS_EVERY_S = 0.1
_PUBLIC = channel_conversation(NetworkName("meshcore"), "Public")


def report(table: Table) -> None:
    """Measure with no broker, then with ten, then with one of the ten frozen."""
    table.head(f"Capture service: {RATE:,} packets a second from a radio for {SECONDS:.0f} s")
    if shutil.which("mosquitto") is None and shutil.which("/usr/sbin/mosquitto") is None:
        print("not measured: mosquitto is not installed")
        return
    with tempfile.TemporaryDirectory() as folder, _brokers(Path(folder)) as brokers:
        alone = _run(Path(folder) / "alone", [], frozen=False)
        ten = _run(Path(folder) / "ten", brokers, frozen=False)
        table.add("processor, no broker / ten", f"{ten.cpu:.0%}", f"{alone.cpu:.0%}")
        table.add("captured of heard", f"{ten.captured:,}", f"{ten.pushed:,}", aim="all")
        table.add("published to ten brokers", f"{ten.published:,}", aim=f"{BROKERS}x, none lost")
        table.add("most that waited for a broker", f"{ten.waited:,} packets")
        _words(table, "a text on its way to the radio", ten, alone)
        cold = _run(Path(folder) / "cold", brokers, frozen=True)
        table.add("published to nine, the tenth frozen", f"{cold.published:,}", aim="9x")
        table.add("most that waited for one of the nine", f"{cold.waited:,} packets")
        _words(table, "a text meanwhile", cold, alone)
        table.add(
            "largest memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
        )


def _words(table: Table, what: str, ours: Outcome, alone: Outcome) -> None:
    for name, pick in (("median", statistics.median), ("worst", max)):
        mine, other = pick(ours.delays_s) * 1000, pick(alone.delays_s) * 1000
        table.add(f"{what}, {name}", f"{mine:.1f} ms", f"{other:.1f} ms without", aim="the same")


@dataclasses.dataclass
class Outcome:
    """What came of a run; `published` and `waited` are of the brokers that were not frozen."""

    pushed: int
    captured: int
    published: int
    waited: int
    cpu: float
    delays_s: list[float]


@contextlib.contextmanager
def _brokers(folder: Path) -> Iterator[list[Mosquitto]]:
    brokers = [Mosquitto(folder / f"m{number}") for number in range(BROKERS)]
    try:
        for broker in brokers:
            broker.start()
        yield brokers
    finally:
        for broker in brokers:
            broker.stop()


def _run(home: Path, brokers: list[Mosquitto], *, frozen: bool) -> Outcome:
    home.mkdir()
    command = [sys.executable, "-m", "tests.bench.loud_radio", str(RATE), str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as radio:
        try:
            return asyncio.run(_listen(home, radio, brokers, frozen=frozen))
        finally:
            radio.kill()


async def _listen(
    home: Path, radio: subprocess.Popen[str], brokers: list[Mosquitto], *, frozen: bool
) -> Outcome:
    assert radio.stdout is not None
    port = int(await asyncio.to_thread(radio.stdout.readline))
    async with _mesh(home, port, brokers) as hub:
        if not frozen:
            return await _watch(hub, radio, len(brokers))
        await _until(lambda: _ups(hub) == len(brokers))
        brokers[-1].freeze()
        try:
            return await _watch(hub, radio, len(brokers) - 1)
        finally:
            brokers[-1].thaw()


@contextlib.asynccontextmanager
async def _mesh(home: Path, port: int, brokers: list[Mosquitto]) -> AsyncIterator[MeshHub]:
    overrides = {"links": [f"meshcore+tcp://127.0.0.1:{port}?id=radio"]}
    config = parse_config(home / "config.toml", "", overrides=overrides)
    topics = {"topic_packets": "meshcore/TST/{PUBLIC_KEY}/packets", "topic_status": "s"}
    capture = CaptureConfig(
        is_enabled=bool(brokers),
        brokers=tuple(
            BrokerConfig(number, server="localhost", port=broker.ports["mqtt"], **topics)
            for number, broker in enumerate(brokers, 1)
        ),
    )
    config = dataclasses.replace(config, capture=capture)
    async with open_mesh(config, home / "db", Identity(bytes(range(64)))) as hub:
        yield hub


async def _watch(hub: MeshHub, radio: subprocess.Popen[str], count: int) -> Outcome:
    """Write a text now and then until the radio has said everything and all of it has left."""
    assert radio.stdout is not None
    last = asyncio.to_thread(radio.stdout.readline)
    delays_s: list[float] = []
    waited = 0
    async with asyncio.TaskGroup() as group:
        telling = group.create_task(last)
        writing = group.create_task(_write(hub, delays_s))
        await _until(lambda: any(device.node_id for device in hub.devices()))
        await asyncio.sleep(2.0)
        cpu_s, since_s = time.process_time(), time.perf_counter()
        while not telling.done():
            await asyncio.sleep(0.02)
            waited = max([waited, *(each.queued for each in _status(hub, count))])
        share = (time.process_time() - cpu_s) / (time.perf_counter() - since_s)
        pushed = int(telling.result())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await _until(lambda: all(e.published >= pushed for e in _status(hub, count)))
        writing.cancel()
    service = hub.publishing()
    captured = service.status().captured if service else 0
    published = sum(each.published for each in _status(hub, count))
    return Outcome(pushed, captured, published, waited, share, delays_s)


async def _write(hub: MeshHub, delays_s: list[float]) -> None:
    """Write to everybody and note how long it takes until the radio has it."""
    subscription = hub.subscribe()
    while True:
        await asyncio.sleep(WORDS_EVERY_S)
        message_id = MessageId(uuid.uuid4().hex)
        began_s = time.perf_counter()
        try:
            await hub.submit(SendText(_PUBLIC, "how is the air?", message_id))
        except LocalProtocolError:
            continue  # the radio has not told its channels yet
        sent = False
        while not sent:
            batch = await subscription.next_batch()
            sent = any(
                isinstance(e, FrameSent) and e.transmit.message_id == message_id for e in batch
            )
        delays_s.append(time.perf_counter() - began_s)


def _status(hub: MeshHub, count: int) -> list[PublisherStatus]:
    service = hub.publishing()
    return list(service.status().publishers[:count]) if service else []


def _ups(hub: MeshHub) -> int:
    return sum(each.state is PublisherState.UP for each in _status(hub, BROKERS))


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - nobody tells a benchmark
        await asyncio.sleep(0.01)
