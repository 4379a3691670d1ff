"""Brokers that freeze, die or read slowly: only their own feed waits, and nothing taken is lost."""

from __future__ import annotations

import asyncio

import pytest

from meshtui.errors import LinkLostError
from meshtui.transports import mqtt_connection
from meshtui.transports.mqtt_feed import Publication
from tests.support.chaos import ChaosProxy
from tests.support.feeds import CONNACK, cost_of_turns, fed, feed_to, numbered, served_by
from tests.support.links import opened
from tests.support.mosquitto import SCHEMES, eventually, running

pytestmark = pytest.mark.broker
# More than the buffers of two sockets hold.
FLOOD_BYTES = 24_000_000


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with running(tmp_path_factory.mktemp("open")) as mosquitto:
        yield mosquitto


@pytest.fixture
def quick(monkeypatch):
    """Signs of life are missed within a second."""
    monkeypatch.setattr(mqtt_connection, "PING_TIMEOUT_S", 0.3)
    monkeypatch.setattr(mqtt_connection, "CONFIRM_TIMEOUT_S", 0.3)
    monkeypatch.setattr(mqtt_connection, "MISC_INTERVAL_S", 0.1)
    monkeypatch.setattr(mqtt_connection, "CLOSE_TIMEOUT_S", 0.2)


def flood(topic: str, *, is_confirmed: bool) -> list[Publication]:
    return numbered(FLOOD_BYTES // 100_000, topic, size=100_000, is_confirmed=is_confirmed)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_frozen_broker_delays_its_own_feed_only(
    broker, tmp_path, monkeypatch, scheme: str
) -> None:
    turns_s = cost_of_turns(monkeypatch)
    with running(tmp_path) as frozen:
        async with fed(frozen.url(scheme)) as stuck, fed(broker.url(scheme)) as other:
            frozen.freeze()
            async with asyncio.TaskGroup() as group:
                waiting = group.create_task(stuck.send(flood("test/frozen", is_confirmed=False)))
                for _ in range(30):
                    await other.send(numbered(5, "test/other"))
                await eventually(lambda: stuck._client.unsent)
                await other.send(numbered(5, "test/other"))
                assert not waiting.done()
                frozen.thaw()
            assert stuck.taken == len(stuck._batch)
    assert sorted(turns_s)[-3] < 0.010


@pytest.mark.parametrize("is_confirmed", [False, True])
async def test_a_broker_that_stays_frozen_is_given_up(tmp_path, quick, is_confirmed) -> None:
    with running(tmp_path) as broker:
        async with fed(broker.url()) as feed:
            broker.freeze()
            batch = flood("test/frozen", is_confirmed=is_confirmed)
            with pytest.raises(LinkLostError, match=r"has (taken|confirmed) nothing for"):
                await feed.send(batch)
            assert feed.taken < len(batch)


async def test_a_frozen_broker_is_left_after_a_time(tmp_path, quick) -> None:
    with running(tmp_path) as broker:
        feed = await feed_to(broker.url())
        broker.freeze()
        async with asyncio.timeout(5):
            await feed.aclose(Publication("test/last", b"words", True))
        assert await feed.lost() == ""


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_killed_broker_is_a_loss_with_words(tmp_path, scheme: str) -> None:
    with running(tmp_path) as broker:
        async with fed(broker.url(scheme)) as feed:
            broker.freeze()
            async with asyncio.TaskGroup() as group:
                lost = group.create_task(feed.lost())
                sending = group.create_task(_lost_send(feed, flood("test/x", is_confirmed=True)))
                await asyncio.sleep(0.02)
                broker.kill()
            assert "closed the connection" in lost.result()
            assert sending.result() < FLOOD_BYTES // 100_000


async def _lost_send(feed, batch) -> int:
    with pytest.raises(LinkLostError):
        await feed.send(batch)
    return feed.taken


async def test_what_is_sent_again_after_losses_is_complete(broker) -> None:
    """QoS 1: whoever sends what was not taken again loses nothing, however often it breaks."""
    batch = numbered(3_000, "test/again", size=200)
    losses = 0
    async with (
        opened(broker.url(), "test/again") as reader,
        ChaosProxy(broker.ports["mqtt"]) as way,
    ):
        rest = list(batch)
        while rest:
            async with fed(f"jsonmesh+mqtt://127.0.0.1:{way.port}") as feed:
                breaking = asyncio.get_running_loop().call_later(0.01 * (losses + 1), way.reset)
                try:
                    await feed.send(rest)
                    breaking.cancel()
                except LinkLostError:
                    losses += 1
                rest = rest[feed.taken :]
        wanted = {publication.payload for publication in batch}
        await eventually(lambda: wanted <= set(reader.payloads))
    assert losses > 0


async def test_a_slow_reader_gets_everything(broker) -> None:
    batch = flood("test/slow", is_confirmed=False)
    async with (
        opened(broker.url(), "test/slow") as reader,
        ChaosProxy(broker.ports["mqtt"]) as way,
        fed(f"jsonmesh+mqtt://127.0.0.1:{way.port}") as feed,
    ):
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(feed.send(batch))
            way.hold()
            await eventually(lambda: feed._client.unsent)
            for _ in range(4):
                assert not sending.done()
                way.hold(is_held=False)
                await asyncio.sleep(0)
                way.hold()
                await asyncio.sleep(0.01)
            way.hold(is_held=False)
        await eventually(lambda: len(reader.frames) == len(batch))


async def test_what_is_counted_as_taken_has_left_whole() -> None:
    """QoS 0: the far end finds exactly so many whole messages in what it gets before the end."""
    begin, arrived = asyncio.Event(), bytearray()

    async def read_late(reader, writer) -> None:
        writer.write(CONNACK)
        await begin.wait()
        while data := await reader.read(100_000):
            arrived.extend(data)

    batch = numbered(3_000, "t", size=9_000, is_confirmed=False)
    async with served_by(read_late) as url:
        feed = await feed_to(url)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_lost_send(feed, batch))
            await asyncio.sleep(0.05)
            feed.abort()
        begin.set()
        taken = sending.result()
        least = sum(len(item.packet(is_version_5=False)[0]) for item in batch[:taken])
        await eventually(lambda: len(arrived) >= least)
    assert 0 < taken < len(batch)
    assert len(arrived) < least + len(batch[taken].packet(is_version_5=False)[0])
