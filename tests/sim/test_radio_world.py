"""Whole radio meshes in virtual time."""

from __future__ import annotations

import dataclasses

import pytest

from meshtui.sim.outcome import added, outcome_of
from meshtui.sim.radio_scenario import RadioScenario, load_radio_scenario, parse_radio_scenario
from meshtui.sim.world import World
from tests.support.flood_session import FloodSession

SMALL = """
hours = 1.0
warmup_min = 1
drain_min = 5
boot_s = 30
[place]
rule = "disc"
nodes = 20
mean_degree = 6
[traffic]
dms_per_node_hour = 2.0
"""


def scenario(text: str = SMALL) -> RadioScenario:
    return parse_radio_scenario(text.encode(), "small", "small.toml")


def flooding(what: RadioScenario, seed: int = 1) -> World:
    """Build a world of the simplest nodes there are."""
    return World(
        what,
        seed=seed,
        open_session=lambda world, n: FloodSession(n, world._random(f"{n}").randbytes),
    )


def transcript(world: World) -> list[tuple[float, int, bytes]]:
    """Note every packet that leaves."""
    sent: list[tuple[float, int, bytes]] = []
    begin = world.air.begin

    def listen(sender: int, payload: bytes, now_s: float):
        sent.append((now_s, sender, payload))
        return begin(sender, payload, now_s)

    world.air.begin = listen  # type: ignore[method-assign]
    world.run()
    return sent


def test_a_run_is_the_same_to_the_last_byte() -> None:
    first, again = transcript(flooding(scenario())), transcript(flooding(scenario()))

    assert len(first) > 100
    assert first == again
    assert transcript(flooding(scenario(), seed=2)) != first


def test_messages_cross_the_mesh_and_are_counted() -> None:
    world = flooding(scenario())
    tally = world.run()
    outcome = outcome_of(world, 1.0, 6.0)

    assert outcome.messages == len(tally.fates) > 20
    assert 0.5 < outcome.delivered / outcome.messages <= 1.0
    assert outcome.sent["direct"] == outcome.on_air == world.air.counts.sent
    assert outcome.sent["direct"] > 5 * outcome.messages
    assert max(outcome.hops) > 1
    assert all(latency_s > 0.5 for latency_s in outcome.latencies_s)
    assert 0 < outcome.duty_most < 0.2
    assert outcome.copies == 0


def test_a_chain_passes_a_message_from_end_to_end() -> None:
    line = dataclasses.replace(load_radio_scenario("line"), hours=2.0)
    world = flooding(line)

    tally = world.run()

    assert world.partners[0] == list(range(1, 10))
    delivered = [fate for fate in tally.fates.values() if fate.arrivals_s]
    assert len(delivered) >= 0.8 * len(tally.fates)
    assert max(fate.hops[0] for fate in delivered) >= 5


def test_nodes_without_power_hear_and_say_nothing() -> None:
    text = SMALL + "[[failure]]\nnodes = [0, 1, 2, 3, 4]\nfrom_min = 0\nto_min = 30\n"
    world = flooding(scenario(text))
    sent = transcript(world)

    early = {sender for at_s, sender, _ in sent if 60 < at_s < 1800}
    late = {sender for at_s, sender, _ in sent if at_s > 1800}
    assert early.isdisjoint(range(5))
    assert late & set(range(5))


def test_walkers_change_who_hears_whom() -> None:
    text = SMALL + "[mobility]\nshare = 0.5\nspeed_m_s = 30\nevery_s = 10\n"
    world = flooding(scenario(text))
    before = [dict(table) for table in world.audible]
    places = list(world.places)

    world.run()

    moved = [n for n, place in enumerate(world.places) if place != places[n]]
    assert len(moved) == 10
    assert world.audible != before
    assert world.audible == world.propagation.audible(world.places)


def test_waypoints_lead_a_node() -> None:
    text = """
hours = 1.0
[place]
rule = "list"
[[node]]
x_m = 0
y_m = 0
waypoint = [{at_min = 10, x_m = 1000, y_m = 0}, {at_min = 20, x_m = 1000, y_m = 500}]
[[node]]
x_m = 100
y_m = 100
"""
    world = flooding(scenario(text))

    world.run(is_until_s=5 * 60)
    assert world.places[0] == pytest.approx((500, 0))
    world.run(is_until_s=15 * 60)
    assert world.places[0] == pytest.approx((1000, 250))
    world.run(is_until_s=60 * 60)
    assert world.places[0] == (1000, 500)


def test_outcomes_of_several_seeds_add_up() -> None:
    outcomes = []
    for seed in (1, 2):
        world = flooding(scenario(), seed)
        world.run()
        outcomes.append(outcome_of(world, 1.0, 6.0))

    total = added(outcomes)

    assert total.seeds == [1, 2]
    assert total.messages == sum(one.messages for one in outcomes)
    assert total.on_air == sum(one.on_air for one in outcomes)
    assert total.hours == 2.0
    assert total.row()["delivered"] == round(total.delivered / total.messages, 5)


REAL = """
hours = 0.2
warmup_min = 2
drain_min = 5
boot_s = 60
known_contacts = "{known}"
caps = ["ack", "cbor1", "zlib", "resend", "dsr"]
[place]
rule = "disc"
nodes = 12
mean_degree = 4
[traffic]
dms_per_node_hour = 4.0
partners = 2
[variant.plain]
plain = true
"""


@pytest.mark.parametrize("known", ["all", "partners", "none"])
def test_real_sessions_deliver_whoever_they_know(known: str) -> None:
    world = World(scenario(REAL.format(known=known)))

    world.run()
    outcome = outcome_of(world, 1.0, 4.0)

    assert outcome.messages >= 5
    if known == "none":  # at first nobody has heard of anybody
        assert outcome.delivered + sum(outcome.refusals.values()) >= 0.6 * outcome.messages
    else:
        assert outcome.delivered >= 0.8 * outcome.messages
    assert outcome.copies == 0
    assert outcome.too_long == 0
    assert not outcome.alarms


def test_real_sessions_are_repeatable_to_the_last_byte() -> None:
    what = scenario(REAL.format(known="all"))

    first, again = transcript(World(what)), transcript(World(what))

    assert len(first) > 50
    assert first == again


def test_a_variant_changes_the_sessions_and_not_the_traffic() -> None:
    what = scenario(REAL.format(known="all"))
    ours, plain = World(what), World(what, "plain")
    ours.run()
    sent = transcript(plain)

    assert list(ours.tally.fates) == list(plain.tally.fates)
    assert ours.places == plain.places
    assert sum(packet.startswith(b"MCHK|") for _, _, packet in sent) > len(sent) / 2
    assert plain.air.counts.sent > ours.air.counts.sent
