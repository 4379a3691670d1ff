"""A companion radio that hears as much as it is told to, behind TCP, as a process of its own.

usage: python -m tests.bench.loud_radio RATE SECONDS

Prints its port; once a client has been greeted for two seconds, pushes RATE packets a second for
SECONDS, no two alike, then prints how many those were, and ends when its stdin does.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time

from meshtui.networks.meshcore.companion.deframer import Deframer, enframe
from tests.support.fake_companion import FakeCompanion

SETTLE_S = 2.0
STEP_S = 0.005
PACKET_BYTES = 90
_GROUP_TEXT = 0x15


def packet(chance: random.Random) -> bytes:
    """A channel's packet that nobody can open, three hops from home."""
    return bytes((_GROUP_TEXT, 3)) + chance.randbytes(PACKET_BYTES - 2)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer commands for as long as the client is there."""
    radio, deframer = FakeCompanion("Loud"), Deframer(from_radio=False)
    while data := await reader.read(4_096):
        for command in deframer.feed(data, time.monotonic()):
            for payload in radio.hear(command):
                writer.write(enframe(payload, to_radio=False))


async def shout(writer: asyncio.StreamWriter, rate: int, seconds: float) -> int:
    """Push packets at a steady rate; returns how many."""
    chance, pushed, began_s = random.Random(1), 0, time.perf_counter()
    while (passed_s := time.perf_counter() - began_s) < seconds:
        due = int(passed_s * rate) - pushed
        frames = [b"\x88\x20\xa0" + packet(chance) for _ in range(due)]
        writer.write(b"".join(enframe(frame, to_radio=False) for frame in frames))
        pushed += due
        await writer.drain()
        await asyncio.sleep(STEP_S)
    return pushed


async def main(rate: int, seconds: float) -> None:
    """Serve one client."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(answer(reader, writer))
            await asyncio.sleep(SETTLE_S)
            print(await shout(writer, rate, seconds), flush=True)
        if not done.done():
            done.set_result(None)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await done


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
