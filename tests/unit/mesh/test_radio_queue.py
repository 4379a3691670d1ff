"""What a radio is still to send, where others would have it send theirs instead."""

from __future__ import annotations

from dataclasses import replace

from meshtui.mesh.radio_queue import MAX_MESSAGES, MAX_PARCELS, Parcel, RadioQueue
from meshtui.model.ids import MessageId
from meshtui.model.link import RadioSettings
from meshtui.model.packet import PacketSummary, Verdict

SUMMARY = PacketSummary("text", Verdict.SENT)


def _ours(priority: int, name: str = "", frames: int = 1) -> Parcel:
    message_id = MessageId(name) if name else None
    return Parcel([bytes(100)] * frames, priority, SUMMARY, message_id=message_id)


def _others(priority: int, frames: int = 1) -> Parcel:
    return Parcel([bytes(100)] * frames, priority, SUMMARY, is_own=False)


def _queue(duty: float = 1.0) -> RadioQueue:
    return RadioQueue(RadioSettings(duty_cycle=duty))


def _take(queue: RadioQueue, now_s: float) -> Parcel:
    due = queue.take(now_s)
    assert due is not None
    queue.sent(now_s)
    return due[1]


def test_what_is_ours_finds_room_in_a_queue_full_of_others() -> None:
    queue = _queue()
    for _ in range(MAX_PARCELS):
        assert queue.offer(_others(0))

    assert queue.offer(_ours(3))
    assert queue.offer(_ours(2, "forum"))


def test_what_is_others_never_pushes_out_what_is_ours() -> None:
    queue = _queue()
    messages = [_ours(2, f"m{number}") for number in range(MAX_MESSAGES)]
    rest = [_ours(3) for _ in range(MAX_PARCELS - MAX_MESSAGES)]
    assert all(map(queue.offer, messages + rest))

    assert not queue.offer(_others(0))


def test_an_answer_finds_room_in_a_queue_full_of_messages() -> None:
    queue = _queue()
    taken = [queue.offer(_ours(1, f"m{number}")) for number in range(MAX_PARCELS)]

    assert taken.count(True) == MAX_MESSAGES
    assert queue.offer(_ours(0))


def test_after_one_of_others_the_next_is_ours() -> None:
    queue = _queue()
    mine = _ours(2, "forum")
    for parcel in (_others(0), _others(1), _others(1), mine):
        queue.offer(parcel)

    taken = [_take(queue, 10.0 * number) for number in range(3)]

    assert [parcel.is_own for parcel in taken] == [False, True, False]
    assert taken[1] is mine


def test_the_packets_of_one_message_of_others_are_not_torn_apart() -> None:
    queue = _queue()
    for parcel in (_others(1, frames=3), _ours(2, "forum")):
        queue.offer(parcel)

    assert [_take(queue, 10.0 * number).is_own for number in range(4)] == [False] * 3 + [True]


def test_a_frame_in_hand_when_the_link_goes_away_has_used_its_time() -> None:
    queue = _queue(duty=0.01)
    queue.offer(_ours(1, "m"))
    queue.take(0.0)

    queue.clear(0.0)

    assert queue.duty_used(0.0) > 0
    queue.offer(_ours(1, "m"))
    assert queue.take(0.05) is None, "the one before may still be on the air"


def test_what_is_others_and_waits_in_vain_is_given_up_and_told() -> None:
    queue = _queue()
    stuck, mine = _others(1), _ours(1, "m")
    queue.offer(stuck)
    queue.offer(mine)

    assert queue.expire(180.0) == []
    assert queue.expire(181.0) == [(stuck, "no-airtime")]
    assert len(queue) == 1


def test_what_made_way_is_told() -> None:
    queue = _queue()
    for _ in range(MAX_PARCELS):
        queue.offer(_others(1))

    queue.offer(_ours(1, "m"))

    assert [reason for _, reason in queue.expire(0.0)] == ["no-room"]


def test_presence_leaves_half_of_what_others_may_use_to_messages() -> None:
    queue = _queue(duty=0.01)
    for number in range(200):
        queue.offer(replace(_others(3), not_before_s=10.0 * number))
        if queue.take(10.0 * number):
            queue.sent(10.0 * number)

    assert 0.2 < queue.duty_used(2000.0) < 0.3
    message = replace(_others(1), not_before_s=2000.0)
    queue.offer(message)
    assert queue.take(2000.0) is not None
