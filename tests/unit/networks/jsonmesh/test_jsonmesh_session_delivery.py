"""Direct messages from being written to their end."""

from __future__ import annotations

import uuid
from dataclasses import replace

import orjson
import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.command import AcceptKey, Advertise, CancelMessage, ResendMessage, SendText
from meshtui.model.event import DeliveryChanged, FrameReceived, FrameSent, MessageQueued
from meshtui.model.ids import ConversationId, MessageId
from meshtui.model.message import DeliveryState, Proof
from meshtui.model.packet import Transmit
from meshtui.networks.jsonmesh.envelope import decode_envelope, encode_envelope
from meshtui.networks.jsonmesh.seal import Letter, ciphertext_digest
from meshtui.networks.jsonmesh.topics import dm_topic
from tests.support.fake_broker import FakeBroker, Published
from tests.support.session_driver import NETWORK, SessionDriver, World


def _pair(**options: object) -> tuple[World, FakeBroker, SessionDriver, SessionDriver]:
    world, broker = World(), FakeBroker()
    alice, bob = world.station("alice", **options), world.station("bob")
    alice.connect(broker)
    bob.connect(broker)
    return world, broker, alice, bob


def _drops_acks(broker: FakeBroker, first: int) -> None:
    """Lose the first few acknowledgements."""
    left = [first]

    def loses(published: Published) -> bool:
        if b'"type":"ack"' not in published.payload or not left[0]:
            return False
        left[0] -= 1
        return True

    broker.loses = loses


def test_a_message_is_delivered_when_its_acknowledgement_comes() -> None:
    _, _broker, alice, bob = _pair()

    message_id = alice.say(bob, "hello")

    assert bob.texts == ["hello"]
    assert bob.messages[0].message_id == message_id
    assert alice.states(message_id) == [("sending", 1), ("sent", 1), ("delivered", 1)]
    assert alice.drops == bob.drops == []


def test_a_message_goes_straight_to_a_peer_heard_on_this_broker() -> None:
    _, broker, alice, bob = _pair()

    alice.say(bob, "hello")

    assert [topic for topic in broker.topics() if bob.node_id in topic] == [
        f"meshcore/identity/{bob.node_id}",
        f"meshcore/dm/{bob.node_id}",
    ]


def test_a_message_to_a_peer_never_heard_here_goes_by_every_way() -> None:
    _, broker, alice, _bob = _pair()
    stranger = World().station("stranger")
    alice.submit(AcceptKey(NETWORK, stranger.node_id, stranger.public_key.hex()))

    alice.say(stranger, "hello")

    assert broker.topics()[-2:] == [
        f"meshcore/dm/{stranger.node_id}",
        f"meshcore/route/{stranger.node_id}",
    ]


def test_a_lost_acknowledgement_leads_to_another_attempt_shown_once() -> None:
    world, broker, alice, bob = _pair()
    _drops_acks(broker, 1)

    message_id = alice.say(bob, "hello")
    world.wind(6)

    assert bob.texts == ["hello"]
    assert alice.states(message_id)[-3:] == [("sending", 2), ("sent", 2), ("delivered", 2)]
    wire_ids = {
        event.summary.message_id
        for event in alice.of(FrameSent)
        if event.transmit.message_id == message_id
    }
    assert len(wire_ids) == 2


def test_three_attempts_without_an_answer_have_failed() -> None:
    world, broker, alice, bob = _pair()
    _drops_acks(broker, 99)

    message_id = alice.say(bob, "hello")
    world.wind(16)

    assert alice.states(message_id)[-1] == ("failed", 3)
    assert alice.of(DeliveryChanged)[-1].delivery.reason == "no answer after 3 attempts"
    assert bob.texts == ["hello"]


def test_an_answer_after_giving_up_still_counts() -> None:
    world, broker, alice, bob = _pair()
    bob.disconnect(broker, is_clean=True)
    message_id = alice.say(bob, "are you there?")
    world.wind(60)
    assert alice.states(message_id)[-1] == ("failed", 3)

    bob.connect(broker)
    world.settle()

    assert bob.texts == ["are you there?"]
    assert alice.states(message_id)[-1] == ("delivered", 3)


def test_retries_take_every_way() -> None:
    world, broker, alice, bob = _pair()
    _drops_acks(broker, 99)

    alice.say(bob, "hello")
    world.wind(16)

    assert broker.topics().count(f"meshcore/route/{bob.node_id}") == 2


def test_a_message_written_without_a_link_waits_and_is_sent_when_one_returns() -> None:
    world, broker, alice, bob = _pair()
    alice.disconnect(broker)

    message_id = alice.say(bob, "later")
    queued = alice.of(MessageQueued)[-1].message
    assert queued.delivery is not None
    assert (queued.delivery.state, queued.delivery.reason) == (DeliveryState.QUEUED, "no link")
    world.wind(3600)
    assert alice.states(message_id) == []
    alice.connect(broker)

    assert bob.texts == ["later"]
    assert alice.states(message_id)[-1] == ("delivered", 1)


def test_what_a_lost_link_had_not_taken_waits_for_the_next() -> None:
    _world, broker, alice, bob = _pair()
    broker.is_mute = True
    message_id = alice.say(bob, "hello")
    assert alice.states(message_id) == [("sending", 1)]

    broker.is_mute = False
    alice.disconnect(broker)
    alice.connect(broker)

    assert bob.texts == ["hello"]
    assert ("queued", 1) in alice.states(message_id)
    assert alice.states(message_id)[-1] == ("delivered", 2)


def test_waiting_messages_leave_in_the_order_they_were_written() -> None:
    world, broker, alice, bob = _pair()
    alice.disconnect(broker)
    for number in range(30):
        alice.say(bob, str(number))

    alice.connect(broker)
    world.wind(5)

    assert bob.texts == [str(number) for number in range(30)]


def test_we_keep_our_own_rate_limit_by_waiting() -> None:
    world, _broker, alice, bob = _pair()

    for number in range(40):
        alice.say(bob, str(number))
    assert len(bob.texts) == 10
    world.wind(1)
    assert 19 <= len(bob.texts) <= 21
    world.wind(3)

    assert bob.texts == [str(number) for number in range(40)]
    assert all(alice.states(m.message_id)[-1][0] == "delivered" for m in bob.messages)


def test_a_restart_resumes_what_was_not_delivered() -> None:
    world, broker, alice, bob = _pair()
    _drops_acks(broker, 1)
    message_id = alice.say(bob, "hello")

    alice.restart()
    world.wind(2)

    assert bob.texts == ["hello"]
    assert alice.states(message_id)[-1] == ("delivered", 2)


def test_a_message_resent_after_its_recipient_restarted_is_shown_once_and_acknowledged() -> None:
    world, broker, alice, bob = _pair()
    _drops_acks(broker, 1)
    message_id = alice.say(bob, "hello")

    bob.restart()
    world.wind(6)

    assert bob.texts == ["hello"]
    assert alice.states(message_id)[-1] == ("delivered", 2)


def test_a_cancelled_message_is_tried_no_more() -> None:
    world, broker, alice, bob = _pair()
    alice.disconnect(broker)
    message_id = alice.say(bob, "never mind")

    alice.submit(CancelMessage(alice.conversation(bob), message_id))
    alice.connect(broker)
    world.wind(60)

    assert bob.texts == []
    assert alice.states(message_id) == [("cancelled", 0)]
    with pytest.raises(LocalProtocolError):
        alice.submit(CancelMessage(alice.conversation(bob), message_id))


def test_a_failed_message_sent_again_is_the_same_message() -> None:
    world, broker, alice, bob = _pair()
    _drops_acks(broker, 3)
    message_id = alice.say(bob, "hello")
    world.wind(16)
    failed = next(
        replace(event.message, delivery=alice.of(DeliveryChanged)[-1].delivery)
        for event in alice.of(MessageQueued)
    )

    alice.submit(ResendMessage(failed))

    assert bob.texts == ["hello"]
    assert alice.states(message_id)[-4:] == [
        ("queued", 3),
        ("sending", 4),
        ("sent", 4),
        ("delivered", 4),
    ]


def test_a_message_on_its_way_is_not_sent_twice() -> None:
    _, broker, alice, bob = _pair()
    _drops_acks(broker, 9)
    alice.say(bob, "hello")

    with pytest.raises(LocalProtocolError, match="on its way"):
        alice.submit(ResendMessage(alice.of(MessageQueued)[0].message))


def test_to_a_peer_that_does_not_acknowledge_sent_is_the_end() -> None:
    world, broker, alice, _bob = _pair()
    old = world.station("old app")
    alice.submit(AcceptKey(NETWORK, old.node_id, old.public_key.hex()))

    message_id = alice.say(old, "hello")
    world.wind(60)

    assert alice.states(message_id) == [("sending", 1), ("sent", 1)]
    wire = decode_envelope(broker.log[-2].payload)
    assert wire.message_id == message_id
    assert old.sealer.open_direct(wire).mid == ""


def test_an_attempt_no_link_takes_is_repeated_byte_for_byte_where_nobody_acknowledges() -> None:
    world, broker, alice, _bob = _pair()
    old = world.station("old app")
    alice.submit(AcceptKey(NETWORK, old.node_id, old.public_key.hex()))
    broker.is_mute = True
    outputs = alice.submit(SendText(alice.conversation(old), "hello", MessageId("m-1")))
    first = next(output for output in outputs if isinstance(output, Transmit))

    broker.is_mute = False
    world.wind(31)

    assert [p.payload for p in broker.log if p.topic == dm_topic(old.node_id)] == [first.payload]
    assert alice.states(MessageId("m-1"))[-1] == ("sent", 2)


def test_what_a_link_refuses_is_tried_again_a_while_later() -> None:
    world, broker, alice, bob = _pair()
    broker.is_mute = True
    outputs = alice.submit(SendText(alice.conversation(bob), "hello", MessageId("m-1")))
    transmit = next(output for output in outputs if isinstance(output, Transmit))

    alice.apply(alice.session.refused(transmit, "the outbox is full", world.now))
    assert alice.of(DeliveryChanged)[-1].delivery.reason == "the outbox is full"
    broker.is_mute = False
    world.wind(6)

    assert bob.texts == ["hello"]
    assert alice.states(MessageId("m-1"))[-1][0] == "delivered"


def test_a_peer_that_writes_bare_text_is_answered_in_bare_text() -> None:
    world, broker, alice, _bob = _pair()
    app = world.station("app")
    letter = Letter("app-1", alice.node_id, world.now.unix_ms, "salut", is_bare=True)
    sealed = app.sealer.seal_direct(alice.public_key, letter, app.random.randbytes)
    alice.hear(encode_envelope(sealed, app_names=True), dm_topic(alice.node_id))

    alice.say(app, "bonjour")

    assert alice.texts == ["salut"]
    assert alice.messages[0].proof is Proof.DIRECTION_UNPROVEN
    assert alice.node(app).writes_bare_text
    wire = decode_envelope(broker.log[-1].payload)
    assert app.sealer.decrypt_direct(alice.public_key, wire) == b"bonjour"


def test_a_client_that_knows_no_acknowledgements_gets_none() -> None:
    world, _broker, alice, _bob = _pair()
    app = world.station("app")
    letter = Letter("app-1", alice.node_id, world.now.unix_ms, "salut", is_bare=True)
    sealed = app.sealer.seal_direct(alice.public_key, letter, app.random.randbytes)

    outputs = alice.hear(encode_envelope(sealed, app_names=True), dm_topic(alice.node_id))

    assert not [output for output in outputs if isinstance(output, Transmit)]


@pytest.mark.parametrize(
    ("text", "hint"), [("", "no text"), (" \n", "no text"), ("x" * 70_000, "70000 bytes, at most")]
)
def test_a_text_that_can_never_be_sent_is_refused(text: str, hint: str) -> None:
    _, _, alice, bob = _pair()

    with pytest.raises(LocalProtocolError, match=hint):
        alice.say(bob, text)


def test_writing_to_a_node_without_a_known_key_is_refused_with_advice() -> None:
    _, _, alice, _bob = _pair()

    with pytest.raises(LocalProtocolError, match="identity verify"):
        alice.submit(SendText(ConversationId("jsonmesh/MESH-00000000"), "hi", MessageId("x")))


@pytest.mark.parametrize(
    "conversation", ["jsonmesh/nobody", "meshcore/MESH-00000000", "jsonmesh/#", "", "/"]
)
def test_a_conversation_that_leads_nowhere_is_refused(conversation: str) -> None:
    _, _, alice, _bob = _pair()

    with pytest.raises(LocalProtocolError):
        alice.submit(SendText(ConversationId(conversation), "hi", MessageId("x")))


def test_writing_to_oneself_is_refused() -> None:
    _, _, alice, _ = _pair()

    with pytest.raises(LocalProtocolError, match="yourself"):
        alice.say(alice, "hi")


def test_an_acknowledgement_is_not_acknowledged() -> None:
    world, broker, alice, bob = _pair()

    alice.say(bob, "hello")
    world.wind(60)

    acks = [p for p in broker.log if b'"type":"ack"' in p.payload]
    assert len(acks) == 1


def _ack(
    world: World, of: SessionDriver, to: SessionDriver, wire_id: str, digest_hex: str
) -> bytes:
    letter = Letter(
        "ack-1", to.node_id, world.now.unix_ms, kind="ack", ack=wire_id, ack_hash=digest_hex
    )
    sealed = of.sealer.seal_direct(to.public_key, letter, of.random.randbytes)
    return encode_envelope(sealed, app_names=True)


def _unanswered() -> tuple[World, SessionDriver, SessionDriver, MessageId, str, str]:
    """Bring a message to SENT: world, alice, bob, its id, its wire id, its digest."""
    world, broker, alice, bob = _pair()
    _drops_acks(broker, 99)
    message_id = alice.say(bob, "hello")
    sent = next(e for e in alice.of(FrameSent) if e.transmit.message_id == message_id)
    wire = decode_envelope(sent.transmit.payload)
    digest = ciphertext_digest(wire.nonce, wire.ciphertext).hex()
    return world, alice, bob, message_id, wire.message_id, digest


def test_a_true_acknowledgement_made_by_hand_delivers() -> None:
    world, alice, bob, message_id, wire_id, digest = _unanswered()

    alice.hear(_ack(world, bob, alice, wire_id, digest), dm_topic(alice.node_id))

    assert alice.states(message_id)[-1] == ("delivered", 1)


def test_an_acknowledgement_by_somebody_else_proves_nothing() -> None:
    world, alice, _, message_id, wire_id, digest = _unanswered()
    mallory = world.station("mallory")

    alice.hear(_ack(world, mallory, alice, wire_id, digest), dm_topic(alice.node_id))

    assert alice.states(message_id)[-1] == ("sent", 1)
    assert alice.drops == ["unproven"]


@pytest.mark.parametrize("digest", ["", "00" * 8])
def test_an_acknowledgement_of_another_ciphertext_proves_nothing(digest: str) -> None:
    world, alice, bob, message_id, wire_id, _ = _unanswered()

    alice.hear(_ack(world, bob, alice, wire_id, digest), dm_topic(alice.node_id))

    assert alice.states(message_id)[-1] == ("sent", 1)
    assert alice.drops == ["unproven"]


def test_an_acknowledgement_in_plain_text_proves_nothing() -> None:
    world, alice, bob, message_id, wire_id, digest = _unanswered()
    wire = orjson.loads(_ack(world, bob, alice, wire_id, digest))
    wire["enc"] = {"ack": wire_id, "h": digest}

    alice.hear(orjson.dumps(wire), dm_topic(alice.node_id))

    assert alice.states(message_id)[-1] == ("sent", 1)
    assert alice.drops == ["malformed"]


def test_presence_is_announced_refreshed_and_taken_back() -> None:
    world, broker, alice, bob = _pair()
    topic = f"meshcore/identity/{alice.node_id}"
    assert broker.topics().count(topic) == 1

    world.wind(241)
    assert broker.topics().count(topic) == 2
    alice.apply(alice.session.shutdown(world.now))
    world.settle()

    assert b'"online":false' in broker.retained[topic]
    assert bob.node(alice).is_online is False


def test_a_station_that_vanishes_is_offline_by_its_will() -> None:
    _world, broker, alice, bob = _pair()

    alice.disconnect(broker)

    assert bob.node(alice).is_online is False
    assert "ack" in bob.node(alice).caps


def test_a_station_that_vanishes_keeps_the_name_it_took_after_its_will_was_written() -> None:
    _world, broker, alice, bob = _pair()
    alice.submit(Advertise(NETWORK, name="Alice of the North"))

    alice.disconnect(broker)

    assert bob.node(alice).is_online is False
    assert bob.node(alice).name == "Alice of the North"


def test_a_late_will_of_a_lost_connection_is_corrected() -> None:
    world, broker, alice, bob = _pair()
    will = alice.session.setup(alice._info(next(iter(alice.brokers)), broker), world.now).will
    assert will is not None

    broker.publish("ghost", will.endpoint, will.payload, True, True)
    world.settle()

    assert bob.node(alice).is_online is True


def test_a_broker_told_again_and_again_that_we_are_gone_is_corrected_in_the_end() -> None:
    world, broker, alice, bob = _pair()
    will = alice.session.setup(alice._info(next(iter(alice.brokers)), broker), world.now).will
    assert will is not None

    for _ in range(3):
        broker.publish("ghost", will.endpoint, will.payload, True, True)
        world.settle()
    assert bob.node(alice).is_online is False
    world.wind(11)

    assert bob.node(alice).is_online is True
    assert broker.topics().count(will.endpoint) == 1 + 3 + 2


def test_a_position_is_only_published_where_sharing_is_on() -> None:
    world, broker = World(), FakeBroker()
    shy = world.station("shy", position=[48.85, 2.35])
    open_ = world.station("open", position=[48.85, 2.35], share_position=True)

    shy.connect(broker)
    open_.connect(broker)

    assert b"lat" not in broker.retained[f"meshcore/identity/{shy.node_id}"]
    assert b'"lat":48.85' in broker.retained[f"meshcore/identity/{open_.node_id}"]
    told = [
        (each.summary.source, each.summary.has_position, each.summary.is_own)
        for each in (*shy.of(FrameReceived), *open_.of(FrameReceived))
        if each.summary.kind == "presence"
    ]
    assert (open_.node_id, True, True) in told
    assert (open_.node_id, True, False) in told
    assert (shy.node_id, False, True) in told


def test_both_sides_see_the_same_safety_number() -> None:
    _, _, alice, bob = _pair()

    number = alice.session.safety_number(bob.node_id)

    assert number == bob.session.safety_number(alice.node_id)
    assert number == alice.session.safety_number(bob.node_id, bob.public_key.hex())
    assert len(number.replace(" ", "")) == 60
    assert alice.session.safety_number(alice.node_id) == ""


def test_a_copy_that_comes_later_is_acknowledged_again() -> None:
    world, broker, alice, bob = _pair()
    _drops_acks(broker, 1)
    message_id = alice.say(bob, "hello")
    copy = next(p.payload for p in broker.log if p.topic == dm_topic(bob.node_id))

    world.wind(2)
    bob.hear(copy, dm_topic(bob.node_id))

    assert bob.texts == ["hello"]
    assert alice.states(message_id)[-1] == ("delivered", 1)


def test_an_answer_to_an_attempt_of_an_earlier_life_counts() -> None:
    world, broker, alice, bob = _pair()
    bob.disconnect(broker, is_clean=True)
    message_id = alice.say(bob, "are you there?")
    world.wind(60)
    assert alice.states(message_id)[-1] == ("failed", 3)
    alice.restart()

    bob.connect(broker)

    assert bob.texts == ["are you there?"]
    delivered = alice.of(DeliveryChanged)[-1]
    assert delivered.message_id == message_id
    assert delivered.conversation == alice.conversation(bob)
    assert delivered.delivery.state is DeliveryState.DELIVERED


def test_ids_we_make_are_random_uuids() -> None:
    _, _, alice, _ = _pair()
    station = alice.session._station  # type: ignore[attr-defined]

    ids = {station.new_id() for _ in range(1_000)}

    assert len(ids) == 1_000
    assert all(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4 for text in ids)
