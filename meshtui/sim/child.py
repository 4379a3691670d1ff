"""The demo's mesh as seen from the process that started it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING, Final

from meshtui.errors import TransportError

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping

START_TIMEOUT_S: Final = 20.0  # a Pi with a cold disk
STOP_TIMEOUT_S: Final = 3.0


@contextlib.asynccontextmanager
async def running_mesh_process() -> AsyncIterator[Mapping[str, int]]:
    """Run the demo's mesh in a process of its own; gives the brokers' ports by island.

    It is gone when the block is left, however that happens: it ends with its stdin.

    Raises:
        TransportError: It did not start; the text says why.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "meshtui.sim.demo"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,  # Ctrl-C is for us; the child follows in order
    )
    try:
        yield await _ports(process)
    finally:
        await _end(process)


async def _ports(process: Process) -> Mapping[str, int]:
    """Wait for the child's one line."""
    if process.stdout is None:  # it was asked for
        raise TransportError("the simulated mesh has no voice")
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            line = await process.stdout.readline()
        ports = json.loads(line)["ports"]
    except (TimeoutError, ValueError, LookupError) as error:
        msg = (
            "the simulated mesh did not start; see what it says: "
            f"{sys.executable} -m meshtui.sim.demo"
        )
        raise TransportError(msg) from error
    return {str(island): int(port) for island, port in ports.items()}


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
