"""Messages put together from chunks, within bounds."""

from __future__ import annotations

import tracemalloc
from random import Random
from typing import TYPE_CHECKING

import pytest

from meshtui.mesh.reassembly import (
    MAX_BUFFER_BYTES,
    MAX_BUFFERS,
    MAX_BYTES,
    MAX_CHUNKS,
    Chunk,
    Progress,
    Reassembler,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE, THERE = "radio here", "radio there"


def chunks_of(chunk_id: str, *pieces: bytes) -> list[Chunk]:
    return [Chunk(chunk_id, index, len(pieces), piece) for index, piece in enumerate(pieces)]


def add_all(
    reassembler: Reassembler, chunks: Sequence[Chunk], now_s: float = 0.0, source: str = HERE
) -> list[Progress]:
    return [reassembler.add(source, chunk, now_s) for chunk in chunks]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_message_is_whole_in_any_order(order: tuple[int, ...]) -> None:
    chunks = chunks_of("a", b"one ", b"two ", b"three")
    results = add_all(Reassembler(), [chunks[index] for index in order])

    assert [result.whole for result in results] == [None, None, b"one two three"]
    assert [result.have for result in results] == [1, 2, 3]
    assert all(result.is_new and not result.problem for result in results)


def test_one_chunk_may_be_a_message() -> None:
    assert Reassembler().add(HERE, Chunk("a", 0, 1, b"x"), 0.0) == (1, 1, b"x", True, "")


def test_duplicates_are_nothing_new_before_and_after() -> None:
    reassembler = Reassembler()
    first, second = chunks_of("a", b"1", b"2")

    assert reassembler.add(HERE, first, 0.0).is_new
    assert reassembler.add(HERE, first, 1.0) == (1, 2, None, False, "")
    assert reassembler.add(HERE, second, 2.0).whole == b"12"
    assert reassembler.add(HERE, second, 3.0) == (2, 2, None, False, "")
    assert len(reassembler) == 0


def test_the_same_id_from_two_sources_is_two_messages() -> None:
    reassembler = Reassembler()
    reassembler.add(HERE, Chunk("a", 0, 2, b"h"), 0.0)
    reassembler.add(THERE, Chunk("a", 1, 2, b"t"), 0.0)

    assert reassembler.missing(HERE, "a") == (1,)
    assert reassembler.missing(THERE, "a") == (0,)
    assert reassembler.missing(THERE, "b") == ()


@pytest.mark.parametrize(
    "second", [Chunk("a", 1, 3, b"2"), Chunk("a", 1, 1 + 64, b"2"), Chunk("a", 0, 2, b"other")]
)
def test_a_contradiction_drops_the_buffer(second: Chunk) -> None:
    reassembler = Reassembler()
    reassembler.add(HERE, Chunk("a", 0, 2, b"1"), 0.0)
    result = reassembler.add(HERE, second, 1.0)

    if second.total > MAX_CHUNKS:
        assert result == (0, 65, None, False, "bad-chunk")
        assert len(reassembler) == 1
    else:
        assert result == (1, 2, None, False, "contradiction")
        assert (len(reassembler), reassembler.size) == (0, 0)


@pytest.mark.parametrize(
    "chunk",
    [
        Chunk("a", 0, 0, b""),
        Chunk("a", -1, 2, b""),
        Chunk("a", 2, 2, b""),
        Chunk("a", 0, 65, b""),
        Chunk("a", 0, 10**9, b""),
        Chunk("i" * 65, 0, 1, b""),
    ],
)
def test_numbers_out_of_bounds_are_refused(chunk: Chunk) -> None:
    assert Reassembler().add(HERE, chunk, 0.0) == (0, chunk.total, None, False, "bad-chunk")


def test_a_message_larger_than_a_buffer_is_dropped() -> None:
    reassembler = Reassembler()
    half = bytes(MAX_BUFFER_BYTES // 2)
    results = add_all(reassembler, chunks_of("a", half, half, b"x"))

    assert [result.problem for result in results] == ["", "", "too-large"]
    assert reassembler.size == 0


def test_patience_counts_from_the_last_new_chunk() -> None:
    reassembler = Reassembler()
    first, second, third = chunks_of("a", b"1", b"2", b"3")
    reassembler.add(HERE, first, 0.0)
    reassembler.add(HERE, second, 29.0)
    reassembler.add(HERE, second, 50.0)  # not new

    assert reassembler.next_deadline_s == pytest.approx(59.0)
    assert reassembler.expire(58.9) == []
    assert reassembler.expire(59.0) == [(HERE, "a", 2, 3, (2,), "timeout")]
    assert reassembler.next_deadline_s is None
    assert reassembler.add(HERE, third, 60.0).have == 1


def test_patience_may_be_set_by_chunk_but_has_an_end() -> None:
    reassembler = Reassembler()
    for index in range(10):
        reassembler.add(HERE, Chunk("a", index, 11, b"x"), index * 40.0, patience_s=60.0)

    # 0..280 s came in time; at 300 s it was given up, and the rest began anew
    assert reassembler.expire(361.0) == [(HERE, "a", 8, 11, (8, 9, 10), "timeout")]
    assert reassembler.missing(HERE, "a") == (*range(8), 10)


def test_a_chunk_after_its_deadline_begins_anew_unasked() -> None:
    reassembler = Reassembler()
    first, second = chunks_of("a", b"1", b"2")
    reassembler.add(HERE, first, 0.0)

    assert reassembler.add(HERE, second, 31.0) == (1, 2, None, True, "")
    assert [given_up.reason for given_up in reassembler.expire(31.0)] == ["timeout"]


def test_an_id_used_again_with_other_content_is_a_new_message() -> None:
    reassembler = Reassembler()
    add_all(reassembler, chunks_of("a", b"1", b"2"))
    results = add_all(reassembler, chunks_of("a", b"3", b"4"), 1.0)

    assert results[-1].whole == b"34"


def test_a_completed_id_is_forgotten_in_the_end() -> None:
    reassembler = Reassembler()
    chunks = chunks_of("a", b"1", b"2")
    add_all(reassembler, chunks)

    assert not reassembler.add(HERE, chunks[0], 299.0).is_new
    assert reassembler.expire(301.0) == []
    assert reassembler.add(HERE, chunks[0], 301.0).is_new


def test_what_is_quiet_can_be_asked_for_once_in_a_while() -> None:
    reassembler = Reassembler()
    reassembler.add(HERE, Chunk("a", 1, 3, b"x"), 0.0)

    assert reassembler.incomplete(4.9, 5.0) == []
    assert reassembler.next_incomplete_s(5.0) == 5.0
    assert reassembler.incomplete(5.0, 5.0) == [(HERE, "a", 1, 3, (0, 2), "")]
    reassembler.asked(HERE, "a", 5.0)
    assert reassembler.incomplete(9.0, 5.0) == []
    assert reassembler.next_incomplete_s(5.0) == 10.0
    assert reassembler.next_deadline_s == 30.0
    reassembler.asked(HERE, "unknown", 5.0)


def test_a_source_that_is_gone_is_forgotten() -> None:
    reassembler = Reassembler()
    add_all(reassembler, chunks_of("a", b"1", b"2"))
    add_all(reassembler, chunks_of("b", b"1", b"2")[:1])
    reassembler.forget(HERE)
    reassembler.forget(HERE)

    assert (len(reassembler), reassembler.size) == (0, 0)
    assert add_all(reassembler, chunks_of("a", b"1", b"2"))[-1].whole == b"12"


def test_a_clock_that_steps_back_an_hour_does_not_wedge() -> None:
    reassembler = Reassembler()
    first, second, third = chunks_of("a", b"1", b"2", b"3")
    reassembler.add(HERE, first, 10_000.0)
    reassembler.add(HERE, second, 6_400.0)

    assert reassembler.next_deadline_s == pytest.approx(6_430.0)
    assert reassembler.add(HERE, third, 6_410.0).whole == b"123"
    reassembler.add(HERE, Chunk("b", 0, 2, b"x"), 6_411.0)
    assert [given_up.chunk_id for given_up in reassembler.expire(2_900.0)] == []
    assert [given_up.chunk_id for given_up in reassembler.expire(2_930.0)] == ["b"]


def test_a_clock_that_steps_forward_gives_up_and_goes_on() -> None:
    reassembler = Reassembler()
    reassembler.add(HERE, Chunk("a", 0, 2, b"x"), 0.0)

    assert len(reassembler.expire(3_600.0)) == 1
    assert add_all(reassembler, chunks_of("b", b"1", b"2"), 3_600.0)[-1].whole == b"12"


def test_the_greatest_holder_makes_room_and_that_is_told() -> None:
    reassembler = Reassembler()
    reassembler.add(THERE, Chunk("honest", 0, 2, b"1"), 0.0)
    for number in range(MAX_BUFFERS + 5):
        reassembler.add(HERE, Chunk(f"{number}", 0, 2, b"x"), 0.0)

    assert len(reassembler) == MAX_BUFFERS
    given_up = reassembler.expire(0.0)
    assert [(one.chunk_id, one.reason) for one in given_up] == [
        (f"{number}", "room") for number in range(6)
    ]
    assert reassembler.add(THERE, Chunk("honest", 1, 2, b"2"), 1.0).whole == b"12"


def test_bytes_are_bounded_in_all() -> None:
    reassembler = Reassembler()
    reassembler.add(THERE, Chunk("honest", 0, 2, b"1"), 0.0)
    for number in range(40):
        reassembler.add(HERE, Chunk(f"{number}", 0, 2, bytes(MAX_BUFFER_BYTES)), 0.0)
        assert reassembler.size <= MAX_BYTES

    assert reassembler.add(THERE, Chunk("honest", 1, 2, b"2"), 0.0).whole == b"12"


def test_two_hundred_thousand_hostile_ids_hinder_nobody() -> None:
    reassembler = Reassembler()
    whole = asked = 0
    for number in range(200_000):
        now_s = number / 10_000
        hostile = Chunk(f"{number:x}", 0, (1, 2, 64)[number % 3], b"x" * 200)
        reassembler.add(HERE, hostile, now_s)
        if number % 100 == 0:  # an honest chunk every 10 ms, in messages of 4
            message, index = divmod(number // 100, 4)
            asked += index == 3
            chunk = Chunk(f"m{message}", index, 4, b"honest")
            whole += reassembler.add(THERE, chunk, now_s).whole == b"honest" * 4
        if number % 1000 == 0:
            assert len(reassembler.expire(now_s)) <= 2 * MAX_BUFFERS

    assert whole / asked >= 0.99


def test_a_flood_of_every_shape_stays_within_four_megabytes() -> None:
    reassembler = Reassembler()
    random = Random(1)
    tracemalloc.start()
    try:
        for number in range(4_000):
            total = random.choice((1, 2, 64))
            for index in range(0, total, 2):
                chunk = Chunk(f"{number:064x}", index, total, random.randbytes(3_000 // total))
                reassembler.add(number % 80, chunk, number / 10_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4 * 1024 * 1024
