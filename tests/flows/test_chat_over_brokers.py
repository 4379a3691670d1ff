"""Whole flows: real sessions, stores, hubs and links over real brokers."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from meshtui.model.ids import channel_conversation, direct_conversation
from meshtui.model.link import LinkState
from tests.support.mosquitto import eventually, running
from tests.support.someone import JSONMESH, introduced, someone

pytestmark = pytest.mark.broker


@pytest.fixture
def broker(tmp_path):
    with running(tmp_path / "broker", is_persistent=True) as mosquitto:
        yield mosquitto


@contextlib.asynccontextmanager
async def alice_and_bob(broker, home, scheme: str = "mqtt"):
    async with (
        someone("alice", home, broker.url(scheme)) as alice,
        someone("bob", home, broker.url(scheme)) as bob,
    ):
        await introduced(alice, bob)
        yield alice, bob


@pytest.mark.parametrize("scheme", ["mqtt", "wss"])
async def test_a_direct_message_is_delivered_and_its_answer_too(broker, tmp_path, scheme) -> None:
    async with alice_and_bob(broker, tmp_path, scheme) as (alice, bob):
        question = await alice.say(bob, "hello, bob é世界")
        await eventually(lambda: alice.state(question) == "delivered")
        answer = await bob.say(alice, "hello, alice")
        await eventually(lambda: bob.state(answer) == "delivered")
        history = await bob.hub.history(direct_conversation(JSONMESH, alice.node_id))
    assert bob.texts == ["hello, bob é世界"]
    assert alice.texts == ["hello, alice"]
    assert [(message.text, message.is_own) for message in history] == [
        ("hello, bob é世界", False),
        ("hello, alice", True),
    ]
    assert alice.deliveries[question].attempt == 1
    assert alice.deliveries[question].rtt_ms is not None


async def test_a_forum_is_heard_by_its_members_both_ways(broker, tmp_path) -> None:
    async with alice_and_bob(broker, tmp_path) as (alice, bob):
        for person in (alice, bob):
            await person.join("bitcoin-paris")
        first = await alice.say_in("bitcoin-paris", "salut")
        await eventually(lambda: bob.texts == ["salut"])
        await bob.say_in("bitcoin-paris", "bonsoir")
        await eventually(lambda: alice.texts == ["bonsoir"])
        await eventually(lambda: alice.state(first) == "sent")
        conversations = await bob.hub.conversations()
    names = {item.conversation_id for item in conversations}
    assert channel_conversation(JSONMESH, "bitcoin-paris") in names


async def test_a_message_to_somebody_offline_waits_at_the_broker(broker, tmp_path) -> None:
    async with alice_and_bob(broker, tmp_path):
        pass
    async with someone("alice", tmp_path, broker.url()) as alice:
        bob_id = [node.node_id for node, _ in await alice.hub.nodes() if node.name == "bob"]
        assert len(bob_id) == 1
        async with someone("bob", tmp_path) as bob:  # to know his id; he has no link
            message = await alice.say(bob, "for later")
        await eventually(lambda: alice.state(message) in {"sent", "sending"})
        async with someone("bob", tmp_path, broker.url()) as bob:
            await eventually(lambda: bob.texts == ["for later"])
            await eventually(lambda: alice.state(message) == "delivered", 12)


async def test_a_message_typed_while_the_broker_is_down_is_sent_when_it_returns(
    broker, tmp_path
) -> None:
    async with alice_and_bob(broker, tmp_path) as (alice, bob):
        broker.kill()
        await eventually(lambda: alice.hub.links()[0].state is not LinkState.UP)
        message = await alice.say(bob, "is anybody there?")
        assert alice.state(message) == "queued"
        broker.start()
        await eventually(lambda: bob.texts == ["is anybody there?"], 10)
        await eventually(lambda: alice.state(message) == "delivered", 10)


async def test_a_message_queued_by_an_earlier_life_is_sent_by_the_next(broker, tmp_path) -> None:
    async with alice_and_bob(broker, tmp_path):
        pass
    async with someone("bob", tmp_path, broker.url()) as bob:
        async with someone("alice", tmp_path, "jsonmesh+mqtt://127.0.0.1:1", is_up=False) as alice:
            message = await alice.say(bob, "from the past")
            assert alice.state(message) == "queued"
        async with someone("alice", tmp_path, broker.url()) as alice:
            await eventually(lambda: bob.texts == ["from the past"])
            await eventually(lambda: alice.state(message) == "delivered")


async def test_a_relay_carries_messages_between_two_brokers_and_acknowledgements_back(
    broker, tmp_path
) -> None:
    with running(tmp_path / "other") as other:
        async with (
            someone("carol", tmp_path, broker.url(), other.url(), relay=True) as carol,
            someone("alice", tmp_path, broker.url()) as alice,
            someone("bob", tmp_path, other.url()) as bob,
        ):
            await introduced(alice, bob, carol)
            message = await alice.say(bob, "across")
            await eventually(lambda: alice.state(message) == "delivered", 10)
            (received,) = bob.received
            back = await bob.say(alice, "and back")
            await eventually(lambda: bob.state(back) == "delivered", 10)
    assert received.text == "across"
    assert received.hops == 1
    assert received.route == (alice.node_id, carol.node_id)
    assert alice.texts == ["and back"]
    assert carol.texts == []


async def test_one_dead_broker_delays_no_message_over_the_other(broker, tmp_path) -> None:
    dead = "jsonmesh+mqtt://127.0.0.1:1"
    async with (
        someone("alice", tmp_path, dead, broker.url(), is_up=False) as alice,
        someone("bob", tmp_path, broker.url()) as bob,
    ):
        await introduced(alice, bob)
        message = await alice.say(bob, "still here")
        await eventually(lambda: alice.state(message) == "delivered", 2)
        states = {link.link_id: link.state for link in alice.hub.links()}
    assert states.pop("localhost") is LinkState.UP
    assert LinkState.UP not in states.values()


async def test_the_others_see_us_leave(broker, tmp_path) -> None:
    async with someone("alice", tmp_path, broker.url()) as alice:
        async with someone("bob", tmp_path, broker.url()) as bob:
            await introduced(alice, bob)
        async with someone("carol", tmp_path, broker.url()) as carol:
            await eventually(lambda: carol.has_heard(bob))
            nodes = {}
            async with asyncio.timeout(15):
                while bob.node_id not in nodes:  # the session knows before the store does
                    await asyncio.sleep(0.01)
                    nodes = {node.node_id: node for node, _ in await carol.hub.nodes()}
    assert nodes[bob.node_id].is_online is False


async def test_a_message_is_shown_once_though_the_broker_delivers_it_twice(
    broker, tmp_path
) -> None:
    async with alice_and_bob(broker, tmp_path) as (alice, bob):
        sent = []
        for number in range(20):
            sent.append(await alice.say(bob, str(number)))
            if number in {5, 12}:
                await bob.is_up()
                bob.hub._runners[bob.hub.links()[0].link_id]._link._lose("cut")
        await eventually(lambda: len(bob.texts) == 20, 15)
        await eventually(lambda: {alice.state(item) for item in sent} == {"delivered"}, 15)
    assert sorted(bob.texts, key=int) == [str(number) for number in range(20)]
