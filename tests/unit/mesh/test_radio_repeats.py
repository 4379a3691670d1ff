"""What a radio sends again, and what overheard makes it superfluous."""

from __future__ import annotations

from itertools import pairwise

from meshtui.mesh.radio_queue import WAITS_S, Parcel, RadioQueue
from meshtui.model.ids import MessageId
from meshtui.model.link import RadioSettings
from meshtui.model.packet import PacketSummary, Verdict

SUMMARY = PacketSummary("text", Verdict.SENT)
KEY, ANSWER = ("alice", b"digest"), ("bob", "alice")


def _parcel(*, repeats: int = 2, is_own: bool = False, patience: int = 0) -> Parcel:
    return Parcel(
        [bytes(100)],
        1,
        SUMMARY,
        key=KEY,
        patience=patience,
        hops=1,
        repeats=repeats,
        repeat_after_s=4.0,
        answered_by=ANSWER,
        is_own=is_own,
        message_id=MessageId("m") if is_own else None,
    )


def _queue(*parcels: Parcel, duty: float = 1.0) -> RadioQueue:
    queue = RadioQueue(RadioSettings(duty_cycle=duty))
    assert all(map(queue.offer, parcels))
    return queue


def _drain(queue: RadioQueue, now_s: float = 0.0) -> list[float]:
    """Send all there is; returns when."""
    times = []
    while (due_s := queue.next_deadline_s(now_s)) is not None:
        now_s = max(now_s, due_s)
        assert queue.take(now_s) is not None
        queue.sent(now_s)
        times.append(now_s)
    return times


def test_a_packet_is_sent_again_so_often_and_no_more() -> None:
    parcel = _parcel(repeats=2)
    airtime_s = _queue().airtime_s(parcel.frames)

    times = _drain(_queue(parcel))

    assert len(times) == 3
    assert all(later - earlier >= airtime_s + 4.0 for earlier, later in pairwise(times))


def test_the_bytes_are_the_same_and_are_counted_while_they_wait() -> None:
    queue = _queue(_parcel(repeats=1))

    first = queue.take(0.0)
    done = queue.sent(0.0)
    again = queue.take(60.0)

    assert first is not None
    assert again is not None
    assert done is first[1]
    assert (again[0], again[1].is_repeat, again[1].size) == (first[0], True, 100)
    queue.sent(60.0)
    assert len(queue) == 0


def test_one_overheard_further_on_ends_it_others_do_not() -> None:
    queue = _queue(_parcel())
    queue.take(0.0)
    queue.sent(0.0)

    assert queue.overheard(KEY, 0) is None  # who sent it to us, again
    assert queue.overheard(KEY, 1) is None  # somebody at our own place
    assert queue.overheard(("alice", b"other"), 2) is None
    assert queue.overheard(KEY, 2) is not None
    assert _drain(queue) == []


def test_what_was_not_sent_yet_is_spared_by_copies_from_any_place() -> None:
    queue = _queue(_parcel(patience=2))

    assert queue.overheard(KEY, 0) is None
    assert queue.overheard(KEY, 1) is not None


def test_an_answer_ends_one_relay_the_oldest() -> None:
    first, second = _parcel(), _parcel()
    queue = _queue(first, second)

    assert queue.answered(("bob", "carol")) is None
    assert queue.answered(None) is None
    assert queue.answered(ANSWER) is first
    assert len(queue) == 1


def test_an_answer_never_ends_a_message_of_ours_that_was_not_sent() -> None:
    queue = _queue(_parcel(is_own=True))

    assert queue.answered(ANSWER) is None
    queue.take(0.0)
    queue.sent(0.0)
    assert queue.answered(ANSWER) is not None


def test_a_message_taken_back_is_not_repeated() -> None:
    queue = _queue(_parcel(is_own=True))
    queue.take(0.0)
    queue.sent(0.0)

    queue.withdraw(MessageId("m"))

    assert _drain(queue) == []


def test_a_packet_of_several_frames_is_not_repeated_by_halves() -> None:
    parcel = _parcel(repeats=0)
    parcel.frames.append(bytes(50))

    assert len(_drain(_queue(parcel))) == 2


def test_repeats_keep_the_duty_cycle_and_are_forgotten_without_a_word() -> None:
    queue = _queue(_parcel(is_own=True), duty=0.0005)  # 1.8 s an hour: one packet
    assert queue.take(0.0) is not None
    queue.sent(0.0)
    due_s = queue.next_deadline_s(1.0)

    assert due_s is not None
    assert due_s > 3000
    assert queue.expire(5.0 + WAITS_S + 10.0) == []
    assert len(queue) == 0


def test_a_lost_link_takes_the_repeats_with_it() -> None:
    queue = _queue(_parcel())
    queue.take(0.0)
    queue.sent(0.0)

    queue.clear(1.0)

    assert _drain(queue) == []
