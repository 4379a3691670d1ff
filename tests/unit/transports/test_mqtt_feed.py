"""A feed over a real mosquitto: everything arrives, in order, and the will only when it should."""

from __future__ import annotations

import asyncio

import pytest

from meshtui.errors import LinkLostError, TransportError
from meshtui.transports import mqtt_feed
from meshtui.transports.mqtt_feed import Publication
from tests.support.feeds import fed, feed_to, numbered
from tests.support.links import opened
from tests.support.mosquitto import ALICE, SCHEMES, eventually, running

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with running(tmp_path_factory.mktemp("open")) as mosquitto:
        yield mosquitto


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with running(tmp_path_factory.mktemp("guarded"), has_login=True) as mosquitto:
        yield mosquitto


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("protocol", ["4", "5"])
async def test_every_way_to_a_broker_carries_all_in_order(broker, scheme: str, protocol: str):
    topic = f"test/{scheme}{protocol}"
    batch = [Publication(topic, b"%d" % number, number % 3 == 0) for number in range(900)]
    async with opened(broker.url(), topic) as reader:
        async with fed(broker.url(scheme, protocol=protocol)) as feed:
            await feed.send(batch)
            assert feed.taken == 900
        await eventually(lambda: len(reader.frames) == 900)
    # Brokers keep the order within a quality only.
    for is_confirmed in (False, True):
        wanted = [item.payload for item in batch if item.is_confirmed is is_confirmed]
        assert [payload for payload in reader.payloads if payload in set(wanted)] == wanted


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("is_confirmed", [False, True])
async def test_large_payloads_come_whole(broker, scheme: str, is_confirmed: bool) -> None:
    topic = f"test/large/{scheme}/{is_confirmed}"
    payloads = [bytes([number]) * 200_000 for number in range(6)]
    async with opened(broker.url(), topic) as reader, fed(broker.url(scheme)) as feed:
        await feed.send([Publication(topic, payload, is_confirmed) for payload in payloads])
        await eventually(lambda: len(reader.frames) == 6)
    assert reader.payloads == payloads


async def test_retained_messages_are_kept(broker) -> None:
    async with fed(broker.url()) as feed:
        await feed.send([Publication("test/kept", b"state", True, True)])
        async with opened(broker.url(), "test/kept") as late:
            await eventually(lambda: late.frames)
    assert late.frames[0].is_retained


async def test_what_is_confirmed_is_counted_when_the_broker_says_so(broker) -> None:
    async with fed(broker.url()) as feed:
        await feed.send(numbered(2_000, "test/counted"))
        assert feed.taken == 2_000
        assert not feed._unanswered
        await feed.send([])
        assert feed.taken == 0


async def test_packet_ids_begin_again_after_the_last(broker, monkeypatch) -> None:
    monkeypatch.setattr(mqtt_feed, "LAST_PACKET_ID", 700)
    async with opened(broker.url(), "test/ids") as reader, fed(broker.url()) as feed:
        for number in range(3):
            await feed.send(numbered(500, "test/ids"))
            await eventually(lambda count=number: len(reader.frames) == 500 * (count + 1))


async def test_a_version_5_broker_s_window_is_kept(tmp_path) -> None:
    with running(tmp_path, extra="max_inflight_messages 3") as broker:
        async with fed(broker.url(protocol="5")) as feed:
            assert feed._window == 3
            await feed.send(numbered(200, "test/window"))
            assert feed.taken == 200


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_clean_end_says_its_last_words_and_no_will(broker, scheme: str) -> None:
    topic = f"test/end/{scheme}"
    async with opened(broker.url(), topic) as reader:
        feed = await feed_to(broker.url(scheme), will=Publication(topic, b"gone", True))
        await feed.send([Publication(topic, b"x" * 100_000)])
        await feed.aclose(Publication(topic, b"goodbye"))
        assert await feed.lost() == ""
        with pytest.raises(LinkLostError, match="closed"):
            await feed.send([])
        await reader.send(b"end", topic)
        await eventually(lambda: len(reader.frames) >= 3)
    assert reader.payloads[1:] == [b"goodbye", b"end"]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_an_abort_lets_the_broker_send_the_will(broker, scheme: str) -> None:
    topic = f"test/will/{scheme}"
    will = Publication(topic, b"gone", True, True)
    async with opened(broker.url(), topic) as reader:
        feed = await feed_to(broker.url(scheme), will=will)
        feed.abort()
        await eventually(lambda: reader.frames)
        assert await feed.lost() == ""
    assert reader.payloads == [b"gone"]


async def test_an_end_loses_nothing_though_the_broker_has_something_to_say(broker) -> None:
    """Answers that nobody reads would reset the connection and throw away what was on its way."""
    topic = "test/unread"
    async with opened(broker.url(), topic) as reader:
        for number in range(20):
            feed = await feed_to(broker.url(), will=Publication(topic, b"will"))
            task = asyncio.get_running_loop().create_task(feed.send(numbered(50, topic)))
            await asyncio.sleep(0)
            task.cancel()
            await feed.aclose(Publication(topic, b"end"))
            await eventually(lambda count=number: reader.payloads.count(b"end") == count + 1)
    assert b"will" not in reader.payloads


async def test_a_cancelled_send_leaves_whole_packets(broker) -> None:
    topic = "test/cancelled"
    async with opened(broker.url(), topic) as reader, fed(broker.url()) as feed:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await feed.send(numbered(2_000, topic, size=1_000))
        taken = feed.taken
        await feed.send([Publication(topic, b"after", True)])
        await eventually(lambda: b"after" in reader.payloads)
    arrived = [payload.strip() for payload in reader.payloads[:-1]]
    assert arrived == [b"%d" % number for number in range(len(arrived))]
    assert taken <= len(arrived)


async def test_nothing_is_kept_for_a_name_that_went(broker) -> None:
    async with opened(broker.url(), "test/name", client_id="name"):
        pass
    async with fed(broker.url(), "name"), opened(broker.url()) as other:
        await other.send(b"missed", "test/name")
    async with opened(broker.url(), client_id="name") as back:
        await asyncio.sleep(0.05)
    assert back.frames == []


@pytest.mark.parametrize("protocol", ["4", "5"])
async def test_a_wrong_password_is_a_refused_login(guarded, protocol: str) -> None:
    with pytest.raises(TransportError, match=r"does not let us in|refuses user") as failure:
        await feed_to(guarded.url(user="alice:wrong", protocol=protocol))
    assert failure.value.is_refused


async def test_a_broker_that_is_not_there_is_no_refused_login(tmp_path) -> None:
    with running(tmp_path) as broker:
        url = broker.url()
    with pytest.raises(TransportError, match="nothing listens") as failure:
        await feed_to(url)
    assert not failure.value.is_refused


async def test_a_topic_that_a_version_5_broker_forbids_is_named(guarded) -> None:
    user, password = ALICE[0], ALICE[1].replace(" ", "%20")
    url = guarded.url(user=f"{user}:{password}", protocol="5")
    async with fed(url) as feed:
        await feed.send([Publication("meshcore/fine", b"x", True)])
        batch = [*numbered(3, "meshcore/fine"), Publication("meshcore/forbidden", b"x", True)]
        with pytest.raises(LinkLostError, match=r"for meshcore/forbidden .*may not publish there"):
            await feed.send([*batch, *numbered(3, "meshcore/fine")])
        assert feed.taken == 3
        assert "meshcore/forbidden" in await feed.lost()


async def test_an_unchecked_certificate_is_remarked(broker) -> None:
    async with fed(broker.url("wss", insecure="1")) as feed:
        assert feed.remark == "the broker's certificate is not checked"


async def test_a_feed_that_has_ended_leaves_no_timer_and_no_reader(broker) -> None:
    feed = await feed_to(broker.url())
    fd = feed._fd
    await feed.aclose()
    assert not asyncio.get_running_loop().remove_reader(fd)
    assert feed._misc.cancelled()
