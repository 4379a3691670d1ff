"""Publishing to brokers: ours beside plain paho (a client and a thread a broker), in one run.

A run has ended when every broker has confirmed a last message that was sent after all others on
the same connection. What arrived is then asked of the brokers themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import paho.mqtt.client as paho
from paho.mqtt.client import _WebsocketWrapper
from paho.mqtt.enums import CallbackAPIVersion

from meshtui.transports.mqtt_feed import MqttFeed, Publication
from meshtui.transports.websocket_frames import Opcode, write_frame
from tests.bench.measure import take_turns
from tests.support.feeds import feed_to
from tests.support.links import opened
from tests.support.mosquitto import Mosquitto, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.measure import Table

BROKERS = 10
TOPIC = "meshcore/XYZ/packets"
PAYLOAD = b"x" * 450
# What a queue gives out at once.
BATCH = 256
ROUNDS = 3
MESSAGES = {0: 20_000, 1: 4_000}  # a broker, by QoS
RATE_HZ = 1_000
STEADY_S = 5.0
FROZEN_S = (1.5, 3.5)
TICK_S = 0.005
COUNTER = "$SYS/broker/publish/messages/received"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took.

    Attributes:
        cpu_s: Of this process, all its threads; what brokers take is theirs.
    """

    wall_s: float
    cpu_s: float


def report(table: Table) -> None:
    """Add the rows of this part."""
    table.head("publishing (messages of 450 bytes)")
    _mask(table)
    with _sinks(BROKERS) as (ports, arrived):
        for count, qos in itertools.product((1, BROKERS), (0, 1)):
            _compare(table, "sinks", ports[:count], qos, arrived)
    with _brokers(BROKERS) as brokers:
        ports = [broker.ports["mqtt"] for broker in brokers]
        for count, qos in itertools.product((1, BROKERS), (0, 1)):
            before = sum(_arrived(ports))
            _compare(
                table,
                "mosquitto",
                ports[:count],
                qos,
                lambda before=before: sum(_arrived(ports)) - before,
            )
    with _brokers(BROKERS) as brokers:
        asyncio.run(_keep_pace(table, brokers))


def _mask(table: Table) -> None:
    """A WebSocket's masking, which paho does byte by byte."""
    data, mask = PAYLOAD * BATCH, os.urandom(4)
    wrapper = object.__new__(_WebsocketWrapper)
    taken_s = take_turns(
        {
            "ours": lambda: write_frame(Opcode.BINARY, data, mask),
            "paho": lambda: wrapper._create_frame(Opcode.BINARY, bytearray(data)),
        },
        9,
    )
    ours, theirs = (len(data) / 1e6 / taken_s[name] for name in ("ours", "paho"))
    table.add(
        "WebSocket frames of 256 messages",
        f"{ours:,.0f} MB/s",
        f"paho {theirs:,.0f} MB/s",
        f"{ours / theirs:.0f}x",
    )


@contextlib.contextmanager
def _brokers(count: int) -> Iterator[list[Mosquitto]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        quiet = "log_type none\nsys_interval 1"
        yield [
            stack.enter_context(running(folder / str(number), extra=quiet))
            for number in range(count)
        ]


@contextlib.contextmanager
def _sinks(count: int) -> Iterator[tuple[list[int], Callable[[], int]]]:
    """Ports of brokers that do nothing but count, and what they got since they were asked."""
    command = [sys.executable, "-m", "tests.bench.publish_sink", str(count), TOPIC]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ports = [int(process.stdout.readline()) for _ in range(count)]

        def arrived() -> int:
            process.stdin.write("\n")
            return sum(map(int, process.stdout.readline().split()))

        yield ports, arrived
        process.stdin.close()


def _compare(
    table: Table, name: str, ports: Sequence[int], qos: int, arrived: Callable[[], int]
) -> None:
    messages = MESSAGES[qos] // (1 if len(ports) == 1 else 4)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(asyncio.run(_by_feeds(ports, qos, messages)))
        theirs.append(_by_paho(ports, qos, messages))
    total = messages * len(ports)
    rates = [total / statistics.median(cost.wall_s for cost in costs) for costs in (ours, theirs)]
    cpu_us = [
        statistics.median(cost.cpu_s for cost in costs) / total * 1e6 for costs in (ours, theirs)
    ]
    sent, came = 2 * ROUNDS * (messages + 1) * len(ports), arrived()
    table.add(
        f"{len(ports)} {name}, QoS {qos}",
        f"{rates[0]:,.0f}/s",
        f"paho {rates[1]:,.0f}/s",
        f"{rates[0] / rates[1]:.1f}x",
        ">= 10x" if len(ports) > 1 and name == "sinks" else "",
    )
    table.add(
        "  processor time of ours a message",
        f"{cpu_us[0]:.1f} us",
        f"paho {cpu_us[1]:.1f} us",
        f"{cpu_us[1] / cpu_us[0]:.1f}x",
        f"{came:,} of {sent:,} arrived",
    )


async def _by_feeds(ports: Sequence[int], qos: int, messages: int) -> Cost:
    feeds = [await feed_to(f"jsonmesh+mqtt://127.0.0.1:{port}") for port in ports]
    last = Publication(TOPIC, b"end", is_confirmed=True)
    begin_s, cpu_s = time.perf_counter(), time.process_time()
    for begin in range(0, messages, BATCH):
        batch = [Publication(TOPIC, PAYLOAD, qos == 1) for _ in range(min(BATCH, messages - begin))]
        await asyncio.gather(*(feed.send(batch) for feed in feeds))
    await asyncio.gather(*(feed.send([last]) for feed in feeds))
    cost = Cost(time.perf_counter() - begin_s, time.process_time() - cpu_s)
    await asyncio.gather(*(feed.aclose() for feed in feeds))
    return cost


def _by_paho(ports: Sequence[int], qos: int, messages: int) -> Cost:
    clients = [paho.Client(CallbackAPIVersion.VERSION2) for _ in ports]
    for client, port in zip(clients, ports, strict=True):
        client.connect("127.0.0.1", port)
        client.loop_start()
    while not all(client.is_connected() for client in clients):
        time.sleep(0.01)
    begin_s, cpu_s = time.perf_counter(), time.process_time()
    for _ in range(messages):
        for client in clients:
            client.publish(TOPIC, PAYLOAD, qos)
    for last in [client.publish(TOPIC, b"end", 1) for client in clients]:
        last.wait_for_publish()
    cost = Cost(time.perf_counter() - begin_s, time.process_time() - cpu_s)
    for client in clients:
        client.disconnect()
        client.loop_stop()
    return cost


def _arrived(ports: Sequence[int]) -> list[int]:
    """Ask brokers how many messages each got; they say it once a second."""
    return asyncio.run(_counters(ports))


async def _counters(ports: Sequence[int]) -> list[int]:
    async with contextlib.AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(opened(f"jsonmesh+mqtt://127.0.0.1:{port}", COUNTER))
            for port in ports
        ]
        await asyncio.sleep(2.2)
        return [int(link.payloads[-1]) for link in links]


async def _keep_pace(table: Table, brokers: Sequence[Mosquitto]) -> None:
    """Supply all brokers at a steady pace while one stands still for two seconds."""
    feeds = await asyncio.gather(*(feed_to(broker.url()) for broker in brokers))
    supplies = [_Supply(feed) for feed in feeds]
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(supply.run()) for supply in supplies]
        group.create_task(_freeze(brokers[0]))
        await _publish_steadily(supplies)
        while any(supply.waiting for supply in supplies):  # noqa: ASYNC110 - a bench waits
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        for task in running:
            task.cancel()
    await asyncio.gather(*(feed.aclose() for feed in feeds))
    arrived = await _counters([broker.ports["mqtt"] for broker in brokers])
    total = round(RATE_HZ * STEADY_S)
    frozen = slice(*(round(at_s * RATE_HZ) for at_s in FROZEN_S))
    worst_s, calm_s = (
        max(max(supply.delays_s[part]) for supply in supplies[1:])
        for part in (frozen, slice(frozen.start))
    )
    table.add(
        f"{BROKERS} x {RATE_HZ}/s for {STEADY_S:.0f} s, QoS 1, one frozen for 2 s",
        f"{sum(arrived):,} of {total * BROKERS:,}",
        aim="nothing lost",
    )
    table.add(
        "  worst delay of the nine others meanwhile",
        f"{worst_s * 1000:.0f} ms",
        f"before {calm_s * 1000:.0f} ms",
    )
    table.add("  of the frozen one", f"{max(supplies[0].delays_s) * 1000:.0f} ms")


class _Supply:
    """What waits for one broker, and how long each message waited until it was confirmed."""

    def __init__(self, feed: MqttFeed) -> None:
        self.waiting: list[tuple[float, Publication]] = []
        self.delays_s: list[float] = []
        self.wake = asyncio.Event()
        self._feed = feed

    async def run(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            batch, self.waiting = self.waiting, []
            if batch:
                await self._feed.send([publication for _, publication in batch])
                now_s = time.perf_counter()
                self.delays_s += [now_s - begin_s for begin_s, _ in batch]
                self.wake.set()


async def _publish_steadily(supplies: Sequence[_Supply]) -> None:
    begin_s, done = time.perf_counter(), 0
    while done < RATE_HZ * STEADY_S:
        await asyncio.sleep(TICK_S)
        now_s = time.perf_counter()
        due = min(round((now_s - begin_s) * RATE_HZ), round(RATE_HZ * STEADY_S))
        batch = [(now_s, Publication(TOPIC, PAYLOAD, True)) for _ in range(due - done)]
        done = due
        for supply in supplies:
            supply.waiting += batch
            supply.wake.set()


async def _freeze(broker: Mosquitto) -> None:
    await asyncio.sleep(FROZEN_S[0])
    broker.freeze()
    await asyncio.sleep(FROZEN_S[1] - FROZEN_S[0])
    broker.thaw()
