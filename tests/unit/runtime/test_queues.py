"""Inbox, outbox and bus: bounded, and in order."""

from __future__ import annotations

import asyncio

import pytest

from meshtui.model.event import EventsMissed, FrameReceived, NodeHeard
from meshtui.model.ids import Instant, LinkId, NodeId
from meshtui.model.node import Node
from meshtui.model.packet import Frame, PacketSummary, Subscribe, Transmit, Verdict
from meshtui.runtime.bus import MAX_QUEUED_BYTES, Bus
from meshtui.runtime.inbox import Inbox, LinkClosed
from meshtui.runtime.outbox import Outbox
from tests.support.fake_link import FAKENET

LINK = LinkId("l")


def heard(number: int) -> NodeHeard:
    return NodeHeard(Node(FAKENET, NodeId(str(number))))


def transmit(name: str, priority: int = 1) -> Transmit:
    return Transmit(LINK, name.encode(), priority=priority)


async def test_the_outbox_gives_acknowledgements_first_and_keeps_order_within() -> None:
    outbox = Outbox()
    for name, priority in (("p1", 3), ("d1", 1), ("a1", 0), ("d2", 1), ("c1", 2), ("a2", 0)):
        outbox.offer(transmit(name, priority))
    outbox.offer(Subscribe(LINK, "topic"))
    taken = [await outbox.take() for _ in range(7)]
    names = [item.payload.decode() if isinstance(item, Transmit) else "sub" for item in taken]
    assert names == ["a1", "a2", "sub", "d1", "d2", "c1", "p1"]


async def test_a_full_outbox_refuses_the_newest_by_entries_and_by_bytes() -> None:
    outbox = Outbox(max_entries=2, max_bytes=100)
    assert outbox.offer(transmit("x" * 60))
    assert not outbox.offer(transmit("y" * 60))
    assert outbox.offer(transmit("z"))
    assert not outbox.offer(transmit("z"))
    await outbox.take()
    assert outbox.offer(transmit("z"))


async def test_taking_from_an_empty_outbox_waits() -> None:
    outbox = Outbox()
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(outbox.take())
        await asyncio.sleep(0)
        assert not taking.done()
        outbox.offer(transmit("x"))
    assert taking.result() == transmit("x")


async def test_a_full_inbox_makes_links_wait_and_nobody_else() -> None:
    inbox = Inbox(limit=2)
    first, second = LinkClosed(LinkId("1")), LinkClosed(LinkId("2"))
    await inbox.put([first, first])
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(inbox.put([second]))
        await asyncio.sleep(0)
        inbox.put_now([first])
        assert not waiting.done()
        assert [inbox.pop(), inbox.pop()] == [first, first]
    assert [inbox.pop(), inbox.pop()] == [first, second]
    assert not inbox.ready.is_set()


async def test_a_slow_subscriber_loses_its_oldest_and_is_told_how_many() -> None:
    bus = Bus()
    slow, quick = bus.subscribe(3), bus.subscribe(100)
    bus.publish([heard(number) for number in range(5)])
    assert await slow.next_batch() == [EventsMissed(2), heard(2), heard(3), heard(4)]
    assert len(await quick.next_batch()) == 5
    bus.publish([heard(5)])
    assert await slow.next_batch() == [heard(5)]


async def test_a_subscribers_bytes_are_bounded_too() -> None:
    bus = Bus()
    subscription = bus.subscribe(10_000)
    payload = bytes(256 * 1024)
    frame = Frame(LINK, payload, Instant(0, 0))
    event = FrameReceived(FAKENET, frame, PacketSummary("", Verdict.REJECTED))
    bus.publish([event] * 500)
    missed, *rest = await subscription.next_batch()
    assert len(rest) * len(payload) <= MAX_QUEUED_BYTES
    assert missed == EventsMissed(500 - len(rest))


async def test_a_closed_subscription_gives_what_it_has_and_then_nothing() -> None:
    bus = Bus()
    subscription = bus.subscribe(10)
    bus.publish([heard(1)])
    subscription.close()
    bus.publish([heard(2)])
    assert await subscription.next_batch() == [heard(1)]
    assert await subscription.next_batch() == []
    subscription.close()


async def test_waiting_for_events_can_be_given_up_and_loses_none() -> None:
    bus = Bus()
    subscription = bus.subscribe(10)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(subscription.next_batch(), 0.01)
    bus.publish([heard(1)])
    assert await subscription.next_batch() == [heard(1)]
