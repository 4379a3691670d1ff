"""Hostile amounts and hostile bytes: everything bounded, nothing raised."""

from __future__ import annotations

import hashlib

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.model.event import (
    DeliveryChanged,
    DigestSeen,
    Event,
    FrameReceived,
    NodeHeard,
    PacketDropped,
)
from meshtui.model.ids import Instant, LinkId
from meshtui.model.message import DeliveryState
from meshtui.model.packet import Frame, Subscribe, Transmit, Unsubscribe, Verdict
from meshtui.networks.jsonmesh.announce import Announcement, encode_announcement
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.identity import node_id_of
from meshtui.networks.jsonmesh.peers import LIMIT
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.topics import (
    announce_topic,
    dm_topic,
    forum_topic,
    identity_topic,
    route_topic,
)
from tests.support.fake_broker import FakeBroker
from tests.support.session_driver import SessionDriver, World

DELIVERED = DeliveryState.DELIVERED


def _made_up_key(number: int) -> bytes:
    """A key that costs its maker nothing: nobody checks the curve before it must be used."""
    return b"\x02" + hashlib.sha256(str(number).encode()).digest()


def _pair() -> tuple[World, FakeBroker, SessionDriver, SessionDriver]:
    world, broker = World(), FakeBroker()
    alice, bob = world.station("alice"), world.station("bob")
    alice.connect(broker)
    bob.connect(broker)
    return world, broker, alice, bob


def _letter(sender: SessionDriver, to: SessionDriver, message_id: str, text: str = "hi") -> bytes:
    letter = Letter(message_id, to.node_id, sender.world.now.unix_ms, text)
    sealed = sender.sealer.seal_direct(to.public_key, letter, sender.random.randbytes)
    return encode_envelope(sealed, app_names=True)


def test_a_flood_of_presence_fills_no_memory_and_washes_no_friend_away() -> None:
    world, _, alice, bob = _pair()
    bob.hear(_letter(alice, bob, "m-1"), dm_topic(bob.node_id))

    for number in range(30_000):
        world._set(world.now.mono_s + 0.03)
        key = _made_up_key(number)
        node_id = node_id_of(key)
        frame = bob.frame(
            encode_presence(Presence(node_id, key, True, 1)),
            identity_topic(node_id),
            LinkId("broker"),
        )
        bob.session.receive(frame)

    peers = bob.session._peers  # type: ignore[attr-defined]
    assert len(peers) == LIMIT
    assert peers.get(alice.node_id).key == alice.public_key


def test_unknown_nodes_beyond_the_allowance_are_dropped_and_counted() -> None:
    _, _, _, bob = _pair()

    for number in range(LIMIT + 100):
        key = _made_up_key(number)
        node_id = node_id_of(key)
        presence = encode_presence(Presence(node_id, key, True, 1))
        bob.apply(
            bob.session.receive(bob.frame(presence, identity_topic(node_id), LinkId("broker")))
        )

    assert 90 <= bob.drops.count("rate") <= 110


def test_a_node_is_not_told_again_with_every_presence() -> None:
    world, _, alice, bob = _pair()
    before = len(bob.of(NodeHeard))

    for _ in range(100):
        world._set(world.now.mono_s + 1)
        presence = Presence(alice.node_id, alice.public_key, True, 1)
        payload = orjson.dumps(
            orjson.loads(encode_presence(presence)) | {"name": "alice", "caps": ["ack"]}
        )
        bob.hear(payload, identity_topic(alice.node_id))

    assert len(bob.of(NodeHeard)) - before <= 4


def test_one_nodes_flood_is_limited_and_another_is_heard_in_full() -> None:
    world, _, alice, bob = _pair()
    mallory = world.station("mallory")
    mallory.connect(next(iter(alice.brokers.values())))

    for second in range(10):
        for number in range(100):
            bob.hear(_letter(mallory, bob, f"x-{second}-{number}"), dm_topic(bob.node_id))
        bob.hear(_letter(alice, bob, f"a-{second}", f"honest {second}"), dm_topic(bob.node_id))
        world._set(world.now.mono_s + 1)

    honest = [text for text in bob.texts if text.startswith("honest")]
    assert honest == [f"honest {second}" for second in range(10)]
    assert len(bob.texts) - len(honest) <= 100 + 10 * 10
    assert bob.drops.count("rate") >= 1_000 - 200


def test_what_a_friend_wrote_while_we_were_away_arrives_whole() -> None:
    world, broker, alice, bob = _pair()
    bob.disconnect(broker)
    for number in range(150):
        alice.say(bob, f"direct {number}")
        world.wind(1)  # attempts go on meanwhile: three copies of each wait
    world.wind(90)

    bob.connect(broker)
    world.wind(1)

    delivered = [event for event in alice.of(DeliveryChanged) if event.delivery.state is DELIVERED]
    assert len(delivered) == 150
    assert sorted(bob.texts) == sorted(f"direct {number}" for number in range(150))
    assert "rate" not in bob.drops


def test_what_claims_to_have_waited_is_limited_too() -> None:
    world, _, alice, bob = _pair()
    for number in range(1_500):
        letter = Letter(f"m-{number}", bob.node_id, world.now.unix_ms - 3_600_000, f"{number}")
        sealed = alice.sealer.seal_direct(bob.public_key, letter, alice.random.randbytes)
        bob.hear(encode_envelope(sealed, app_names=True), dm_topic(bob.node_id))

    assert len(bob.texts) == 1_000
    assert bob.drops.count("rate") == 500


def test_what_was_too_much_may_come_again_later() -> None:
    world, _, alice, bob = _pair()
    for number in range(100):
        bob.hear(_letter(alice, bob, f"x-{number}"), dm_topic(bob.node_id))
    late = _letter(alice, bob, "late", "the one too many")
    bob.hear(late, dm_topic(bob.node_id))
    assert "the one too many" not in bob.texts

    world._set(world.now.mono_s + 5)
    bob.hear(late, dm_topic(bob.node_id))

    assert "the one too many" in bob.texts


def test_junk_in_a_friends_name_does_not_use_up_the_friends_allowance() -> None:
    _, _, alice, bob = _pair()
    wire = orjson.loads(_letter(alice, bob, "junk"))
    wire["enc"]["ct"] = "A" * 64

    for number in range(500):
        bob.hear(
            orjson.dumps(wire | {"msgId": f"j-{number}", "id": f"j-{number}"}),
            dm_topic(bob.node_id),
        )
    bob.hear(_letter(alice, bob, "real", "it is me"), dm_topic(bob.node_id))

    assert bob.texts == ["it is me"]


def test_strangers_who_cost_a_curve_operation_each_share_an_allowance() -> None:
    _world, _, alice, bob = _pair()
    template = orjson.loads(_letter(alice, bob, "m"))

    for number in range(500):
        key = _made_up_key(number)
        node_id = node_id_of(key)
        wire = template | {
            "from": node_id,
            "fromNodeId": node_id,
            "fromPubkey": key.hex(),
            "msgId": f"s-{number}",
            "id": f"s-{number}",
            "route": [node_id],
        }
        bob.hear(orjson.dumps(wire), dm_topic(bob.node_id))
    bob.hear(_letter(alice, bob, "real", "it is me"), dm_topic(bob.node_id))

    assert bob.drops.count("rate") == 400
    assert bob.texts == ["it is me"]


def test_copies_thrown_at_us_do_not_make_us_talk() -> None:
    _, _broker, alice, bob = _pair()
    payload = _letter(alice, bob, "m-1")

    sent = [
        output
        for _ in range(500)
        for output in bob.hear(payload, dm_topic(bob.node_id))
        if isinstance(output, Transmit)
    ]

    assert len(sent) == 1


TOPICS = [
    "identity",
    "dm",
    "route",
    "forum",
    "announce",
    "lora-in",
    "lora-out",
    "other-dm",
    "none",
    "strange",
]
JUNK = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=100).map(lambda text: text.encode(errors="replace")),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=12,
    ).map(lambda value: orjson.dumps(value) if _fits(value) else b"{}"),
)
VALUES = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 10, 255, 2**53, 2**53 + 1, 2**63, 1.5, "", "x", "broadcast",
        "forum:paris", "ack", "text", "\x00", "\x1b[2J", [], {}, ["MESH-00000000"] * 40,
        "MESH-00000000", "02" + "11" * 32, {"nonce": "AAAAAAAAAAAAAAAA", "ct": "A" * 64},
        "A" * 5000,        {"v": 1}, [[[[]]]], ["ack"], 1e308,
    ]
)  # fmt: skip


def _fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


_WORLD, _BROKER, _ALICE, _BOB = _pair()
_CAROL = _WORLD.station("carol", relay=True)
_CAROL.connect(_BROKER)
_CAROL.connect(FakeBroker("other"))
_BOB.join("paris")
_CAROL.join("paris")
_GOOD = [
    _letter(_ALICE, _BOB, "good"),
    _letter(_BOB, _BOB, "own"),
    encode_envelope(
        _ALICE.sealer.seal_channel(
            "paris", Letter("f", "broadcast", 5, "hi"), _ALICE.random.randbytes
        ),
        app_names=True,
    ),
    encode_presence(Presence(_ALICE.node_id, _ALICE.public_key, True, 5, name="alice")),
    encode_presence(Presence(_BOB.node_id, _BOB.public_key, True, 5, name="bob")),
    encode_announcement(Announcement("paris", "d", _ALICE.node_id, _ALICE.public_key, 5)),
]
NEARLY_VALID = st.tuples(
    st.sampled_from(_GOOD),
    st.dictionaries(
        st.sampled_from(
            ["v", "msgId", "id", "from", "to", "fromPubkey", "enc", "ts", "type", "ttl", "hopCount",
             "route", "nodeId", "pubkeyHex", "online", "lat", "lng", "name", "caps", "via",
             "channelName", "creatorNodeId", "creatorPubkey", "description", "isPublic", "zzz"]
        ),
        VALUES,
        max_size=3,
    ),
    st.integers(0, 3),
).map(lambda parts: _spoil(*parts))  # fmt: skip


def _spoil(good: bytes, changes: dict[str, object], cut: int) -> bytes:
    whole = orjson.dumps(orjson.loads(good) | {k: v for k, v in changes.items() if _fits(v)})
    return whole[: len(whole) - cut * 7] if cut else whole


def _topic(kind: str, of: SessionDriver) -> str:
    return {
        "identity": identity_topic(_ALICE.node_id),
        "dm": dm_topic(of.node_id),
        "route": route_topic(of.node_id),
        "forum": forum_topic("paris"),
        "announce": announce_topic("paris"),
        "lora-in": "meshcore/lora/inbound",
        "lora-out": "meshcore/lora/outbound",
        "other-dm": dm_topic(_ALICE.node_id),
        "none": "",
        "strange": "$SYS/broker/\x00\x1b[2J",
    }[kind]


@given(
    payload=JUNK | NEARLY_VALID,
    topic=st.sampled_from(TOPICS),
    is_retained=st.booleans(),
    station=st.sampled_from([_BOB, _CAROL]),
    clock=st.sampled_from([(2_000.0, 1_780_000_000_000), (3_000.0, 0), (1.0, 2**53)]),
)
@settings(max_examples=600, deadline=None)
def test_no_bytes_make_a_session_raise(
    payload: bytes,
    topic: str,
    is_retained: bool,
    station: SessionDriver,
    clock: tuple[float, int],
) -> None:
    frame = Frame(
        LinkId("broker"),
        payload,
        Instant(*clock),
        endpoint=_topic(topic, station),
        is_retained=is_retained,
    )

    outputs = station.session.receive(frame)

    first = outputs[0]
    assert isinstance(first, FrameReceived)
    assert first.frame is frame
    assert not any(isinstance(output, FrameReceived) for output in outputs[1:])
    if first.summary.verdict in (Verdict.REJECTED, Verdict.UNREADABLE, Verdict.DROPPED):
        assert any(isinstance(output, PacketDropped) for output in outputs)
    station.session.dissect(frame)


@pytest.mark.parametrize(
    "topic", ["", "x", "meshcore/dm/+", "meshcore/dm/#", "meshcore/identity/mesh-1"]
)
def test_a_strange_topic_is_malformed(topic: str) -> None:
    _, _, _alice, bob = _pair()

    outputs = bob.hear(b"{}", topic)

    assert isinstance(outputs[0], FrameReceived)
    assert outputs[0].summary.verdict is Verdict.REJECTED
    assert bob.drops == ["malformed"]


def test_what_leaves_a_session_is_an_output_and_nothing_else() -> None:
    _, _, alice, bob = _pair()

    outputs = bob.hear(_letter(alice, bob, "m-1"), dm_topic(bob.node_id))

    kinds = (Transmit, Subscribe, Unsubscribe, *Event.__args__)  # type: ignore[attr-defined]
    assert all(isinstance(output, kinds) for output in outputs)
    assert sum(isinstance(output, DigestSeen) for output in outputs) == 2
