"""The mesh of the demo, whole: real brokers, real sessions, real relays, in real time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import uuid
from typing import TYPE_CHECKING

import pytest

from meshtui.model.command import SendText
from meshtui.model.event import (
    ChannelChanged,
    DeliveryChanged,
    Event,
    FrameReceived,
    MessageReceived,
    NodeHeard,
    PacketRelayed,
    RouteChanged,
    SecurityRaised,
)
from meshtui.model.ids import MessageId, NodeId, channel_conversation, direct_conversation
from meshtui.model.message import Delivery, DeliveryState
from meshtui.model.node import Position
from meshtui.model.packet import Verdict
from meshtui.runtime.clock import SystemClock
from meshtui.sim import director as director_module
from meshtui.sim.demo import running_brokers
from meshtui.sim.director import Director
from meshtui.sim.scenario import Scenario, SimNode, load_scenario
from meshtui.sim.station import JSONMESH, HubStation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

pytest.importorskip("amqtt", reason="the extra `demo` is not installed")

SCENARIO = load_scenario()
WAIT_S = 10.0


class Nobody:
    """Nobody listens to what the guest hears."""

    def heard(self, station, heard) -> None:
        pass

    def met(self, station, node) -> None:
        pass


class Guest:
    """A client of ours on the first island; keeps every event it saw."""

    def __init__(self, station: HubStation) -> None:
        self.station = station
        self.events: list[Event] = []

    async def follow(self) -> None:
        while self.station._hub is None:  # noqa: ASYNC110 - it makes no event of it
            await asyncio.sleep(0.01)
        subscription = self.station._hub.subscribe()
        while True:
            self.events += await subscription.next_batch()

    async def until(self, condition: Callable[[Event], object]) -> Event:
        """Wait for an event that is so, early or late."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for event in self.events:
                    if condition(event):
                        return event
                await asyncio.sleep(0.01)

    async def knows(self, name: str) -> NodeId:
        event = await self.until(lambda e: isinstance(e, NodeHeard) and e.node.name == name)
        assert isinstance(event, NodeHeard)
        return event.node.node_id

    async def sends(self, peer: NodeId, text: str) -> MessageId:
        message_id = MessageId(str(uuid.uuid4()))
        conversation = direct_conversation(JSONMESH, peer)
        await self.station._hub.submit(SendText(conversation, text, message_id))
        return message_id

    async def delivery(self, message_id: MessageId, *states: DeliveryState) -> Delivery:
        event = await self.until(
            lambda e: (
                isinstance(e, DeliveryChanged)
                and e.message_id == message_id
                and e.delivery.state in states
            )
        )
        assert isinstance(event, DeliveryChanged)
        return event.delivery

    async def hears(self, text: str) -> MessageReceived:
        event = await self.until(
            lambda e: isinstance(e, MessageReceived) and text in e.message.text
        )
        assert isinstance(event, MessageReceived)
        return event

    def all_of(self, kind: type) -> Iterable[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@contextlib.asynccontextmanager
async def joined_mesh(
    scenario: Scenario = SCENARIO,
) -> AsyncIterator[tuple[Director, Guest]]:
    clock = SystemClock()
    here = SimNode(
        "Guest",
        (SCENARIO.islands[0],),
        Position(45.1, 2.9),
        "here",
        "host",
        forums=tuple(forum.name for forum in SCENARIO.forums),
    )
    async with running_brokers(SCENARIO) as ports:
        director = Director(scenario, ports, clock)
        guest = Guest(HubStation(SCENARIO, here, ports, clock))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(director.run()),
                group.create_task(guest.station.run(Nobody())),
                group.create_task(guest.follow()),
            ]
            yield director, guest
            for task in tasks:
                task.cancel()


@pytest.fixture(autouse=True)
def quick_people(monkeypatch) -> None:
    monkeypatch.setattr(director_module, "ANSWER_S", (0.05, 0.1))
    monkeypatch.setattr(director_module, "GREETING_S", 0.3)
    monkeypatch.setattr(director_module, "ODDITY_S", (0.2, 0.3))
    monkeypatch.setattr(director_module, "FIRST_PAUSE_S", (0.05, 0.1))
    monkeypatch.setattr(director_module, "EARLY_PAUSE_S", (0.05, 0.1))


async def test_messages_reach_peers_one_two_and_three_hops_away_and_are_answered() -> None:
    async with joined_mesh() as (_, guest):
        names = ["Chloé", "Erik Lind", "Ivo"]
        peers = [await guest.knows(name) for name in names]
        sent = [await guest.sends(peer, "hops, please?") for peer in peers]

        deliveries = [await guest.delivery(each, DeliveryState.DELIVERED) for each in sent]
        answers = [
            await guest.hears("no relay and reached me directly"),
            await guest.hears("one relay and reached me through Ridge Relay."),
            await guest.hears("two relays and reached me through Ridge Relay and Mill Relay"),
        ]

    assert all(delivery.attempt == 1 for delivery in deliveries)
    assert [answer.message.sender for answer in answers] == peers
    assert [answer.message.hops for answer in answers] == [0, 1, 2]


async def test_the_guest_learns_nodes_routes_and_forums_by_itself() -> None:
    async with joined_mesh() as (_, guest):
        for node in SCENARIO.nodes:
            await guest.knows(node.name)
        for forum in SCENARIO.forums:
            await guest.until(
                lambda e, name=forum.name: isinstance(e, ChannelChanged) and e.channel.name == name
            )
        far = await guest.knows("Tomás")
        await guest.until(
            lambda e: isinstance(e, RouteChanged) and e.route.node_id == far and e.route.hops == 3
        )


async def test_the_forums_talk_greet_and_mention_the_guest() -> None:
    async with joined_mesh() as (_, guest):
        await guest.knows("Alice Moreau")

        greeting = await guest.hears("Welcome to Harrow Hills, Guest!")
        mention = await guest.hears("@[Guest] just joined")
        far = await guest.hears("Hello @[Guest] from the ferry")

    sender = greeting.message.sender
    assert greeting.message.conversation == direct_conversation(JSONMESH, sender)
    assert mention.message.conversation == channel_conversation(JSONMESH, "harrow-hills")
    assert mention.message.mentions_me
    assert far.message.hops == 2


async def test_what_is_sent_to_an_absent_node_is_delivered_when_it_returns() -> None:
    nodes = tuple(
        dataclasses.replace(node, away_s=(1.5, 1.0)) if node.away_s else node
        for node in SCENARIO.nodes
    )
    async with joined_mesh(dataclasses.replace(SCENARIO, nodes=nodes)) as (_, guest):
        dov = await guest.knows("Dov")
        await guest.until(
            lambda e: (
                isinstance(e, NodeHeard) and e.node.node_id == dov and e.node.is_online is False
            )
        )
        sent = await guest.sends(dov, "position?")

        delivery = await guest.delivery(sent, DeliveryState.DELIVERED)
        await guest.hears("a parked van")

    assert delivery.attempt <= 3  # in real time, an attempt may come before the return


async def test_a_ghost_never_answers_and_the_message_fails() -> None:
    async with joined_mesh() as (_, guest):
        gus = await guest.knows("Grandpa Gus")
        sent = await guest.sends(gus, "are you there?")
        delivery = await guest.delivery(sent, DeliveryState.SENT, DeliveryState.FAILED)

    assert delivery.expects_ack


async def test_the_app_is_understood_and_understands() -> None:
    async with joined_mesh() as (_, guest):
        bruno = await guest.knows("Bruno (BitMesh)")
        sent = await guest.sends(bruno, "position?")

        answer = await guest.hears("the bus stop")
        delivery = await guest.delivery(sent, DeliveryState.SENT)

    assert answer.message.sender == bruno
    assert not delivery.expects_ack


async def test_a_question_in_a_forum_is_answered_once() -> None:
    async with joined_mesh() as (_, guest):
        for node in SCENARIO.nodes:
            await guest.knows(node.name)
        conversation = channel_conversation(JSONMESH, "trail-conditions")
        asked = SendText(conversation, "position anyone?", MessageId(str(uuid.uuid4())))
        await guest.station._hub.submit(asked)

        await guest.hears("@[Guest] I am at")
        await asyncio.sleep(0.5)

        answers = [
            event
            for event in guest.all_of(MessageReceived)
            if "@[Guest] I am at" in event.message.text
        ]
    assert len(answers) == 1


async def test_new_keys_and_odd_packets_are_shown_for_what_they_are() -> None:
    async with joined_mesh() as (_, guest):
        dov = await guest.knows("Dov")
        before = guest.station._hub.safety_number(JSONMESH, dov)
        await guest.sends(dov, "new key")

        raised = await guest.until(
            lambda e: isinstance(e, SecurityRaised) and e.kind == "key-changed"
        )
        after = guest.station._hub.safety_number(JSONMESH, dov)
        for reason in ("bad-tag", "not-json", "forged", "bad-ttl"):
            odd = await guest.until(
                lambda e, reason=reason: isinstance(e, FrameReceived) and e.summary.reason == reason
            )
            assert odd.summary.verdict in (Verdict.REJECTED, Verdict.UNREADABLE)

    assert raised.node_id == dov
    assert "" != before != after != "", "what is compared is what could be accepted"


async def test_relays_relay_and_say_so() -> None:
    async with joined_mesh() as (director, guest):
        relay = director._stations["Ridge Relay"]
        await guest.knows("Erik Lind")
        watcher = Guest(relay)
        follow = asyncio.get_running_loop().create_task(watcher.follow())
        await asyncio.sleep(0.05)
        erik = await guest.knows("Erik Lind")
        await guest.sends(erik, "hello")

        relayed = await watcher.until(
            lambda e: isinstance(e, PacketRelayed) and e.destination == erik
        )
        follow.cancel()

    assert relayed.hops == 1
