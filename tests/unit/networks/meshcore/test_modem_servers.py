"""What a modem's port asks of repeaters and rooms, and what they answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.command import Ask
from meshtui.model.event import Answered, MessageReceived, RouteChanged
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.identity import node_id_of
from meshtui.networks.meshcore.modem.asking import MAX_ASKED
from meshtui.networks.meshcore.node.outputs import Send
from meshtui.networks.meshcore.node.settings import NodeSettings, repeater_settings, room_settings
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
)
from meshtui.networks.meshcore.payloads.envelope import (
    Envelope,
    decode_envelope,
    encode_envelope,
)
from meshtui.networks.meshcore.seal import Cipher
from meshtui.networks.meshcore.station import NETWORK
from tests.support.meshcore_vectors import key
from tests.support.modem_world import ModemWorld

if TYPE_CHECKING:
    from meshtui.model.ids import NodeId

GUEST = SecretBytes(b"guest")
ADMIN = SecretBytes(b"secret")
HILL = node_id_of(key("R").public_key)
ROOM = node_id_of(key("S").public_key)


def quiet(settings: NodeSettings) -> NodeSettings:
    return replace(
        settings,
        password=ADMIN,
        guest_password=GUEST,
        owner="Hilda",
        advert_zero_hop_s=0.0,
        advert_flood_s=0.0,
    )


@pytest.fixture
def world() -> ModemWorld:
    """Alice, in reach of a repeater and a room; both have advertised."""
    world = ModemWorld()
    world.add("Alice", key("A"))
    world.add_server("Hill", key("R"), quiet(repeater_settings("Hill")))
    world.add_server("Room", key("S"), quiet(room_settings("Room")))
    world.join("Hill", "Alice", "Room")
    world.up()
    world.run(5)
    for name, server in world.servers.items():
        world._send_all(name, server.node.advertise(world.now, flood=True))
    world.run(30)
    return world


def ask(world: ModemWorld, verb: str, peer: NodeId, argument: str = "", secret=None) -> Answered:
    alice = world.people["Alice"]
    before = len(alice.answers())
    world.take(alice, alice.port.ask(Ask(NETWORK, verb, "r", peer, argument, secret), world.now))
    world.run(60)
    (answer,) = [one for one in alice.answers()[before:] if one.request_id]
    return answer


def test_who_logs_in_is_told_as_what(world) -> None:
    guest = ask(world, "login", HILL, secret=GUEST)
    admin = ask(world, "login", HILL, secret=ADMIN)

    assert (guest.text, admin.text) == ("logged in as guest", "logged in as administrator")
    assert dict(admin.rows[0])["its clock"].endswith("s against ours")
    assert admin.rtt_ms is not None


def test_a_repeater_heard_directly_is_traced_without_a_path(world) -> None:
    answer = ask(world, "trace", HILL)

    assert not answer.is_error
    assert len(answer.rows) == 2


def test_a_repeater_is_traced_and_discovered_and_the_way_is_known_for_it(world) -> None:
    alice = world.people["Alice"]
    before = len(alice.all(RouteChanged))

    ask(world, "trace", HILL)
    ask(world, "login", HILL, secret=GUEST)
    found = ask(world, "discover-path", HILL)

    assert not found.is_error
    routes = [event.route for event in alice.all(RouteChanged)[before:]]
    assert [(r.node_id, r.source, r.via) for r in routes if r.source == "traced"] == [
        (HILL, "traced", ()),
        (HILL, "traced", ()),
    ]


def test_a_repeater_says_how_it_is(world) -> None:
    ask(world, "login", HILL, secret=GUEST)

    answer = ask(world, "status", HILL)

    facts = dict(answer.rows[0])
    assert not answer.is_error
    assert facts["snr"] == "8.5 dB"
    assert "rx air" in facts


def test_a_room_says_what_was_posted_in_it(world) -> None:
    ask(world, "login", ROOM, secret=GUEST)

    answer = ask(world, "status", ROOM)

    assert dict(answer.rows[0])["posted"] == "0"


def test_a_repeater_names_its_neighbours(world) -> None:
    ask(world, "login", HILL, secret=GUEST)

    answer = ask(world, "neighbours", HILL)

    assert not answer.is_error
    assert answer.text.endswith("neighbours")


def test_a_repeater_answers_on_its_command_line_and_says_whose_it_is(world) -> None:
    ask(world, "login", HILL, secret=ADMIN)

    version = ask(world, "cli", HILL, "ver")
    owner = ask(world, "owner", HILL)
    telemetry = ask(world, "telemetry", HILL)

    assert "v1.17.1" in version.text
    assert "Hill" in owner.text
    assert not telemetry.is_error


def test_an_administrator_sees_who_may_do_what(world) -> None:
    ask(world, "login", HILL, secret=ADMIN)

    answer = ask(world, "acl", HILL)

    assert not answer.is_error
    assert answer.text == f"{len(answer.rows)} entries"
    assert [dict(row)["node"] for row in answer.rows] == [key("A").public_key.hex()[:12]]


def test_a_wrong_password_is_answered_by_silence(world) -> None:
    answer = ask(world, "login", HILL, secret=SecretBytes(b"wrong"))

    assert answer.is_error
    assert "silence" in answer.text


def test_the_ways_there_and_back_are_found_by_a_flood(world) -> None:
    ask(world, "login", HILL, secret=GUEST)

    answer = ask(world, "discover-path", HILL)

    assert [dict(row)["way"] for row in answer.rows] == ["out", "back"]
    assert answer.text == "direct, without repeaters"


def test_a_repeater_is_traced_there_and_back(world) -> None:
    ask(world, "set-path", HILL, "direct")

    answer = ask(world, "trace", HILL)
    by_hand = ask(world, "trace", HILL, "ed49")

    assert [dict(row)["name"] for row in answer.rows] == ["Hill", "us"]
    assert [dict(row)["hop"] for row in by_hand.rows] == ["ed49", key("A").public_key.hex()[:4]]


def test_the_card_of_who_advertised_is_signed(world) -> None:
    shared = ask(world, "share", HILL)
    card = ask(world, "export", HILL)

    assert shared.text == "told to those in direct reach"
    assert len(card.text) > 200


def test_a_line_sent_in_the_second_of_other_requests_is_no_replay(world) -> None:
    ask(world, "login", HILL, secret=ADMIN)
    alice = world.people["Alice"]
    for _ in range(3):  # requests of one second are dated ahead
        alice.port._rig.node.unique_time(world.now)

    answer = ask(world, "cli", HILL, "ver")

    assert not answer.is_error


def test_what_others_post_in_a_room_is_read_with_its_author(world) -> None:
    world.add("Bob", key("B"))
    world.join("Bob", "Room")
    world.up("Bob")
    world.run(10)
    for person in world.people.values():
        person.station.keyring.add_contact(key("S").public_key, "Room")
        person.station.nodes.put(
            replace(person.station.nodes.known(ROOM), name="Room", role=role_of_room(world))
        )
        request = Ask(NETWORK, "login", person.name, ROOM, "", GUEST)
        world.take(person, person.port.ask(request, world.now))
        world.run(60)
    bob = world.people["Bob"]

    world._send("Bob", f"{NETWORK}/{ROOM}", "hello room", "m1", 0)
    world.run(400)

    received = [event.message for event in world.people["Alice"].all(MessageReceived)]
    assert bob.states("m1")[-1].value == "delivered"
    assert [(message.text, message.conversation) for message in received] == [
        ("hello room", f"{NETWORK}/{ROOM}")
    ]
    assert bob.station.node_id.startswith(received[0].sender[:8])


def role_of_room(world: ModemWorld):
    known = world.people["Alice"].station.nodes.get(ROOM)
    assert known is not None
    return known.role


def answered_with(world: ModemWorld, verb: str, body: bytes) -> Answered:
    """Ask the repeater something, and let it answer with this body."""
    hill = world.servers["Hill"]
    ask(world, "login", HILL, secret=GUEST)
    hear = hill.node.hear

    def hear_and_answer(data, rx, now):
        hear(data, rx, now)
        packet = decode_packet(data)
        if packet.payload_type != PayloadType.REQ:
            return []
        envelope = decode_envelope(packet.payload)
        cipher = Cipher(key("R").shared_secret(key("A").public_key).reveal)
        tag = (cipher.open(envelope.sealed) or b"")[:4]
        sealed = cipher.seal(tag + body)
        answer = encode_envelope(Envelope(envelope.src_hash, envelope.dest_hash, sealed))
        sent = encode_packet(Packet(RouteType.DIRECT, PayloadType.RESPONSE, 0, b"", answer))
        return [Send(sent, 0, now.mono_s)]

    hill.node.hear = hear_and_answer
    return ask(world, verb, HILL)


def test_an_answer_that_cannot_be_read_is_said_to_be_so(world) -> None:
    answer = answered_with(world, "status", b"\1\0\xff\xff")

    assert answer.is_error
    assert "cannot be read" in answer.text


def test_who_was_never_heard_has_an_unsigned_card_and_none_to_share(world) -> None:
    bob = node_id_of(key("B").public_key)

    card = ask(world, "export", bob)

    assert card.text.startswith("meshcore://contact/add?")
    with pytest.raises(LocalProtocolError):
        ask(world, "share", bob)


def test_who_is_heard_directly_and_relays_nothing_is_not_traced(world) -> None:
    bob = node_id_of(key("B").public_key)
    ask(world, "set-path", bob, "direct")

    with pytest.raises(LocalProtocolError):
        ask(world, "trace", bob)


def test_no_more_is_asked_at_once_than_can_be_followed(world) -> None:
    alice = world.people["Alice"]
    request = Ask(NETWORK, "status", "r", HILL)
    for _ in range(MAX_ASKED):
        world.take(alice, alice.port.ask(request, world.now))

    with pytest.raises(LocalProtocolError):
        alice.port.ask(request, world.now)
