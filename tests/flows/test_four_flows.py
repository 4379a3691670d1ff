"""The protocol's four flows on the simulated air, in wound time, with the latency it promises.

A broker passes a message on in 50 ms here. On the air a packet takes what the Semtech formula says
at the protocol's usual setting, SF11 and 250 kHz.
"""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.event import (
    DeliveryChanged,
    MessageQueued,
    MessageReceived,
    ReassemblyProgressed,
)
from meshtui.model.message import DeliveryState
from tests.support.session_driver import SessionDriver, World
from tests.support.sim_air import DumbGateway, SimAir, SlowBroker

BROKER_S = 0.05
MEETING_S = 120.0
TEXT = "Is the bridge at Vals passable? I come down with two mules before dark."


def said(writer: SessionDriver, reader: SessionDriver, text: str = TEXT) -> tuple[int, int]:
    """Let a message pass; returns the ms until it was read, and until its writer knew."""
    world = writer.world
    message_id = writer.say(reader, text)
    world.wind(60)
    (queued,) = [
        event.message.sent_at_ms
        for event in writer.of(MessageQueued)
        if event.message.message_id == message_id
    ]
    last = [event for event in writer.of(DeliveryChanged) if event.message_id == message_id][-1]
    assert (last.delivery.state, last.delivery.attempt) == (DeliveryState.DELIVERED, 1)
    (read,) = [
        event.message.received_at_ms
        for event in reader.of(MessageReceived)
        if event.message.text == text
    ]
    assert last.delivery.rtt_ms is not None
    return read - queued, last.delivery.rtt_ms


def acquainted(writer: SessionDriver, reader: SessionDriver) -> None:
    """Let two write to each other once, so that each has the other's key and way."""
    said(writer, reader, "Good morning!")
    said(reader, writer, "Good morning to you!")


def test_flow_1_by_one_broker() -> None:
    world = World()
    broker = SlowBroker(world, "town", BROKER_S)
    alice, bob = world.station("alice"), world.station("bob")
    alice.connect(broker)
    bob.connect(broker)
    world.wind(1)

    one_way_ms, both_ways_ms = said(alice, bob)

    assert one_way_ms == 50
    assert both_ways_ms <= 200


def test_flow_2_by_two_gateways_and_the_air() -> None:
    world = World()
    air = SimAir(world)
    alice, bob = world.station("alice"), world.station("bob")
    alice.tune(air, "ble")
    bob.tune(air, "ble")
    world.wind(MEETING_S)
    acquainted(alice, bob)
    air.sent.clear()

    one_way_ms, both_ways_ms = said(alice, bob)

    message, answer = air.sent
    assert one_way_ms == pytest.approx(air.airtime_ms(message), abs=50)
    assert 500 <= one_way_ms <= 3_000
    assert both_ways_ms <= one_way_ms + air.airtime_ms(answer) + 300


def test_flow_2_in_the_long_form_takes_its_chunks() -> None:
    world = World()
    air = SimAir(world)
    alice, bob = world.station("alice", compact=False), world.station("bob")
    alice.tune(air, "ble")
    bob.tune(air, "ble")
    world.wind(MEETING_S)
    air.sent.clear()

    one_way_ms, _ = said(alice, bob)

    chunk_id = air.sent[0].split(b"|")[1]
    chunks = [packet for packet in air.sent if packet.startswith(b"MCHK|" + chunk_id)]
    assert len(chunks) == 4
    assert one_way_ms == pytest.approx(sum(map(air.airtime_ms, chunks)), abs=600)
    progress = [(event.have, event.total) for event in bob.of(ReassemblyProgressed)]
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_flow_3_by_a_relay_between_two_brokers() -> None:
    world = World()
    here, there = SlowBroker(world, "here", BROKER_S), SlowBroker(world, "there", BROKER_S)
    alice, bob = world.station("alice"), world.station("bob")
    carol = world.station("carol", relay=True)
    alice.connect(here)
    bob.connect(there)
    carol.connect(here)
    carol.connect(there)
    world.wind(1)

    one_way_ms, both_ways_ms = said(alice, bob)

    assert one_way_ms == 100
    assert both_ways_ms <= 400
    assert bob.messages[-1].route == (alice.node_id, carol.node_id)


def test_flow_4_by_relays_with_a_radio_and_a_broker_each() -> None:
    world = World()
    valley, coast = SimAir(world), SimAir(world)
    here, there = SlowBroker(world, "here", BROKER_S), SlowBroker(world, "there", BROKER_S)
    alice, bob = world.station("alice"), world.station("bob")
    left, carol, right = (world.station(name, relay=True) for name in ("left", "carol", "right"))
    alice.tune(valley)
    left.tune(valley)
    left.connect(here)
    carol.connect(here)
    carol.connect(there)
    right.connect(there)
    right.tune(coast)
    bob.tune(coast)
    world.wind(MEETING_S)
    acquainted(alice, bob)

    one_way_ms, both_ways_ms = said(alice, bob)

    assert 2_000 <= one_way_ms <= 5_000
    assert both_ways_ms <= 10_000
    nodes = (alice, left, carol, right)
    assert bob.messages[-1].route == tuple(node.node_id for node in nodes)


def test_flow_4_by_gateways_that_know_nothing() -> None:
    world = World()
    valley, coast = SimAir(world), SimAir(world)
    here, there = SlowBroker(world, "here", BROKER_S), SlowBroker(world, "there", BROKER_S)
    alice, bob = world.station("alice"), world.station("bob")
    carol = world.station("carol", relay=True)
    DumbGateway("left", here, valley)
    DumbGateway("right", there, coast)
    carol.connect(here)
    carol.connect(there)
    alice.tune(valley)
    bob.tune(coast)
    world.wind(MEETING_S)
    acquainted(alice, bob)

    one_way_ms, both_ways_ms = said(alice, bob)

    assert bob.messages[-1].route == (alice.node_id, carol.node_id)
    assert 2_000 <= one_way_ms <= 5_000
    assert both_ways_ms <= 10_000


def test_half_of_flow_4_from_the_air_to_a_broker_and_back() -> None:
    world = World()
    valley, here = SimAir(world), SlowBroker(world, "here", BROKER_S)
    alice, bob = world.station("alice"), world.station("bob", relay=True)
    DumbGateway("left", here, valley)
    bob.connect(here)
    alice.tune(valley)
    world.wind(MEETING_S)
    with pytest.raises(LocalProtocolError):  # nobody tells her of a node that tells nobody
        alice.say(bob, "Hello?")

    there_ms, _ = said(bob, alice)
    back_ms, _ = said(alice, bob, "Passable, but mind the ice.")

    assert there_ms <= 8_000  # four packets: of what gateway and reader can, nothing was heard
    assert back_ms <= 6_000  # three: Bob's presence never came here, so nothing is known of him
