"""`meshtui routes`: the routing table of this profile, newest first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from meshtui.cli.addressing import MESHCORE
from meshtui.cli.lines import clock_time
from meshtui.cli.output import Exit
from meshtui.cli.rows import route_row
from meshtui.cli.stored import are_several, open_store

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from meshtui.cli.rows import Row
    from meshtui.store.reader import StoreReader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "--active", action="store_true", help="only those learned in the last five minutes"
    )


def run(args: argparse.Namespace) -> int:
    """Print the routes."""
    now_ms = time.time_ns() // 1_000_000
    with open_store(args) as (store, output):
        known = [] if store is None else store.routes()
        rows = []
        for route in known:
            is_active = route.is_active(now_ms)
            if is_active or not args.active:
                age_s = max(now_ms - route.last_seen_ms, 0) // 1000
                more = {"link": route.link_id, "active": is_active, "age_s": age_s}
                rows.append(route_row(route) | more)
        if not output.as_json and store is not None:
            _name_hops(store, rows)
            for row in rows:
                row["last seen"] = clock_time(row["last_seen_ms"])
                row["sure"] = f"{row['confidence']:.0%}"
        name = ("name",) if any("name" in row for row in rows) else ()
        columns = ("node_id", *name, "hops", "via", "latency_ms", "rssi", "link", "source", "sure")
        network = ("network",) if are_several(rows) else ()
        output.table((*network, *columns, "active", "last seen"), rows)
    return Exit.DONE


def _name_hops(store: StoreReader, rows: Sequence[Row]) -> None:
    """Say of relays named by first digits who is meant: `66 (1 of 3)`."""
    from meshtui.model.ids import NodeId
    from meshtui.tui.state.directory import Directory

    directory = Directory()
    directory.load(store.nodes())
    for row in rows:
        via = row["via"]
        if isinstance(via, list) and row["network"] == MESHCORE:
            row["via"] = [directory.hop_name(MESHCORE, NodeId(hop)) for hop in via]
            row["name"] = directory.name_of(NodeId(str(row["node_id"])))
