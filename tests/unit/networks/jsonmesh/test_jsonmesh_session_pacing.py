"""What a radio sends again when nobody passes it on, and how little a mesh sends in all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from meshtui.mesh.radio_relay import PATH_REPEATS
from meshtui.networks.jsonmesh.repeater import MAX_ASKED
from tests.support.fake_air import FakeAir
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import SessionDriver, World

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO_S = 160.0


def _row(*names: str, **options: object) -> tuple[World, FakeAir, list[SessionDriver]]:
    """Put stations in a row, each in reach of the next, that know the way to each other."""
    world = World()
    air = FakeAir(world)
    row = [world.station(name, relay=True, **options) for name in names]
    air.reach(*row)
    for station in row:
        station.tune(air)
    world.wind(HELLO_S)
    row[0].say(row[-1], "so that the way is known")
    world.wind(120)
    air.sent.clear()
    return world, air, row


def _lose(to: SessionDriver, times: int) -> Callable[[bytes, SessionDriver], bool]:
    """Make an air that loses the next so many frames on their way to one station."""
    left = [times]

    def lose(_: bytes, reader: SessionDriver) -> bool:
        if reader is not to or not left[0]:
            return False
        left[0] -= 1
        return True

    return lose


def test_a_neighbour_is_reached_in_three_seconds_and_answers_at_once() -> None:
    world, air, (alice, bob) = _row("alice", "bob")
    began_s = world.now.mono_s

    message_id = alice.say(bob, "x" * 100)
    world.wind(3)
    assert bob.texts[-1] == "x" * 100
    world.wind(1)

    assert alice.states(message_id)[-1] == ("delivered", 1)
    assert air.sent[0][0] == began_s
    world.wind(60)
    assert len(air.sent) == 2


@pytest.mark.parametrize("loser", ["carol", "bob"])
def test_a_packet_that_a_relay_or_its_recipient_misses_is_sent_again(loser: str) -> None:
    world, air, row = _row("alice", "carol", "bob")
    alice, carol, bob = row
    missing = carol if loser == "carol" else bob
    air.lose = _lose(missing, 1)

    message_id = alice.say(bob, "twice if need be")
    world.wind(60)

    assert bob.texts[-1] == "twice if need be"
    assert alice.states(message_id)[-1] == ("delivered", 1)
    again = alice if missing is carol else carol
    counts = Counter(air.frames(again))
    assert 2 in counts.values()  # the same bytes
    assert len(air.sent) <= 6


@pytest.mark.parametrize("loser", ["carol", "alice"])
def test_an_answer_that_is_lost_comes_again(loser: str) -> None:
    names = ("alice", "carol", "bob") if loser == "carol" else ("alice", "bob")
    world, air, row = _row(*names)
    alice, bob = row[0], row[-1]
    answers: list[bytes] = []

    def lose(frame: bytes, to: SessionDriver) -> bool:
        if to.name == loser and frame in air.frames(bob) and not answers:
            answers.append(frame)
            return True
        return False

    air.lose = lose
    message_id = alice.say(bob, "did you get it")
    world.wind(60)

    assert answers
    assert bob.texts.count("did you get it") == 1
    assert alice.states(message_id)[-1] == ("delivered", 1)


def test_who_passes_on_in_vain_stops_and_the_next_attempts_flood() -> None:
    world, air, (alice, carol, bob) = _row("alice", "carol", "bob")
    bob.untune()

    message_id = alice.say(bob, "nobody there")
    world.wind(1200)

    assert alice.states(message_id)[-1][0] == "failed"
    assert all(times <= 1 + PATH_REPEATS for times in Counter(air.frames(carol)).values())
    assert len(air.sent) <= 3 * 2 * (1 + PATH_REPEATS)


def test_who_asks_again_and_again_is_not_served_for_ever() -> None:
    world, air, (alice, carol, bob) = _row("alice", "carol", "bob")
    alice.say(bob, "once more please")
    frame = air.frames(alice)[0]
    world.wind(60)
    air.sent.clear()

    for _ in range(50):
        carol.hear(b"RSSI:-90|SNR:5.0|" + frame + b"\n", "", "lora")
        world.wind(5)

    assert len(air.frames(carol)) <= MAX_ASKED + PATH_REPEATS


def test_an_old_client_floods_what_names_a_path() -> None:
    world = World()
    air = FakeAir(world)
    alice, bob = (world.station(name, relay=True, compact=False) for name in ("alice", "bob"))
    carol = world.station("carol", relay=True, plain=True)
    air.reach(alice, carol, bob)
    for station in (alice, carol, bob):
        station.tune(air)
    world.wind(HELLO_S)

    messages = [alice.say(bob, text) for text in ("first", "second")]
    world.wind(600)

    assert bob.texts == ["first", "second"]
    assert [alice.states(message_id)[-1][0] for message_id in messages] == ["delivered"] * 2


class _EchoingAir(FakeAir):
    """Gateways that give their hosts back what these told them to send."""

    def transmit(self, sender: SessionDriver, line: bytes) -> None:
        super().transmit(sender, line)
        sender._inbox.append(sender.frame(b"RSSI:0|SNR:9.0|" + line, "", next(iter(sender.tuned))))


@pytest.mark.parametrize("is_known", [False, True])
def test_gateways_that_return_our_own_lines_cause_no_storm(*, is_known: bool) -> None:
    world = World()
    air = _EchoingAir(world)
    alice, carol, bob = (world.station(name, relay=True) for name in ("alice", "carol", "bob"))
    air.reach(alice, carol, bob)
    for station in (alice, carol, bob):
        station.tune(air)
    world.wind(HELLO_S)
    if is_known:
        alice.say(bob, "the way")
        world.wind(120)
    air.sent.clear()

    message_id = alice.say(bob, "my own voice")
    world.wind(120)

    assert bob.texts[-1] == "my own voice"
    assert alice.states(message_id)[-1] == ("delivered", 1)
    assert len(air.sent) <= 6


@pytest.mark.parametrize("is_there", [False, True])
def test_a_ring_of_two_brokers_and_a_radio_sends_each_message_a_few_times(
    *, is_there: bool
) -> None:
    world = World()
    air = FakeAir(world)
    brokers = [FakeBroker("north"), FakeBroker("south")]
    alice = world.station("alice")
    bob = world.station("bob")
    ring = [world.station(name, relay=True, gateway=True) for name in ("carol", "dora", "erin")]
    for station in ring:
        station.tune(air)
        for broker in brokers:
            station.connect(broker)
    alice.tune(air)
    bob.tune(air)
    world.wind(HELLO_S)
    if not is_there:
        bob.untune()
    air.sent.clear()
    for broker in brokers:
        broker.log.clear()

    message_id = alice.say(bob, "round and round")
    world.wind(900)

    attempts = alice.states(message_id)[-1][1]
    spoken = [frame for frame in air.frames() if not _is_presence(frame)]
    topics = Counter(entry.topic.split("/")[1] for broker in brokers for entry in broker.log)
    assert (bob.texts == ["round and round"]) is is_there
    # its writer twice at most where nobody answers, and each relay once; or the answer
    assert len(spoken) <= 5 * attempts
    assert topics["route"] + topics["dm"] <= len(ring) * len(brokers) * attempts
    assert topics["lora"] <= len(ring) * len(brokers) * len(air.sent)  # what they heard


def _is_presence(frame: bytes) -> bool:
    return frame[:1] == b"\xca" or b'"pubkeyHex"' in frame
