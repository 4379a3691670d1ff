"""Promises of the hub, with a fake session, fake links and a store in memory."""

from __future__ import annotations

import asyncio

import pytest

from meshtui.errors import LocalProtocolError, NotKeptYetError, StoreError, TransportError
from meshtui.model.command import MarkRead, SendText
from meshtui.model.event import (
    ConversationRead,
    DeliveryChanged,
    LinkChanged,
    MessageReceived,
    StoreFailed,
)
from meshtui.model.ids import ConversationId, LinkId, MessageId
from meshtui.model.link import LinkState
from meshtui.model.packet import Frame
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.hub import MeshHub
from meshtui.transports.base import LinkSpec
from tests.support.clock import FakeClock
from tests.support.fake_link import FAKENET, FakeTransport, fake_info
from tests.support.fake_session import TALK, FakeSession, MemoryStore
from tests.support.mosquitto import eventually


class House:
    """A hub and all its parts within reach."""

    def __init__(
        self, clock=None, links: int = 1, *, opens_links=True, session=None, **transport
    ) -> None:
        self.clock = clock or SystemClock()
        self.session = session or FakeSession()
        self.store = MemoryStore()
        self.transports = [FakeTransport(**transport) for _ in range(links)]
        infos = [fake_info(f"fake{number}") for number in range(links)]
        self.hub = MeshHub(
            sessions={FAKENET: self.session},
            links=[
                (info, LinkSpec(info.link_id, "fake"), transport)
                for info, transport in zip(infos, self.transports, strict=True)
            ],
            writer=self.store,
            reader=self.store,
            clock=self.clock,
            chance=lambda: 0.0,
            opens_links=opens_links,
        )

    @property
    def link(self):
        return self.transports[0].link

    async def up(self) -> None:
        await eventually(lambda: len(self.session.up) == len(self.transports))


async def collect(subscription, wanted: type, count: int = 1) -> list:
    found: list = []
    async with asyncio.timeout(5):
        while len(found) < count:
            batch = await subscription.next_batch()
            found += [event for event in batch if isinstance(event, wanted)]
    return found


async def test_a_message_is_on_disk_before_it_is_shown_acknowledged_or_settled() -> None:
    house = House()
    async with house.hub as hub:
        await house.up()
        events = hub.subscribe()
        house.store.gate.clear()
        house.link.deliver(b"hello")
        await eventually(lambda: house.store.attempts == 1)
        reading = asyncio.ensure_future(collect(events, MessageReceived))  # noqa: TID251
        await asyncio.sleep(0.02)
        seen_early = (reading.done(), list(house.link.sent), list(house.link.settled))

        house.store.gate.set()
        shown = await reading
        await eventually(lambda: house.link.sent and house.link.settled)

    assert seen_early == (False, [], [])
    assert [event.message.text for event in shown] == ["hello"]
    assert house.link.sent[0].payload == b"ack:hello"
    assert house.link.settled == [1]


async def test_frames_are_taken_in_the_order_of_arrival_and_the_store_has_one_thread() -> None:
    house = House()
    texts = [str(number) for number in range(1_000)]
    async with house.hub:
        await house.up()
        house.link.deliver(*(text.encode() for text in texts))
        await eventually(lambda: len(house.store.texts) == len(texts))
    assert house.store.texts == texts
    assert house.store.threads == {"store-write_0"}


async def test_a_burst_is_taken_in_slices_so_that_the_loop_is_free_between() -> None:
    house = House()
    async with house.hub:
        await house.up()
        house.link.deliver(*(b"x" for _ in range(1_000)))
        await eventually(lambda: len(house.store.texts) == 1_000)
    assert max(len(batch) for batch in house.store.batches) <= 3 * 256


async def test_while_the_store_fails_nothing_is_shown_sent_or_settled_and_all_of_it_later() -> None:
    house = House()
    async with house.hub as hub:
        await house.up()
        events = hub.subscribe()
        house.store.failure = StoreError("disk full")
        house.link.deliver(b"one", b"two")
        (failed,) = await collect(events, StoreFailed)
        with pytest.raises(StoreError):
            await hub.submit(SendText(TALK, "hi", MessageId("1")))
        before = (house.link.sent, house.link.settled, house.store.texts)
        assert before == ([], [], [])

        house.store.failure = None
        shown = await collect(events, MessageReceived, 2)
    assert failed.detail == "disk full"
    assert [event.message.text for event in shown] == ["one", "two"]
    assert house.link.settled == [1, 2]


async def test_what_was_taken_waits_for_the_store_and_what_came_after_is_refused_for_good() -> None:
    house = House(FakeClock())
    async with house.hub as hub:
        await house.up()
        house.store.failure = StoreError("disk full")
        house.store.gate.clear()

        async def ask_behind() -> None:
            await eventually(lambda: "1" in house.session.waiting)
            asyncio.get_running_loop().call_soon(house.store.gate.set)
            await hub.submit(SendText(TALK, "behind", MessageId("2")))

        taken, behind = await asyncio.gather(
            hub.submit(SendText(TALK, "taken", MessageId("1"))),
            ask_behind(),
            return_exceptions=True,
        )
        house.store.failure = None
        await house.clock.wind(1)
        await eventually(lambda: len(house.link.sent) == 1)
        await hub.submit(SendText(TALK, "later", MessageId("3")))
        await eventually(lambda: len(house.link.sent) == 2)
        texts = [transmit.payload for transmit in house.link.sent]
    assert (type(taken), type(behind)) == (NotKeptYetError, StoreError)
    assert texts == [b"taken", b"later"]


async def test_an_event_that_breaks_the_writer_is_left_out_and_the_rest_is_kept() -> None:
    house = House()
    original = house.store.apply

    def picky(events):
        if any(isinstance(e, MessageReceived) and e.message.text == "poison" for e in events):
            raise OverflowError
        return original(events)

    house.store.apply = picky
    async with house.hub:
        await house.up()
        house.link.deliver(b"good", b"poison", b"better")
        await eventually(lambda: house.store.texts == ["good", "better"])
        await eventually(lambda: house.link.settled == [1, 2, 3])


async def test_a_session_that_raises_costs_one_frame(caplog) -> None:
    house = House()
    async with house.hub:
        await house.up()
        house.link.deliver(b"bug", b"fine")
        await eventually(lambda: house.store.texts == ["fine"])
        await eventually(lambda: house.link.settled == [1, 2])
    assert "ZeroDivisionError" in caplog.text


async def test_submit_returns_when_the_message_is_on_disk() -> None:
    house = House()
    async with house.hub as hub:
        await house.up()
        await hub.submit(SendText(TALK, "hi", MessageId("id-1")))
        assert any(getattr(e, "message", None) and e.message.is_own for e in house.store.events)
        await eventually(lambda: any(isinstance(e, DeliveryChanged) for e in house.store.events))
    assert house.link.sent[0].payload == b"hi"


async def test_a_command_that_cannot_be_carried_out_raises_and_changes_nothing() -> None:
    house = House()
    async with house.hub as hub:
        await house.up()
        with pytest.raises(LocalProtocolError, match="empty"):
            await hub.submit(SendText(TALK, "", MessageId("1")))
        with pytest.raises(LocalProtocolError, match="no network named 'other'"):
            await hub.submit(SendText(ConversationId("other/x"), "hi", MessageId("1")))
        with pytest.raises(LocalProtocolError, match="inside meshtui"):
            await hub.submit(object())
        assert house.store.events == []


async def test_what_the_user_says_about_a_conversation_takes_the_same_path() -> None:
    house = House()
    async with house.hub as hub:
        events = hub.subscribe()
        await hub.submit(MarkRead(TALK, 7))
        assert await collect(events, ConversationRead) == [ConversationRead(TALK, 7)]
        assert ConversationRead(TALK, 7) in house.store.events


async def test_a_message_typed_while_no_link_is_up_is_sent_when_one_comes_up() -> None:
    house = House()
    house.transports[0].may_open.clear()
    async with house.hub as hub:
        await hub.submit(SendText(TALK, "later", MessageId("1")))
        house.transports[0].may_open.set()
        await eventually(lambda: house.transports[0].links and house.link.sent)
    assert house.link.sent[0].payload == b"later"


async def test_a_lost_link_is_opened_again_and_says_so_meanwhile() -> None:
    house = House(FakeClock())
    async with house.hub as hub:
        events = hub.subscribe()
        await house.up()
        house.link.deliver(b"before")
        house.link.lose("the cable was pulled")
        await eventually(lambda: not house.session.up)
        (down,) = hub.links()
        await house.clock.wind(1)
        await eventually(lambda: len(house.transports[0].links) == 2)
        await house.up()
        states = [
            (event.link.state, event.link.reason)
            for event in await events.next_batch()
            if isinstance(event, LinkChanged)
        ]
    assert down.state is LinkState.DOWN
    assert down.reason == "the cable was pulled"
    assert down.retry_at_ms > 0
    assert states == [
        (LinkState.CONNECTING, ""),
        (LinkState.UP, ""),
        (LinkState.DOWN, "the cable was pulled"),
        (LinkState.DOWN, "the cable was pulled"),
        (LinkState.CONNECTING, "the cable was pulled"),
        (LinkState.UP, ""),
    ]
    assert house.session.heard[:4] == ["up fake0", "before", "down fake0", "up fake0"]


async def test_what_arrived_before_a_loss_is_taken_before_the_link_is_down() -> None:
    house = House()
    async with house.hub:
        await house.up()
        house.link.deliver(b"1", b"2", b"3")
        house.link.lose()
        await eventually(lambda: "down fake0" in house.session.heard)
    assert house.session.heard[:5] == ["up fake0", "1", "2", "3", "down fake0"]


async def test_a_dead_link_delays_no_other() -> None:
    house = House(links=2)
    house.transports[0].may_open.clear()
    async with house.hub as hub:
        await eventually(lambda: house.session.up == [LinkId("fake1")])
        house.transports[1].link.deliver(b"hello")
        await eventually(lambda: house.store.texts == ["hello"])
        assert [link.state for link in hub.links()] == [LinkState.CONNECTING, LinkState.UP]


async def test_a_final_failure_is_tried_again_once_a_minute_and_its_reason_shown() -> None:
    house = House(FakeClock())
    house.transports[0].failures.append(TransportError("wrong password", is_final=True))
    async with house.hub as hub:
        await eventually(lambda: hub.links()[0].retry_at_ms)
        (link,) = hub.links()
        assert (link.state, link.reason) == (LinkState.DOWN, "wrong password")
        assert link.retry_at_ms - house.clock.now().unix_ms == 60_000
        await house.clock.wind(59)
        assert not house.session.up
        await house.clock.wind(2)
        await house.up()


async def test_a_transport_with_a_bug_does_not_end_the_mesh() -> None:
    house = House(links=2)

    async def broken(*_args):
        raise KeyError("hunter2")

    house.transports[0].open = broken
    async with house.hub as hub:
        await eventually(lambda: house.session.up == [LinkId("fake1")])
        assert "KeyError" in hub.links()[0].reason
        assert "hunter2" not in hub.links()[0].reason


async def test_time_reaches_the_session_when_it_is_due() -> None:
    house = House(FakeClock())
    async with house.hub as hub:
        await house.up()
        due = house.clock.now().mono_s + 5
        house.session.next_deadline_s = due
        await hub.submit(MarkRead(TALK, 1))  # anything that makes the hub look
        await house.clock.wind(4.9)
        assert house.session.ticks == []
        await house.clock.wind(0.2)
        await eventually(lambda: len(house.session.ticks) == 1)


async def test_at_the_end_last_words_are_sent_and_links_are_closed() -> None:
    house = House(links=2)
    async with house.hub as hub:
        await house.up()
        await hub.submit(SendText(TALK, "last", MessageId("1")))
    for transport in house.transports:
        assert transport.link.is_closed
        assert [item.payload for item in transport.link.sent] == [b"last", b"offline"]
    with pytest.raises(LocalProtocolError, match="closed"):
        await house.hub.submit(MarkRead(TALK, 1))


async def test_the_end_waits_at_most_two_seconds_for_a_link_that_takes_nothing() -> None:
    house = House()
    async with house.hub as hub:
        await house.up()
        house.link.may_send.clear()
        await hub.submit(SendText(TALK, "stuck", MessageId("1")))
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 3.0


async def test_the_end_does_not_wait_for_a_store_that_fails() -> None:
    house = House()
    async with house.hub as hub:
        await house.up()
        events = hub.subscribe()
        house.store.failure = StoreError("disk full")
        house.link.deliver(b"x")
        await collect(events, StoreFailed)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 3.0
    assert house.link.settled == []


async def test_an_error_of_the_caller_leaves_as_it_is() -> None:
    house = House()
    with pytest.raises(ZeroDivisionError):
        async with house.hub:
            raise ZeroDivisionError
    assert house.hub.links()[0].state is LinkState.DOWN


async def test_subscriptions_end_with_the_hub() -> None:
    house = House()
    async with house.hub as hub:
        events = hub.subscribe()
    while await events.next_batch():
        pass


async def test_a_link_that_takes_too_little_makes_the_hub_refuse_the_newest() -> None:
    house = House()
    async with house.hub as hub:
        await house.up()
        house.link.may_send.clear()
        for number in range(2_010):
            house.link.deliver(str(number).encode())
        await eventually(lambda: len(house.session.refusals) >= 9)
        await eventually(lambda: len(house.store.texts) == 2_010)
        house.link.may_send.set()
        await eventually(lambda: len(house.link.sent) >= 2_000)
        assert hub.links()[0].state is LinkState.UP
    assert house.link.sent[0].payload == b"ack:0"
    assert set(house.session.refusals) == {"too much is waiting for this link"}


async def test_frames_are_dissected_by_their_network() -> None:
    house = House()
    frame = Frame(LinkId("fake0"), b"abc", house.clock.now())
    assert house.hub.dissect(FAKENET, frame).summary == "abc"


async def test_links_wait_for_a_front_end_that_wants_to_show_the_store_first() -> None:
    house = House(opens_links=False)
    async with house.hub as hub:
        await asyncio.sleep(0.02)
        early = list(house.session.up)

        hub.open_links()
        hub.open_links()
        await house.up()
        late = len(house.session.up)

    assert (early, late) == ([], 1)


async def test_a_hub_whose_links_never_opened_closes_at_once() -> None:
    house = House(opens_links=False)
    async with asyncio.timeout(1), house.hub:
        pass

    assert house.session.up == []


class Untimely(FakeSession):
    """A session with a bug in the one thing that is asked of it without being asked to act."""

    @property
    def next_deadline_s(self) -> float | None:
        raise ZeroDivisionError("a bug")

    @next_deadline_s.setter
    def next_deadline_s(self, value: float | None) -> None:
        pass


async def test_a_session_that_cannot_say_when_it_is_due_does_not_end_the_mesh(caplog) -> None:
    house = House(session=Untimely())
    async with house.hub as hub:
        await house.up()
        events = hub.subscribe()
        house.link.deliver(b"hello")
        [received] = await collect(events, MessageReceived)

    assert received.message.text == "hello"
    assert "next_deadline_s" in caplog.text
