"""The radio a node is plugged into: an ESP32 that takes lines and sends each as one packet.

It listens before it talks. While it hears others it waits for silence, and then a random while
more, in a window that doubles with each vain attempt: so those who waited for the same silence do
not all break it at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from meshtui.sim.air import Flight, VirtualAir
    from meshtui.sim.engine import Engine

MAX_QUEUED: Final = 16
MAX_UNFINISHED: Final = 4_096  # bytes of a line whose end has not come
KINDS: Final = 4
FIRST_WINDOW: Final = 16  # listening times
LAST_WINDOW: Final = 64


@dataclass(slots=True)
class GatewayCounts:
    """What a gateway would not or could not send.

    Attributes:
        sent: Packets that left, by the kind their host gave them (0..3).
        too_long: Lines no packet holds.
        overflow: Lines that found the queue full.
        deferred: Times it heard others and waited.
    """

    sent: list[int] = field(default_factory=lambda: [0] * KINDS)
    too_long: int = 0
    overflow: int = 0
    deferred: int = 0


class Gateway:
    """One radio with its serial line."""

    def __init__(
        self,
        radio: int,
        air: VirtualAir,
        engine: Engine,
        random: Random,
        give: Callable[[bytes], None],
        finish: Callable[[Flight], None],
    ) -> None:
        """Begin with an empty queue.

        Args:
            radio: Its number on the air.
            give: Called with each line for the host, its newline included.
            finish: Called when a packet has left, for whoever hands it to those who heard it.
        """
        self.counts = GatewayCounts()
        self._radio = radio
        self._air = air
        self._engine = engine
        self._random = random
        self._give = give
        self._finish = finish
        self._unfinished = b""
        self._queue: deque[tuple[bytes, int]] = deque()
        self._is_waiting = False
        self._window = FIRST_WINDOW

    def take(self, data: bytes, kind: int = 1) -> None:
        """Take what the host has written; what is cut off waits for its end.

        Args:
            kind: For the counts only: a real gateway cannot tell.
        """
        lines = (self._unfinished + data).split(b"\n")
        self._unfinished = lines.pop()[-MAX_UNFINISHED:]
        for line in lines:
            packet = line.rstrip(b"\r")
            if len(packet) > self._air.radio.max_frame_bytes:
                self.counts.too_long += 1
            elif packet and len(self._queue) >= MAX_QUEUED:
                self.counts.overflow += 1
            elif packet:
                self._queue.append((packet, kind))
        self._look()

    def hear(self, payload: bytes, rssi_dbm: float, snr_db: float) -> None:
        """Hand a packet that was received to the host."""
        self._give(b"RSSI:%d|SNR:%.1f|%s\n" % (round(rssi_dbm), snr_db, payload))

    def forget(self) -> None:
        """Lose what was queued, as a gateway does that loses its power."""
        self._queue.clear()
        self._unfinished = b""

    def _look(self) -> None:
        """Send if the air is free; else look again later."""
        if self._is_waiting or not self._queue:
            return
        now_s = self._engine.now_s
        silent_s = self._air.silent_from_s(self._radio, now_s)
        if silent_s > now_s:
            self.counts.deferred += 1
            wait_s = self._random.random() * self._window * self._air.sense_s
            self._window = min(2 * self._window, LAST_WINDOW)
            self._wait(silent_s + wait_s)
            return
        self._window = FIRST_WINDOW
        packet, kind = self._queue.popleft()
        self.counts.sent[kind] += 1
        flight = self._air.begin(self._radio, packet, now_s)
        self._engine.at(flight.end_s, self._finish, flight)
        # one listening time lies between two packets, or nobody else would ever get a word in
        self._wait(flight.end_s + self._air.sense_s)

    def _wait(self, until_s: float) -> None:
        self._is_waiting = True
        self._engine.at(until_s, self._wake)

    def _wake(self) -> None:
        self._is_waiting = False
        self._look()
