"""Packets found in lines and notifications."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from meshtui.model.packet import NO_RX, RxMeta
from meshtui.networks.jsonmesh.chunk import encode_chunks, encode_request
from meshtui.networks.jsonmesh.deframer import (
    NOISE_SHOWN,
    PATIENCE_S,
    SETTLE_S,
    Deframed,
    Deframer,
)
from tests.support.jsonmesh_people import good_payload

if TYPE_CHECKING:
    from collections.abc import Iterable

OBJECT = b'{"v":1,"name":"a}\\"{","enc":{"nonce":"x","ct":"y"},"route":["a"]}'
CHUNK = b"MCHK|abc|0|2|" + b"x" * 200
COMPACT = b"\xcb\x01\x02{\xff" + b"y" * 60
MTUS = (20, 23, 64, 185, 244, 247, 512, 517)


def stream(*pieces: bytes) -> list[Deframed]:
    deframer = Deframer(has_borders=False)
    return [deframed for piece in pieces for deframed in deframer.feed(piece, 0.0)]


def notify(deframer: Deframer, *pieces: bytes, now_s: float = 0.0) -> list[bytes]:
    """What comes of notifications that are packets."""
    return payloads(deframed for piece in pieces for deframed in deframer.feed(piece, now_s))


def notifications(*pieces: bytes) -> list[bytes]:
    """What comes of notifications, and then of silence."""
    deframer = Deframer(has_borders=True)
    found = notify(deframer, *pieces)
    return found + payloads(deframer.flush(PATIENCE_S))


def payloads(found: Iterable[Deframed]) -> list[bytes]:
    return [deframed.payload for deframed in found if not deframed.problem]


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def two_hundred_frames() -> list[bytes]:
    """Frames of every form and many lengths."""
    frames = [OBJECT, CHUNK, COMPACT, encode_request("abc", (1, 2))]
    envelope = good_payload("é" * 200)
    for number in range(62):
        frames += encode_chunks(envelope, f"id{number}")[:2]
        frames.append(json.dumps({"v": 1, "n": "é\\{" * (number % 9)}, ensure_ascii=False).encode())
    return [*frames, *[COMPACT + b"z" * number for number in range(10)]]


# --- lines of a stream ---


@pytest.mark.parametrize(
    ("line", "payload", "rx"),
    [
        (OBJECT, OBJECT, NO_RX),
        (CHUNK + b"\r", CHUNK, NO_RX),
        (COMPACT, COMPACT, NO_RX),
        (b"\xca" + COMPACT, b"\xca" + COMPACT, NO_RX),
        (b"MREQ|a|1", b"MREQ|a|1", NO_RX),
        (b"RSSI:-91|SNR:7.25|" + CHUNK, CHUNK, RxMeta(-91, 7.25)),
        (b"RSSI:-91.6|" + OBJECT, OBJECT, RxMeta(-92, None)),
        (b"SNR:-12|" + COMPACT, COMPACT, RxMeta(None, -12.0)),
        (b"SNR:+3|RSSI:-40|" + CHUNK, CHUNK, RxMeta(-40, 3.0)),
        (b"RSSI: -91 dBm|SNR: 7 dB|" + CHUNK, CHUNK, RxMeta(-91, 7.0)),
        (b"RSSI:-9999|SNR:1000|" + CHUNK, CHUNK, NO_RX),
        (b"RSSI:nan|SNR:|" + CHUNK, CHUNK, NO_RX),
        (b"RSSI:" + "٣".encode() + b"|" + CHUNK, CHUNK, NO_RX),
        (b"\x00\x00 \t" + OBJECT, OBJECT, NO_RX),
        (b'[INFO] rx: {"v":1}', b'{"v":1}', NO_RX),
        (b"[INFO] RSSI:-80|SNR:5|" + CHUNK, CHUNK, RxMeta(-80, 5.0)),
        (b"RSSI:-80|got " + CHUNK, CHUNK, RxMeta(-80, None)),
        (b'\x1b[0;32mI (31) lora: {"v":1}\x1b[0m', b'{"v":1}', NO_RX),
        (b"I (31) lora: MCHK|a|0|1|x\x1b[0m \r", b"MCHK|a|0|1|x", NO_RX),
    ],
)
def test_a_line_is_a_packet(line: bytes, payload: bytes, rx: RxMeta) -> None:
    assert stream(line + b"\n") == [(payload, rx, "")]


@pytest.mark.parametrize(
    "line",
    [
        b"I (31) cpu_start: Starting scheduler.",
        b"mchk|a|0|1|x",
        b"RSSI:-80|SNR:5|",
        b"RSSI:-80|RSSI:-70|x",
        b'"enc":{"nonce":"x"},"ts":1}',  # the end of what began before we listened
        b'rx {"v":1} ok',
        b"\xff\xfe\x00",
        b"M",
    ],
)
def test_what_is_no_packet_is_noise(line: bytes) -> None:
    assert stream(line + b"\n") == [(line[:64], NO_RX, "noise")]


def test_blank_lines_say_nothing_and_a_return_alone_ends_nothing() -> None:
    assert stream(b"\n\r\n \n\x00\n") == []
    assert payloads(stream(b"MCHK|a|0|1|x\ry\n")) == [b"MCHK|a|0|1|x\ry"]


def test_every_split_of_two_hundred_frames_gives_the_same() -> None:
    frames = two_hundred_frames()
    assert len(frames) == 200
    for frame in frames:
        line = b"RSSI:-80|SNR:-3.5|" + frame + b"\r\n"
        for at in range(len(line) + 1):
            assert stream(line[:at], line[at:]) == [(frame, RxMeta(-80, -3.5), "")]


def test_a_byte_at_a_time_and_all_at_once() -> None:
    frames = two_hundred_frames()
    data = b"".join(frame + b"\n" for frame in frames)

    assert payloads(stream(*cut(data, 1))) == frames
    assert payloads(stream(data)) == frames


def test_a_burst_of_twenty_thousand_lines_loses_none() -> None:
    data = b"".join(b"MCHK|%d|0|1|x\n" % number for number in range(20_000))

    assert len(payloads(stream(*cut(data, 4096)))) == 20_000


def test_a_line_too_long_is_told_once_and_the_next_is_read() -> None:
    deframer = Deframer(has_borders=False, max_bytes=1000)
    found = [deframed for _ in range(10) for deframed in deframer.feed(b"x" * 400, 0.0)]
    found += deframer.feed(b"x\nMCHK|a|0|1|x\n", 0.0)

    assert found == [(b"x" * 64, NO_RX, "too-long"), (b"MCHK|a|0|1|x", NO_RX, "")]
    assert deframer.feed(b"y" * 1001 + b"\n" + OBJECT + b"\n", 0.0) == [
        (b"y" * 64, NO_RX, "too-long"),
        (OBJECT, NO_RX, ""),
    ]


def test_a_flood_of_noise_is_told_in_few_words() -> None:
    found = stream(b"x\n" * 2000 + CHUNK + b"\n")

    assert len(found) == NOISE_SHOWN + 2
    assert found[-1] == (b"and 1984 more", NO_RX, "noise")
    assert payloads(found) == [CHUNK]


def test_a_long_line_in_small_pieces_takes_no_longer_for_it() -> None:
    deframer = Deframer(has_borders=False)
    begin = time.process_time()
    for _ in range(200_000):
        deframer.feed(b"x", 0.0)

    assert time.process_time() - begin < 5.0
    assert deframer.next_deadline_s is None
    assert deframer.flush(1e9) == []


@pytest.mark.parametrize(
    "line",
    [
        b"log MCHK|a|0|1|" + b" " * 200_000 + b"x",
        b'log {"a":' + b" " * 200_000 + b"x",
        b"{ " * 100_000,
        b"x{" + b" " * 200_000,
        b"RSSI:" * 50_000,
        b"\x1b[0m" * 50_000,
        b'log {"a":1}' + b"\x1b[0m " * 40_000,
        b"{" * 200_000,
        b'{"' + b"\\" * 200_000,
    ],
)
@pytest.mark.parametrize("has_borders", [False, True])
def test_no_line_takes_long(line: bytes, has_borders: bool) -> None:
    deframer = Deframer(has_borders=has_borders)
    begin = time.process_time()
    for piece in cut(line + b"\n", 512):
        deframer.feed(piece, 0.0)

    assert time.process_time() - begin < 3.0


def test_a_new_connection_knows_nothing_of_the_last() -> None:
    for has_borders in (False, True):
        deframer = Deframer(has_borders=has_borders)
        deframer.feed(OBJECT[:10], 0.0)
        deframer.reset()
        assert deframer.next_deadline_s is None
        assert payloads(deframer.feed(OBJECT + b"\n", 1.0)) == [OBJECT]


# --- notifications ---


@pytest.mark.parametrize("mtu", MTUS)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_lines_survive_every_mtu(mtu: int, ending: bytes) -> None:
    frames = two_hundred_frames()
    pieces = [piece for frame in frames for piece in cut(frame + ending, mtu)]

    assert notifications(*pieces) == frames


@pytest.mark.parametrize("mtu", MTUS)
@pytest.mark.parametrize("extra", [0, 1])
def test_a_frame_of_a_whole_number_of_notifications(mtu: int, extra: int) -> None:
    for count in (1, 2, 3):
        frame = b"MCHK|a|0|1|".ljust(mtu * count - 1 + extra, b"x")
        assert notifications(*cut(frame + b"\n", mtu)) == [frame]


@pytest.mark.parametrize("frame", [OBJECT, CHUNK, COMPACT, b"MREQ|a|1", b"RSSI:-8|SNR:1|" + CHUNK])
def test_a_notification_without_line_end_is_a_packet(frame: bytes) -> None:
    payload = frame.removeprefix(b"RSSI:-8|SNR:1|")

    assert notifications(frame) == [payload]
    assert notifications(frame, frame) == [payload, payload]
    assert notifications(frame, OBJECT, frame) == [payload, OBJECT, payload]


def test_an_object_is_whole_at_once() -> None:
    deframer = Deframer(has_borders=True)

    assert notify(deframer, OBJECT) == [OBJECT]
    assert deframer.next_deadline_s is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20])
def test_an_object_in_pieces_is_whole_when_its_braces_balance(size: int) -> None:
    deframer = Deframer(has_borders=True)
    text = "RSSI:-80|SNR:5|" + json.dumps({"a": {"b": 'é\\"}{'}, "c": [{}]}, ensure_ascii=False)
    pieces = cut(text.encode(), size)

    assert notify(deframer, *pieces) == [text.removeprefix("RSSI:-80|SNR:5|").encode()]


def test_every_split_of_an_object_between_two_notifications() -> None:
    for at in range(1, len(OBJECT)):
        assert notifications(OBJECT[:at], OBJECT[at:]) == [OBJECT], at


def test_every_split_of_lines_between_two_notifications() -> None:
    for frame in two_hundred_frames()[:40]:
        line = b"RSSI:-80|" + frame + b"\n"
        for at in range(1, len(line)):
            assert notifications(line[:at], line[at:]) == [frame], (frame, at)


def test_a_chunk_waits_for_the_rest_of_it() -> None:
    deframer = Deframer(has_borders=True)

    assert deframer.feed(CHUNK[:182], 10.0) == []
    assert deframer.next_deadline_s == 10.0 + SETTLE_S
    assert deframer.flush(10.2) == []
    assert payloads(deframer.feed(CHUNK[182:] + b"\n", 10.2)) == [CHUNK]
    # from now on we know that lines are ended here
    deframer.feed(CHUNK[:182], 11.0)
    assert deframer.next_deadline_s == 11.0 + PATIENCE_S
    assert payloads(deframer.feed(CHUNK, 12.0)) == [CHUNK[:182]]


def test_a_compact_frame_goes_on_with_its_own_mark_where_lines_are_ended() -> None:
    deframer = Deframer(has_borders=True)
    notify(deframer, CHUNK + b"\n")

    assert notify(deframer, COMPACT, COMPACT + b"\n") == [COMPACT + COMPACT]


def test_several_packets_in_one_notification() -> None:
    assert notifications(OBJECT + OBJECT) == [OBJECT, OBJECT]
    assert notifications(OBJECT + b"\n" + CHUNK + b"\n" + OBJECT) == [OBJECT, CHUNK, OBJECT]
    assert notifications(b"x" * 10 + b"\n" + CHUNK[:50], CHUNK[50:] + b"\n") == [CHUNK]


def test_what_is_cut_off_is_told_after_a_while() -> None:
    deframer = Deframer(has_borders=True)
    deframer.feed(OBJECT[:30], 0.0)

    assert deframer.flush(SETTLE_S) == []
    assert deframer.flush(PATIENCE_S) == [(OBJECT[:30], NO_RX, "incomplete")]
    assert deframer.next_deadline_s is None


@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("frame", [CHUNK, OBJECT * 4])
def test_a_lost_piece_costs_one_packet(frame: bytes, lost: int) -> None:
    pieces = cut(frame + b"\n", (len(frame) + 1) // 3 + 1)
    kept = [piece for index, piece in enumerate(pieces) if index != lost]

    assert notifications(*kept, CHUNK + b"\n")[-1:] == [CHUNK]


def test_pieces_twice_or_out_of_order_cost_no_more_than_their_packet() -> None:
    first, second = cut(CHUNK + b"\n", 120)

    assert notifications(first, first, second, OBJECT)[-1] == OBJECT
    assert notifications(second, first, OBJECT)[-1] == OBJECT


def test_an_empty_notification_is_nothing() -> None:
    assert notifications(b"", CHUNK[:50], b"", CHUNK[50:]) == [CHUNK]


def test_a_flood_without_end_is_bounded() -> None:
    deframer = Deframer(has_borders=True, max_bytes=1000)
    found = [deframed for _ in range(100) for deframed in deframer.feed(b"x" * 244, 0.0)]

    assert found == [(b"x" * 64, NO_RX, "too-long")]
    assert payloads(deframer.feed(OBJECT, 1.0)) == [OBJECT]


def test_after_silence_a_line_too_long_is_over() -> None:
    deframer = Deframer(has_borders=True, max_bytes=100)
    deframer.feed(b"x" * 101, 0.0)

    assert deframer.next_deadline_s == PATIENCE_S
    assert deframer.flush(PATIENCE_S) == []
    assert deframer.next_deadline_s is None


def test_a_clock_that_steps_back_holds_nothing_up() -> None:
    deframer = Deframer(has_borders=True)
    deframer.feed(CHUNK, 10_000.0)

    assert payloads(deframer.flush(6_400.0)) == [CHUNK]
