"""Packets that wait for a modem, by priority; which may go, and when the next may."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import MessageId
    from meshtui.networks.meshcore.modem.events import Outgoing

MAX_QUEUE: Final = 256
RELAY_LATE_S: Final = 30.0  # the rest of the mesh has long done what a relay could do by then


class SendQueue:
    """The packets of one modem."""

    def __init__(self, wait_s: Callable[[Outgoing, float], float]) -> None:
        """Begin with none.

        Args:
            wait_s: Says how long the duty cycle makes a packet wait; the same for all of a length
                that are relays, or are not. Infinite = it may never go.
        """
        self._wait_s = wait_s
        self._entries: list[tuple[int, int, Outgoing]] = []
        self._count = 0

    def __len__(self) -> int:
        """Count the packets."""
        return len(self._entries)

    def put(self, outgoing: Outgoing) -> None:
        """Add one."""
        self._count += 1
        heapq.heappush(self._entries, (outgoing.priority, self._count, outgoing))

    def take_excess(self) -> list[Outgoing]:
        """Take out what is too much: the least urgent, relays first."""
        excess: list[Outgoing] = []
        while len(self._entries) > MAX_QUEUE:
            # others must not keep us from sending by what they give us to pass on
            worst = max(self._entries, key=lambda entry: (entry[2].is_relay, *entry[:2]))
            self._remove(worst)
            excess.append(worst[2])
        return excess

    def take_hopeless(self, now_s: float) -> list[Outgoing]:
        """Take out what may never go, as the radio is set now."""
        waits = self._waiting_times(now_s)
        hopeless = [entry for entry in self._entries if math.isinf(waits(entry[2]))]
        for entry in hopeless:
            self._remove(entry)
        return [entry[2] for entry in hopeless]

    def take_next(self, now_s: float) -> Outgoing | None:
        """Take the most urgent that may go now; relays that come too late are forgotten."""
        self._forget_late(now_s)
        waits = self._waiting_times(now_s)
        for entry in sorted(self._entries):
            outgoing = entry[2]
            if outgoing.not_before_s <= now_s and not waits(outgoing):
                self._remove(entry)
                return outgoing
        return None

    def next_departure_s(self, now_s: float) -> float:
        """When the first may go; infinite where there is none."""
        waits = self._waiting_times(now_s)
        return min(
            (max(entry[2].not_before_s, now_s + waits(entry[2])) for entry in self._entries),
            default=math.inf,
        )

    def drop(self, message_id: MessageId) -> None:
        """Forget what carries a message."""
        self._keep([entry for entry in self._entries if entry[2].message_id != message_id])

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def _forget_late(self, now_s: float) -> None:
        """Drop relays that the duty cycle has held up for too long."""
        kept = [
            entry
            for entry in self._entries
            if not entry[2].is_relay or now_s - entry[2].not_before_s < RELAY_LATE_S
        ]
        if len(kept) < len(self._entries):
            self._keep(kept)

    def _remove(self, entry: tuple[int, int, Outgoing]) -> None:
        self._entries.remove(entry)
        heapq.heapify(self._entries)

    def _keep(self, entries: list[tuple[int, int, Outgoing]]) -> None:
        self._entries = entries
        heapq.heapify(self._entries)

    def _waiting_times(self, now_s: float) -> Callable[[Outgoing], float]:
        """Make what says how long packets wait; it reckons once for all of a length."""
        known: dict[tuple[int, bool], float] = {}

        def waits(outgoing: Outgoing) -> float:
            key = len(outgoing.data), outgoing.is_relay
            if key not in known:
                known[key] = self._wait_s(outgoing, now_s)
            return known[key]

        return waits
