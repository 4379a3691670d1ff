"""The packet inspector while the air is full: how long a key waits, and what it costs."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.terminal import Terminal

if TYPE_CHECKING:
    from tests.bench.measure import Table

RATE = 200
BEGIN_S, WATCH_S = 4.0, 8.0
ROUNDS = 12
SIZES = ((80, 24), (140, 40))
_KEYS = (
    (b"k", "G to follow", "a key in the list"),
    (b"G", "following", "the end key"),
    (b"p", "paused", "pause"),
    (b"p", "following", "go on"),
    (b"S", "Who sent most", "statistics"),
    (b"S", "verdict", "back to the list"),
    (b"x", "ladder, heard", "the ladder"),
    (b"x", "verdict", "back to the list"),
)


def report(table: Table) -> None:
    """Measure and add rows, at the smallest terminal and at a large one."""
    for columns, rows in SIZES:
        _report(table, columns, rows)


def _report(table: Table, columns: int, rows: int) -> None:
    table.head(f"Packet inspector, {RATE} packets a second, {columns}x{rows}")
    with tempfile.TemporaryDirectory() as folder:
        pulse = Path(folder) / "pulse"
        args = ["-m", "tests.bench.inspector_app", str(RATE), str(pulse)]
        with Terminal(args, columns, rows) as client:
            client.until("PACKETS")
            client.drain(BEGIN_S)
            cpu_s = client.cpu_s
            wrote = client.drain(WATCH_S)
            share = (client.cpu_s - cpu_s) / WATCH_S
            waits = _press_all(client)
            worst_ms = float(pulse.read_text()) if pulse.exists() else 0.0
            table.add("processor while following", f"{share:.0%}", aim="of one core")
            table.add("bytes a second to the terminal", f"{wrote / WATCH_S / 1000:.1f} kB")
            for name, pairs in waits.items():
                times, work = zip(*pairs, strict=True)
                table.add(
                    f"from {name} to its effect",
                    f"{statistics.median(times) * 1000:.0f} ms",
                    f"worst {max(times) * 1000:.0f} ms",
                    f"cpu {statistics.mean(work) * 1000:.0f} ms",
                    "at most 100 ms",
                )
            table.add("longest freeze meanwhile", f"{worst_ms:.0f} ms", aim="at most 100 ms")
            table.add("memory then", f"{client.rss_mb:.0f} MB", aim="at most 70 MB")


def _press_all(client: Terminal) -> dict[str, list[tuple[float, float]]]:
    """Return how long each key took, and how much of that the client itself was at work."""
    waits: dict[str, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        for key, marker, name in _KEYS:
            client.drain(0.15)
            client.output.clear()
            begin_s, cpu_s = client.age_s, client.cpu_s
            client.press(key)
            took_s = client.until(marker) - begin_s
            waits.setdefault(name, []).append((took_s, client.cpu_s - cpu_s))
    return waits
