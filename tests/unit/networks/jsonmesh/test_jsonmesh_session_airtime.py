"""The duty cycle is the law's, whichever run of the program used it."""

import pytest

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.ids import LinkId
from meshtui.model.link import RadioSettings
from meshtui.model.restored import Restored, Spent
from tests.support.fake_air import FakeAir
from tests.support.session_driver import World


def test_the_duty_cycle_is_not_exceeded_by_starting_again_and_again() -> None:
    world = World()
    air = FakeAir(world, RadioSettings(duty_cycle=0.01))
    alice, bob = world.station("alice"), world.station("bob")
    alice.tune(air)
    bob.tune(air)
    world.wind(80)
    air.sent.clear()

    for number in range(30):
        alice.say(bob, f"{number} " + "v" * 100)
        world.wind(60)
        alice.restart()
    world.wind(1700)

    spent_s = sum(time_on_air_ms(len(frame), air.radio) for frame in air.frames(alice)) / 1000
    assert 30.0 < spent_s <= 36.0


def test_a_radio_that_starts_again_remembers_what_it_sent_for_itself_and_for_others() -> None:
    world = World()
    air = FakeAir(world, RadioSettings(duty_cycle=0.1))
    alice, relay, bob = (world.station(name, relay=True) for name in ("alice", "relay", "bob"))
    for station in (alice, relay, bob):
        station.tune(air)
    air.reach(alice, relay, bob)
    world.wind(120)
    alice.say(bob, "through one in between")
    world.wind(60)

    spent = relay.kept().airtime[LinkId("lora")]
    before = relay.session.cost(relay.conversation(bob), "a text", world.now)
    relay.restart()
    after = relay.session.cost(relay.conversation(bob), "a text", world.now)

    assert {entry.is_own for entry in spent} == {True, False}
    assert before is not None
    assert after is not None
    assert before.duty_used > 0
    assert after.duty_used == pytest.approx(before.duty_used, rel=0.01)


@pytest.mark.parametrize(
    ("age_ms", "waits"), [(0, True), (-1_800_000, True), (3_500_000, True), (3_700_000, False)]
)
def test_what_an_earlier_life_sent_counts_for_an_hour(age_ms: int, waits: bool) -> None:
    world = World()
    air = FakeAir(world, RadioSettings(duty_cycle=0.01))
    alice = world.station("alice")
    spent = Spent(world.now.unix_ms - age_ms, 36.0)
    alice.session = alice._open(Restored(airtime={LinkId("lora"): (spent,)}))

    alice.tune(air)
    world.wind(60)

    assert air.frames(alice) == [] if waits else air.frames(alice)
