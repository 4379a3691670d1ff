"""A companion radio behind the Bluetooth bed's UART: one write is a command, one notification a
frame, as the firmware does it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from meshtui.runtime.clock import SystemClock
from meshtui.sim.companion.stream import LiveMeshcore
from meshtui.sim.radio_scenario import parse_radio_scenario
from tests.support.companion_server import STREET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.ble_bed import BleBed


@contextlib.contextmanager
def companion_on(bed: BleBed, scenario: str = STREET, speed: float = 10) -> Iterator[LiveMeshcore]:
    """Let the bed's peripheral be a companion radio for the length of a block."""

    async def start() -> LiveMeshcore:
        parsed = parse_radio_scenario(scenario.encode(), "street", "street.toml")
        mesh = LiveMeshcore(parsed, SystemClock(), bed.radio.notify, speed=speed)
        mesh.radio.connect()
        bed.radio.on_data = mesh.command
        tasks.append(asyncio.get_running_loop().create_task(mesh.run()))
        return mesh

    tasks: list[asyncio.Task] = []
    mesh = bed.do(start)
    try:
        yield mesh
    finally:
        bed.radio.on_data = lambda _: None
        bed.do(mesh.end)
