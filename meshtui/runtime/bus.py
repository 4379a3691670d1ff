"""Fan-out of events to subscribers, each with its own bounded queue.

A slow subscriber costs itself its oldest events, never anybody else a delay.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from meshtui.model.event import EventsMissed, FrameReceived, FrameSent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.event import Event

# A queue full of the largest frames would be gigabytes: bytes are bounded as well as entries.
MAX_QUEUED_BYTES = 32 * 1024 * 1024


def _payload_bytes(event: Event) -> int:
    if isinstance(event, FrameReceived):
        return len(event.frame.payload)
    if isinstance(event, FrameSent):
        return len(event.transmit.payload)
    return 0


class BusSubscription:
    """One reader's queue."""

    def __init__(self, bus: Bus, limit: int) -> None:
        """Queue at most `limit` events; made by `Bus.subscribe`."""
        self._bus = bus
        self._limit = max(1, limit)
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._missed = 0
        self._is_closed = False
        self._ready = asyncio.Event()

    async def next_batch(self) -> Sequence[Event]:
        """Wait for events; returns all there are, in order; empty once it is closed.

        Where events were lost, `EventsMissed` comes first, in their place.
        """
        await self._ready.wait()
        batch: list[Event] = [EventsMissed(self._missed)] if self._missed else []
        batch.extend(self._events)
        self._events.clear()
        self._bytes = self._missed = 0
        if not self._is_closed:
            self._ready.clear()
        return batch

    def close(self) -> None:
        """Stop receiving; what is queued can still be read."""
        self._is_closed = True
        self._bus.forget(self)
        self._ready.set()

    def push(self, events: Sequence[Event]) -> None:
        """Queue events; the oldest make room."""
        for event in events:
            self._events.append(event)
            self._bytes += _payload_bytes(event)
            while len(self._events) > self._limit or self._bytes > MAX_QUEUED_BYTES:
                self._bytes -= _payload_bytes(self._events.popleft())
                self._missed += 1
        self._ready.set()


class Bus:
    """Everybody who follows events."""

    def __init__(self) -> None:
        """Begin with no subscribers."""
        self._subscriptions: list[BusSubscription] = []

    def subscribe(self, limit: int) -> BusSubscription:
        """Follow events from now on, at most `limit` unread."""
        subscription = BusSubscription(self, limit)
        self._subscriptions.append(subscription)
        return subscription

    def publish(self, events: Sequence[Event]) -> None:
        """Give events to every subscriber."""
        if events:
            for subscription in self._subscriptions:
                subscription.push(events)

    def forget(self, subscription: BusSubscription) -> None:
        """Drop a subscriber; called by its `close`."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def close(self) -> None:
        """End all subscriptions."""
        for subscription in list(self._subscriptions):
            subscription.close()
