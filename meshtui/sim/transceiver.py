"""The radio of a simulated MeshCore node: a queue by priority, ears, and a budget of air.

As the firmware does it: what may go and has the lowest number goes first. While something is being
received, sending is tried again after 120, 240 or 360 ms, and after four seconds it is done anyway.
What may be sent in an hour flows into a bucket drop by drop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from meshtui.sim.air import Flight, VirtualAir
    from meshtui.sim.engine import Engine

MAX_QUEUED: Final = 32
RETRY_S: Final = 0.12
PATIENCE_S: Final = 4.0
HOUR_S: Final = 3600.0


@dataclass(slots=True)
class RadioCounts:
    """What a radio did.

    Attributes:
        airtime_s: Spent sending.
        heard_s: Airtime of what it received.
        overflow: Packets that found the queue full.
        deferred: Times it heard others and waited.
        forced: Times its patience ended.
    """

    sent: int = 0
    heard: int = 0
    airtime_s: float = 0.0
    heard_s: float = 0.0
    overflow: int = 0
    deferred: int = 0
    forced: int = 0


class _Waiting(NamedTuple):
    priority: int
    number: int
    not_before_s: float
    data: bytes


class Transceiver:
    """One radio."""

    def __init__(
        self,
        radio: int,
        air: VirtualAir,
        engine: Engine,
        random: Random,
        finish: Callable[[Flight], None],
    ) -> None:
        """Begin with an empty queue and a full bucket.

        Args:
            radio: Its number on the air.
            finish: Called when a packet has left, for whoever hands it to those who heard it.
        """
        self.counts = RadioCounts()
        self._radio = radio
        self._air = air
        self._engine = engine
        self._random = random
        self._finish = finish
        self._queue: list[_Waiting] = []
        self._number = 0
        self._wake_at_s = math.inf
        self._free_at_s = 0.0  # when what it sends has left
        self._busy_since_s: float | None = None
        self._budget_s = HOUR_S * air.radio.duty_cycle
        self._budget_at_s = 0.0

    @property
    def queued(self) -> int:
        """Packets that wait."""
        return len(self._queue)

    def take(self, data: bytes, priority: int, not_before_s: float) -> bool:
        """Queue a packet; returns whether there was room.

        Args:
            priority: Lower first, among those that may go.
        """
        if len(self._queue) >= MAX_QUEUED or len(data) > self._air.radio.max_frame_bytes:
            self.counts.overflow += 1
            return False
        self._number += 1
        self._queue.append(_Waiting(priority, self._number, not_before_s, data))
        self._look()
        return True

    def hear(self, data: bytes) -> None:
        """Note that a packet was received."""
        self.counts.heard += 1
        self.counts.heard_s += self._air.airtime_s(len(data))

    def forget(self) -> None:
        """Lose what was queued."""
        self._queue.clear()

    def _look(self) -> None:
        """Send if it may; else look again when it might."""
        now_s = self._engine.now_s
        if not self._queue:
            return
        if now_s < self._free_at_s:
            self._wake(self._free_at_s)
            return
        ready = [entry for entry in self._queue if entry.not_before_s <= now_s]
        if not ready:
            self._wake(min(entry.not_before_s for entry in self._queue))
            return
        first = min(ready)
        again_s = self._objection(first, now_s)
        if again_s > now_s:
            self._wake(again_s)
            return
        self._queue.remove(first)
        self._send(first.data, now_s)

    def _objection(self, first: _Waiting, now_s: float) -> float:
        """Say when to look again; now = it may go."""
        duty = self._air.radio.duty_cycle
        most_s = HOUR_S * duty
        self._budget_s = min(most_s, self._budget_s + duty * (now_s - self._budget_at_s))
        self._budget_at_s = now_s
        lacking_s = self._air.airtime_s(len(first.data)) - self._budget_s
        if lacking_s > 0:
            return now_s + lacking_s / duty + 1e-6
        if self._air.silent_from_s(self._radio, now_s) <= now_s:
            return now_s
        if self._busy_since_s is None:
            self._busy_since_s = now_s
        if now_s - self._busy_since_s >= PATIENCE_S:
            self.counts.forced += 1
            return now_s
        self.counts.deferred += 1
        return now_s + RETRY_S * self._random.randint(1, 3)

    def _send(self, data: bytes, now_s: float) -> None:
        self._busy_since_s = None
        flight = self._air.begin(self._radio, data, now_s)
        airtime_s = flight.end_s - now_s
        self._budget_s -= airtime_s
        self.counts.sent += 1
        self.counts.airtime_s += airtime_s
        self._engine.at(flight.end_s, self._finish, flight)
        # one listening time lies between two packets, or nobody else would ever get a word in
        self._free_at_s = flight.end_s + self._air.sense_s
        self._look()

    def _wake(self, at_s: float) -> None:
        if at_s < self._wake_at_s:
            self._wake_at_s = at_s
            self._engine.at(at_s, self._awake)

    def _awake(self) -> None:
        if self._engine.now_s >= self._wake_at_s:  # else an earlier call has taken over
            self._wake_at_s = math.inf
            self._look()
