"""Packets that wait for a modem: the most urgent that may go goes, and nothing waits for ever."""

from __future__ import annotations

import math

from meshtui.model.ids import MessageId
from meshtui.networks.meshcore.modem.events import Outgoing
from meshtui.networks.meshcore.modem.queue import MAX_QUEUE, RELAY_LATE_S, SendQueue


def queue(*outgoing: Outgoing, longest: int = 100, wait_s: float = 0.0) -> SendQueue:
    """A queue where packets longer than `longest` may never go, and others wait for so long."""
    made = SendQueue(lambda each, _: math.inf if len(each.data) > longest else wait_s)
    for each in outgoing:
        made.put(each)
    return made


def packet(priority: int, not_before_s: float = 0.0, size: int = 10, **more) -> Outgoing:
    return Outgoing(bytes(size), priority, not_before_s, **more)


def test_the_most_urgent_that_may_go_goes_first_and_equals_in_their_order() -> None:
    late, first, second = packet(0, not_before_s=9.0), packet(1, size=1), packet(1, size=2)
    made = queue(first, late, second)

    taken = [made.take_next(1.0) for _ in range(3)]

    assert taken == [first, second, None]
    assert made.next_departure_s(1.0) == 9.0
    assert made.take_next(9.0) is late
    assert made.next_departure_s(9.0) == math.inf


def test_what_the_duty_cycle_holds_up_goes_when_it_may() -> None:
    made = queue(packet(0), wait_s=5.0)

    assert made.take_next(1.0) is None
    assert made.next_departure_s(1.0) == 6.0
    assert len(made) == 1


def test_what_may_never_go_is_taken_out() -> None:
    short, long = packet(1), packet(0, size=200)
    made = queue(short, long)

    assert made.take_hopeless(0.0) == [long]
    assert made.take_next(0.0) is short


def test_too_much_costs_relays_before_what_is_ours() -> None:
    ours = [packet(3) for _ in range(MAX_QUEUE)]
    relay = packet(0, is_relay=True)
    made = queue(relay, *ours)

    assert made.take_excess() == [relay]
    assert len(made) == MAX_QUEUE


def test_relays_that_come_too_late_are_forgotten() -> None:
    made = queue(packet(0, is_relay=True), packet(1))

    assert made.take_next(RELAY_LATE_S) == packet(1)
    assert len(made) == 0


def test_what_carries_a_message_can_be_taken_back() -> None:
    made = queue(packet(0, message_id=MessageId("m1")), packet(1))

    made.drop(MessageId("m1"))

    assert made.take_next(0.0) == packet(1)
    made.put(packet(1))
    made.clear()
    assert made.take_next(0.0) is None
