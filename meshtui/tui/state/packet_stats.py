"""What a list of packets is made of: counts that grow packet by packet and stay small."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.packet_row import PacketRow

SNR_STEP_DB = 5
RSSI_STEP_DBM = 10
MAX_KEYS = 5_000
"""Different talkers, types or packets counted; what comes beyond that is counted as `others`."""

MAX_BINS = 240
OTHERS = "others"
_FIRST_BIN_MS = 1_000


@dataclass(slots=True)
class PacketStats:
    """Counts of packets.

    Attributes:
        snr_db: By the lower end of a step of `SNR_STEP_DB`.
        copies: Receptions by packet hash.
    """

    packets: int = 0
    bytes: int = 0
    received: int = 0
    types: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    hops: Counter[int] = field(default_factory=Counter)
    snr_db: Counter[int] = field(default_factory=Counter)
    rssi_dbm: Counter[int] = field(default_factory=Counter)
    talkers: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    first_ms: int = 0
    last_ms: int = 0
    _bin_ms: int = _FIRST_BIN_MS
    _bins: Counter[int] = field(default_factory=Counter)

    def add(self, row: PacketRow) -> None:
        """Count one more."""
        summary = row.summary
        self.packets += 1
        self.bytes += len(row.payload)
        _count(self.types, summary.kind)
        _count(self.verdicts, summary.verdict.value)
        if summary.source:
            _count(self.talkers, summary.source)
        if summary.hops is not None:
            self.hops[summary.hops] += 1
        if row.direction == "rx":
            self.received += 1
            if summary.packet_hash:
                _count(self.copies, summary.packet_hash)
        if row.snr_db is not None:
            self.snr_db[int(row.snr_db // SNR_STEP_DB) * SNR_STEP_DB] += 1
        if row.rssi_dbm is not None:
            self.rssi_dbm[row.rssi_dbm // RSSI_STEP_DBM * RSSI_STEP_DBM] += 1
        self._time(row.at.unix_ms)

    @property
    def span_s(self) -> float:
        """From the first to the last."""
        return (self.last_ms - self.first_ms) / 1000

    def copies_spread(self) -> Counter[int]:
        """How many packets were received once, twice, …."""
        return Counter(count for key, count in self.copies.items() if key != OTHERS)

    def rates(self, count: int) -> tuple[Sequence[int], float]:
        """Return the packets of each of at most `count` equal spans, and a span's seconds."""
        if not self.packets:
            return (), 0.0
        first, last = min(self._bins), max(self._bins)
        per = max(-(-(last - first + 1) // max(count, 1)), 1)
        sums = [0] * (-(-(last - first + 1) // per))
        for place, packets in self._bins.items():
            sums[(place - first) // per] += packets
        return sums, per * self._bin_ms / 1000

    def _time(self, unix_ms: int) -> None:
        self.first_ms = min(self.first_ms or unix_ms, unix_ms)
        self.last_ms = max(self.last_ms, unix_ms)
        self._bins[unix_ms // self._bin_ms] += 1
        while len(self._bins) > MAX_BINS:
            self._bin_ms *= 2
            wider: Counter[int] = Counter()
            for place, packets in self._bins.items():
                wider[place // 2] += packets
            self._bins = wider


def steps(counts: Counter[int], step: int) -> list[tuple[int, int]]:
    """Return a histogram with its empty steps, lowest first; at most 60 of them."""
    if not counts:
        return []
    low, high = min(counts), max(counts)
    step = step * max(-(-(high - low + step) // (60 * step)), 1)
    found: Counter[int] = Counter()
    for value, count in counts.items():
        found[(value - low) // step] += count
    return [(low + place * step, found[place]) for place in range((high - low) // step + 1)]


def _count(counts: Counter[str], key: str) -> None:
    counts[key if key in counts or len(counts) < MAX_KEYS else OTHERS] += 1
