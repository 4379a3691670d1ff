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
    from tests.support.ble_bed_radio import UartRadio


@contextlib.contextmanager
def companion_on(
    bed: BleBed,
    scenario: str = STREET,
    speed: float = 10,
    peripheral: UartRadio | None = None,
) -> Iterator[LiveMeshcore]:
    """Let a peripheral, the bed's first if none is named, be a companion radio for a block."""
    uart = peripheral or bed.radio

    async def start() -> LiveMeshcore:
        parsed = parse_radio_scenario(scenario.encode(), "street", "street.toml")
        mesh = LiveMeshcore(parsed, SystemClock(), uart.notify, speed=speed)
        mesh.radio.connect()
        uart.on_data = mesh.command
        tasks.append(asyncio.get_running_loop().create_task(mesh.run()))
        return mesh

    tasks: list[asyncio.Task] = []
    mesh = bed.do(start)
    try:
        yield mesh
    finally:
        uart.on_data = lambda _: None
        bed.do(mesh.end)
