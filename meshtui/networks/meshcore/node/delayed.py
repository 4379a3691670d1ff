"""Floods heard badly, which lie for a while: perhaps somebody who heard them well is faster."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.node.delays import rx_delay_ms

if TYPE_CHECKING:
    from meshtui.model.link import RadioSettings
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.packet import Packet

MAX_DELAYED: Final = 32


class DelayedFloods:
    """At most 32, the earliest due first."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        """Begin with none."""
        self._heap: list[tuple[float, int, Packet, RxMeta]] = []
        self._number = 0

    def __len__(self) -> int:
        """Count them."""
        return len(self._heap)

    @property
    def next_deadline_s(self) -> float | None:
        """When the first is due; None = there is none."""
        return self._heap[0][0] if self._heap else None

    def put(
        self,
        packet: Packet,
        rx: RxMeta,
        n_bytes: int,
        base: float,
        radio: RadioSettings,
        now_s: float,
    ) -> bool:
        """Lay a flood aside; False = it is to be handled now, or there is no room."""
        delay_ms = rx_delay_ms(n_bytes, rx.snr_db, base, radio)
        if not delay_ms or len(self._heap) >= MAX_DELAYED:
            return False
        self._number += 1
        heapq.heappush(self._heap, (now_s + delay_ms / 1000, self._number, packet, rx))
        return True

    def take_due(self, now_s: float) -> list[tuple[Packet, RxMeta]]:
        """Return those whose time has come."""
        due = []
        while self._heap and self._heap[0][0] <= now_s:
            _, _, packet, rx = heapq.heappop(self._heap)
            due.append((packet, rx))
        return due
