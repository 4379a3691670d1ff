"""How long the loop was held up."""

from __future__ import annotations

import asyncio
import time


async def longest_gap(for_s: float) -> float:
    """Watch the loop for a while; returns its longest turn, in seconds."""
    until_s = time.monotonic() + for_s
    longest_s, last_s = 0.0, time.monotonic()
    while last_s < until_s:
        await asyncio.sleep(0.001)
        now_s = time.monotonic()
        longest_s = max(longest_s, now_s - last_s - 0.001)
        last_s = now_s
    return longest_s
