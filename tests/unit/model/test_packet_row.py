"""Rows of a packet list and their JSON lines."""

from __future__ import annotations

import json

from meshtui.model.event import FrameReceived, FrameSent
from meshtui.model.ids import Instant
from meshtui.model.packet import Frame, RxMeta, Transmit, Verdict
from meshtui.model.packet_row import frame_of, json_line, received_row, sent_row
from tests.support.packet_rows import LINK, NET, a_row, a_summary


def test_a_received_frame_comes_back_as_the_frame_it_was() -> None:
    frame = Frame(LINK, b"abc", Instant(1.0, 2), RxMeta(-80, 4.5), "dm/x")

    row = received_row(7, FrameReceived(NET, frame, a_summary()))

    assert frame_of(row) == frame
    assert (row.number, row.direction) == (7, "rx")


def test_a_transmission_keeps_its_bytes_and_topic() -> None:
    sent = FrameSent(NET, Transmit(LINK, b"abc", "dm/x"), Instant(1.0, 2), a_summary())

    row = sent_row(8, sent)

    assert (row.direction, row.payload, row.endpoint) == ("tx", b"abc", "dm/x")


def test_the_json_line_says_everything_and_is_plain_ascii() -> None:
    row = a_row(
        payload=b"\xff\x00",
        kind="te\x1b]0;x\x07xt\x7f\n",
        source="\u202eevil",
        verdict=Verdict.REJECTED,
        reason="forged",
        rssi_dbm=-90,
        snr_db=1.5,
        hops=2,
    )

    line = json_line(row)

    assert line.isascii()
    assert line.isprintable()
    record = json.loads(line)
    assert record["v"] == 1
    assert record["ts"] == row.at.unix_ms
    assert (record["hex"], record["rssi"], record["snr"]) == ("ff00", -90, 1.5)
    assert record["summary"]["from"] == "\u202eevil"
    assert record["summary"]["verdict"] == "rejected"


def test_the_json_line_names_the_way_but_never_what_was_opened() -> None:
    row = a_row(text="secret", path=("a7", "0c"), packet_hash="00ff", acks="m", channel="d9")

    record = json.loads(json_line(row))["summary"]

    assert record["path"] == ["a7", "0c"]
    assert (record["hash"], record["acks"], record["channel"]) == ("00ff", "m", "d9")
    assert "secret" not in json_line(row)


def test_the_json_line_says_that_a_packet_is_our_own_only_where_it_is() -> None:
    assert json.loads(json_line(a_row(is_own=True)))["summary"]["own"] is True
    assert "own" not in json.loads(json_line(a_row()))["summary"]
