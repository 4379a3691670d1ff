"""What brokers answer is read however it is cut; what nobody asked for is not kept."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import DecodeError
from meshtui.transports.mqtt_answers import AnswerReader, Answers

LONG_PUBLISH = b"\x30\x80\x80\x01" + b"p" * 16_384
STREAM = (
    b"\x40\x02\x00\x07"
    + LONG_PUBLISH
    + b"\x40\x03\x01\x00\x87"
    + b"\xd0\x00"
    + b"\x40\x08\x12\x34\x10\x04\x1f\x00\x01x"
    + b"\xc0\x00"
    + b"\xe0\x02\x8b\x00"
)


def read(pieces: list[bytes]) -> Answers:
    reader, whole = AnswerReader(), Answers()
    for piece in pieces:
        answers = reader.feed(piece)
        whole.confirmed += answers.confirmed
        whole.is_pong = whole.is_pong or answers.is_pong
        whole.unasked += answers.unasked
        whole.goodbye = answers.goodbye if whole.goodbye is None else whole.goodbye
    return whole


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1_000, 100_000])
def test_answers_are_read_however_they_are_cut(step: int) -> None:
    answers = read([STREAM[at : at + step] for at in range(0, len(STREAM), step)])

    assert answers.confirmed == [(7, 0), (0x100, 0x87), (0x1234, 0x10)]
    assert answers.is_pong
    assert answers.goodbye == 0x8B
    assert answers.unasked == 2


def test_of_a_message_nobody_asked_for_nothing_is_kept() -> None:
    reader = AnswerReader()

    reader.feed(b"\x30\xff\xff\xff\x7f" + b"x" * 10_000)

    assert reader._rest == b""


@pytest.mark.parametrize("junk", [b"\x40\x80\x80\x80\x80\x01", b"\x40\x01\x00", b"\x40\x00"])
def test_what_is_no_mqtt_ends_it(junk: bytes) -> None:
    with pytest.raises(DecodeError):
        AnswerReader().feed(junk)


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_no_bytes_do_worse_than_that(pieces: list[bytes]) -> None:
    reader = AnswerReader()
    for piece in pieces:
        try:
            reader.feed(piece)
        except DecodeError:
            return
        assert len(reader._rest) <= 8


def test_a_piece_of_the_smallest_packets_holds_the_loop_for_milliseconds() -> None:
    from meshtui.transports.mqtt_client import ANSWER_BYTES

    flood, reader = b"\xc0\x00" * (ANSWER_BYTES // 2), AnswerReader()

    best_s = min(_seconds(reader, flood) for _ in range(5))

    assert best_s < 0.010


def _seconds(reader: AnswerReader, flood: bytes) -> float:
    begin_s = time.thread_time()
    reader.feed(flood)
    return time.thread_time() - begin_s
