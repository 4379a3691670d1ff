"""What `meshtui --help` costs beside Python alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.measure import run_python, take_turns

if TYPE_CHECKING:
    from tests.bench.measure import Table


def report(table: Table) -> None:
    """Measure and add rows."""
    taken = take_turns(
        {
            "python": lambda: run_python("-c", "pass"),
            "help": lambda: run_python("-m", "meshtui", "--help"),
        },
        rounds=11,
    )
    table.head("Start")
    table.add(
        "meshtui --help | python -c pass",
        f"{taken['help'] * 1000:.0f} ms",
        f"{taken['python'] * 1000:.0f} ms",
        f"{taken['help'] / taken['python']:.1f} x",
        "at most 5 x",
    )
