"""How much of what is written arrives: the small forms against the protocol to the letter."""

from __future__ import annotations

from meshtui.sim.meshcore_traffic import MeshcoreTraffic
from meshtui.sim.outcome import Outcome, outcome_of
from meshtui.sim.radio_scenario import RadioScenario, parse_radio_scenario
from meshtui.sim.world import World

MESH = """
seed = 2
hours = 0.3
warmup_min = 2
drain_min = 5
boot_s = 100
known_contacts = "all"
caps = ["ack", "cbor1", "zlib", "resend", "dsr"]
[radio]
sf = 11
bandwidth_khz = 250
duty_percent = 10
[place]
rule = "disc"
nodes = 24
mean_degree = 7
[traffic]
dms_per_node_hour = 3.0
text_chars = 100
[variant.plain]
plain = true
[variant.ours]
source_routing = false
[variant.dsr]
source_routing = true
"""


def _play(mesh: RadioScenario, variant: str) -> Outcome:
    world = World(mesh, variant)
    world.run()
    return outcome_of(world, 1.0, 8.0)


def test_nearly_all_arrives_and_is_known_to_and_for_far_fewer_packets() -> None:
    mesh = parse_radio_scenario(MESH.encode(), "delivery", "delivery.toml")

    plain, ours, dsr = (_play(mesh, variant) for variant in ("plain", "ours", "dsr"))

    assert ours.messages == plain.messages >= 15
    for outcome in (ours, dsr):
        assert outcome.delivered >= 0.97 * outcome.messages
        assert outcome.acked >= 0.9 * outcome.messages
        assert outcome.copies == 0
        assert outcome.duty_most <= 0.1
    assert ours.delivered > plain.delivered
    per_plain, per_ours, per_dsr = (
        outcome.on_air / outcome.delivered for outcome in (plain, ours, dsr)
    )
    assert per_ours < per_plain / 2
    assert per_dsr < per_ours


def test_a_meshcore_mesh_delivers_most_with_its_three_attempts_and_says_what_it_cost() -> None:
    mesh = parse_radio_scenario(MESH.encode(), "delivery", "delivery.toml")
    traffic = MeshcoreTraffic(mesh)

    traffic.run()
    outcome = traffic.outcome(1.0, 7.0)

    assert outcome.messages >= 5
    assert outcome.delivered >= 0.6 * outcome.messages
    assert outcome.acked <= outcome.delivered
    assert outcome.copies == 0
    assert outcome.sent["direct"] > outcome.messages
    assert outcome.sent["ack"] > 0
    assert 0 < outcome.airtime_s < outcome.node_s
    assert all(latency_s > 0.1 for latency_s in outcome.latencies_s)
