"""On the wire: which topic carries what, how surely, and whether the broker keeps it."""

from __future__ import annotations

import json

from meshtui.model.command import JoinChannel
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import NETWORK, SessionDriver, World

CONFIRMED, KEPT = True, True
TABLE = {
    "meshcore/identity": (CONFIRMED, KEPT),
    "meshcore/dm": (CONFIRMED, not KEPT),
    "meshcore/route": (not CONFIRMED, not KEPT),
    # The specification lets a forum's messages get lost. (The deployed app has them confirmed.)
    "meshcore/forum": (not CONFIRMED, not KEPT),
    "meshcore/forums/announce": (CONFIRMED, KEPT),
}


def _busy_mesh() -> tuple[World, list[FakeBroker], list[SessionDriver]]:
    """A relay between two brokers, people on both, and everything they can say."""
    world, east, west = World(), FakeBroker("east"), FakeBroker("west")
    carol = world.station("carol", relay=True)
    alice, bob = world.station("alice"), world.station("bob")
    carol.connect(east)
    carol.connect(west)
    alice.connect(east)
    bob.connect(west)
    for station in (alice, bob):
        station.submit(JoinChannel(NETWORK, "a/b", announce=True, description="odd"))
    alice.say(bob, "hello")
    bob.say("a/b", "all well?")
    bob.disconnect(west)  # its will says so
    alice.say(bob, "come back")
    world.wind(30)
    return world, [east, west], [alice, bob, carol]


def test_every_topic_has_its_quality_and_retention() -> None:
    _world, brokers, _ = _busy_mesh()

    seen = {
        (item.topic.rpartition("/")[0], item.is_confirmed, item.is_retained)
        for broker in brokers
        for item in broker.log
    }

    assert seen == {(family, *promise) for family, promise in TABLE.items()}


def test_a_link_has_the_nodes_name_its_will_and_its_own_topics() -> None:
    world, [east, _], [alice, *_] = _busy_mesh()

    setup = alice.session.setup(alice._info(next(iter(alice.brokers)), east), world.now)

    assert setup.client_id == f"meshcore-{alice.node_id}"
    will = setup.will
    assert will is not None
    assert (will.endpoint, will.is_confirmed, will.is_retained) == (
        f"meshcore/identity/{alice.node_id}",
        CONFIRMED,
        KEPT,
    )
    said = json.loads(will.payload)
    assert (said["nodeId"], said["pubkeyHex"]) == (alice.node_id, alice.public_key.hex())
    assert (said["online"], said["ts"]) == (False, world.now.unix_ms)
    assert {request.endpoint: request.is_confirmed for request in setup.subscriptions} == {
        f"meshcore/dm/{alice.node_id}": True,
        f"meshcore/route/{alice.node_id}": True,
        "meshcore/identity/+": True,
        "meshcore/forums/announce/+": True,
        "meshcore/lora/inbound": True,
        "meshcore/forum/a%2Fb": True,
    }


def test_a_relay_listens_on_the_way_to_everybody() -> None:
    world, [east, _], [_, _, carol] = _busy_mesh()

    setup = carol.session.setup(carol._info(next(iter(carol.brokers)), east), world.now)

    asked = {request.endpoint for request in setup.subscriptions}
    assert {"meshcore/route/+", "meshcore/dm/+", "meshcore/forum/+"} <= asked
