"""The client with a pulse: how long its event loop was held up at worst, kept in a file.

python -m tests.bench.heartbeat FILE [arguments of meshtui]
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import meshtui.tui.app
from meshtui.cli.main import main
from meshtui.networks.jsonmesh import inbound

BEAT_S = 0.005
STARTED_S = 2.5


class PulsedApp(meshtui.tui.app.MeshtuiApp):
    """The application, and a beat beside it."""

    def on_ready(self) -> None:
        """Begin."""
        self.run_worker(_pulse(Path(sys.argv[1])))


async def _pulse(path: Path) -> None:
    await asyncio.sleep(STARTED_S)
    worst_ms, last = 0.0, time.perf_counter()
    while True:
        await asyncio.sleep(BEAT_S)
        now = time.perf_counter()
        late_ms, last = (now - last - BEAT_S) * 1000, now
        if late_ms > worst_ms:
            worst_ms = late_ms
            _keep(path, worst_ms)


def _keep(path: Path, worst_ms: float) -> None:
    path.write_text(f"{worst_ms:.1f}")


if __name__ == "__main__":
    inbound.MESSAGE_BURST = 1e9  # nobody is told to slow down
    meshtui.tui.app.MeshtuiApp = PulsedApp  # type: ignore[misc]  # what the command line starts
    sys.exit(main(sys.argv[2:]))
