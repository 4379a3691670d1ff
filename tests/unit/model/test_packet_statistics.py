"""Counts over packets."""

from __future__ import annotations

from meshtui.model.packet_statistics import MAX_TALKERS, PacketStatistics
from tests.support.packet_rows import a_row


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
