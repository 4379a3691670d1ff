"""How one link is kept open."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from meshtui.errors import TransportError
from meshtui.model.link import LinkInfo, LinkSetup, LinkState
from meshtui.model.packet import Refused, Subscribe, Transmit
from meshtui.runtime.inbox import LinkClosed, LinkOpened
from meshtui.runtime.link_runner import LinkRunner
from meshtui.transports.base import LinkSpec
from tests.support.clock import FakeClock
from tests.support.fake_link import FakeTransport, fake_info
from tests.support.mosquitto import eventually

INFO = fake_info()


class Port:
    """A hub that only remembers."""

    def __init__(self) -> None:
        self.reports: list[LinkInfo] = []
        self.inputs: list = []

    def setup(self, link: LinkInfo) -> LinkSetup:
        return LinkSetup(client_id="me")

    def report(self, link: LinkInfo) -> None:
        self.reports.append(link)

    async def put(self, inputs) -> None:
        self.inputs += inputs

    def count(self, kind: type) -> int:
        return sum(isinstance(item, kind) for item in self.inputs)


class Kit:
    def __init__(self, *failures: TransportError, is_prompt: bool = True) -> None:
        self.port, self.clock = Port(), FakeClock()
        self.transport = FakeTransport(*failures, is_prompt=is_prompt)
        self.runner = LinkRunner(
            INFO, LinkSpec(INFO.link_id, "fake"), self.transport, self.port, self.clock, lambda: 0.0
        )

    async def open(self) -> None:
        wanted = self.port.count(LinkOpened) + 1
        await eventually(lambda: self.port.count(LinkOpened) == wanted)


@contextlib.asynccontextmanager
async def running(kit: Kit):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(kit.runner.run())
        yield kit
        await kit.runner.stop()
        await asyncio.wait([task], timeout=2)
        task.cancel()


def to(endpoint: str, **how) -> Transmit:
    return Transmit(INFO.link_id, b"x", endpoint, is_confirmed=True, **how)


async def test_a_link_that_waits_is_tried_at_once_when_that_is_wanted() -> None:
    async with running(Kit(TransportError("wrong", is_final=True))) as kit:
        await eventually(lambda: kit.runner.info.retry_at_ms)
        kit.runner.retry()
        await kit.open()
        kit.runner.retry()
        kit.transport.link.lose()
        await eventually(lambda: kit.port.count(LinkClosed) == 1)
        await eventually(lambda: kit.runner.info.retry_at_ms)

        assert kit.runner.info.state is LinkState.DOWN
        assert kit.port.count(LinkOpened) == 1


async def test_waiting_grows_with_every_failure_up_to_a_minute() -> None:
    kit = Kit(*(TransportError("no") for _ in range(12)))
    delays = []
    async with running(kit):
        for _ in range(12):
            await eventually(lambda: kit.runner.info.retry_at_ms)
            delay_s = (kit.runner.info.retry_at_ms - kit.clock.now().unix_ms) / 1_000
            delays.append(delay_s)
            await kit.clock.wind(delay_s + 0.01)
    assert delays == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


async def test_a_link_that_held_begins_waiting_anew() -> None:
    kit = Kit(*(TransportError("no") for _ in range(4)))
    async with running(kit):
        for _ in range(4):
            await eventually(lambda: kit.runner.info.retry_at_ms)
            await kit.clock.wind(10)
        await eventually(lambda: kit.runner.info.state is LinkState.UP)
        await kit.clock.wind(11)
        kit.transport.link.lose()
        await eventually(lambda: kit.runner.info.retry_at_ms)
        assert kit.runner.info.retry_at_ms - kit.clock.now().unix_ms == 500


async def test_a_link_that_dies_young_again_and_again_raises_a_question() -> None:
    kit = Kit()
    async with running(kit):
        for _ in range(3):
            await eventually(lambda: kit.runner.info.state is LinkState.UP)
            kit.transport.link.lose("closed by the broker")
            await eventually(lambda: kit.runner.info.retry_at_ms)
            if len(kit.transport.links) < 3:
                await kit.clock.wind(60)
        assert "is this identity in use elsewhere?" in kit.runner.info.reason


async def test_up_and_down_are_told_in_order_with_what_arrived_between() -> None:
    kit = Kit()
    async with running(kit):
        await eventually(lambda: kit.port.inputs)
        kit.transport.link.deliver(b"1")
        kit.transport.link.lose()
        await eventually(lambda: kit.port.count(LinkClosed) == 1)
    names = [type(item).__name__ for item in kit.port.inputs]
    assert names[:3] == ["LinkOpened", "Frame", "LinkClosed"]


async def test_what_is_offered_while_down_is_dropped_not_kept_for_later() -> None:
    kit = Kit(TransportError("no"))
    async with running(kit):
        await eventually(lambda: kit.runner.info.retry_at_ms)
        assert kit.runner.offer(to("a")) is None
        await kit.clock.wind(1)
        await eventually(lambda: kit.transport.links)
        assert kit.runner.offer(to("b")) is None
        await eventually(lambda: kit.transport.link.sent)
        assert [item.endpoint for item in kit.transport.link.sent] == ["b"]


async def test_subscriptions_are_passed_on() -> None:
    kit = Kit()
    async with running(kit):
        await eventually(lambda: kit.runner.info.state is LinkState.UP)
        kit.runner.offer(Subscribe(INFO.link_id, "topic"))
        await eventually(lambda: kit.transport.link.subscribed)


async def test_what_kills_the_connection_again_and_again_is_refused_and_the_rest_goes_on() -> None:
    kit = Kit(is_prompt=False)
    async with running(kit):
        for _ in range(3):
            await eventually(lambda: kit.runner.info.state is LinkState.UP)
            link = kit.transport.link
            for endpoint in ("fine", "forbidden"):
                assert kit.runner.offer(to(endpoint)) is None
            await eventually(lambda: link.sent)  # noqa: B023
            while True:
                await asyncio.sleep(0.001)
                for item in list(link.sent):
                    if item.endpoint == "fine":
                        link.sent.remove(item)
                        link.confirm(item)
                if [item.endpoint for item in link.sent] == ["forbidden"]:
                    break
            link.lose("closed")
            await eventually(lambda: kit.runner.info.retry_at_ms)
            await kit.clock.wind(60)
        await eventually(lambda: kit.runner.info.state is LinkState.UP)
        verdict = kit.runner.offer(to("forbidden"))
        assert isinstance(verdict, Refused)
        assert "forbidden" in verdict.reason
        assert kit.runner.offer(to("fine")) is None


async def test_stopping_while_opening_ends_the_attempt() -> None:
    kit = Kit()
    kit.transport.may_open.clear()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(kit.runner.run())
        await eventually(lambda: kit.transport.setups)
        await kit.runner.stop()
        async with asyncio.timeout(1):
            await asyncio.wait([task])


async def test_stopping_while_waiting_to_try_again_ends_the_wait() -> None:
    kit = Kit(TransportError("no"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(kit.runner.run())
        await eventually(lambda: kit.runner.info.retry_at_ms)
        await kit.runner.stop()
        async with asyncio.timeout(1):
            await asyncio.wait([task])


@pytest.mark.parametrize("is_final", [True, False])
async def test_the_reason_of_a_failure_is_shown(is_final: bool) -> None:
    kit = Kit(TransportError("the broker is on fire", is_final=is_final))
    async with running(kit):
        await eventually(lambda: kit.runner.info.retry_at_ms)
        assert kit.runner.info.reason == "the broker is on fire"
        assert kit.runner.info.state is LinkState.DOWN


async def test_what_an_open_link_says_later_is_told_with_what_arrives() -> None:
    kit = Kit()
    async with running(kit):
        await eventually(lambda: kit.runner.info.state is LinkState.UP)
        assert kit.runner.info.reason == ""

        link = kit.transport.link
        link.remark = "at its end"
        link.deliver(b"the last")

        await eventually(lambda: kit.runner.info.reason == "at its end")
        assert kit.runner.info.state is LinkState.UP
