"""Two packets side by side."""

from __future__ import annotations

import pytest

from meshtui.tui.state.packet_compare import is_same_packet, reception_differences
from tests.support.packet_rows import a_row


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"packet_hash": "aa"}, {"packet_hash": "aa", "message_id": "x"}, True),
        ({"packet_hash": "aa", "message_id": "m"}, {"packet_hash": "bb", "message_id": "m"}, False),
        ({"message_id": "m"}, {"message_id": "m"}, True),
        ({"message_id": "m"}, {"message_id": "m", "kind": "ack"}, False),
        ({}, {}, False),
    ],
)
def test_copies_of_one_packet_are_recognised(left, right, expected: bool) -> None:
    assert is_same_packet(a_row(**left), a_row(**right)) is expected


def test_the_way_and_the_signal_come_first_and_what_is_alike_is_left_out() -> None:
    left = a_row(1, path=("66",), hops=1, snr_db=4.5, rssi_dbm=-90)
    right = a_row(3, path=("66", "6b"), hops=2, snr_db=-3.25, rssi_dbm=-90)

    found = reception_differences(left, right, str.upper)

    assert [(each.name, each.left, each.right) for each in found] == [
        ("path", "66", "66 > 6B"),
        ("via", "1", "2"),
        ("SNR", "4.5 dB", "-3.25 dB"),
        ("time", "", "+2.000 s"),
    ]
