"""Messages a second from a broker through hub and session into the store, and the longest stall.

Also paho driven by the asyncio loop beside paho with its own thread. Run from the root:
`python -m tests.bench.hub_pipeline [MESSAGES]`.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import secrets
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from meshtui.crypto.secp256k1 import public_key_of
from meshtui.model.event import FrameReceived, MessageReceived
from meshtui.model.packet import Frame
from meshtui.networks.jsonmesh import inbound
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter, Sealer
from meshtui.networks.jsonmesh.topics import dm_topic, forum_topic, identity_topic
from tests.support.links import open_link, opened
from tests.support.mosquitto import running
from tests.support.someone import Someone, identity_of, someone

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANNEL = "bench"
WRITERS = 20


class StallMeter:
    """The longest time in which the loop did not turn."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def run(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.0005)
            now = time.perf_counter()
            self.longest_s = max(self.longest_s, now - last - 0.0005)
            last = now


def writers() -> list[tuple[Sealer, bytes]]:
    people = []
    for number in range(WRITERS):
        private = derive_key(identity_of(f"writer {number}"))
        public = public_key_of(private)
        people.append((Sealer(private, public, node_id_of(public)), public))
    return people


def letters(
    bob: Someone, kind: str, count: int
) -> tuple[str, list[bytes], list[tuple[str, bytes]]]:
    """Write `count` messages; returns their topic, them, and their writers' presences."""
    me = bob.hub.myself()[0]
    now = time.time_ns() // 1_000_000
    people = writers()
    payloads = []
    for number in range(count):
        sealer, _ = people[number % WRITERS]
        to = me.node_id if kind == "dm" else f"forum:{CHANNEL}"
        letter = Letter(secrets.token_hex(16), to, now, f"message number {number}")
        if kind == "dm":
            sealed = sealer.seal_direct(bytes.fromhex(me.public_key), letter, secrets.token_bytes)
        else:
            sealed = sealer.seal_channel(CHANNEL, letter, secrets.token_bytes)
        payloads.append(encode_envelope(sealed, app_names=True))
    presences = [
        (
            identity_topic(node_id_of(public)),
            encode_presence(Presence(node_id_of(public), public, True, now)),
        )
        for _, public in people
    ]
    return dm_topic(me.node_id) if kind == "dm" else forum_topic(CHANNEL), payloads, presences


async def pipeline(count: int, kind: str) -> None:
    home = Path(tempfile.mkdtemp())
    limits = "max_inflight_messages 1000\nmax_queued_messages 0"
    with running(home / "broker", extra=limits) as broker:
        async with someone("bob", home, broker.url()) as bob, opened(broker.url()) as feed:
            await bob.join(CHANNEL)
            topic, payloads, presences = letters(bob, kind, count)
            for endpoint, presence in presences:
                await feed.send(presence, endpoint)
            await asyncio.sleep(0.5)
            meter = StallMeter()
            async with asyncio.TaskGroup() as group:
                task = group.create_task(meter.run())
                # The writers are another process: their share of the interpreter is not ours.
                publisher = multiprocessing.get_context("spawn").Process(
                    target=publish, args=(broker.ports["mqtt"], topic, payloads)
                )
                publisher.start()
                got = at = 0
                began = time.perf_counter()
                while got < count and time.perf_counter() - began < 60:
                    await asyncio.sleep(0.01)
                    if not got:
                        began, meter.longest_s = time.perf_counter(), 0.0
                    news, at = bob.events[at:], len(bob.events)
                    got += sum(isinstance(event, MessageReceived) for event in news)
                took = time.perf_counter() - began
                task.cancel()
                publisher.join()
            reasons = {e.summary.reason for e in bob.events if isinstance(e, FrameReceived)}
    print(
        f"{kind:6} {len(bob.received):6} messages {len(bob.received) / took:8,.0f}/s "
        f"longest stall {meter.longest_s * 1e3:5.1f} ms {reasons}"
    )


def publish(port: int, topic: str, payloads: Sequence[bytes]) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    last = [client.publish(topic, payload, 1) for payload in payloads][-1]
    last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


async def on_the_loop(url: str, count: int, *, is_confirmed: bool) -> float:
    link = await open_link(url, "bench/loop")
    reading = opened_reader(link, count)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        group.create_task(reading)
        from meshtui.model.packet import Transmit

        for _ in range(count):
            await link.send(
                Transmit(link.link_id, b"x" * 400, "bench/loop", is_confirmed=is_confirmed)
            )
    took = time.perf_counter() - began
    await link.aclose()
    return count / took


async def opened_reader(link, count: int) -> None:
    got = 0
    async for batch in link.arrivals():
        frames = [item for item in batch if isinstance(item, Frame)]
        link.settle(frames)
        got += len(frames)
        if got >= count:
            return


def in_a_thread(port: int, count: int, qos: int) -> float:
    done, got = threading.Event(), [0]

    def on_message(*_args):
        got[0] += 1
        if got[0] >= count:
            done.set()

    ready = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(64)
    client.on_message = on_message
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe("bench/thread", 1)
    ready.wait(5)
    began = time.perf_counter()
    for _ in range(count):
        client.publish("bench/thread", b"x" * 400, qos)
    done.wait(60)
    took = time.perf_counter() - began
    client.disconnect()
    client.loop_stop()
    return count / took


async def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    # What is measured is the pipe, so nobody is told to slow down.
    inbound.MESSAGE_BURST = 1e9
    for kind in ("dm", "forum"):
        await pipeline(count, kind)
    with running(Path(tempfile.mkdtemp())) as broker:
        for qos in (0, 1):
            for _ in range(3):
                ours = await on_the_loop(broker.url(), count, is_confirmed=bool(qos))
                theirs = await asyncio.to_thread(in_a_thread, broker.ports["mqtt"], count, qos)
                print(f"QoS {qos}: on the loop {ours:8,.0f}/s, in a thread {theirs:8,.0f}/s")


if __name__ == "__main__":
    asyncio.run(main())
