"""How the benchmarks measure: contenders take turns, the median counts, ratios are what matters."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(slots=True)
class Table:
    """Rows of the report: what, ours, theirs, ratio, and what was promised."""

    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, ours: str, theirs: str = "", ratio: str = "", aim: str = "") -> None:
        """Add a row and print it at once: some benchmarks take a while."""
        self.rows.append((what, ours, theirs, ratio, aim))
        print(f"{what:<42} {ours:>15} {theirs:>22} {ratio:>9}  {aim}", flush=True)

    def head(self, title: str) -> None:
        """Begin a part."""
        print(f"\n{title}", flush=True)


def seconds(deed: Callable[[], object]) -> float:
    """Time one run."""
    begin = time.perf_counter()
    deed()
    return time.perf_counter() - begin


def take_turns(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run all contenders in turn, `rounds` times; returns each one's median in seconds."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, deed in contenders.items():
            times[name].append(seconds(deed))
    return {name: statistics.median(taken) for name, taken in times.items()}


def run_python(*args: str) -> None:
    """Run this Python and wait."""
    command: Sequence[str] = [sys.executable, *args]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
