"""From the mesh's events to the screen: batches, at most one every 100 ms."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.model.event import Event
    from meshtui.runtime.api import Subscription

REFRESH_S: Final = 0.1


async def pump(
    subscription: Subscription,
    deliver: Callable[[Sequence[Event]], None],
    pause_s: float = REFRESH_S,
) -> None:
    """Hand events over until cancelled; what comes during the pause arrives as one batch."""
    try:
        while True:
            deliver(await subscription.next_batch())
            await asyncio.sleep(pause_s)
    finally:
        subscription.close()
