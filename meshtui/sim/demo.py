"""The demo's mesh as a process of its own: `python -m meshtui.sim.demo`.

One JSON line on stdout says where the brokers are: `{"ports": {"valley": 40123, …}}`. The process
ends when its stdin does, so it cannot outlive who started it. Nothing is written to disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from typing import TYPE_CHECKING

import orjson

from meshtui.errors import MeshtuiError
from meshtui.runtime.clock import SystemClock
from meshtui.sim.broker import EmbeddedBroker
from meshtui.sim.director import Director
from meshtui.sim.scenario import load_scenario

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from meshtui.sim.scenario import Scenario


@contextlib.asynccontextmanager
async def running_brokers(scenario: Scenario) -> AsyncIterator[dict[str, int]]:
    """Run one broker for each island; gives their ports by island.

    Raises:
        ConfigError: The broker's library is not installed.
        TransportError: A broker could not be started.
    """
    async with contextlib.AsyncExitStack() as stack:
        ports = {}
        for island in scenario.islands:
            broker = EmbeddedBroker()
            ports[island] = await broker.start()
            stack.push_async_callback(broker.stop)
        yield ports


async def play(scenario: Scenario) -> None:
    """Run the mesh until stdin ends."""
    async with running_brokers(scenario) as ports:
        sys.stdout.write(f"{orjson.dumps({'ports': ports}).decode()}\n")
        sys.stdout.flush()
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.TaskGroup() as group:
                mesh = group.create_task(Director(scenario, ports, SystemClock()).run())
                await _end_of_stdin()
                mesh.cancel()


async def _end_of_stdin() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass


def main() -> int:
    """Run the process; returns its exit code."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        asyncio.run(play(load_scenario()))
    except MeshtuiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
