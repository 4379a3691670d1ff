"""Laws of a publisher whose radio or token is exchanged while it publishes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from meshtui.errors import LinkLostError
from meshtui.model.ids import Instant
from meshtui.model.publishing import PublisherState
from meshtui.transports.mqtt_feed import Publication
from tests.support.publisher_bench import BY_TOKEN, HOUR_S, PLAIN, running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.runtime.publishing.tokens import Token


async def test_what_another_radio_hears_never_leaves_by_the_login_of_the_first() -> None:
    async with running(BY_TOKEN) as bench:
        bench.publisher.introduce()
        await bench.settle()

        bench.publisher.part()
        bench.publisher.introduce()
        await bench.offer("of the second")

        first, second = bench.desk.feeds
        assert [message.payload for message in first.got] == [b"online"]
        assert [message.payload for message in second.got] == [b"online", b"of the second"]
        # nobody else would say that it is gone: who hangs up properly leaves no will
        assert first.last == Publication("mqtt2/status", b"offline", is_retained=True)
        assert bench.desk.specs[0].password != bench.desk.specs[1].password


async def test_what_was_leaving_when_another_radio_came_does_not_leave_under_its_name() -> None:
    async with running(PLAIN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        sending = asyncio.Event()

        async def send(batch: Sequence[Publication]) -> None:
            bench.desk.feeds[0].taken = 0
            await sending.wait()
            raise LinkLostError("it broke")

        bench.desk.feeds[0].send = send  # type: ignore[method-assign]
        await bench.offer("a", "b")
        await bench.another_radio()
        sending.set()
        await bench.settle()

        status = bench.publisher.status()
        assert (status.published, status.dropped, status.queued) == (0, 2, 0)
        assert bench.got == [b"online", b"online"]


async def test_a_token_that_is_ready_when_another_radio_is_there_serves_nobody() -> None:
    async with running(BY_TOKEN) as bench:
        signing, make_token = asyncio.Event(), bench.desk.make_token

        async def sign(audience: str, life_s: float) -> Token:
            token = await make_token(audience, life_s)
            await signing.wait()
            return token

        bench.desk.make_token = sign  # type: ignore[method-assign]
        bench.publisher.introduce()
        await bench.settle()
        await bench.another_radio()
        signing.set()
        await bench.settle()

        assert [spec.password for spec in bench.desk.specs] == ["broker.example 2"]
        assert bench.publisher.status().state is PublisherState.UP


async def test_packets_leave_while_a_radio_takes_its_time_to_sign() -> None:
    async with running(BY_TOKEN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        signing, make_token = asyncio.Event(), bench.desk.make_token

        async def sign(audience: str, life_s: float) -> Token:
            await signing.wait()
            return await make_token(audience, life_s)

        bench.desk.make_token = sign  # type: ignore[method-assign]
        await bench.clock.wind(12 * HOUR_S)

        await bench.offer("a")
        assert bench.got == [b"online", b"a"]
        bench.publisher.offer(Publication("t", b"b"))
        signing.set()
        await bench.settle()
        assert len(bench.desk.feeds) == 2
        assert [each for each in bench.got if each != b"online"] == [b"a", b"b"]


async def test_a_token_is_renewed_when_the_clock_jumps_as_after_a_sleep() -> None:
    async with running(BY_TOKEN) as bench:
        bench.publisher.introduce()
        await bench.settle()

        now = bench.clock.now
        bench.clock.now = lambda: Instant(now().mono_s, now().unix_ms + 13 * 3_600_000)  # type: ignore[method-assign]
        await bench.clock.wind(60.0)
        await bench.settle()

        assert bench.desk.tokens == 2


async def test_who_ends_while_a_token_was_just_renewed_still_says_offline() -> None:
    async with running(BY_TOKEN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        bench.publisher.offer(Publication("t", b"a"))

        bench.publisher.renew()
        bench.publisher.stop()
        await bench.settle()

        assert bench.got == [b"online", b"a"]
        assert bench.desk.feeds[0].last == Publication("mqtt2/status", b"offline", is_retained=True)


async def test_a_person_who_asks_for_a_new_token_does_not_lose_the_connection_for_it() -> None:
    async with running(BY_TOKEN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        bench.desk.signs = False

        bench.publisher.renew()
        await bench.offer("a")

        status = bench.publisher.status()
        assert status.state is PublisherState.UP
        assert status.reason == "the token could not be renewed: nobody signs"
        assert bench.got == [b"online", b"a"]
        bench.desk.signs = True
        bench.publisher.renew()
        await bench.settle()
        assert len(bench.desk.feeds) == 2
        assert bench.desk.specs[0].password != bench.desk.specs[1].password
