"""Chatting by radio: small frames, chunks, relays, ways learned, the duty cycle."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.event import (
    DeliveryChanged,
    FrameReceived,
    FrameSent,
    PacketRelayed,
    ReassemblyProgressed,
    RouteChanged,
)
from meshtui.model.link import RadioSettings
from meshtui.model.packet import Verdict
from tests.support.fake_air import FakeAir
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import SessionDriver, World

HELLO_S = 40.0
_LONG = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=900))


def _meet(world: World, *stations: SessionDriver, hops: int = 1) -> None:
    """Let everybody hear of everybody."""
    world.wind(HELLO_S * (hops + 1))


def _pair(**options: object) -> tuple[World, FakeAir, SessionDriver, SessionDriver]:
    world = World()
    air = FakeAir(world)
    alice, bob = world.station("alice", **options), world.station("bob", **options)
    alice.tune(air)
    bob.tune(air)
    _meet(world)
    air.sent.clear()
    return world, air, alice, bob


def test_neighbours_meet_by_radio_and_chat_in_one_packet_each() -> None:
    world, air, alice, bob = _pair()

    message_id = alice.say(bob, "x" * 100)
    world.wind(30)

    assert bob.texts == ["x" * 100]
    assert alice.states(message_id)[-1] == ("delivered", 1)
    assert [len(frame) <= 240 for frame in air.frames()] == [True, True]
    assert bob.messages[0].rx.rssi_dbm == -92
    assert bob.messages[0].rx.snr_db == 7.5


def test_an_old_client_is_written_to_as_specified() -> None:
    world, air, alice, bob = _pair(plain=True, relay=True)

    message_id = alice.say(bob, "y" * 100)
    world.wind(30)

    assert bob.texts == ["y" * 100]
    assert alice.states(message_id)[-1][0] == "delivered"
    assert all(frame.startswith(b"MCHK|") for frame in air.frames())
    assert [(event.have, event.total) for event in bob.of(ReassemblyProgressed)][:3] == [
        (1, 3),
        (2, 3),
        (3, 3),
    ]


def test_the_next_frame_waits_until_the_last_is_through() -> None:
    world, air, alice, bob = _pair(plain=True)

    alice.say(bob, "z" * 100)
    world.wind(30)

    times = [at_s for at_s, sender, _ in air.sent if sender is alice]
    assert all(later - earlier > 1.5 for earlier, later in pairwise(times))


def test_a_relay_carries_between_those_out_of_each_others_reach() -> None:
    world = World()
    air = FakeAir(world)
    alice, carol, bob = (world.station(name, relay=True) for name in ("alice", "carol", "bob"))
    air.reach(alice, carol, bob)
    for station in (alice, carol, bob):
        station.tune(air)
    _meet(world, hops=2)

    message_id = alice.say(bob, "over the hill")
    world.wind(60)

    assert bob.texts == ["over the hill"]
    assert bob.messages[0].hops == 1
    assert alice.states(message_id)[-1][0] == "delivered"
    assert carol.of(PacketRelayed)


def test_what_is_flooded_once_is_then_sent_along_the_way_learned() -> None:
    world = World()
    air = FakeAir(world)
    names = ("alice", "carol", "bob", "dora")
    alice, carol, bob, dora = (world.station(name, relay=True) for name in names)
    air.reach(alice, carol, bob)
    air.reach(alice, dora, bob)
    for station in (alice, carol, bob, dora):
        station.tune(air)
    _meet(world, hops=2)
    alice.say(bob, "one")
    world.wind(60)
    air.sent.clear()

    alice.say(bob, "two")
    world.wind(60)

    assert bob.texts == ["one", "two"]
    # alice, one relay, bob's answer, the same relay
    assert len(air.sent) == 4
    assert [event.route.confidence for event in alice.of(RouteChanged)][-1] > 0.5


def test_a_way_that_failed_twice_is_left_for_the_flood() -> None:
    world = World()
    air = FakeAir(world)
    alice, carol, bob, dora = (
        world.station(name, relay=True) for name in ("alice", "carol", "bob", "dora")
    )
    air.reach(alice, carol, bob)
    air.reach(alice, dora, bob)
    for station in (alice, carol, bob, dora):
        station.tune(air)
    _meet(world, hops=2)
    alice.say(bob, "one")
    world.wind(60)
    used = bob.messages[-1].route[1]
    for station in (carol, dora):
        if station.node_id == used:
            station.untune()

    message_id = alice.say(bob, "two")
    world.wind(600)

    assert bob.texts[-1] == "two"
    assert alice.states(message_id)[-1][0] == "delivered"


def test_only_the_missing_chunks_are_sent_again() -> None:
    world, air, alice, bob = _pair()
    lost: list[bytes] = []

    def lose(frame: bytes, to: SessionDriver) -> bool:
        if frame.startswith(b"MCHK|") and b"|2|" in frame[:16] and not lost:
            lost.append(frame)
            return True
        return False

    air.lose = lose
    message_id = alice.say(bob, _LONG)
    world.wind(120)

    assert len(bob.texts) == 1
    assert alice.states(message_id)[-1] == ("delivered", 1)
    chunks = [frame for frame in air.frames(alice) if frame.startswith(b"MCHK|")]
    assert sum(frame == lost[0] for frame in chunks) == 2
    assert len(set(chunks)) == len(chunks) - 1


def test_what_stays_incomplete_is_given_up_counted_and_shown() -> None:
    world, air, alice, bob = _pair(plain=True)
    air.lose = lambda frame, to: frame.startswith(b"MCHK|") and b"|1|3|" in frame

    alice.say(bob, "w" * 100)
    world.wind(90)

    assert "incomplete" in bob.drops
    last = bob.of(ReassemblyProgressed)[-1]
    assert (last.have, last.total, last.reason) == (2, 3, "timeout")


def test_a_forum_is_heard_by_radio_and_carried_by_relays() -> None:
    world = World()
    air = FakeAir(world)
    alice, carol, bob = (world.station(name, relay=True) for name in ("alice", "carol", "bob"))
    air.reach(alice, carol, bob)
    for station in (alice, carol, bob):
        station.tune(air)
        station.join("hills")
    _meet(world, hops=2)

    alice.say("hills", "good morning")
    world.wind(60)

    assert carol.texts == ["good morning"]
    assert bob.texts == ["good morning"]


def test_a_node_with_radio_and_broker_bridges_both_ways() -> None:
    world = World()
    air, broker = FakeAir(world), FakeBroker("town")
    alice, carol, bob = (
        world.station("alice"),
        world.station("carol", relay=True),
        world.station("bob"),
    )
    alice.tune(air)
    carol.tune(air)
    carol.connect(broker)
    bob.connect(broker)
    _meet(world, hops=3)

    first = alice.say(bob, "from the hills")
    world.wind(60)
    second = bob.say(alice, "from the town")
    world.wind(60)

    assert bob.texts == ["from the hills"]
    assert alice.texts == ["from the town"]
    assert alice.states(first)[-1][0] == "delivered"
    assert bob.states(second)[-1][0] == "delivered"


def test_a_forum_crosses_from_broker_to_radio_and_back() -> None:
    world = World()
    air, broker = FakeAir(world), FakeBroker("town")
    alice, carol, bob = (
        world.station("alice"),
        world.station("carol", relay=True),
        world.station("bob"),
    )
    for station in (alice, carol, bob):
        station.join("plaza")
    alice.tune(air)
    carol.tune(air)
    carol.connect(broker)
    bob.connect(broker)
    _meet(world, hops=2)

    bob.say("plaza", "hello hills")
    alice.say("plaza", "hello town")
    world.wind(60)

    assert alice.texts == ["hello hills"]
    assert bob.texts == ["hello town"]
    assert sorted(carol.texts) == ["hello hills", "hello town"]


def test_heard_by_radio_and_broker_is_shown_once() -> None:
    world = World()
    air, broker = FakeAir(world), FakeBroker("town")
    alice, bob = world.station("alice"), world.station("bob")
    for station in (alice, bob):
        station.join("plaza")
        station.tune(air)
        station.connect(broker)
    _meet(world)

    alice.say("plaza", "everywhere")
    alice.say(bob, "and to you")
    world.wind(60)

    assert sorted(bob.texts) == ["and to you", "everywhere"]


def test_the_duty_cycle_is_never_exceeded() -> None:
    world = World()
    air = FakeAir(world, RadioSettings(duty_cycle=0.01))
    alice, bob = world.station("alice"), world.station("bob")
    alice.tune(air)
    bob.tune(air)
    _meet(world)
    world.wind(3600)
    air.sent.clear()

    for number in range(40):
        alice.say(bob, f"{number} " + "v" * 100)
    world.wind(3600)

    spent_s = sum(time_on_air_ms(len(frame), air.radio) for frame in air.frames(alice)) / 1000
    assert spent_s <= 36.0
    assert len(bob.texts) > 5


def test_cost_is_told_before_it_is_sent() -> None:
    world, air, alice, bob = _pair()
    text = "What sending this would take, told while it is typed."

    cost = alice.session.cost(alice.conversation(bob), text, world.now)
    alice.say(bob, text)
    world.wind(20)

    sent = air.frames(alice)[0]
    assert cost is not None
    assert (cost.packets, cost.form) == (1, "compact")
    assert abs(cost.frame_bytes - len(sent)) <= 6  # escapes differ
    assert 0 < cost.duty_used < 1


def test_what_leaves_a_radio_is_shown_without_its_line_end() -> None:
    world, air, alice, bob = _pair()

    alice.say(bob, "plainly")
    world.wind(20)

    sent = alice.of(FrameSent)[-1]
    assert sent.transmit.payload == air.frames(alice)[-1]
    assert 0 <= sent.airtime_ms - time_on_air_ms(len(sent.transmit.payload), air.radio) < 1
    assert (sent.summary.kind, sent.summary.destination) == ("text", bob.node_id)


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe\x00garbage", b"[INFO] booting", b"MCHK|", b"MCHK|x|9|3|y", b"{}", b'{"enc":1}'],
)
def test_noise_on_the_line_is_counted_and_nothing_more(line: bytes) -> None:
    _, _, alice, _ = _pair()

    alice.hear(line + b"\n", "", "lora")

    last = alice.of(FrameReceived)[-1]
    assert last.summary.verdict is Verdict.REJECTED
    assert alice.drops[-1] in {"noise", "malformed"}


def test_a_relay_is_spared_where_others_were_quicker() -> None:
    world = World()
    air = FakeAir(world)
    stations = [world.station(f"node {number}", relay=True) for number in range(15)]
    for station in stations:
        station.tune(air)
    _meet(world, hops=3)
    air.sent.clear()

    stations[0].join("hills")
    stations[0].say("hills", "who is there")
    world.wind(60)

    assert len(air.sent) < len(stations)


def test_presence_does_not_say_what_a_plain_client_cannot() -> None:
    _, _, alice, bob = _pair(plain=True)

    assert alice.node(bob).caps == frozenset({"ack"})


def test_a_presence_fits_one_packet_whatever_the_name() -> None:
    world = World()
    air = FakeAir(world)
    alice, bob = (
        world.station("alice"),
        world.station(
            "Ærøskøbing ✓ " * 4, share_position=True, position=(55.123456789, 10.123456789)
        ),
    )
    alice.tune(air)
    bob.tune(air)

    world.wind(HELLO_S)

    assert all(len(frame) <= 240 and not frame.startswith(b"MCHK") for frame in air.frames())
    assert alice.node(bob).name.startswith("Ærøskøbing")


def test_what_no_radio_can_carry_is_refused_with_a_reason() -> None:
    _, _, alice, bob = _pair()

    message_id = alice.say(bob, "".join(random.Random(2).choices(_LONG, k=50_000)))

    assert alice.states(message_id)[-1][0] == "failed"
    failed = [event for event in alice.of(DeliveryChanged) if event.message_id == message_id][-1]
    assert "chunks, at most 64" in failed.delivery.reason


def test_a_relay_keeps_what_is_too_big_off_the_air() -> None:
    world = World()
    air, broker = FakeAir(world), FakeBroker("town")
    alice, carol, bob = (world.station(name, relay=True) for name in ("alice", "carol", "bob"))
    alice.tune(air)
    carol.tune(air)
    carol.connect(broker)
    bob.connect(broker)
    _meet(world, hops=3)
    air.sent.clear()

    bob.say(alice, "".join(random.Random(2).choices(_LONG, k=30_000)))
    world.wind(30)

    assert not [frame for frame in air.frames(carol) if len(frame) > 200]


def test_a_newcomer_is_greeted_by_its_neighbours_and_by_them_alone() -> None:
    world = World()
    air = FakeAir(world)
    alice, carol, bob = (world.station(name, relay=True) for name in ("alice", "carol", "bob"))
    air.reach(alice, carol, bob)
    for station in (alice, carol):
        station.tune(air)
    _meet(world)
    world.wind(2000)
    air.sent.clear()

    bob.tune(air)
    world.wind(60)

    assert bob.node(carol).public_key
    assert alice.node(bob).public_key
    assert len(air.frames(carol)) == 2  # bob's presence, and its own
    assert len(air.sent) <= 7  # to bob, who knows nothing of them, both are worth carrying on


def test_a_busy_forum_on_a_broker_leaves_the_air_to_others() -> None:
    world = World()
    air, broker = FakeAir(world, RadioSettings(duty_cycle=0.1)), FakeBroker("town")
    alice, carol, bob = (world.station(name, relay=True) for name in ("alice", "carol", "bob"))
    for station in (alice, carol, bob):
        station.join("plaza")
    alice.tune(air)
    carol.tune(air)
    carol.connect(broker)
    bob.connect(broker)
    _meet(world, hops=2)
    air.sent.clear()

    for number in range(120):
        bob.say("plaza", f"line {number} of very much talk in a very busy place")
        world.wind(10)

    spent_s = sum(time_on_air_ms(len(frame), air.radio) for frame in air.frames(carol)) / 1000
    assert 5 <= len(alice.texts) <= 40
    assert spent_s < 1200 * 0.1 * 0.25
    assert len(carol.texts) == 120


def test_who_hears_a_message_in_chunks_keeps_silent_until_its_end() -> None:
    world, air, alice, bob = _pair()
    alice.say(bob, _LONG)
    world.wind(2.5)  # its first chunk is through, the second under way

    bob.say(alice, "a word in between")
    world.wind(30)

    senders = [sender.name for _, sender, _ in air.sent]
    chunks = [frame for frame in air.frames(alice) if frame.startswith(b"MCHK|")]
    assert senders[: len(chunks)] == ["alice"] * len(chunks)
    assert alice.texts == ["a word in between"]


def test_who_passes_a_long_form_on_may_read_the_small_one_too() -> None:
    world = World()
    air = FakeAir(world)
    old = world.station("old", plain=True)
    carol, alice = world.station("carol", relay=True), world.station("alice")
    air.reach(old, carol, alice)
    air.lose = lambda frame, to: to is alice and b'"enc"' not in frame and b"MCHK" not in frame
    link_id = alice.tune(air)
    for station in (old, carol):
        station.tune(air)
    _meet(world)

    old.join("hills")
    old.say("hills", "an old friend speaks")
    world.wind(60)

    waves = alice.session._air
    assert waves.neighbour_ids(link_id, world.now) == [carol.node_id]
    assert not waves.all_read_compact(link_id, world.now)
    assert waves.needs_long(link_id, world.now, is_carried=False)
    assert not waves.needs_long(link_id, world.now, is_carried=True)


def test_a_peer_that_reads_zlib_but_no_small_frames_gets_zlib() -> None:
    world, air, alice, bob = _pair()
    peer = alice.session._peers.get(bob.node_id)
    peer.node = replace(peer.node, caps=frozenset({"ack", "zlib"}))

    message_id = alice.say(bob, "word by word " * 30)
    world.wind(60)

    chunks = air.frames(alice)
    assert bob.texts == ["word by word " * 30]
    assert alice.states(message_id)[-1] == ("delivered", 1)
    assert b'"cp":2' in b"".join(chunk.split(b"|", 4)[-1] for chunk in chunks)


def test_a_row_says_what_it_carries_and_an_answer_what_it_answers() -> None:
    world, _air, alice, bob = _pair()

    message_id = alice.say(bob, "seen in the list")
    world.wind(30)

    heard = [each.summary for each in bob.events if isinstance(each, FrameReceived)]
    answers = [each.summary for each in alice.events if isinstance(each, FrameReceived)]
    assert "seen in the list" in {summary.text for summary in heard}
    assert message_id in {summary.acks for summary in answers}
