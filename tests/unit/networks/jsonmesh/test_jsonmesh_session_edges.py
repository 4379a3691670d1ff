"""The rare cases: each is a promise too."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from meshtui.crypto.keys import PrivateKey
from meshtui.crypto.secp256k1 import public_key_of
from meshtui.errors import LocalProtocolError
from meshtui.model.command import (
    AcceptKey,
    CancelMessage,
    JoinChannel,
    LeaveChannel,
    ResendMessage,
    SendText,
)
from meshtui.model.event import (
    ChannelChanged,
    DeliveryChanged,
    FrameReceived,
    FrameSent,
    MessageQueued,
    SecurityRaised,
)
from meshtui.model.ids import ConversationId, LinkId, MessageId
from meshtui.model.link import LinkInfo, LinkKind, LinkSetup
from meshtui.model.message import Delivery, DeliveryState
from meshtui.model.node import Node, PinState, Position
from meshtui.model.packet import Transmit, Verdict
from meshtui.model.restored import Restored
from meshtui.networks.jsonmesh import outbox
from meshtui.networks.jsonmesh.announce import Announcement, encode_announcement
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.peers import LIMIT
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.settings import read_settings
from meshtui.networks.jsonmesh.topics import (
    announce_topic,
    dm_topic,
    forum_topic,
    identity_topic,
    route_topic,
)
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import NETWORK, SessionDriver, World

if TYPE_CHECKING:
    from meshtui.networks.base import Output


def _pair(**options: object) -> tuple[World, FakeBroker, SessionDriver, SessionDriver]:
    world, broker = World(), FakeBroker()
    alice, bob = world.station("alice", **options), world.station("bob")
    alice.connect(broker)
    bob.connect(broker)
    return world, broker, alice, bob


def _summary(outputs: list[Output]) -> tuple[Verdict, str]:
    first = outputs[0]
    assert isinstance(first, FrameReceived)
    return first.summary.verdict, first.summary.reason


def _letter(sender: SessionDriver, to: SessionDriver, message_id: str = "m-1") -> bytes:
    letter = Letter(message_id, to.node_id, sender.world.now.unix_ms, "hi")
    sealed = sender.sealer.seal_direct(to.public_key, letter, sender.random.randbytes)
    return encode_envelope(sealed, app_names=True)


def _post(
    sender: SessionDriver, message_id: str, to: str = "broadcast", kind: str = "text"
) -> bytes:
    letter = Letter(message_id, to, sender.world.now.unix_ms, "hi", kind=kind, ack="x")
    sealed = sender.sealer.seal_channel("paris", letter, sender.random.randbytes)
    return encode_envelope(sealed, app_names=True)


def _pretends_to_be(driver: SessionDriver, key: PrivateKey) -> None:
    """Give a station the other half of a ground pair: its id stays, its key does not fit."""
    driver.session._station.public_key = public_key_of(key)  # type: ignore[attr-defined]


# radio links


def test_a_wire_asks_for_nothing_and_is_told_at_once_who_is_there() -> None:
    world = World()
    alice = world.station("alice")
    wire = LinkInfo(LinkId("wire"), NETWORK, LinkKind.DATAGRAM, "wire", "jsonmesh+loopback://x")

    assert alice.session.setup(wire, world.now) == LinkSetup()
    assert list(alice.session.link_up(wire, world.now)) == []
    (presence,) = alice.session.tick(world.now)

    assert isinstance(presence, Transmit)
    assert json.loads(presence.payload)["nodeId"] == alice.node_id


def test_an_envelope_without_a_topic_is_judged_by_its_recipient() -> None:
    world = World()
    alice, bob = world.station("alice"), world.station("bob")
    bob.join("paris")

    bob.hear(_letter(alice, bob), "")
    bob.hear(_post(alice, "f-1", to="forum:paris"), "meshcore/lora/inbound")
    nameless = bob.hear(_post(alice, "f-2"), "meshcore/lora/inbound")

    assert bob.texts == ["hi", "hi"]
    assert _summary(nameless) == (Verdict.DROPPED, "wrong-topic")


def test_what_is_meant_for_a_gateway_is_left_to_gateways() -> None:
    _, _, alice, bob = _pair()

    outputs = bob.hear(_letter(alice, bob), "meshcore/lora/outbound")

    assert _summary(outputs) == (Verdict.IGNORED, "")


# the outbox


def test_finished_messages_beyond_memory_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "REMEMBERED", 5)
    world, _, alice, bob = _pair()

    for number in range(30):
        alice.say(bob, str(number))
        world.wind(0.2)

    box = alice.session._outbox  # type: ignore[attr-defined]
    assert len(box._items) <= 6
    assert len(box._wire) <= 6
    assert len(bob.texts) == 30


def test_too_many_waiting_messages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 3)
    _, broker, alice, bob = _pair()
    alice.disconnect(broker)
    for number in range(3):
        alice.say(bob, str(number))

    with pytest.raises(LocalProtocolError, match="wait already"):
        alice.say(bob, "one more")


def test_an_id_can_be_used_once_and_must_be_printable() -> None:
    _, _, alice, bob = _pair()
    alice.submit(SendText(alice.conversation(bob), "one", MessageId("m-1")))

    with pytest.raises(LocalProtocolError, match="sent before"):
        alice.submit(SendText(alice.conversation(bob), "two", MessageId("m-1")))
    for bad in ("", "x" * 129, "a\nb"):
        with pytest.raises(LocalProtocolError, match="printable"):
            alice.submit(SendText(alice.conversation(bob), "three", MessageId(bad)))


def test_half_a_character_cannot_be_sent() -> None:
    _, _, alice, bob = _pair()

    with pytest.raises(LocalProtocolError, match="half a character"):
        alice.say(bob, "\ud83d")


def test_messages_of_others_are_not_sent_again() -> None:
    _, _, alice, bob = _pair()
    alice.say(bob, "hi")

    with pytest.raises(LocalProtocolError, match="your own"):
        bob.submit(ResendMessage(bob.messages[0]))


def test_a_failed_message_of_an_earlier_life_can_be_sent_again() -> None:
    _, broker, alice, bob = _pair()
    alice.disconnect(broker)
    message_id = alice.say(bob, "hello")
    alice.submit(CancelMessage(alice.conversation(bob), message_id))
    failed = replace(
        alice.of(MessageQueued)[0].message, delivery=Delivery(DeliveryState.FAILED, attempt=3)
    )
    alice.restart()
    alice.connect(broker)

    alice.submit(ResendMessage(failed))

    assert bob.texts == ["hello"]
    assert alice.states(message_id)[-1] == ("delivered", 4)


def test_a_retry_without_any_link_waits() -> None:
    world, broker, alice, bob = _pair()
    broker.loses = lambda published: b'"type":"ack"' in published.payload
    message_id = alice.say(bob, "hello")
    alice.disconnect(broker)

    world.wind(60)

    assert alice.states(message_id)[-1] == ("queued", 1)
    assert alice.of(DeliveryChanged)[-1].delivery.reason == "no link"
    broker.loses = lambda _: False
    alice.connect(broker)
    assert alice.states(message_id)[-1] == ("delivered", 2)
    assert bob.texts == ["hello"]


def test_a_key_that_is_no_point_of_the_curve_fails_the_message_and_nothing_else() -> None:
    _, _, alice, bob = _pair()
    node = Node(NETWORK, bob.node_id, "02" + "00" * 32, PinState.FIRST_SEEN, last_heard_ms=1)
    alice.session = alice._open(Restored(nodes=(node,)))
    for broker in list(alice.brokers.values()):
        alice.connect(broker)

    message_id = alice.say(bob, "hello")

    assert alice.states(message_id) == [("failed", 0)]
    assert "curve" in alice.of(DeliveryChanged)[-1].delivery.reason


@pytest.mark.parametrize(
    "change",
    [
        {"delivery": None},
        {"delivery": Delivery(DeliveryState.DELIVERED, 1)},
        {"delivery": Delivery(DeliveryState.SENT, 1)},
        {"conversation": ConversationId("nonsense")},
    ],
)
def test_restored_messages_that_need_nothing_are_left_alone(change: dict[str, object]) -> None:
    world, broker, alice, bob = _pair()
    alice.disconnect(broker)
    alice.say(bob, "hello")
    message = replace(alice.of(MessageQueued)[0].message, **change)  # type: ignore[arg-type]

    alice.session = alice._open(Restored(outbox=(message,)))
    alice.connect(broker)
    world.wind(60)

    assert bob.texts == []


def test_control_traffic_is_not_taken_for_a_message() -> None:
    world, _, alice, _bob = _pair()
    stray = Transmit(LinkId("broker"), b"x", "nonsense", MessageId("unknown"), is_confirmed=True)

    sent = alice.session.transmitted(stray, world.now)
    refused = alice.session.refused(stray, "full", world.now)

    assert isinstance(sent[0], FrameSent)
    assert sent[0].summary.kind == "unknown"
    assert len(sent) == 1
    assert list(refused) == []


def test_of_two_links_that_have_a_message_in_hand_the_loss_of_one_is_no_matter() -> None:
    world, east, alice, _bob = _pair()
    west = FakeBroker("west")
    stranger = world.station("stranger")
    alice.connect(west)
    alice.submit(AcceptKey(NETWORK, stranger.node_id, stranger.public_key.hex()))
    west.is_mute = east.is_mute = True
    message_id = alice.say(stranger, "hello")

    alice.disconnect(west)
    assert alice.states(message_id) == [("sending", 1)]
    alice.disconnect(east)

    assert alice.states(message_id)[-1] == ("queued", 1)


# presence and keys


def test_a_presence_of_us_under_a_ground_key_raises_an_alarm() -> None:
    _, _, _alice, bob = _pair()
    payload = encode_presence(Presence(bob.node_id, bob.public_key, True, 5))
    _pretends_to_be(bob, PrivateKey(b"\x07" * 32))

    outputs = bob.hear(payload, identity_topic(bob.node_id))

    assert _summary(outputs) == (Verdict.REJECTED, "impersonated")
    assert bob.of(SecurityRaised)[-1].kind == "impersonated"


def test_a_message_of_us_under_a_ground_key_raises_an_alarm() -> None:
    _world, _broker, alice, bob = _pair()
    payload = _letter(bob, alice)
    _pretends_to_be(bob, PrivateKey(b"\x07" * 32))

    outputs = bob.hear(payload, dm_topic(alice.node_id))

    assert _summary(outputs) == (Verdict.REJECTED, "impersonated")


def test_an_announcement_in_our_name_is_forged() -> None:
    _, _, _alice, bob = _pair()
    payload = encode_announcement(Announcement("paris", "", bob.node_id, bob.public_key, 5))
    _pretends_to_be(bob, PrivateKey(b"\x07" * 32))

    outputs = bob.hear(payload, announce_topic("paris"))

    assert _summary(outputs) == (Verdict.REJECTED, "forged")


def test_ones_own_key_needs_no_acceptance() -> None:
    _, _, alice, _ = _pair()

    with pytest.raises(LocalProtocolError, match="your own"):
        alice.submit(AcceptKey(NETWORK, alice.node_id, alice.public_key.hex()))


def test_a_withdrawn_presence_is_no_error() -> None:
    _, _, alice, bob = _pair()

    outputs = bob.hear(b"", identity_topic(alice.node_id))

    assert _summary(outputs) == (Verdict.HANDLED, "withdrawn")


def test_a_kept_presence_is_as_old_as_it_says() -> None:
    world = World()
    alice, bob = world.station("alice"), world.station("bob")
    an_hour_ago = world.now.unix_ms - 3_600_000
    old = encode_presence(Presence(alice.node_id, alice.public_key, True, an_hour_ago))
    undated = encode_presence(Presence(alice.node_id, alice.public_key, False, 0))

    bob.hear(old, identity_topic(alice.node_id), is_retained=True)
    assert bob.node(alice).last_heard_ms == an_hour_ago
    bob.hear(undated, identity_topic(alice.node_id), is_retained=True)

    assert bob.node(alice).last_heard_ms == an_hour_ago
    assert bob.node(alice).is_online is False


def test_what_a_broker_kept_and_we_knew_is_not_told_again() -> None:
    _, _, alice, bob = _pair()
    alice.say(bob, "hi")
    kept = bob.kept().nodes
    events = len(bob.events)

    bob.restart()

    told = [e for e in bob.events[events:] if getattr(e, "node", None) in kept]
    assert told == []


def test_contacts_of_earlier_lives_are_kept_before_all_others() -> None:
    world = World()
    alice = world.station("alice")
    old = Node(NETWORK, alice.node_id, alice.public_key.hex(), PinState.FIRST_SEEN)
    others = tuple(
        Node(NETWORK, f"MESH-{number:08X}", last_heard_ms=5 + number)  # type: ignore[arg-type]
        for number in range(LIMIT + 50)
    )
    bob = world.station("bob")

    bob.session = bob._open(Restored(nodes=(old, *others), contacts=frozenset({old.node_id})))

    peers = bob.session._peers  # type: ignore[attr-defined]
    assert len(peers) == LIMIT
    assert peers.get(alice.node_id).is_kept


# forums


def test_too_many_forums_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meshtui.networks.jsonmesh.forums.MAX_JOINED", 2)
    _, _, alice, _ = _pair()
    alice.join("a", "b")

    alice.join("a")
    with pytest.raises(LocalProtocolError, match="leave one"):
        alice.join("c")


def test_a_relay_hears_every_forum_anyway() -> None:
    _, _broker, alice, _ = _pair(relay=True)

    joined = alice.submit(JoinChannel(NETWORK, "paris"))
    left = alice.submit(LeaveChannel(NETWORK, "paris"))

    assert [type(output) for output in joined + left] == [ChannelChanged, ChannelChanged]


def test_a_forum_of_others_passes_by() -> None:
    _, _, alice, bob = _pair()

    assert _summary(bob.hear(_post(alice, "f"), forum_topic("paris"))) == (Verdict.IGNORED, "")


def test_a_relay_with_one_link_carries_no_forum() -> None:
    _, _, alice, bob = _pair(relay=True)

    outputs = alice.hear(_post(bob, "f"), forum_topic("paris"))

    assert _summary(outputs)[0] is Verdict.IGNORED


def test_a_replayed_forum_message_is_refused() -> None:
    _world, _, alice, bob = _pair()
    bob.join("paris")
    payload = _post(alice, "f-1")
    bob.hear(payload, forum_topic("paris"))
    bob.restart()

    outputs = bob.hear(payload, forum_topic("paris"))

    assert _summary(outputs) == (Verdict.DROPPED, "replay")


def test_an_acknowledgement_in_a_forum_proves_nothing() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris")

    outputs = bob.hear(_post(alice, "f-1", kind="ack"), forum_topic("paris"))

    assert _summary(outputs) == (Verdict.DROPPED, "unproven")


def test_our_words_in_a_forum_cannot_be_put_into_another_mouth() -> None:
    _, broker, alice, bob = _pair()
    bob.join("paris")
    bob.say("paris", "mine")
    own = orjson.loads(broker.log[-1].payload)
    stolen = own | {
        "from": alice.node_id,
        "fromNodeId": alice.node_id,
        "fromPubkey": alice.public_key.hex(),
        "msgId": "other",
        "id": "other",
    }

    outputs = bob.hear(orjson.dumps(stolen), forum_topic("paris"))

    assert _summary(outputs) == (Verdict.REJECTED, "reflected")


def test_a_flood_in_a_forum_is_limited_by_name() -> None:
    _, _, alice, bob = _pair()
    bob.join("paris")

    for number in range(150):
        bob.hear(_post(alice, f"f-{number}"), forum_topic("paris"))

    assert bob.drops.count("rate") == 50


def test_strangers_in_a_forum_share_an_allowance() -> None:
    world, _, _, bob = _pair()
    bob.join("paris")

    for number in range(120):
        stranger = SessionDriver(world, f"stranger {number}", {})
        bob.hear(_post(stranger, f"f-{number}"), forum_topic("paris"))

    assert bob.drops.count("rate") == 20


def test_a_full_route_is_carried_no_further() -> None:
    world, _, alice, bob = _pair(relay=True)
    carol = world.station("carol")
    route = [f"MESH-{number:08X}" for number in range(32)]
    wire = orjson.loads(_letter(bob, carol)) | {"route": route, "hopCount": 1}

    outputs = alice.hear(orjson.dumps(wire), route_topic(carol.node_id))

    assert _summary(outputs) == (Verdict.DROPPED, "ttl")


def test_a_presence_carried_eight_times_is_carried_no_further() -> None:
    world, _, alice, _bob = _pair(relay=True)
    alice.connect(FakeBroker("west"))
    carol = world.station("carol")
    via = tuple(f"MESH-{number:08X}" for number in range(8))
    presence = Presence(carol.node_id, carol.public_key, True, 5, via=via)  # type: ignore[arg-type]

    outputs = alice.hear(encode_presence(presence), identity_topic(carol.node_id))

    assert not [output for output in outputs if isinstance(output, Transmit)]
    assert alice.node(carol).hops == 8


# settings


def test_settings_have_defaults_and_take_a_position_in_either_form() -> None:
    assert read_settings({}).relay is False
    assert read_settings({"position": [1, 2]}).position == Position(1, 2)
    assert read_settings({"position": Position(1, 2)}).position == Position(1, 2)
    assert read_settings({"position": "here"}).position is None
    assert read_settings({"max_attempts": 0}).max_attempts == 1
    assert read_settings({"ack_timeout_s": "soon"}).ack_timeout_s == 5.0
