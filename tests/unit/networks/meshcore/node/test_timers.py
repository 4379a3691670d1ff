"""What is done by the clock."""

from __future__ import annotations

from dataclasses import replace

from meshtui.model.ids import Instant
from meshtui.model.packet import NO_RX
from meshtui.networks.meshcore.node.settings import NodeSettings, repeater_settings
from meshtui.networks.meshcore.packet import decode_packet
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key


def _at(mono_s: float) -> Instant:
    return Instant(mono_s, 1_767_225_600_000 + int(mono_s * 1000))


def test_a_node_with_nothing_to_do_waits_for_nothing() -> None:
    node = lone_node(key("A"), NodeSettings(name="a"))
    node.hear(b"", NO_RX, _at(1.0))

    assert node.next_deadline_s is None
    assert node.tick(_at(2.0)) == []


def test_before_the_first_call_nothing_is_due() -> None:
    assert lone_node(key("R"), repeater_settings("r")).next_deadline_s is None


def test_a_repeater_tells_its_neighbours_every_two_minutes_and_all_every_47_hours() -> None:
    node = lone_node(key("R"), repeater_settings("r"))
    node.tick(_at(0.0))
    floods = []
    nears = []

    while (deadline := node.next_deadline_s) is not None and deadline <= 47 * 3600 + 1:
        for send in node.tick(_at(deadline)):
            packet = decode_packet(send.data)
            (floods if packet.is_flood else nears).append(deadline)

    assert floods == [47 * 3600.0]
    assert nears[:2] == [120.0, 240.0]
    assert len(nears) == 47 * 30


def test_a_shorter_interval_counts_at_once_and_none_ends_it() -> None:
    node = lone_node(key("R"), replace(repeater_settings("r"), advert_flood_s=0.0))
    node.tick(_at(0.0))

    node.settings = replace(node.settings, advert_zero_hop_s=10.0)
    shorter = node.next_deadline_s
    node.settings = replace(node.settings, advert_zero_hop_s=0.0)

    assert shorter == 10.0
    assert node.next_deadline_s is None
