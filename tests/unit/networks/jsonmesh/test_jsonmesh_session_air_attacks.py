"""Whoever has a radio can send what he likes: what that costs us is bounded, and what we send
ourselves still gets out."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import TYPE_CHECKING

import pytest

from meshtui.mesh.radio_queue import MAX_PARCELS
from meshtui.model.event import FrameReceived, PacketRelayed
from meshtui.model.ids import LinkId, NodeId
from meshtui.model.link import RadioSettings
from meshtui.networks.jsonmesh.chunk import encode_request
from meshtui.networks.jsonmesh.compact import encode_compact
from meshtui.networks.jsonmesh.compact_presence import encode_compact_presence
from meshtui.networks.jsonmesh.envelope import Envelope, encode_carried
from meshtui.networks.jsonmesh.identity import node_id_of
from meshtui.networks.jsonmesh.presence import Presence
from tests.support.fake_air import FakeAir
from tests.support.session_driver import SessionDriver, World

if TYPE_CHECKING:
    from collections.abc import Callable

LORA = LinkId("lora")
OURS = frozenset({"ack", "cbor1", "zlib", "resend", "dsr"})


def _made_up_key(number: int) -> bytes:
    """A key that costs its maker nothing."""
    return b"\x02" + hashlib.sha256(str(number).encode()).digest()


def _stranger(number: int) -> NodeId:
    return node_id_of(_made_up_key(number))


def _presence(world: World, number: int, **fields: object) -> bytes:
    key = _made_up_key(number)
    ts_ms = world.now.unix_ms // 1000 * 1000
    presence = Presence(node_id_of(key), key, True, ts_ms, caps=OURS, **fields)  # type: ignore[arg-type]
    return encode_compact_presence(presence)


def _envelope(
    world: World, number: int, to: str, *, kind: str = "text", **fields: object
) -> Envelope:
    """Something well-formed that nobody can open."""
    key, digest = _made_up_key(number), hashlib.sha512(f"ct{number}".encode()).digest()
    values: dict[str, object] = {
        "message_id": digest[:16].hex()[:16],
        "sender": node_id_of(key),
        "recipient": to,
        "sender_key": key,
        "nonce": digest[:12],
        "ciphertext": digest[12:60],
        "sent_at_ms": world.now.unix_ms,
        "kind": kind,
        "ttl": 10,
        "hop_count": 0,
        "route": (node_id_of(key),),
        "raw": {},
    }
    return Envelope(**(values | fields))  # type: ignore[arg-type]


def _say(station: SessionDriver, *frames: bytes) -> None:
    for frame in frames:
        station.hear(b"RSSI:-90|SNR:5|" + frame + b"\n", "", LORA)


def _pair(
    duty: float = 1.0, **options: object
) -> tuple[World, FakeAir, SessionDriver, SessionDriver]:
    world = World()
    air = FakeAir(world, RadioSettings(duty_cycle=duty))
    alice, bob = world.station("alice", **options), world.station("bob", **options)
    alice.tune(air)
    bob.tune(air)
    world.wind(80)
    air.sent.clear()
    return world, air, alice, bob


def _direct(world: World, number: int, **fields: object) -> bytes:
    envelope = _envelope(world, number, "MESH-01020304", **fields)
    return encode_compact(envelope, with_key=True)


def _long(world: World, number: int, **fields: object) -> bytes:
    return encode_carried(_envelope(world, number, "MESH-01020304", **fields))


def test_nobody_says_of_himself_how_well_he_was_heard() -> None:
    world, _, alice, _ = _pair()

    _say(alice, b"RSSI:-1|SNR:20|" + _direct(world, 1))
    _say(alice, b"RSSI:-1|SNR:20|" + _long(world, 2))

    heard = [event.frame.rx.rssi_dbm for event in alice.of(FrameReceived)[-2:]]
    assert heard == [-90, -90]


def test_requests_for_chunks_cannot_be_provoked_without_end() -> None:
    world, air, alice, _ = _pair()

    for number in range(300):
        _say(alice, b"MCHK|x%d|0|64|" % number)
        world.wind(2)
    world.wind(300)

    asked = [frame for frame in air.frames(alice) if frame.startswith(b"MREQ|")]
    assert 0 < len(asked) <= 30
    assert max(map(len, asked)) <= 40


def test_each_message_that_a_flood_of_chunks_pushes_out_is_counted() -> None:
    world, _, alice, _ = _pair()

    for number in range(2_000):
        _say(alice, b"MCHK|y%d|0|64|" % number)
    world.wind(400)

    assert alice.drops.count("incomplete") == 2_000


def test_a_request_is_answered_twice_at_most() -> None:
    world, air, alice, bob = _pair(plain=True)
    alice.say(bob, "x" * 2000)
    world.wind(1)
    chunk_id = air.frames(alice)[0].split(b"|")[1]

    for _ in range(300):
        _say(alice, encode_request(chunk_id.decode(), tuple(range(64))))
        world.wind(1)

    of_it = [frame for frame in air.frames(alice) if frame.split(b"|")[1] == chunk_id]
    assert len(of_it) == 3 * int(of_it[0].split(b"|")[3])


def test_what_others_want_relayed_never_pushes_out_what_is_ours() -> None:
    world, _, alice, bob = _pair(0.05, relay=True)
    ids = [alice.say(bob, f"text {number}") for number in range(40)]
    world.wind(4)

    for number in range(1200):
        _say(alice, _direct(world, number, kind="ack"))
        world.wind(0.02)
    world.wind(3 * 3600)

    assert sorted(bob.texts) == sorted(f"text {number}" for number in range(40))
    assert {alice.states(message_id)[-1][0] for message_id in ids} == {"delivered"}
    assert "no-airtime" in alice.drops


@pytest.mark.parametrize("to", ["MESH-01020304", "forum:elsewhere"])
def test_what_there_is_no_room_to_relay_is_counted_not_called_relayed(to: str) -> None:
    world, _, alice, _ = _pair(relay=True)

    for number in range(400):
        _say(alice, encode_compact(_envelope(world, number, to), with_key=True))
        world.wind(0.02)

    assert MAX_PARCELS <= len(alice.of(PacketRelayed)) <= MAX_PARCELS + 10
    assert len(alice.of(PacketRelayed)) + alice.drops.count("no-room") == 400


def test_a_packet_repeated_from_where_it_came_is_still_passed_on() -> None:
    world, air, alice, _ = _pair(relay=True)
    packet = _direct(world, 1)

    for _ in range(5):
        _say(alice, packet)
        world.wind(0.01)
    world.wind(60)

    assert len(air.frames(alice)) == 1


def test_our_own_forum_gets_out_among_what_others_want_relayed() -> None:
    world, _, alice, bob = _pair(relay=True)
    alice.join("plaza")
    bob.join("plaza")
    for number in range(300):
        _say(alice, _direct(world, number))

    alice.say("plaza", "here I am")
    for number in range(300, 330):
        _say(alice, _direct(world, number))
        world.wind(1)

    assert bob.texts == ["here I am"]


def test_a_burst_of_presence_leaves_air_to_relay_messages() -> None:
    world, air, alice, _ = _pair(0.01, relay=True)
    for number in range(300):
        _say(alice, _presence(world, number))
        world.wind(1)
    air.sent.clear()

    _say(alice, _direct(world, 9999))
    world.wind(30)

    assert [frame[:1] for frame in air.frames(alice)] == [b"\xcb"]


def test_our_own_packet_heard_again_is_no_neighbour() -> None:
    world, _, alice, _ = _pair(relay=True)

    _say(alice, _long(world, 5, route=(_stranger(5), alice.node_id), hop_count=1))

    assert alice.node_id not in alice.session._air.neighbour_ids(LORA, world.now)  # type: ignore[attr-defined]


def test_made_up_neighbours_do_not_hide_one_that_reads_only_the_long_form() -> None:
    world, air, alice, _ = _pair()
    alice.join("plaza")
    _say(alice, _long(world, 5))

    _say(alice, *(_direct(world, number) for number in range(1000, 1400)))
    alice.say("plaza", "to all")
    world.wind(60)

    assert air.frames(alice)[0].startswith(b"MCHK|")


def _poisoned() -> tuple[World, SessionDriver, SessionDriver, Callable[[], None]]:
    """Alice and bob out of reach of each other; who lies about the way is close to alice."""
    world = World()
    air = FakeAir(world)
    alice, carol, bob = (world.station(name, relay=True) for name in ("alice", "carol", "bob"))
    air.reach(alice, carol, bob)
    for station in (alice, carol, bob):
        station.tune(air)
    world.wind(120)
    numbers = count(7000)

    def poison() -> None:
        number = next(numbers)
        route = (bob.node_id, _stranger(number))
        lie = {"sender": bob.node_id, "sender_key": bob.public_key, "route": route}
        _say(alice, _direct(world, number, hop_count=1, **lie))

    return world, alice, bob, poison


def test_a_message_gets_through_while_somebody_lies_about_the_way() -> None:
    world, alice, bob, poison = _poisoned()
    poison()

    message_id = alice.say(bob, "hello")
    for _ in range(300):
        world.wind(1)
        poison()

    assert bob.texts == ["hello"]
    assert alice.states(message_id)[-1][0] == "delivered"


def test_a_way_that_carried_is_not_given_up_for_one_that_is_claimed() -> None:
    world, alice, bob, poison = _poisoned()
    alice.say(bob, "one")
    world.wind(100)
    poison()

    message_id = alice.say(bob, "two")
    world.wind(60)

    assert bob.texts == ["one", "two"]
    assert alice.states(message_id)[-1] == ("delivered", 1)
