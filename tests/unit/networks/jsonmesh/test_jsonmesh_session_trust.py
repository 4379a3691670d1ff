"""What the session believes, and of whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.command import AcceptKey
from meshtui.model.event import FrameReceived, NodeHeard, SecurityRaised
from meshtui.model.message import Proof
from meshtui.model.node import Node, PinState
from meshtui.model.packet import Transmit, Verdict
from meshtui.model.restored import Restored
from meshtui.networks.jsonmesh.envelope import decode_envelope, encode_envelope
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.topics import dm_topic, forum_topic, identity_topic, route_topic
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import NETWORK, SessionDriver, World

if TYPE_CHECKING:
    from meshtui.networks.base import Output

DAY_MS = 86_400_000


def _pair(**options: object) -> tuple[World, FakeBroker, SessionDriver, SessionDriver]:
    world, broker = World(), FakeBroker()
    alice, bob = world.station("alice", **options), world.station("bob")
    alice.connect(broker)
    bob.connect(broker)
    return world, broker, alice, bob


def _letter(
    sender: SessionDriver, to: SessionDriver, text: str = "hi", message_id: str = "m-1"
) -> bytes:
    letter = Letter(message_id, to.node_id, sender.world.now.unix_ms, text)
    sealed = sender.sealer.seal_direct(to.public_key, letter, sender.random.randbytes)
    return encode_envelope(sealed, app_names=True)


def _bare(sender: SessionDriver, to: SessionDriver, text: str = "hi") -> bytes:
    letter = Letter("b-1", to.node_id, sender.world.now.unix_ms, text, is_bare=True)
    sealed = sender.sealer.seal_direct(to.public_key, letter, sender.random.randbytes)
    return encode_envelope(sealed, app_names=True)


def _changed(payload: bytes, **fields: object) -> bytes:
    return orjson.dumps(orjson.loads(payload) | fields)


def _verdict(outputs: list[Output]) -> tuple[Verdict, str]:
    first = outputs[0]
    assert isinstance(first, FrameReceived)
    return first.summary.verdict, first.summary.reason


def _forge_pin(world: World, victim: SessionDriver, of: SessionDriver) -> None:
    """Let the victim know another key under this id, as if it had been ground by brute force."""
    node = Node(NETWORK, of.node_id, "02" + "11" * 32, PinState.FIRST_SEEN, last_heard_ms=1)
    victim.session = victim._open(Restored(nodes=(node,)))
    for broker in list(victim.brokers.values()):
        victim.connect(broker)


def test_a_replay_under_a_new_id_is_refused() -> None:
    _, _, alice, bob = _pair()
    payload = _bare(alice, bob)
    bob.hear(payload, dm_topic(bob.node_id))

    outputs = bob.hear(_changed(payload, msgId="b-2", id="b-2"), dm_topic(bob.node_id))

    assert _verdict(outputs) == (Verdict.DROPPED, "replay")
    assert bob.texts == ["hi"]


def test_a_thousand_replays_after_a_restart_show_nothing() -> None:
    _world, _, alice, bob = _pair()
    payload = _bare(alice, bob)
    bob.hear(payload, dm_topic(bob.node_id))
    bob.restart()

    for number in range(1_000):
        other = f"b-{number}"
        bob.hear(_changed(payload, msgId=other, id=other, ts=number), dm_topic(bob.node_id))

    assert bob.texts == ["hi"]
    assert set(bob.drops) == {"replay"}


def test_a_sealed_header_moved_to_another_envelope_is_refused() -> None:
    _, _, alice, bob = _pair()
    payload = _letter(alice, bob)

    for field, value in (("msgId", "m-2"), ("ts", 1), ("type", "btc_tx")):
        extra = {"id": value} if field == "msgId" else {}
        bob.hear(_changed(payload, **{field: value}, **extra), dm_topic(bob.node_id))

    assert bob.texts == []
    assert bob.drops == ["forged"] * 3


def test_our_own_ciphertext_sent_back_as_if_the_peer_wrote_it_is_refused() -> None:
    _world, broker, alice, bob = _pair()
    bob_is_bare = replace(alice.node(bob), writes_bare_text=True, caps=frozenset())
    alice.session = alice._open(Restored(nodes=(bob_is_bare,)))
    alice.connect(broker)
    alice.say(bob, "pay me")
    own = next(p.payload for p in reversed(broker.log) if p.topic == dm_topic(bob.node_id))
    reflected = _changed(
        own,
        **{"from": bob.node_id, "fromNodeId": bob.node_id, "fromPubkey": bob.public_key.hex()},
        to=alice.node_id,
        route=[bob.node_id],
    )

    outputs = alice.hear(reflected, dm_topic(alice.node_id))

    assert _verdict(outputs) == (Verdict.REJECTED, "reflected")
    assert alice.texts == []
    assert alice.of(SecurityRaised)[-1].kind == "reflected"


def test_a_reflection_is_recognised_after_a_restart() -> None:
    _world, broker, alice, bob = _pair()
    alice.say(bob, "pay me")
    own = next(p.payload for p in broker.log if p.topic == dm_topic(bob.node_id))
    reflected = _changed(
        own,
        **{"from": bob.node_id, "fromNodeId": bob.node_id, "fromPubkey": bob.public_key.hex()},
        to=alice.node_id,
    )
    alice.restart()

    outputs = alice.hear(reflected, dm_topic(alice.node_id))

    assert _verdict(outputs) == (Verdict.REJECTED, "reflected")


def test_a_message_under_a_second_key_is_refused_until_the_user_accepts_the_key() -> None:
    world, _broker, alice, bob = _pair()
    _forge_pin(world, bob, alice)
    payload = _letter(alice, bob)

    outputs = bob.hear(payload, dm_topic(bob.node_id))

    assert _verdict(outputs) == (Verdict.REJECTED, "key-changed")
    node = bob.node(alice)
    assert (node.pin, node.public_key) == (PinState.CHANGED, "02" + "11" * 32)
    assert node.rival_key == alice.public_key.hex()
    bob.submit(AcceptKey(NETWORK, alice.node_id, alice.public_key.hex()))
    bob.hear(payload, dm_topic(bob.node_id))
    assert bob.texts == ["hi"]
    assert (bob.node(alice).pin, bob.node(alice).rival_key) == (PinState.VERIFIED, "")


def test_a_rival_is_told_once() -> None:
    world, _broker, alice, bob = _pair()
    _forge_pin(world, bob, alice)  # alice's retained presence is the first to contradict

    for number in range(50):
        bob.hear(_letter(alice, bob, message_id=str(number)), dm_topic(bob.node_id))

    assert [event.kind for event in bob.of(SecurityRaised)] == ["key-changed"]
    changed = [e for e in bob.of(NodeHeard) if e.node.pin is PinState.CHANGED]
    assert len(changed) == 1


def test_a_forged_presence_changes_nothing_but_the_flag() -> None:
    world, _broker, alice, bob = _pair()
    _forge_pin(world, bob, alice)
    before = bob.node(alice)

    forged = Presence(alice.node_id, alice.public_key, True, 5, name="evil twin")
    outputs = bob.hear(encode_presence(forged), identity_topic(alice.node_id), is_retained=True)

    assert _verdict(outputs) == (Verdict.REJECTED, "key-changed")
    assert bob.node(alice).name == before.name
    assert bob.node(alice).pin is PinState.CHANGED


def test_a_key_that_is_not_the_nodes_cannot_be_accepted() -> None:
    _, _, alice, bob = _pair()

    with pytest.raises(LocalProtocolError, match="belongs to"):
        bob.submit(AcceptKey(NETWORK, alice.node_id, bob.public_key.hex()))
    for nonsense in ("", "zz", "04" + "00" * 64, "02"):
        with pytest.raises(LocalProtocolError):
            bob.submit(AcceptKey(NETWORK, alice.node_id, nonsense))


def test_a_key_pinned_from_a_message_makes_it_a_first_contact() -> None:
    world, _broker, _alice, bob = _pair()
    carol = world.station("carol")

    bob.hear(_letter(carol, bob, "one", "m-1"), dm_topic(bob.node_id))
    bob.hear(_letter(carol, bob, "two", "m-2"), dm_topic(bob.node_id))

    assert [message.proof for message in bob.messages] == [Proof.FIRST_CONTACT, Proof.PINNED]


def test_retained_messages_are_not_news() -> None:
    _, _, alice, bob = _pair()

    for topic in (dm_topic(bob.node_id), route_topic(bob.node_id)):
        outputs = bob.hear(_letter(alice, bob), topic, is_retained=True)
        assert _verdict(outputs) == (Verdict.DROPPED, "retained")

    assert bob.texts == []


def test_what_contradicts_its_topic_is_dropped() -> None:
    _, _, alice, bob = _pair()
    payload = _letter(alice, bob)

    for topic in (dm_topic(alice.node_id), route_topic(alice.node_id), forum_topic("paris")):
        assert _verdict(bob.hear(payload, topic)) == (Verdict.DROPPED, "wrong-topic")
    broadcast = _changed(payload, to="broadcast")
    assert _verdict(bob.hear(broadcast, dm_topic(bob.node_id)))[1] == "wrong-topic"
    presence = encode_presence(Presence(alice.node_id, alice.public_key, True, 5))
    assert _verdict(bob.hear(presence, identity_topic(bob.node_id)))[1] == "wrong-topic"


def test_a_presence_of_us_under_another_key_is_an_impersonation() -> None:
    _, _, alice, bob = _pair()
    payload = encode_presence(Presence(alice.node_id, alice.public_key, True, 5))
    wire = _changed(payload, nodeId=bob.node_id)

    outputs = bob.hear(wire, identity_topic(bob.node_id))

    assert _verdict(outputs)[0] is Verdict.REJECTED  # the codec sees it first: id and key differ
    assert bob.drops == ["forged"]


def test_a_message_in_our_name_that_we_did_not_write_raises_an_alarm() -> None:
    world, _, alice, bob = _pair()
    bob.join("paris")
    letter = Letter("f-1", "broadcast", world.now.unix_ms, "I am Bob")
    sealed = bob.sealer.seal_channel("paris", letter, alice.random.randbytes)

    outputs = bob.hear(encode_envelope(sealed, app_names=True), forum_topic("paris"))

    assert _verdict(outputs) == (Verdict.REJECTED, "impersonated")
    assert [event.kind for event in bob.of(SecurityRaised)] == ["impersonated"]
    assert bob.texts == []


def test_our_own_echo_is_nothing() -> None:
    _, _broker, _alice, bob = _pair()
    bob.join("paris")

    message_id = bob.say("paris", "hello")

    received = bob.of(FrameReceived)[-1].summary
    assert (received.verdict, received.reason) == (Verdict.HANDLED, "echo")
    assert received.is_own
    assert bob.states(message_id) == [("sending", 1), ("sent", 1)]
    assert bob.drops == []


@pytest.mark.parametrize("is_junk_first", [True, False])
def test_junk_under_a_real_id_cannot_keep_the_real_message_out(is_junk_first: bool) -> None:
    for number in range(100):
        world = World()
        alice, bob = world.station("alice"), world.station(f"bob{number}")
        real = _letter(alice, bob)
        enc = orjson.loads(real)["enc"]
        other = orjson.loads(_letter(alice, alice, "junk"))["enc"]
        junk = _changed(real, enc=enc | {"ct": other["ct"]})
        order = [junk, real] if is_junk_first else [real, junk]

        for payload in order:
            bob.hear(payload, dm_topic(bob.node_id))

        assert bob.texts == ["hi"]


def test_a_copy_is_dropped_as_seen() -> None:
    _, _, alice, bob = _pair()
    payload = _letter(alice, bob)

    bob.hear(payload, dm_topic(bob.node_id))
    outputs = bob.hear(payload, route_topic(bob.node_id))

    assert _verdict(outputs) == (Verdict.DROPPED, "seen")
    assert bob.texts == ["hi"]


@pytest.mark.parametrize("sent_at_ms", [0, 4_102_444_800_000, 2**53])
def test_a_senders_wrong_clock_is_shown_and_marked(sent_at_ms: int) -> None:
    world, _, alice, bob = _pair()
    letter = Letter("m-1", bob.node_id, sent_at_ms, "from 1970 or 2100")
    sealed = alice.sealer.seal_direct(bob.public_key, letter, alice.random.randbytes)

    bob.hear(encode_envelope(sealed, app_names=True), dm_topic(bob.node_id))

    message = bob.messages[0]
    assert message.is_late
    assert (message.received_at_ms, message.sent_at_ms) == (world.now.unix_ms, sent_at_ms)


@pytest.mark.parametrize(
    ("text", "is_mention"),
    [
        ("hey @bob!", True),
        ("@[bob] hey", True),
        ("@BOB", True),
        ("bob", False),
        ("@bobby", False),
        ("mail@bobs.example", False),
    ],
)
def test_a_message_that_names_us_is_a_mention(text: str, is_mention: bool) -> None:
    _, _, alice, bob = _pair()

    bob.hear(_letter(alice, bob, text), dm_topic(bob.node_id))

    assert bob.messages[0].mentions_me is is_mention


def test_two_texts_under_one_id_are_both_shown() -> None:
    _, _, alice, bob = _pair()

    bob.hear(_letter(alice, bob, "one", "m-1"), dm_topic(bob.node_id))
    bob.hear(_letter(alice, bob, "two", "m-1"), dm_topic(bob.node_id))

    assert bob.texts == ["one", "two"]
    assert len({message.message_id for message in bob.messages}) == 2


def test_a_message_nobody_can_open_is_unreadable_and_never_acknowledged() -> None:
    _, _, alice, bob = _pair()
    wire = orjson.loads(_letter(alice, bob))
    wire["enc"]["ct"] = "A" * 64

    outputs = bob.hear(orjson.dumps(wire), dm_topic(bob.node_id))

    assert _verdict(outputs) == (Verdict.UNREADABLE, "bad-tag")
    assert not [output for output in outputs if isinstance(output, Transmit)]


def test_an_unknown_kind_is_kept_and_named() -> None:
    world, _, alice, bob = _pair()
    letter = Letter("m-1", bob.node_id, world.now.unix_ms, "x" * 500, kind="hologram")
    sealed = alice.sealer.seal_direct(bob.public_key, letter, alice.random.randbytes)

    bob.hear(encode_envelope(sealed, app_names=True), dm_topic(bob.node_id))

    message = bob.messages[0]
    assert message.kind == "hologram"
    assert "hologram" in message.text
    assert message.body == "x" * 500


def test_a_message_for_somebody_else_is_not_ours_to_judge() -> None:
    world, _, alice, bob = _pair()
    carol = world.station("carol")

    outputs = bob.hear(_letter(alice, carol), route_topic(carol.node_id))

    assert _verdict(outputs) == (Verdict.IGNORED, "")
    assert len(outputs) == 1


def test_the_summary_says_what_a_packet_is() -> None:
    _, _, alice, bob = _pair()
    payload = _letter(alice, bob)

    first = bob.hear(payload, dm_topic(bob.node_id))[0]

    assert isinstance(first, FrameReceived)
    summary = first.summary
    assert (summary.kind, summary.verdict) == ("text", Verdict.DELIVERED)
    assert (summary.source, summary.destination) == (alice.node_id, bob.node_id)
    assert (summary.hops, summary.ttl) == (0, 10)
    assert summary.message_id == decode_envelope(payload).message_id


@pytest.mark.parametrize("name", ["Bob!", "c++", "[x]", "Zoë 🦊"])
def test_a_name_of_any_characters_can_be_mentioned(name: str) -> None:
    world = World()
    alice, bob = world.station("alice"), world.station(name)

    for number, text in enumerate((f"hey @{name} there", f"@[{name}]", f"@{name.upper()}")):
        bob.hear(_letter(alice, bob, text, f"m-{number}"), dm_topic(bob.node_id))

    assert [message.mentions_me for message in bob.messages] == [True] * 3
