"""The client on a fake mesh whose air is full: python -m tests.bench.inspector_app RATE PULSE."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace
from pathlib import Path

from meshtui.cli.collector import collecting_late, settle_soon
from meshtui.runtime.api import Preferences
from meshtui.tui.app import MeshtuiApp
from tests.bench.heartbeat import _pulse
from tests.support.fake_mesh import START_MS, FakeMesh
from tests.support.packet_scenes import ANNA, MESHCORE, heard, meshcore_story, people

_SLICE_S = 0.02


class BusyApp(MeshtuiApp):
    """Opens the packets at once, and keeps the air full."""

    def __init__(self, mesh: FakeMesh, rate: float, pulse: Path) -> None:
        async def start() -> FakeMesh:
            return mesh

        super().__init__(start, Preferences("", "unicode", {}), now_ms=lambda: mesh.now_ms)
        self._mesh, self._rate, self._pulse_file = mesh, rate, pulse

    def on_ready(self) -> None:
        """Begin, and look for garbage as the client does."""
        settle_soon()
        self.run_worker(self._fill())
        self.run_worker(_pulse(self._pulse_file))

    async def _fill(self) -> None:
        mesh, begin_s, said = self._mesh, time.perf_counter(), 0
        meshcore_story(mesh)
        await self.screen.open_pane("packets")
        await asyncio.sleep(0.3)
        story = [row.summary for row in self.screen.pane.view.rows]
        while True:
            await asyncio.sleep(_SLICE_S)
            while said < (time.perf_counter() - begin_s) * self._rate:
                said += 1
                summary = replace(story[said % len(story)], packet_hash=f"{said // 3:016x}")
                heard(mesh, b"\x11" + said.to_bytes(4) * 20, summary, said % 20 - 10, -100)


if __name__ == "__main__":
    air = FakeMesh()
    air.me = replace(air.me, network=MESHCORE)
    air.now_ms = START_MS
    people(air)
    assert ANNA in air.known
    with collecting_late():
        BusyApp(air, float(sys.argv[1]), Path(sys.argv[2])).run()
