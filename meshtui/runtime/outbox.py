"""What a link is still to send: bounded, acknowledgements first."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from meshtui.model.packet import Subscribe, Transmit, Unsubscribe

if TYPE_CHECKING:
    from collections.abc import Callable

Outgoing: TypeAlias = Transmit | Subscribe | Unsubscribe

MAX_ENTRIES = 2_000
MAX_BYTES = 16 * 1024 * 1024


def _rank(item: Outgoing) -> int:
    # Subscriptions leave with acknowledgements: what is said next may be answered there.
    return item.priority if isinstance(item, Transmit) else 0


def _size(item: Outgoing) -> int:
    return len(item.payload) if isinstance(item, Transmit) else 0


class Outbox:
    """A priority queue; within a priority the order of arrival is kept."""

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        """Begin empty."""
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._heap: list[tuple[int, int, Outgoing]] = []
        self._bytes = 0
        self._next: Callable[[], int] = count().__next__
        self._ready = asyncio.Event()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._heap)

    def offer(self, item: Outgoing) -> bool:
        """Take an item, or refuse it because the outbox is full."""
        size = _size(item)
        if len(self._heap) >= self._max_entries or self._bytes + size > self._max_bytes:
            return False
        heapq.heappush(self._heap, (_rank(item), self._next(), item))
        self._bytes += size
        self._ready.set()
        return True

    async def take(self) -> Outgoing:
        """Wait for the next item and take it."""
        while not self._heap:
            self._ready.clear()
            await self._ready.wait()
        _, _, item = heapq.heappop(self._heap)
        self._bytes -= _size(item)
        return item

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()
        self._bytes = 0
