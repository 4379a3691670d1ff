"""Laws of what waits for a broker: in order, bounded, and what is lost is counted."""

from __future__ import annotations

from meshtui.runtime.publishing.queue import BATCH_BYTES, BATCH_MESSAGES, MessageQueue
from meshtui.transports.mqtt_feed import Publication


def message(name: str, size: int = 0) -> Publication:
    return Publication("t", name.encode().ljust(size))


def test_it_gives_what_it_was_given_in_order() -> None:
    queue = MessageQueue()
    given = [message(str(number)) for number in range(1_000)]
    for each in given:
        assert queue.put(each) == 0

    got = []
    while batch := queue.take():
        assert len(batch) <= BATCH_MESSAGES
        got += batch

    assert got == given
    assert len(queue) == 0


def test_the_oldest_make_room_by_count_and_by_bytes() -> None:
    by_count, by_bytes = MessageQueue(max_messages=3), MessageQueue(max_bytes=300)
    lost = [by_count.put(message(str(number))) for number in range(5)]
    lost_bytes = [by_bytes.put(message(str(number), 100)) for number in range(5)]

    assert lost == lost_bytes == [0, 0, 0, 1, 1]
    assert [each.payload for each in by_count.take()] == [b"2", b"3", b"4"]
    assert next(iter(by_bytes)).payload.startswith(b"2")


def test_what_comes_back_goes_first_and_may_be_what_finds_no_room() -> None:
    queue = MessageQueue(max_messages=3)
    for name in "abc":
        queue.put(message(name))
    batch = queue.take()
    queue.put(message("d"))

    assert queue.put_back(batch[1:]) == 0
    assert [each.payload for each in queue.take()] == [b"b", b"c", b"d"]
    for name in "ef":
        queue.put(message(name))
    assert queue.put_back([message("x"), message("y")]) == 1
    assert [each.payload for each in queue.take()] == [b"y", b"e", b"f"]


def test_a_batch_is_not_more_than_a_connection_swallows() -> None:
    queue = MessageQueue()
    for number in range(10):
        queue.put(message(str(number), BATCH_BYTES // 2))

    assert len(queue.take()) == 2


def test_a_message_larger_than_everything_is_lost_and_counted() -> None:
    queue = MessageQueue(max_bytes=10)

    assert queue.put(message("a", 11)) == 1
    assert queue.take() == []
    assert queue.put(message("b")) == 0
    assert queue.clear() == 1
    assert queue.put(message("c", 10)) == 0
