"""What packets are made of: what kinds, from whom, how well heard, how often each, and when."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.packet_row import PacketRow

MAX_TALKERS: Final = 5_000
MAX_KINDS: Final = 500
MAX_HASHES: Final = 20_000
"""Packets whose copies are counted; those that come later are left out."""

MAX_BINS: Final = 240
RSSI_STEP_DBM: Final = 5
_FIRST_BIN_MS: Final = 1_000


class PacketStatistics:
    """A fold over rows, one `add` each. Bounded: what comes beyond the bounds counts as `other`.

    Attributes:
        first_ms: The earliest packet, Unix milliseconds; 0 = none yet. `last_ms` likewise.
        by_network: Packets of each network, also `by_kind`, keyed `NETWORK KIND`, and
            `by_verdict`.
        by_hops: Packets by relays passed, where they say.
        by_snr_db: Packets by signal-to-noise ratio, rounded to whole dB, where known.
        by_rssi_dbm: Packets by strength, rounded down to `RSSI_STEP_DBM`, where known.
        by_talker: Packets by claimed sender.
        copies: Received packets that are a further copy of one received before.
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self.packets = 0
        self.bytes = 0
        self.first_ms = 0
        self.last_ms = 0
        self.by_network: Counter[str] = Counter()
        self.by_kind: Counter[str] = Counter()
        self.by_verdict: Counter[str] = Counter()
        self.by_hops: Counter[int] = Counter()
        self.by_snr_db: Counter[int] = Counter()
        self.by_rssi_dbm: Counter[int] = Counter()
        self.by_talker: Counter[str] = Counter()
        self.copies = 0
        self._times_received: Counter[str] = Counter()
        self._bin_ms = _FIRST_BIN_MS
        self._bins: Counter[int] = Counter()

    def add(self, row: PacketRow) -> None:
        """Count a packet."""
        summary = row.summary
        self.packets += 1
        self.bytes += len(row.payload)
        self._add_time(row.at.unix_ms)
        _count(self.by_network, row.network, MAX_KINDS)
        _count(self.by_kind, f"{row.network} {summary.kind}", MAX_KINDS)
        self.by_verdict[summary.verdict.value] += 1
        if summary.hops is not None:
            self.by_hops[min(max(summary.hops, 0), 255)] += 1
        if row.snr_db is not None:
            self.by_snr_db[round(min(max(row.snr_db, -200), 200))] += 1
        if row.rssi_dbm is not None:
            within = min(max(row.rssi_dbm, -300), 300)
            self.by_rssi_dbm[within // RSSI_STEP_DBM * RSSI_STEP_DBM] += 1
        if summary.source:
            _count(self.by_talker, summary.source, MAX_TALKERS)
        if row.direction == "rx":
            self._add_received(summary.packet_hash or summary.message_id)

    @property
    def span_s(self) -> float:
        """From the first to the last."""
        return (self.last_ms - self.first_ms) / 1000

    @property
    def distinct(self) -> int:
        """Received packets that can have copies, each counted once."""
        return len(self._times_received)

    def copies_spread(self) -> Counter[int]:
        """How many packets were received once, twice, …."""
        return Counter(self._times_received.values())

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

    def _add_time(self, at_ms: int) -> None:
        if not self.first_ms or at_ms < self.first_ms:
            self.first_ms = at_ms
        self.last_ms = max(self.last_ms, at_ms)
        self._bins[at_ms // self._bin_ms] += 1
        while len(self._bins) > MAX_BINS:
            self._bin_ms *= 2
            wider: Counter[int] = Counter()
            for place, packets in self._bins.items():
                wider[place // 2] += packets
            self._bins = wider

    def _add_received(self, name: str) -> None:
        known = name in self._times_received
        if name and (known or len(self._times_received) < MAX_HASHES):
            self._times_received[name] += 1
            self.copies += known


def _count(counter: Counter[str], name: str, limit: int) -> None:
    counter[name if name in counter or len(counter) < limit else "other"] += 1


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
