"""Counts over packets."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from meshtui.model.ids import Instant
from meshtui.tui.state.packet_stats import MAX_BINS, MAX_TALKERS, PacketStatistics, histogram
from tests.support.packet_rows import a_row


def test_copies_are_counted_by_packet_and_our_own_are_none() -> None:
    counts = PacketStatistics()
    for name in ("aa", "aa", "bb"):
        counts.add(a_row(packet_hash=name))
    counts.add(a_row(packet_hash="aa", direction="tx"))

    assert counts.copies_spread() == {2: 1, 1: 1}
    assert (counts.distinct, counts.copies) == (2, 1)


def test_rates_add_up_however_long_it_took() -> None:
    counts = PacketStatistics()
    for number in range(1_000):
        counts.add(a_row(at=Instant(0.0, 1_700_000_000_000 + number * 60_000)))

    rates, each_s = counts.rates(50)

    assert sum(rates) == 1_000
    assert len(rates) <= 50
    assert each_s * len(rates) >= counts.span_s
    assert len(counts._bins) <= MAX_BINS


def test_nothing_has_no_rates() -> None:
    assert PacketStatistics().rates(10) == ((), 0.0)
    assert histogram(Counter(), 8) == []


@given(
    st.dictionaries(st.integers(-300, 300), st.integers(1, 9), min_size=1),
    st.integers(1, 12),
    st.integers(1, 10),
)
def test_a_histogram_loses_nothing_and_is_no_longer_than_asked(counts, most, step) -> None:
    steps = histogram(Counter(counts), most, step)

    assert sum(count for _, _, count in steps) == sum(counts.values())
    assert len(steps) <= most + 1
    assert all(low <= high for low, high, _ in steps)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(steps))


def test_each_packet_counts_once_in_every_table_that_it_says_something_for() -> None:
    counts = PacketStatistics()

    counts.add(a_row(1, kind="text", source="A", hops=2, snr_db=-4.6, rssi_dbm=-101))
    counts.add(a_row(2, kind="ack", source="B"))

    assert counts.packets == 2
    assert counts.bytes == 2 * len(a_row().payload)
    assert counts.by_kind == {"jsonmesh text": 1, "jsonmesh ack": 1}
    assert counts.by_hops == {2: 1}
    assert counts.by_snr_db == {-5: 1}
    assert counts.by_rssi_dbm == {-105: 1}
    assert counts.by_talker == {"A": 1, "B": 1}
    assert counts.by_verdict == {"delivered": 2}
    assert counts.last_ms - counts.first_ms == 1


def test_a_packet_heard_again_is_a_copy_of_the_first() -> None:
    counts = PacketStatistics()

    for number, message_id in enumerate(("a", "b", "a", "a", "")):
        counts.add(a_row(number, message_id=message_id))

    assert (counts.distinct, counts.copies) == (2, 2)


def test_ever_new_talkers_take_no_more_than_their_room() -> None:
    counts = PacketStatistics()

    for number in range(MAX_TALKERS + 500):
        counts.add(a_row(number, source=f"node-{number}"))

    assert len(counts.by_talker) <= MAX_TALKERS + 1
    assert counts.by_talker["other"] == 500
