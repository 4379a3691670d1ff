"""How long the loop was held up."""

from __future__ import annotations

import asyncio
import time


async def longest_gap(for_s: float) -> float:
    """Watch the loop for a while; returns its longest turn but one, in seconds.

    What is done many times holds it up as often; one turn may be the machine's, busy elsewhere.
    """
    until_s = time.monotonic() + for_s
    gaps_s, last_s = [0.0, 0.0], time.monotonic()
    while last_s < until_s:
        await asyncio.sleep(0.001)
        now_s = time.monotonic()
        gaps_s = sorted([*gaps_s, now_s - last_s - 0.001])[-2:]
        last_s = now_s
    return gaps_s[0]
