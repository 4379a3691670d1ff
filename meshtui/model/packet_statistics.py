"""Counts over packets: what kinds, from whom, how well heard, how often the same one."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from meshtui.model.packet_row import PacketRow

MAX_TALKERS: Final = 5_000
MAX_HASHES: Final = 20_000
MAX_KINDS: Final = 500
RSSI_STEP_DBM: Final = 5


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
        copies: Packets that are a further copy of one counted before.
        distinct: Packets that can have copies, each counted once.
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
        self.distinct = 0
        self._hashes: OrderedDict[str, None] = OrderedDict()

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
        self._add_copy(summary.packet_hash or summary.message_id)

    def _add_time(self, at_ms: int) -> None:
        if not self.first_ms or at_ms < self.first_ms:
            self.first_ms = at_ms
        self.last_ms = max(self.last_ms, at_ms)

    def _add_copy(self, name: str) -> None:
        if not name:
            return
        if name in self._hashes:
            self.copies += 1
            self._hashes.move_to_end(name)
            return
        self.distinct += 1
        self._hashes[name] = None
        if len(self._hashes) > MAX_HASHES:
            self._hashes.popitem(last=False)


def _count(counter: Counter[str], name: str, limit: int) -> None:
    counter[name if name in counter or len(counter) < limit else "other"] += 1
