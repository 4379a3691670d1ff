"""What a list of packets is made of, with how often copies came and how many packets when."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from meshtui.model.packet_statistics import PacketStatistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.packet_row import PacketRow

MAX_HASHES = 20_000
"""Packets whose copies are counted; those that come later are left out."""

MAX_BINS = 240
_FIRST_BIN_MS = 1_000


class PacketFold:
    """A fold over rows, one `add` each; bounded.

    Attributes:
        counts: What can be counted one by one.
        received: Those that came, in contrast to those we sent.
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self.counts = PacketStatistics()
        self.received = 0
        self._copies: Counter[str] = Counter()
        self._bin_ms = _FIRST_BIN_MS
        self._bins: Counter[int] = Counter()

    def add(self, row: PacketRow) -> None:
        """Count one more."""
        self.counts.add(row)
        self._time(row.at.unix_ms)
        if row.direction == "rx":
            self.received += 1
            name = row.summary.packet_hash or row.summary.message_id
            if name and (name in self._copies or len(self._copies) < MAX_HASHES):
                self._copies[name] += 1

    @property
    def span_s(self) -> float:
        """From the first to the last."""
        return (self.counts.last_ms - self.counts.first_ms) / 1000

    def copies_spread(self) -> Counter[int]:
        """How many packets were received once, twice, …."""
        return Counter(self._copies.values())

    def rates(self, count: int) -> tuple[Sequence[int], float]:
        """Return the packets of each of at most `count` equal spans, and a span's seconds."""
        if not self._bins:
            return (), 0.0
        first, last = min(self._bins), max(self._bins)
        per = max(-(-(last - first + 1) // max(count, 1)), 1)
        sums = [0] * (-(-(last - first + 1) // per))
        for place, packets in self._bins.items():
            sums[(place - first) // per] += packets
        return sums, per * self._bin_ms / 1000

    def _time(self, unix_ms: int) -> None:
        self._bins[unix_ms // self._bin_ms] += 1
        while len(self._bins) > MAX_BINS:
            self._bin_ms *= 2
            wider: Counter[int] = Counter()
            for place, packets in self._bins.items():
                wider[place // 2] += packets
            self._bins = wider


def histogram(counts: Counter[int], most: int, step: int = 1) -> list[tuple[int, int, int]]:
    """Lay figures out in equal steps, lowest first, the empty ones between them too.

    Args:
        most: Steps at most; they are widened to fit.
        step: The narrowest.

    Returns:
        Lowest and highest figure of each step, and its count.
    """
    if not counts:
        return []
    low, high = min(counts) // step * step, max(counts)
    step *= max(-(-(high - low + 1) // (step * max(most, 1))), 1)
    found: Counter[int] = Counter()
    for value, count in counts.items():
        found[(value - low) // step] += count
    return [
        (low + place * step, low + (place + 1) * step - 1, found[place])
        for place in range((high - low) // step + 1)
    ]
