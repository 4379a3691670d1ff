"""The whole node: against the firmware's transmissions, and the laws that hold whatever happens."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.crypto.ed25519 import from_seed
from meshtui.errors import EncodeError
from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.channel_key import PUBLIC
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import (
    AckHeard,
    AdvertHeard,
    Dropped,
    GroupDataHeard,
    GroupTextHeard,
    PathLearned,
    RawHeard,
    ResponseHeard,
    Send,
    TextHeard,
    TraceHeard,
)
from meshtui.networks.meshcore.node.settings import NodeSettings, repeater_settings, room_settings
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
    packet_hash,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_mesh import MeshAir, acquainted, lone_node, seeded
from tests.support.meshcore_story import story
from tests.support.meshcore_vectors import key, packets, raw_packets

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)
# its acknowledgement carries a byte of stale memory; ours is 0 there
STALE = "line A-R-S-B: TXT direct over the learned 2-byte path | sent by B"
# no node of ours advertises nothing at all
EMPTY = "ADVERT empty appdata | sent by R"
PLAYED = [entry for entry in packets() if entry["name"] not in {STALE, EMPTY}]


@pytest.mark.parametrize("entry", PLAYED, ids=lambda entry: entry["name"])
def test_every_transmission_of_the_firmware_is_ours_byte_for_byte(entry) -> None:
    log = story().log

    assert (entry["transmitter"], bytes.fromhex(entry["hex"])) in log


def test_an_acknowledgement_differs_from_the_firmwares_only_in_its_stale_byte() -> None:
    theirs = bytes.fromhex(next(entry["hex"] for entry in packets() if entry["name"] == STALE))

    ours = [data for data in story().sent_by("B") if data[:8] == theirs[:8]]

    assert len(ours) == 1
    assert ours[0] == theirs[:8] + b"\0" + theirs[9:]


def test_what_the_nodes_of_the_story_learned_is_what_the_firmware_reported() -> None:
    air = story()

    assert [heard.contact.name for heard in air.heard("B", AdvertHeard)][:1] == ["Alice"]
    texts = [heard.text for heard in air.heard("B", TextHeard)]
    assert texts[:4] == ["Hello Bob", "Second, direct", "retry me", "multi ack please"]
    acks = {heard.ack.hex().upper() for heard in air.heard("A", AckHeard)}
    assert {"9C5EC9FB", "58ADAF8D", "B39B139C", "F0461295", "F5447A36", "F38731B6"} <= acks
    assert "68656c6c6f" not in acks
    paths = [heard.out_path for heard in air.heard("B", PathLearned)]
    assert OutPath(1, b"\xed") in paths
    assert OutPath(2, b"\xca\xed") in paths
    answers = air.heard("A", ResponseHeard)
    assert [answer.body[:4] for answer in answers] == [b"PONG", b"PONG"]
    assert [answer.kind for answer in answers] == [1, 1]
    assert air.heard("B", GroupTextHeard)[0].text == "Alice: Hello everyone"
    assert air.heard("B", GroupDataHeard)[0].data == bytes.fromhex("A1B2C3")
    assert air.heard("A", TraceHeard)[0].snrs_q4 == (-13,)
    post = air.heard("A", TextHeard)[-1]
    assert (post.text, post.author.hex()) == ("posted in room", "ed4928c6")


@pytest.mark.parametrize("role", AdvertType)
@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=260))
def test_no_bytes_make_a_node_raise(role, data) -> None:
    node = lone_node(key("B"), replace(repeater_settings("n"), role=role))

    outputs = node.hear(data, RX, NOW)

    assert isinstance(outputs, list)


@pytest.mark.parametrize("role", AdvertType)
@settings(max_examples=120, deadline=None)
@given(picked=st.sampled_from(raw_packets()), at=st.integers(0, 254), bit=st.integers(0, 7))
def test_no_packet_with_a_bit_turned_makes_a_node_raise(role, picked, at, bit) -> None:
    node = lone_node(key("B"), replace(repeater_settings("n"), role=role, rx_delay_base=0.0))
    node.add_contact(Contact(key("A").public_key, "Alice"))
    data = bytearray(picked)
    data[at % len(data)] ^= 1 << bit

    outputs = node.hear(bytes(data), RX, NOW)

    assert all(len(output.data) <= 255 for output in outputs if isinstance(output, Send))


@settings(max_examples=120, deadline=None)
@given(picked=st.sampled_from(raw_packets()), end=st.integers(0, 254))
def test_no_cut_packet_makes_a_node_raise(picked, end) -> None:
    node = lone_node(key("B"), repeater_settings("n"))

    assert isinstance(node.hear(picked[:end], RX, NOW), list)


@pytest.mark.parametrize("plaintext", [b"", b"\0", b"\xff" * 16, bytes(range(128))])
@pytest.mark.parametrize("kind", [0, 1, 2, 7, 8])
@pytest.mark.parametrize("role", [AdvertType.CHAT, AdvertType.REPEATER, AdvertType.ROOM])
@pytest.mark.parametrize("route", [RouteType.FLOOD, RouteType.DIRECT])
def test_no_plaintext_of_somebody_known_makes_a_node_raise(role, kind, plaintext, route) -> None:
    sender, node = lone_node(key("A")), lone_node(key("B"), NodeSettings(name="n", role=role))
    node.add_contact(Contact(key("A").public_key, "Alice"))
    node.hear(_sealed(sender, 7, b"\1\0\0\0" + bytes(8), route), RX, NOW)

    outputs = node.hear(_sealed(sender, kind, plaintext, route), RX, NOW)

    assert isinstance(outputs, list)


@settings(max_examples=60, deadline=None)
@given(copies=st.integers(2, 8), paths=st.lists(st.binary(max_size=40), min_size=2, max_size=8))
def test_a_flood_is_passed_on_once_by_whatever_way_it_comes(copies, paths) -> None:
    node = lone_node(key("R"), repeater_settings("r"))
    flood = [
        Packet(RouteType.FLOOD, PayloadType.ACK, len(path), path, b"\1\2\3\4") for path in paths
    ]

    sends = []
    for packet in flood * copies:
        sends += [out for out in _hear(node, packet) if isinstance(out, Send)]

    assert len(sends) == 1


@pytest.mark.parametrize("seed", range(5))
def test_thirty_repeaters_in_a_tangle_make_no_storm(seed) -> None:
    random = Random(seed)
    air = MeshAir(limit=2000)
    names = [f"n{number}" for number in range(30)]
    for number, name in enumerate(names):
        pair = from_seed(bytes([number + 1]) * 32)
        air.add(name, MeshcoreNode(pair, repeater_settings(name), seeded(number), Keyring()))
    for number, name in enumerate(names):
        air.link(name, names[(number + 1) % 30])
        air.link(name, random.choice([other for other in names if other != name]))

    air.take("n0", air.nodes["n0"].advertise(air.now, flood=True))
    air.run()

    flooded = [data for _, data in air.log]
    assert len(flooded) <= 30
    assert len({packet_hash(decode_packet(data)) for data in flooded}) == 1
    assert max(decode_packet(data).hops for data in flooded) <= 8


def test_texts_and_acks_get_through_a_lossy_air_when_they_are_tried_again() -> None:
    air = acquainted("A", "R", "B", key=key, forwards=True)
    air.loss = 0.2
    confirmed = 0

    for number in range(40):
        for attempt in range(6):
            sent = air.nodes["A"].send_text(
                key("B").public_key, f"text {number}", 1_767_225_600 + number, air.now, attempt
            )
            air.sent("A", sent)
            air.run()
            if any(heard.ack == sent.ack for heard in air.heard("A", AckHeard)):
                confirmed += 1
                break
            if attempt == 2:
                air.nodes["A"].set_out_path(key("B").public_key, None, air.now)

    assert confirmed == 40


def test_an_attempt_that_is_given_up_is_not_confirmed_later() -> None:
    air = acquainted("A", "B", key=key)
    sent = air.sent("A", air.nodes["A"].send_text(key("B").public_key, "hi", 1, air.now))

    air.nodes["A"].give_up(sent.ack)
    air.run()

    assert air.heard("B", TextHeard)
    assert not air.heard("A", AckHeard)


def test_settings_change_but_a_role_does_not() -> None:
    node = lone_node(key("A"), NodeSettings(name="a"))

    node.settings = replace(room_settings("b"), hash_size=2)

    assert (node.settings.name, node.settings.hash_size) == ("b", 2)
    assert node.settings.role is AdvertType.CHAT


def test_a_node_has_a_clock_of_its_own() -> None:
    node = lone_node(key("A"))
    before = node.clock(NOW)

    node.set_clock(before + 5_000, NOW)

    assert before == 1_767_225_600
    assert node.clock(Instant(11.0, NOW.unix_ms + 1000)) == before + 5_001


def test_a_contact_that_is_forgotten_has_no_path() -> None:
    node = lone_node(key("A"))
    b = key("B").public_key
    node.set_out_path(b, OutPath(1, b"\xed"), NOW)

    was_there, path = node.out_path(b), OutPath(1, b"\xed")

    assert was_there == path
    assert node.remove_contact(b)
    assert not node.remove_contact(b)
    assert node.out_path(b) is None


def test_raw_data_for_the_neighbours_arrive_and_are_not_passed_on() -> None:
    air = acquainted("A", "R", "B", key=key, forwards=True)
    packet = Packet(RouteType.DIRECT, PayloadType.RAW_CUSTOM, 0, b"", b"whatever")

    air.take("A", air.nodes["A"].send_packet(packet, air.now))
    air.run()

    assert [heard.payload for heard in air.heard("R", RawHeard)] == [b"whatever"]
    assert not air.heard("B", RawHeard)


def test_what_fits_no_packet_is_refused() -> None:
    node = lone_node(key("A"))

    with pytest.raises(EncodeError):
        node.send_packet(Packet(RouteType.FLOOD, 5, 0, b"", bytes(185)), NOW)
    with pytest.raises(EncodeError):
        node.send_channel_text(PUBLIC, "x" * 160, 1, NOW)


def test_a_duplicate_costs_nothing_but_a_word() -> None:
    node = lone_node(key("R"), repeater_settings("r"))
    packet = Packet(RouteType.FLOOD, PayloadType.ACK, 0, b"", b"\1\2\3\4")

    first, second = _hear(node, packet), _hear(node, packet)

    assert isinstance(first[0], Send)
    assert second == [Dropped("seen")]
    assert node.stats.flood_dups == 1


def _hear(node: MeshcoreNode, packet: Packet):

    return node.hear(encode_packet(packet), RX, NOW)


def _sealed(sender: MeshcoreNode, kind: int, plaintext: bytes, route: int) -> bytes:
    """Write a packet of A's for B with anything inside."""

    a, b = key("A"), key("B")
    sealed = Cipher(a.shared_secret(b.public_key).reveal).seal(plaintext)
    source = a.public_key if kind == PayloadType.ANON_REQ else sender.public_key[:1]
    payload = b.public_key[:1] + source + sealed
    return encode_packet(Packet(route, kind, 0, b"", payload))
