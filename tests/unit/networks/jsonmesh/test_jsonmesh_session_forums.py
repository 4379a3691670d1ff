"""Forums: joining, announcing, reading."""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.command import Advertise, ForgetRoute, JoinChannel, LeaveChannel
from meshtui.model.event import ChannelChanged, FrameReceived, RouteForgotten, SecurityRaised
from meshtui.model.message import Channel, Proof
from meshtui.model.node import Position
from meshtui.model.packet import Transmit, Verdict
from meshtui.networks.jsonmesh.announce import Announcement, encode_announcement
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.topics import announce_topic, forum_topic
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import NETWORK, SessionDriver, World


def _pair() -> tuple[World, FakeBroker, SessionDriver, SessionDriver]:
    world, broker = World(), FakeBroker()
    alice, bob = world.station("alice"), world.station("bob")
    alice.connect(broker)
    bob.connect(broker)
    return world, broker, alice, bob


def _post(sender: SessionDriver, name: str, text: str, to: str = "broadcast") -> bytes:
    message_id = str(sender.random.random())
    letter = Letter(message_id, to, sender.world.now.unix_ms, text)
    sealed = sender.sealer.seal_channel(name, letter, sender.random.randbytes)
    return encode_envelope(sealed, app_names=True)


def _announcement(creator: SessionDriver, name: str, ts_ms: int, description: str = "") -> bytes:
    return encode_announcement(
        Announcement(name, description, creator.node_id, creator.public_key, ts_ms)
    )


def _verdict(station: SessionDriver) -> tuple[Verdict, str]:
    summary = station.of(FrameReceived)[-1].summary
    return summary.verdict, summary.reason


def test_a_forum_is_read_by_those_in_it() -> None:
    _, _, alice, bob = _pair()
    alice.join("paris")
    bob.join("paris")

    alice.say("paris", "bonjour")

    message = bob.messages[0]
    assert (message.text, message.conversation) == ("bonjour", "jsonmesh/#paris")
    assert message.proof is Proof.SENDER_UNPROVEN


@pytest.mark.parametrize("name", ["a/b", "#tag", "+", "100 %", "日本", "Ünïcode", "a b"])
def test_a_forum_may_have_any_name(name: str) -> None:
    _, _, alice, bob = _pair()
    alice.join(name)
    bob.join(name)

    alice.say(name, "hello")

    assert bob.texts == ["hello"]
    assert bob.messages[0].conversation == f"jsonmesh/#{name}"


def test_names_that_differ_in_case_are_different_forums() -> None:
    _, _, alice, bob = _pair()
    bob.join("Paris")

    alice.say("paris", "hello")

    assert bob.texts == []


def test_the_app_addresses_a_forum_by_name() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris")

    bob.hear(_post(alice, "paris", "salut", to="forum:paris"), forum_topic("paris"))

    assert bob.texts == ["salut"]


def test_what_names_another_forum_is_dropped() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris", "rome")

    bob.hear(_post(alice, "paris", "salut", to="forum:rome"), forum_topic("paris"))

    assert _verdict(bob) == (Verdict.DROPPED, "wrong-topic")


def test_what_the_forums_key_does_not_open_is_unreadable() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris")

    bob.hear(_post(alice, "rome", "salut"), forum_topic("paris"))

    assert _verdict(bob) == (Verdict.UNREADABLE, "bad-tag")


def test_a_forum_message_is_never_acknowledged() -> None:
    _, _broker, alice, bob = _pair()
    bob.join("paris")

    outputs = bob.hear(_post(alice, "paris", "salut"), forum_topic("paris"))

    assert not [output for output in outputs if isinstance(output, Transmit)]


def test_a_forum_that_was_left_is_silent_and_can_be_joined_again() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris")
    bob.submit(LeaveChannel(NETWORK, "paris"))

    alice.say("paris", "one")
    bob.join("paris")
    alice.say("paris", "two")

    assert bob.texts == ["two"]
    with pytest.raises(LocalProtocolError):
        bob.submit(LeaveChannel(NETWORK, "rome"))


def test_joined_forums_survive_a_restart() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris")

    bob.restart()
    alice.say("paris", "still there?")

    assert bob.texts == ["still there?"]


@pytest.mark.parametrize("name", ["", "x" * 257, "\ud800", "\x1b[2J", "a\uffff"])
def test_a_name_no_forum_can_have_is_refused(name: str) -> None:
    _, _, alice, _ = _pair()

    with pytest.raises(LocalProtocolError):
        alice.submit(JoinChannel(NETWORK, name))


def test_a_kept_forum_that_no_topic_can_hold_does_not_cost_the_others_their_link() -> None:
    _, _, alice, bob = _pair()
    bob.events.append(ChannelChanged(Channel(NETWORK, "a\x1bb", is_joined=True)))
    bob.join("paris")

    bob.restart()
    alice.say("paris", "still there?")

    assert bob.texts == ["still there?"]


def test_an_announced_forum_is_found_by_others_and_by_latecomers() -> None:
    world, broker, alice, bob = _pair()

    alice.submit(JoinChannel(NETWORK, "paris", announce=True, description="about Paris"))
    carol = world.station("carol")
    carol.connect(broker)

    for station in (bob, carol):
        channel = station.of(ChannelChanged)[-1].channel
        assert (channel.name, channel.description) == ("paris", "about Paris")
        assert channel.creator == alice.node_id
        assert not channel.is_joined


def test_what_was_announced_without_a_link_is_announced_when_one_comes() -> None:
    world, broker = World(), FakeBroker()
    alice = world.station("alice")
    alice.submit(JoinChannel(NETWORK, "paris", announce=True))

    alice.connect(broker)

    assert announce_topic("paris") in broker.retained


def test_an_announcement_dated_in_the_future_does_not_keep_later_ones_out() -> None:
    world, _, alice, bob = _pair()
    topic = announce_topic("paris")

    bob.hear(_announcement(alice, "paris", 2**53, "one"), topic)
    bob.hear(_announcement(alice, "paris", world.now.unix_ms, "two"), topic)

    assert bob.of(ChannelChanged)[-1].channel.description == "two"


def test_an_older_announcement_changes_nothing() -> None:
    _world, _, alice, bob = _pair()
    topic = announce_topic("paris")

    bob.hear(_announcement(alice, "paris", 2_000, "new"), topic)
    bob.hear(_announcement(alice, "paris", 1_000, "old"), topic)

    assert [event.channel.description for event in bob.of(ChannelChanged)] == ["new"]


def test_an_announcement_that_contradicts_its_topic_is_dropped() -> None:
    _, _, alice, bob = _pair()

    bob.hear(_announcement(alice, "paris", 1), announce_topic("rome"))

    assert _verdict(bob) == (Verdict.DROPPED, "wrong-topic")


def test_a_withdrawn_announcement_leaves_a_joined_forum_joined() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris")
    bob.hear(_announcement(alice, "paris", 1), announce_topic("paris"))

    bob.hear(b"", announce_topic("paris"))
    bob.hear(b"", announce_topic("never heard of"))

    channel = bob.of(ChannelChanged)[-1].channel
    assert (channel.is_joined, channel.creator) == (True, "")
    assert _verdict(bob) == (Verdict.HANDLED, "withdrawn")


def test_announcements_in_memory_are_bounded_and_joined_forums_stay() -> None:
    world, _, alice, bob = _pair()
    bob.join("paris")

    for number in range(3_000):
        world._set(world.now.mono_s + 0.2)
        bob.hear(_announcement(alice, f"f{number}", number), announce_topic(f"f{number}"))

    forums = bob.session._forums  # type: ignore[attr-defined]
    assert len(forums._channels) <= 1_000
    assert forums.is_joined("paris")


def test_a_flood_of_announcements_is_limited() -> None:
    _, _, alice, bob = _pair()

    for number in range(1_500):
        bob.hear(_announcement(alice, f"f{number}", number), announce_topic(f"f{number}"))

    assert bob.drops.count("rate") == 500


def test_twenty_messages_in_our_name_raise_one_alarm() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris")

    for number in range(20):
        letter = Letter(f"f-{number}", "broadcast", bob.world.now.unix_ms, "I am Bob")
        sealed = bob.sealer.seal_channel("paris", letter, alice.random.randbytes)
        bob.hear(encode_envelope(sealed, app_names=True), forum_topic("paris"))

    assert bob.texts == []
    assert len(bob.of(SecurityRaised)) == 1


def test_advertising_changes_the_name_others_see() -> None:
    _, _, alice, bob = _pair()

    alice.submit(Advertise(NETWORK, name="Alice of the North"))

    assert bob.node(alice).name == "Alice of the North"
    assert alice.session.myself.name == "Alice of the North"
    with pytest.raises(LocalProtocolError):
        alice.submit(Advertise(NETWORK, name="x" * 65))


def test_advertising_a_position_needs_the_users_consent() -> None:
    world, broker = World(), FakeBroker()
    shy, open_ = world.station("shy"), world.station("open", share_position=True)
    shy.connect(broker)
    open_.connect(broker)

    with pytest.raises(LocalProtocolError, match="share_position"):
        shy.submit(Advertise(NETWORK, position=Position(1, 2)))
    open_.submit(Advertise(NETWORK, position=Position(1, 2)))

    assert shy.node(open_).position == Position(1, 2)


def test_a_forgotten_route_is_told() -> None:
    _, _, alice, bob = _pair()

    alice.submit(ForgetRoute(NETWORK, bob.node_id))

    assert alice.of(RouteForgotten)[-1].node_id == bob.node_id
