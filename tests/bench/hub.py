"""Messages from a broker through hub and session into the store, on a real mosquitto."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

from meshtui.networks.jsonmesh import inbound
from tests.bench import hub_pipeline

if TYPE_CHECKING:
    from tests.bench.measure import Table

MESSAGES = 5_000


def report(table: Table) -> None:
    """Measure and print."""
    table.head(
        f"Hub and store: {MESSAGES:,} messages from a broker until they are on disk and shown"
    )
    if shutil.which("mosquitto") is None:
        print("not measured: mosquitto is not installed")
        return
    calm, inbound.MESSAGE_BURST = inbound.MESSAGE_BURST, 1e9  # nobody is told to slow down
    for kind in ("dm", "forum"):
        asyncio.run(hub_pipeline.pipeline(MESSAGES, kind))
    inbound.MESSAGE_BURST = calm
