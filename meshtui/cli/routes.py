"""`meshtui routes`: the routing table of this profile, newest first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from meshtui.cli.lines import clock_time
from meshtui.cli.output import Exit
from meshtui.cli.rows import route_row
from meshtui.cli.stored import open_store

if TYPE_CHECKING:
    import argparse


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
        if not output.as_json:
            for row in rows:
                row["last seen"] = clock_time(row["last_seen_ms"])
                row["sure"] = f"{row['confidence']:.0%}"
        columns = ("node_id", "hops", "via", "latency_ms", "rssi", "link", "source", "sure")
        output.table((*columns, "active", "last seen"), rows)
    return Exit.DONE
