"""The bounded log of packets and the view of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import FilterError
from meshtui.model.event import EventsMissed, FrameReceived, FrameSent
from meshtui.model.ids import Instant
from meshtui.model.packet import Frame, Transmit
from meshtui.tui.state.packets import PacketLog, PacketView
from tests.support.packet_rows import LINK, NET, a_summary


def received(kind: str = "text", payload: bytes = b"abc", message_id: str = "") -> FrameReceived:
    frame = Frame(LINK, payload, Instant(1.0, 1_000))
    return FrameReceived(NET, frame, a_summary(kind=kind, message_id=message_id))


def sent(kind: str = "ack") -> FrameSent:
    return FrameSent(NET, Transmit(LINK, b"abc"), Instant(1.0, 1_000), a_summary(kind=kind))


def numbers(view: PacketView) -> list[int]:
    return [row.number for row in view.rows]


def test_frames_in_and_out_are_numbered_in_order() -> None:
    log = PacketLog()

    fresh = log.extend([received(), sent(), EventsMissed(4), received()])

    assert [(row.number, row.direction) for row in fresh] == [(1, "rx"), (2, "tx"), (3, "rx")]
    assert log.missed == 4


def test_the_oldest_go_and_are_counted() -> None:
    log = PacketLog(limit=3)

    log.extend([received() for _ in range(2)])
    fresh = log.extend([received() for _ in range(5)])

    assert [row.number for row in log.rows] == [5, 6, 7]
    assert list(fresh) == log.rows
    assert log.dropped == 4


def test_big_frames_are_bounded_by_bytes_as_well() -> None:
    log = PacketLog(limit=100, max_bytes=1_000)

    log.extend([received(payload=b"x" * 400) for _ in range(4)])

    assert [row.number for row in log.rows] == [3, 4]
    assert log.dropped == 2


@given(st.lists(st.lists(st.sampled_from([0, 10, 300, 999]), max_size=5), max_size=8))
def test_a_log_keeps_the_newest_within_both_limits(batches: list[list[int]]) -> None:
    log = PacketLog(limit=4, max_bytes=1_000)
    sizes = [size for batch in batches for size in batch]

    for batch in batches:
        log.extend([received(payload=b"x" * size) for size in batch])

    assert len(log.rows) <= 4
    assert sum(len(row.payload) for row in log.rows) <= 1_000
    assert log.dropped + len(log.rows) == len(sizes)
    kept = [row.number for row in log.rows]
    assert kept == list(range(len(sizes) - len(kept) + 1, len(sizes) + 1))


def test_a_view_shows_what_passes_and_follows_the_log() -> None:
    view = PacketView(PacketLog(limit=3), {})
    view.set_filter("type==text")

    assert view.extend([received(), sent(), received()]) == (0, 2)
    assert view.extend([received(), sent()]) == (1, 1)
    assert numbers(view) == [3, 4]


def test_a_paused_view_stands_still_while_the_log_goes_on() -> None:
    view = PacketView(PacketLog(limit=3), {})
    view.extend([received(), received()])

    view.set_paused(True)
    assert view.extend([received(), received(), received()]) == (0, 0)

    assert numbers(view) == [1, 2]
    assert view.waiting == 3
    view.set_paused(False)
    assert numbers(view) == [3, 4, 5]
    assert view.waiting == 0


def test_a_bad_filter_leaves_the_good_one_in_force() -> None:
    view = PacketView(PacketLog(), {})
    view.extend([received(), sent()])
    view.set_filter("dir==tx")

    with pytest.raises(FilterError):
        view.set_filter("dir==")

    assert view.filter_text == "dir==tx"
    assert numbers(view) == [2]


def test_a_packet_is_found_again_by_its_number_or_its_neighbour() -> None:
    view = PacketView(PacketLog(), {})
    view.extend([received(), sent(), received()])
    view.set_filter("dir==rx")

    assert [view.index_of(number) for number in (1, 2, 3, 99)] == [0, 1, 1, 1]


def test_clearing_forgets_packets_and_numbers_go_on() -> None:
    view = PacketView(PacketLog(), {})
    view.extend([received()])

    view.clear()

    assert view.extend([received()]) == (0, 1)
    assert numbers(view) == [2]


def test_values_seen_are_proposed_newest_first() -> None:
    view = PacketView(PacketLog(), {})
    view.extend([received("text"), received("ack"), received("text")])

    assert view.seen_values("type") == ["text", "ack"]
    assert view.seen_values("hops") == []
    assert view.seen_values("nonsense") == []


def test_a_packet_read_again_takes_the_place_of_its_row_and_may_pass_now() -> None:
    view = PacketView(PacketLog(), {})
    view.extend([received(), received("sealed")])
    view.set_filter("text~hello")
    row = view.log.rows[1]
    opened = replace(row, summary=replace(row.summary, text="Hello"))

    view.replace([opened])

    assert numbers(view) == [2]
    assert "text" in view.known
    assert view.by_number(2) is opened
    assert view.by_number(3) is None


def test_a_held_view_shows_what_was_opened_where_it_stands() -> None:
    view = PacketView(PacketLog(), {})
    view.extend([received()])
    view.set_paused(True)
    view.extend([received()])
    row = view.rows[0]

    view.replace([replace(row, summary=replace(row.summary, text="Hello"))])

    assert [each.summary.text for each in view.rows] == ["Hello"]
    assert view.remarks() == []
