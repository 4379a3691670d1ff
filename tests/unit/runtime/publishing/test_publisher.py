"""Laws of one broker's publisher: nothing lost, nothing twice, and no gap in its login."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from meshtui.errors import TransportError
from meshtui.model.capture import BrokerConfig
from meshtui.model.publishing import PreviewKind, PublisherState
from meshtui.model.secret import SecretBytes
from meshtui.runtime.publishing.publisher import Publisher
from meshtui.runtime.publishing.queue import MessageQueue
from meshtui.transports.mqtt_feed import Publication
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk
from tests.support.publisher_bench import BY_TOKEN, HOUR_S, PLAIN, running

if TYPE_CHECKING:
    from tests.support.fake_desk import FakeFeed


async def test_it_waits_until_the_radio_has_said_who_it_is() -> None:
    async with running(PLAIN) as bench:
        await bench.offer("early")
        assert bench.publisher.status().state is PublisherState.WAITING
        assert bench.publisher.preview() is None

        bench.publisher.introduce()
        await bench.settle()

        assert bench.publisher.status().state is PublisherState.UP
        assert bench.got == [b"online", b"early"]
        assert bench.desk.feeds[0].will == Publication("mqtt1/status", b"offline", is_retained=True)


async def test_what_a_broken_connection_did_not_take_leaves_by_the_next_in_order() -> None:
    async with running(PLAIN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        bench.desk.feeds[0].takes = 3  # its greeting and two packets

        await bench.offer("a", "b", "c", "d")
        assert bench.publisher.status().state is PublisherState.DOWN
        assert bench.publisher.status().reason == "it broke"
        await bench.clock.wind(1.0)

        assert bench.got == [b"online", b"a", b"b", b"online", b"c", b"d"]
        assert bench.publisher.status().published == 4
        assert bench.publisher.status().dropped == 0


async def test_the_back_off_grows_and_a_person_can_hurry_it() -> None:
    async with running(PLAIN) as bench:
        bench.desk.refusals = [TransportError("nothing listens") for _ in range(4)]
        bench.publisher.introduce()
        await bench.settle()
        tried = [len(bench.desk.specs)]
        for seconds in (1.0, 1.0, 1.0, 3.9):
            await bench.clock.wind(seconds)
            tried.append(len(bench.desk.specs))

        assert tried == [1, 2, 2, 3, 3]
        assert bench.publisher.status().failures == 3
        bench.publisher.retry()
        await bench.settle()
        assert len(bench.desk.specs) == 4


async def test_while_it_connects_it_says_what_went_wrong_last_or_that_nobody_answers() -> None:
    async with running(PLAIN) as bench:
        hanging = asyncio.Event()
        connect = bench.desk.open_feed

        async def hang(*args: Any) -> FakeFeed:
            await hanging.wait()
            return await connect(*args)

        bench.desk.open_feed = hang  # type: ignore[method-assign]
        bench.publisher.introduce()
        await bench.settle()
        assert bench.publisher.status().reason == "no answer yet"

        bench.desk.refusals = [TransportError("nothing listens")]
        hanging.set()
        await bench.settle()
        hanging.clear()
        await bench.clock.wind(1.0)

        assert bench.publisher.status().state is PublisherState.CONNECTING
        assert bench.publisher.status().reason == "nothing listens"


async def test_a_bug_costs_one_broker_a_minute_and_nobody_else_anything() -> None:
    async with running(PLAIN) as bench:
        bench.publisher.introduce()
        await bench.settle()

        async def send(_batch: object) -> None:
            raise ZeroDivisionError

        bench.desk.feeds[0].taken = 0
        bench.desk.feeds[0].send = send  # type: ignore[method-assign]
        await bench.offer("a")

        status = bench.publisher.status()
        assert status.state is PublisherState.DOWN
        assert "inside meshtui" in status.reason
        assert not bench.task.done()
        await bench.clock.wind(61.0)
        assert bench.publisher.status().state is PublisherState.UP
        assert bench.got == [b"online", b"online", b"a"]


async def test_packets_that_come_while_it_is_down_do_not_hurry_it() -> None:
    async with running(PLAIN) as bench:
        bench.desk.refusals = [TransportError("nothing listens")]
        bench.publisher.introduce()
        await bench.settle()

        await bench.offer("a", "b")

        assert len(bench.desk.specs) == 1


async def test_a_refused_login_is_not_repeated_at_once_and_says_clock_where_it_was_a_token() -> (
    None
):
    async with running(BY_TOKEN) as bench:
        refused = TransportError("broker.example refuses user or password", is_final=True)
        refused.is_refused = True
        bench.desk.refusals = [refused]
        bench.publisher.introduce()
        await bench.settle()

        status = bench.publisher.status()
        assert "clock" in status.reason
        assert "2023-11-14 22:13 UTC" in status.reason
        await bench.clock.wind(29.0)
        assert len(bench.desk.specs) == 1
        await bench.clock.wind(31.0)
        assert len(bench.desk.specs) == 2
        assert bench.desk.specs[0].password != bench.desk.specs[1].password


async def test_a_week_of_tokens_without_a_gap_or_a_lost_packet() -> None:
    async with running(BY_TOKEN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        sent = []
        for hour in range(7 * 24):
            await bench.clock.wind(HOUR_S)
            sent.append(f"packet {hour}".encode())
            bench.publisher.offer(Publication("t", sent[-1]))
            await bench.settle()
            status = bench.publisher.status()
            assert status.state is PublisherState.UP
            assert status.token is not None
            age_ms = bench.clock.now().unix_ms - status.token.issued_ms
            assert age_ms < 12.5 * HOUR_S * 1000

        assert [each for each in bench.got if each != b"online"] == sent
        assert bench.desk.tokens == len(bench.desk.feeds) == 14 + 1
        assert all(feed.is_closed for feed in bench.desk.feeds[:-1])
        assert all(feed.last is None for feed in bench.desk.feeds)  # nobody was told `offline`
        assert len({spec.password for spec in bench.desk.specs}) == 15


async def test_the_settings_can_ask_for_an_earlier_renewal() -> None:
    async with running(BY_TOKEN) as bench:
        bench.desk.renew_ms = 3_600_000
        bench.publisher.introduce()
        await bench.settle()

        await bench.clock.wind(HOUR_S + 1)
        await bench.settle()

        assert bench.desk.tokens == 2


async def test_a_broker_of_short_tokens_gets_new_ones_in_time() -> None:
    config = BrokerConfig(2, server="broker.example", use_auth_token=True, jwt_ttl_s=3_600.0)
    async with running(config) as bench:
        bench.publisher.introduce()
        await bench.settle()

        for _ in range(24 * 60):
            await bench.clock.wind(60.0)
            status = bench.publisher.status()
            assert status.token is not None
            assert bench.clock.now().unix_ms < status.token.expires_ms

        assert 48 <= bench.desk.tokens <= 49


async def test_while_nobody_signs_the_connection_stands_and_it_is_tried_every_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(BY_TOKEN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        bench.desk.signs = False

        await bench.clock.wind(12 * HOUR_S)
        await bench.settle()
        status = bench.publisher.status()
        assert status.state is PublisherState.UP
        assert status.reason == "the token could not be renewed: nobody signs"
        for _ in range(10):
            await bench.clock.wind(60.0)
        assert sum("could not be renewed" in message for message in caplog.messages) == 1
        bench.desk.signs = True
        await bench.clock.wind(60.0)
        await bench.settle()

        assert len(bench.desk.feeds) == 2
        assert bench.publisher.status().reason == ""


async def test_an_old_token_serves_for_a_reconnect_while_nobody_signs() -> None:
    async with running(BY_TOKEN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        await bench.clock.wind(HOUR_S)
        bench.desk.signs = False

        bench.desk.feeds[0].lose("gone")
        await bench.settle()
        await bench.clock.wind(2.0)

        assert bench.publisher.status().state is PublisherState.UP
        assert bench.desk.specs[0].password == bench.desk.specs[1].password


async def test_without_any_token_it_says_why_and_tries_again() -> None:
    async with running(BY_TOKEN) as bench:
        bench.desk.signs = False
        bench.publisher.introduce()
        await bench.settle()

        assert bench.publisher.status().reason == "no login: nobody signs"
        bench.desk.signs = True
        await bench.clock.wind(31.0)
        assert bench.publisher.status().state is PublisherState.UP


async def test_a_login_that_nobody_signed_is_tried_again_when_the_radio_is_there() -> None:
    async with running(BY_TOKEN) as bench:
        bench.desk.signs = False
        bench.publisher.introduce()
        await bench.settle()
        for seconds in (1.0, 2.0, 4.0, 8.0):
            await bench.clock.wind(seconds)
        bench.desk.signs = True

        bench.publisher.try_login()
        await bench.settle()

        assert bench.publisher.status().state is PublisherState.UP


async def test_the_radio_s_return_hurries_nobody_whose_broker_is_away() -> None:
    async with running(BY_TOKEN) as bench:
        bench.desk.refusals = [TransportError("nothing listens") for _ in range(2)]
        bench.publisher.introduce()
        await bench.settle()

        bench.publisher.try_login()
        await bench.settle()

        assert len(bench.desk.specs) == 1


async def test_since_when_it_is_down_is_not_since_its_last_attempt() -> None:
    async with running(PLAIN) as bench:
        bench.desk.refusals = [TransportError("nothing listens") for _ in range(9)]
        bench.publisher.introduce()
        await bench.settle()
        since_ms = bench.publisher.status().since_ms
        for seconds in (1.0, 2.0, 4.0):
            await bench.clock.wind(seconds)

        assert bench.publisher.status().since_ms == since_ms


async def test_a_paused_broker_stays_connected_and_gets_nothing() -> None:
    async with running(PLAIN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        bench.publisher.pause(is_paused=True)

        await bench.offer("a", "b")
        bench.publisher.pause(is_paused=False)
        await bench.offer("c")

        assert bench.got == [b"online", b"c"]
        assert bench.publisher.status().held_back == 2


async def test_what_waits_and_may_no_longer_leave_stays() -> None:
    async with running(PLAIN) as bench:
        bench.desk.refusals = [TransportError("nothing listens")]
        bench.publisher.introduce()
        await bench.offer(*(str(number) for number in range(600)))
        bench.desk.kept_back = {str(number).encode() for number in range(50)}
        following = bench.publisher.preview()
        bench.desk.kept_back = {str(number).encode() for number in range(599)}

        bench.publisher.retry()
        await bench.settle()

        assert following is not None
        assert following.payload == b"50"
        assert bench.got == [b"online", b"599"]
        assert bench.publisher.status().held_back == 599


async def test_a_frozen_broker_costs_its_oldest_packets_and_they_are_counted() -> None:
    async with running(PLAIN, MessageQueue(max_messages=100)) as bench:
        bench.publisher.introduce()
        await bench.settle()
        bench.desk.feeds[0].is_frozen = True

        await bench.offer(*(str(number) for number in range(1_000)))

        status = bench.publisher.status()
        assert status.queued + status.dropped == 1_000
        assert 100 <= status.queued <= 356  # as many as there is room for, and a batch on its way


async def test_a_clean_end_sends_what_waits_and_then_says_offline() -> None:
    async with running(PLAIN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        bench.publisher.offer(Publication("t", b"a"))

        assert bench.publisher.stop()
        await bench.settle()

        assert bench.task.done()
        assert bench.got == [b"online", b"a"]
        assert bench.desk.feeds[0].last == Publication("mqtt1/status", b"offline", is_retained=True)


async def test_who_is_not_connected_has_nobody_to_say_goodbye_to() -> None:
    async with running(PLAIN) as bench:
        assert not bench.publisher.stop()


async def test_another_radio_begins_anew_and_what_bore_the_other_name_is_counted() -> None:
    async with running(PLAIN) as bench:
        bench.desk.refusals = [TransportError("nothing listens")]
        bench.publisher.introduce()
        await bench.offer("a", "b")

        await bench.another_radio()

        assert bench.publisher.status().dropped == 2
        assert bench.got == [b"online"]


async def test_the_preview_is_what_leaves_next_or_left_last() -> None:
    async with running(PLAIN) as bench:
        bench.desk.refusals = [TransportError("nothing listens")]
        bench.publisher.introduce()
        await bench.settle()
        example = bench.publisher.preview()
        await bench.offer("a")
        following = bench.publisher.preview()
        bench.publisher.retry()
        await bench.settle()
        last = bench.publisher.preview()

        assert example is not None
        assert following is not None
        assert last is not None
        assert (example.kind, example.payload) == (PreviewKind.EXAMPLE, b"online")
        assert (following.kind, following.payload) == (PreviewKind.NEXT, b"a")
        assert (last.kind, last.payload, last.topic) == (PreviewKind.LAST, b"a", "t")


async def test_only_the_newest_status_is_told() -> None:
    async with running(PLAIN) as bench:
        bench.publisher.introduce()
        await bench.settle()
        bench.publisher.say(Publication("s", b"old"))
        bench.publisher.say(Publication("s", b"new"))
        await bench.settle()

        assert bench.got == [b"online", b"new"]


@pytest.mark.parametrize(
    ("config", "state", "words"),
    [
        (BrokerConfig(3, is_enabled=False), PublisherState.OFF, "mqtt3_enabled"),
        (BrokerConfig(4, problem="x.ini: line 3"), PublisherState.BROKEN, "x.ini: line 3"),
    ],
)
async def test_what_is_off_or_wrong_never_connects(
    config: BrokerConfig, state: PublisherState, words: str
) -> None:
    async with running(config) as bench:
        bench.publisher.introduce()
        await bench.settle()

        assert bench.task.done()
        assert bench.publisher.status().state is state
        assert words in bench.publisher.status().reason
        assert not bench.publisher.check_health(1)


async def test_health_is_asked_after_the_grace_period_once() -> None:
    async with running(PLAIN) as bench:
        bench.desk.refusals = [TransportError("nothing listens")]
        bench.publisher.introduce()
        await bench.settle()

        checks = [bench.publisher.check_health(2) for _ in range(4)]

        assert checks == [False, True, False, False]
        assert bench.publisher.status().is_unwell
        bench.publisher.retry()
        await bench.settle()
        bench.publisher.check_health(2)
        assert not bench.publisher.status().is_unwell


def test_no_status_shows_a_password() -> None:
    config = BrokerConfig(1, server="h", username="me", password=SecretBytes(b"hunter2"))
    publisher = Publisher(config, FakeDesk(FakeClock()), FakeClock(), lambda: 0.0)

    assert "hunter2" not in repr(publisher.status()) + repr(config)
    assert publisher.status().where == "mqtt://h:1883"
