"""Brokers that only count and confirm, fast enough never to hold a publisher up.

python -m tests.bench.publish_sink COUNT TOPIC

Says its ports, one a line; then, for every line it is sent, what each got since the last time.
"""

from __future__ import annotations

import asyncio
import itertools
import sys

CONNACK = b"\x20\x02\x00\x00"
PUBACK = b"\x40\x02"
DISCONNECT = b"\xe0\x00"
CONFIRMED = b"\x32"  # begins a PUBLISH of QoS 1
HEAD_BYTES = 3
ID_BYTES = 2


class Sink(asyncio.Protocol):
    """One connection. Packets are found by their topic, which their payloads must not hold."""

    def __init__(self, counts: list[int], place: int, topic: bytes) -> None:
        self._counts = counts
        self._place = place
        self._topic = len(topic).to_bytes(2, "big") + topic
        self._rest = b""
        self._is_welcome = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._is_welcome:
            self._is_welcome = True
            self._transport.write(CONNACK)
            return
        parts = (self._rest + data).split(self._topic)
        if len(parts) > 1 and len(parts[-1]) < ID_BYTES:
            self._rest = parts[-2][-HEAD_BYTES:] + self._topic + parts.pop()
        else:
            self._rest = parts[-1][-len(self._topic) - HEAD_BYTES :]
        self._counts[self._place] += len(parts) - 1
        if CONFIRMED in data:
            self._confirm(parts)
        if data.endswith(DISCONNECT):
            self._transport.close()

    def _confirm(self, parts: list[bytes]) -> None:
        numbers = [
            after[:ID_BYTES]
            for before, after in itertools.pairwise(parts)
            if CONFIRMED in before[-HEAD_BYTES:]
        ]
        if numbers:
            self._transport.write(PUBACK + PUBACK.join(numbers))


async def main(count: int, topic: bytes) -> None:
    loop, counts = asyncio.get_running_loop(), [0] * count
    for place in range(count):
        server = await loop.create_server(
            lambda place=place: Sink(counts, place, topic), "127.0.0.1", 0
        )
        print(server.sockets[0].getsockname()[1], flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(*counts, flush=True)
        counts[:] = [0] * count


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2].encode()))
