"""Counts over packets."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from meshtui.model.ids import Instant
from meshtui.tui.state.packet_stats import MAX_BINS, PacketFold, histogram
from tests.support.packet_rows import a_row


def test_copies_are_counted_by_packet_and_our_own_are_none() -> None:
    fold = PacketFold()
    for name in ("aa", "aa", "bb"):
        fold.add(a_row(packet_hash=name))
    fold.add(a_row(packet_hash="aa", direction="tx"))

    assert fold.copies_spread() == {2: 1, 1: 1}
    assert fold.received == 3


def test_rates_add_up_however_long_it_took() -> None:
    fold = PacketFold()
    for number in range(1_000):
        fold.add(a_row(at=Instant(0.0, 1_700_000_000_000 + number * 60_000)))

    rates, each_s = fold.rates(50)

    assert sum(rates) == 1_000
    assert len(rates) <= 50
    assert each_s * len(rates) >= fold.span_s
    assert len(fold._bins) <= MAX_BINS


def test_nothing_has_no_rates() -> None:
    assert PacketFold().rates(10) == ((), 0.0)
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
