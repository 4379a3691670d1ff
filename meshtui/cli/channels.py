"""`meshtui channels`: joined and announced channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.cli.output import Exit
from meshtui.cli.rows import channel_row
from meshtui.cli.stored import are_several, open_store

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--joined", action="store_true", help="only joined ones")


def run(args: argparse.Namespace) -> int:
    """Print the channels."""
    with open_store(args) as (store, output):
        known = [] if store is None else store.channels()
        rows = [channel_row(each) for each in known if each.is_joined or not args.joined]
        columns = ("name", "joined", "public", "creator", "description")
        output.table((*(("network",) if are_several(rows) else ()), *columns), rows)
    return Exit.DONE
