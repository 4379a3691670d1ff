"""A station in the service of others: relaying, bridging, and the limits of both."""

from __future__ import annotations

import orjson
import pytest

from meshtui.model.command import JoinChannel
from meshtui.model.event import (
    ChannelChanged,
    FrameReceived,
    PacketDropped,
    PacketRelayed,
    RouteChanged,
)
from meshtui.model.message import DeliveryState
from meshtui.model.node import Route
from meshtui.model.packet import Verdict
from meshtui.networks.jsonmesh.envelope import decode_envelope, encode_envelope
from meshtui.networks.jsonmesh.presence import decode_presence
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.topics import dm_topic, forum_topic, identity_topic, route_topic
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import NETWORK, SessionDriver, World


class _TwoIslands:
    """Alice on one broker, Bob on another, Carol relays between them."""

    def __init__(self) -> None:
        self.world = World()
        self.east, self.west = FakeBroker("east"), FakeBroker("west")
        self.carol = self.world.station("carol", relay=True)
        self.alice, self.bob = self.world.station("alice"), self.world.station("bob")
        self.carol.connect(self.east)
        self.carol.connect(self.west)
        self.alice.connect(self.east)
        self.bob.connect(self.west)


def _relayed(carol: SessionDriver) -> list[tuple[str, int, int]]:
    return [(e.source, e.ttl, e.hops) for e in carol.of(PacketRelayed)]


def _wire(
    sender: SessionDriver, to: SessionDriver, message_id: str = "m-1", **fields: object
) -> bytes:
    letter = Letter(message_id, to.node_id, sender.world.now.unix_ms, "hi")
    sealed = sender.sealer.seal_direct(to.public_key, letter, sender.random.randbytes)
    wire = orjson.loads(encode_envelope(sealed, app_names=False))
    return orjson.dumps(wire | fields)


def _reason(driver: SessionDriver, payload: bytes, to: SessionDriver) -> str:
    first = driver.hear(payload, route_topic(to.node_id))[0]
    assert isinstance(first, FrameReceived)
    return first.summary.reason or first.summary.verdict.value


def test_a_message_crosses_a_relay_to_another_broker_and_its_answer_returns() -> None:
    islands = _TwoIslands()

    message_id = islands.alice.say(islands.bob, "across")

    message = islands.bob.messages[0]
    assert (message.text, message.hops) == ("across", 1)
    assert message.route == (islands.alice.node_id, islands.carol.node_id)
    assert islands.alice.states(message_id)[-1] == ("delivered", 1)
    assert _relayed(islands.carol)[0] == (islands.alice.node_id, 9, 1)


def test_a_relayed_message_goes_to_the_route_topic_of_every_link() -> None:
    islands = _TwoIslands()

    islands.alice.say(islands.bob, "across")

    topic = route_topic(islands.bob.node_id)
    for broker in (islands.east, islands.west):
        ours = [p for p in broker.log if p.topic == topic and b'"hopCount":1' in p.payload]
        assert len(ours) == 1


def test_presence_crosses_a_relay_with_its_way_written_on_it() -> None:
    islands = _TwoIslands()

    carried = decode_presence(islands.west.retained[identity_topic(islands.alice.node_id)])

    assert carried.via == (islands.carol.node_id,)
    assert carried.name == "alice"
    node = islands.bob.node(islands.alice)
    assert (node.hops, node.public_key) == (1, islands.alice.public_key.hex())
    routes = [e.route for e in islands.bob.of(RouteChanged)]
    alice = next(route for route in routes if route.node_id == islands.alice.node_id)
    assert (alice.hops, alice.via) == (2, (islands.carol.node_id,))


def test_presence_is_never_carried_over_what_the_node_itself_put_there() -> None:
    islands = _TwoIslands()
    dave = islands.world.station("dave", relay=True)
    dave.connect(islands.west)
    dave.connect(islands.east)

    islands.world.wind(600)

    for broker, native in ((islands.east, islands.alice), (islands.west, islands.bob)):
        assert decode_presence(broker.retained[identity_topic(native.node_id)]).via == ()


def test_that_a_node_left_is_carried_too() -> None:
    islands = _TwoIslands()

    islands.alice.disconnect(islands.east)

    assert islands.bob.node(islands.alice).is_online is False


def test_a_forum_spans_brokers_and_nobody_reads_a_message_twice() -> None:
    islands = _TwoIslands()
    for station in (islands.alice, islands.bob, islands.carol):
        station.join("paris")

    islands.alice.say("paris", "bonjour")
    islands.bob.say("paris", "salut")

    assert islands.bob.texts == ["bonjour"]
    assert islands.alice.texts == ["salut"]
    assert islands.carol.texts == ["bonjour", "salut"]
    assert islands.bob.messages[0].hops == 1


def test_a_forum_is_carried_by_a_relay_that_is_not_in_it() -> None:
    islands = _TwoIslands()
    islands.alice.join("paris")
    islands.bob.join("paris")

    islands.alice.say("paris", "bonjour")

    assert islands.bob.texts == ["bonjour"]
    assert islands.carol.texts == []


def test_an_announcement_is_carried_and_taken_back_everywhere() -> None:
    islands = _TwoIslands()

    islands.alice.submit(JoinChannel(NETWORK, "a/b", announce=True, description="slashes"))

    channel = islands.bob.of(ChannelChanged)[-1].channel
    assert (channel.name, channel.description) == ("a/b", "slashes")
    assert channel.creator == islands.alice.node_id
    islands.east.publish("x", "meshcore/forums/announce/a%2Fb", b"", True, True)
    islands.world.settle()
    assert "meshcore/forums/announce/a%2Fb" not in islands.west.retained
    assert islands.bob.of(ChannelChanged)[-1].channel.creator == ""


@pytest.mark.parametrize("relays", [2, 4])
def test_relays_in_a_ring_do_not_multiply_a_message(relays: int) -> None:
    islands = _TwoIslands()
    others = [islands.world.station(f"relay{n}", relay=True) for n in range(relays - 1)]
    for other in others:
        other.connect(islands.east)
        other.connect(islands.west)
    islands.alice.join("paris")
    islands.bob.join("paris")
    before = len(islands.east.log) + len(islands.west.log)

    islands.alice.say("paris", "bonjour")
    islands.alice.say(islands.bob, "salut")

    assert sorted(islands.bob.texts) == ["bonjour", "salut"]
    published = len(islands.east.log) + len(islands.west.log) - before
    assert published <= 8 * (relays + 2)
    assert all(len(_relayed(other)) <= 3 for other in others)  # forum, message, its answer


def test_a_relay_of_our_message_that_we_overhear_is_counted_and_is_no_acknowledgement() -> None:
    islands = _TwoIslands()
    for station in (islands.alice, islands.bob):
        station.join("paris")
    dave = islands.world.station("dave", relay=True)
    dave.connect(islands.west)
    dave.connect(islands.east)
    # a relay that hears it on the west carries it back to the east, where Alice overhears it
    message_id = islands.alice.say("paris", "bonjour")
    own = next(p.payload for p in islands.east.log if p.topic == forum_topic("paris"))
    wire = orjson.loads(own) | {
        "ttl": 8,
        "hopCount": 2,
        "route": [islands.alice.node_id, islands.carol.node_id, dave.node_id],
    }

    for _ in range(3):
        islands.alice.hear(orjson.dumps(wire), forum_topic("paris"))

    assert islands.alice.states(message_id)[-1][0] == DeliveryState.RELAYED.value
    assert islands.alice.states(message_id).count(("relayed", 1)) == 1


def test_what_has_no_hops_left_is_not_relayed() -> None:
    islands = _TwoIslands()

    assert _reason(islands.carol, _wire(islands.alice, islands.bob, ttl=0), islands.bob) == "ttl"
    spent = _wire(islands.alice, islands.bob, "m-2", ttl=10, hopCount=10)
    assert _reason(islands.carol, spent, islands.bob) == "ttl"


def test_a_copy_without_hops_thrown_in_first_does_not_stop_the_real_one() -> None:
    islands = _TwoIslands()
    real = _wire(islands.alice, islands.bob)
    spent = orjson.dumps(orjson.loads(real) | {"ttl": 0})

    islands.carol.hear(spent, route_topic(islands.bob.node_id), link="east")
    islands.carol.hear(real, route_topic(islands.bob.node_id), link="east")

    assert islands.bob.texts == ["hi"]


@pytest.mark.parametrize("ttl", [11, 255, 2**31, 2**64 - 1])
def test_an_exaggerated_ttl_is_clamped(ttl: int) -> None:
    islands = _TwoIslands()

    islands.carol.hear(
        _wire(islands.alice, islands.bob, ttl=ttl), route_topic(islands.bob.node_id), link="east"
    )

    assert _relayed(islands.carol)[0] == (islands.alice.node_id, 9, 1)
    sent = next(p for p in islands.west.log if p.topic == route_topic(islands.bob.node_id))
    assert decode_envelope(sent.payload).ttl == 9


def test_a_ttl_that_lies_about_the_hops_taken_is_clamped_to_ten_in_all() -> None:
    islands = _TwoIslands()

    islands.carol.hear(
        _wire(islands.alice, islands.bob, ttl=10, hopCount=7),
        route_topic(islands.bob.node_id),
        link="east",
    )

    assert _relayed(islands.carol)[0] == (islands.alice.node_id, 2, 8)


def test_a_route_with_us_in_it_is_a_loop() -> None:
    islands = _TwoIslands()
    route = [islands.alice.node_id, islands.carol.node_id]

    payload = _wire(islands.alice, islands.bob, route=route, hopCount=1)

    assert _reason(islands.carol, payload, islands.bob) == "loop"


@pytest.mark.parametrize("sent_at_ms", [0, 4_102_444_800_000])
def test_a_clock_far_from_ours_is_not_relayed(sent_at_ms: int) -> None:
    islands = _TwoIslands()

    payload = _wire(islands.alice, islands.bob, ts=sent_at_ms)

    assert _reason(islands.carol, payload, islands.bob) == "stale"


def test_a_relay_whose_own_clock_is_unset_judges_nobodys() -> None:
    world = World(unix_ms=1_000_000)
    carol = world.station("carol", relay=True)
    carol.connect(FakeBroker("east"))
    alice, bob = world.station("alice"), world.station("bob")

    payload = _wire(alice, bob, ts=1_780_000_000_000)

    assert _reason(carol, payload, bob) == "relayed"


def test_unknown_keys_survive_relaying() -> None:
    islands = _TwoIslands()

    islands.carol.hear(
        _wire(islands.alice, islands.bob, mark="c2ln", future={"a": [1]}),
        route_topic(islands.bob.node_id),
        link="east",
    )

    sent = next(p for p in islands.west.log if p.topic == route_topic(islands.bob.node_id))
    wire = orjson.loads(sent.payload)
    assert (wire["mark"], wire["future"]) == ("c2ln", {"a": [1]})


def test_a_relayed_message_waits_at_the_broker_for_a_recipient_that_is_away() -> None:
    islands = _TwoIslands()
    islands.bob.disconnect(islands.west)
    islands.alice.say(islands.bob, "read this when you are back")
    islands.world.wind(60)

    islands.bob.connect(islands.west)

    assert islands.bob.texts == ["read this when you are back"]


def test_a_station_that_is_no_relay_passes_nothing_on() -> None:
    world = World()
    east, west = FakeBroker("east"), FakeBroker("west")
    carol = world.station("carol")
    carol.connect(east)
    carol.connect(west)
    alice, bob = world.station("alice"), world.station("bob")
    alice.connect(east)
    bob.connect(west)

    carol.hear(_wire(alice, bob), route_topic(bob.node_id))

    assert bob.texts == []
    assert carol.of(PacketRelayed) == []
    assert identity_topic(alice.node_id) not in west.retained


def test_what_a_relay_publishes_comes_back_to_it_as_an_echo_and_no_drop() -> None:
    islands = _TwoIslands()

    islands.carol.hear(
        _wire(islands.alice, islands.bob), route_topic(islands.bob.node_id), link="east"
    )

    echoes = [
        e.summary
        for e in islands.carol.of(FrameReceived)
        if e.summary.kind == "text" and e.summary.reason == "echo"
    ]
    assert [summary.verdict for summary in echoes] == [Verdict.HANDLED] * 2
    assert [e for e in islands.carol.of(PacketDropped) if e.source == islands.alice.node_id] == []


def test_one_nodes_flood_is_limited_and_does_not_starve_another() -> None:
    islands = _TwoIslands()
    mallory = islands.world.station("mallory")
    mallory.connect(islands.east)

    for number in range(600):
        islands.carol.hear(
            _wire(mallory, islands.bob, f"x-{number}"),
            route_topic(islands.bob.node_id),
            link="east",
        )
        if number % 60 == 0:
            islands.alice.say(islands.bob, f"honest {number}")
            islands.world.wind(0.2)

    honest = [text for text in islands.bob.texts if text.startswith("honest")]
    assert honest == [f"honest {number}" for number in range(0, 600, 60)]
    assert "rate" in islands.carol.drops


def test_a_route_is_active_for_five_minutes() -> None:
    islands = _TwoIslands()
    route = islands.bob.of(RouteChanged)[-1].route

    assert route.is_active(route.last_seen_ms + Route.ACTIVE_MS)
    assert not route.is_active(route.last_seen_ms + Route.ACTIVE_MS + 1)


def test_a_message_to_a_direct_topic_of_a_broker_reaches_a_relay_with_two_links() -> None:
    islands = _TwoIslands()

    # an old client knows only the direct topic
    islands.east.publish(
        "app",
        dm_topic(islands.bob.node_id),
        _wire(islands.alice, islands.bob),
        False,
        True,
    )
    islands.world.settle()

    assert islands.bob.texts == ["hi"]


def test_a_broker_that_comes_later_is_told_of_what_was_there_before() -> None:
    world = World()
    east, west, north = FakeBroker("east"), FakeBroker("west"), FakeBroker("north")
    alice, carol = world.station("alice"), world.station("carol", relay=True)
    alice.connect(east)
    alice.submit(JoinChannel(NETWORK, "paris", announce=True))
    carol.connect(east)
    world.wind(3)

    for broker in (west, north):
        carol.connect(broker)
        world.settle()

    for broker in (west, north):
        assert decode_presence(broker.retained[identity_topic(alice.node_id)]).via == (
            carol.node_id,
        )
        assert "meshcore/forums/announce/paris" in broker.retained


def test_who_moves_to_another_broker_is_found_there() -> None:
    islands = _TwoIslands()
    islands.bob.connect(islands.east)
    assert islands.alice.node(islands.bob).is_online

    islands.bob.disconnect(islands.east)
    assert islands.carol.node(islands.bob).is_online  # still there in the west
    islands.world.wind(300)
    message_id = islands.alice.say(islands.bob, "hello again")

    assert islands.alice.node(islands.bob).is_online
    assert islands.bob.texts == ["hello again"]
    assert islands.alice.states(message_id)[-1] == ("delivered", 1)


def test_a_broker_that_comes_and_goes_is_not_told_everything_each_time() -> None:
    islands = _TwoIslands()
    islands.carol.disconnect(islands.west)
    heard = len(islands.carol.of(FrameReceived))

    islands.carol.connect(islands.west)

    again = [
        e
        for e in islands.carol.of(FrameReceived)[heard:]
        if e.frame.is_retained and e.frame.link_id == "east"
    ]
    assert again == []
