"""Radios and clocks that misbehave, and several links of all kinds at once."""

from dataclasses import replace

import pytest

from tests.support.fake_air import FakeAir
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import SessionDriver, World

DAY_MS = 86_400_000
MEETING_S = 80.0


def _pair() -> tuple[World, FakeAir, SessionDriver, SessionDriver]:
    world = World()
    air = FakeAir(world)
    alice, bob = world.station("alice"), world.station("bob")
    alice.tune(air)
    bob.tune(air)
    world.wind(MEETING_S)
    air.sent.clear()
    return world, air, alice, bob


def test_a_link_that_flaps_ten_times_a_second_says_little_and_works_when_it_stays() -> None:
    world, air, alice, bob = _pair()
    air.sent.clear()

    for _ in range(600):
        alice.untune()
        world.wind(0.05)
        alice.tune(air)
        world.wind(0.05)
    flapped = len(air.frames(alice))
    message_id = alice.say(bob, "still here")
    world.wind(60)

    assert flapped <= 5
    assert bob.texts == ["still here"]
    assert alice.states(message_id)[-1][0] == "delivered"


def test_a_message_typed_while_the_link_flaps_arrives_once() -> None:
    world, air, alice, bob = _pair()

    message_id = alice.say(bob, "shaky")
    for _ in range(100):
        alice.untune()
        world.wind(0.05)
        alice.tune(air)
        world.wind(0.05)
    world.wind(120)

    assert bob.texts == ["shaky"]
    assert alice.states(message_id)[-1][0] == "delivered"


@pytest.mark.parametrize("who", ["alice", "bob"])
@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_jumps_a_day_loses_no_message(who: str, days: int) -> None:
    world, _, alice, bob = _pair()
    alice.say(bob, "before")
    world.wind(60)

    world.now = replace(world.now, unix_ms=world.now.unix_ms + days * DAY_MS)
    ids = [alice.say(bob, "after"), bob.say(alice, "and back")]
    world.wind(120)

    assert bob.texts == ["before", "after"]
    assert alice.texts == ["and back"]
    assert alice.states(ids[0])[-1][0] == bob.states(ids[1])[-1][0] == "delivered"


def test_a_message_that_comes_by_every_link_is_shown_once() -> None:
    world = World()
    lora, valley, broker, other = FakeAir(world), FakeAir(world), FakeBroker(), FakeBroker("other")
    alice, bob = world.station("alice"), world.station("bob")
    for station in (alice, bob):
        station.tune(lora, "serial")
        station.tune(valley, "ble")
        station.connect(broker)
        station.connect(other)
        station.join("den")
    world.wind(MEETING_S)

    alice.say(bob, "to you")
    alice.say("den", "to all")
    world.wind(MEETING_S)

    assert sorted(bob.texts) == ["to all", "to you"]
    assert not alice.texts
