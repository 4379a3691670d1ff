"""`meshtui metrics`: the counters of this profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.cli.output import Exit
from meshtui.cli.stored import open_store

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("name", nargs="?", help="only the figures of this name, such as received")


def run(args: argparse.Namespace) -> int:
    """Print the figures."""
    with open_store(args) as (store, output):
        figures = [] if store is None else store.metrics()
        rows: list[dict[str, object]] = [
            {"name": figure.name, "label": figure.label, "value": figure.value}
            for figure in figures
            if args.name in {None, figure.name}
        ]
        output.table(("name", "label", "value"), rows)
    return Exit.DONE
