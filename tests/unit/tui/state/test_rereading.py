"""When packets that no key opened are worth another look."""

from __future__ import annotations

from dataclasses import replace

from meshtui.model.event import ChannelChanged, NodeHeard
from meshtui.model.ids import NodeId
from meshtui.model.message import Channel
from meshtui.model.node import Node, PinState
from meshtui.model.packet import Verdict
from meshtui.tui.state.rereading import KeyWatch, unopened
from tests.support.packet_rows import NET, a_row

NODE = Node(NET, NodeId("n"), "02aa", PinState.FIRST_SEEN)


def test_a_channel_joined_brings_a_key_once() -> None:
    watch = KeyWatch()
    joined = ChannelChanged(Channel(NET, "#x", is_joined=True))

    assert watch.networks_with_new_keys([joined]) == {NET}
    assert watch.networks_with_new_keys([joined]) == set()
    assert watch.networks_with_new_keys([ChannelChanged(Channel(NET, "#y"))]) == set()


def test_a_node_brings_a_key_when_it_is_new_or_accepted_and_not_whenever_it_is_heard() -> None:
    watch = KeyWatch()

    assert watch.networks_with_new_keys([NodeHeard(NODE)]) == {NET}
    assert watch.networks_with_new_keys([NodeHeard(replace(NODE, last_heard_ms=9))]) == set()
    assert watch.networks_with_new_keys([NodeHeard(replace(NODE, pin=PinState.VERIFIED))]) == {NET}
    keyless = replace(NODE, node_id=NodeId("k"), public_key="")
    assert watch.networks_with_new_keys([NodeHeard(keyless)]) == set()


def test_only_unreadable_packets_of_that_network_are_read_again() -> None:
    rows = [a_row(1), a_row(2, verdict=Verdict.UNREADABLE)]

    assert unopened(rows, {NET}) == [rows[1]]
    assert unopened(rows, set()) == []
