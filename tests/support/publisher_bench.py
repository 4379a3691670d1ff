"""One broker's publisher on a bench: a clock wound by hand, connections that keep what they get."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from meshtui.model.capture import BrokerConfig
from meshtui.runtime.publishing.publisher import Publisher
from meshtui.transports.mqtt_feed import Publication
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from meshtui.runtime.publishing.queue import MessageQueue

PLAIN = BrokerConfig(1, server="broker.example")
BY_TOKEN = BrokerConfig(2, server="broker.example", use_auth_token=True)
HOUR_S = 3600.0


class Bench:
    """A publisher that runs, and what it can be given."""

    def __init__(self, config: BrokerConfig, queue: MessageQueue | None = None) -> None:
        self.clock = FakeClock()
        self.desk = FakeDesk(self.clock)
        self.publisher = Publisher(config, self.desk, self.clock, lambda: 0.0, queue)
        self.task: asyncio.Task[None]

    async def settle(self) -> None:
        await self.clock.wind(0.0, turns=40)

    async def offer(self, *names: str) -> None:
        for name in names:
            self.publisher.offer(Publication("t", name.encode()))
        await self.settle()

    async def another_radio(self) -> None:
        """Have another radio in place of the one before."""
        self.publisher.part()
        self.publisher.introduce()
        await self.settle()

    @property
    def got(self) -> list[bytes]:
        """Everything every connection took, in order."""
        return [message.payload for feed in self.desk.feeds for message in feed.got]


@contextlib.asynccontextmanager
async def running(config: BrokerConfig, queue: MessageQueue | None = None) -> AsyncIterator[Bench]:
    bench = Bench(config, queue)
    async with asyncio.TaskGroup() as group:
        bench.task = group.create_task(bench.publisher.run())
        await bench.settle()
        try:
            yield bench
        finally:
            bench.task.cancel()
