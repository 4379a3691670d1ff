"""`meshtui nodes`: every node this profile knows, last heard first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.cli.addressing import MESHCORE
from meshtui.cli.lines import clock_time
from meshtui.cli.output import Exit
from meshtui.cli.rows import node_row
from meshtui.cli.stored import are_several, open_store

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--online", action="store_true", help="only those that said they are")


def run(args: argparse.Namespace) -> int:
    """Print the nodes."""
    with open_store(args) as (store, output):
        known = [] if store is None else store.nodes()
        rows = [node_row(node, marks) for node, marks in known if node.is_online or not args.online]
        if not output.as_json:
            for row in rows:
                row["last heard"] = clock_time(row["last_heard_ms"])
        columns = ("node_id", "name", "online", "hops", "pin", "lat", "lng", "last heard")
        network = ("network",) if are_several(rows) else ()
        roles = ("role", "contact") if any(row["network"] == MESHCORE for row in rows) else ()
        output.table((*network, *columns[:2], *roles, *columns[2:]), rows)
    return Exit.DONE
