"""Advertisements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.model.ids import Instant
from meshtui.model.node import Position
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import AdvertHeard, ContactDeleted, Dropped, Send
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.networks.meshcore.packet import Packet, decode_packet, encode_packet
from meshtui.networks.meshcore.payloads.advert import (
    Advert,
    AdvertType,
    decode_advert,
    decode_appdata,
    encode_advert,
)
from tests.support.meshcore_air import advert_packet
from tests.support.meshcore_mesh import acquainted, counter, lone_node
from tests.support.meshcore_vectors import key, raw

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)
T = 1_767_225_000


def _listener(**changes: object) -> MeshcoreNode:
    settings = replace(NodeSettings(name="B"), **changes)
    return MeshcoreNode(key("B"), settings, counter(0), Keyring())


def test_an_advert_makes_a_contact() -> None:
    node = _listener()

    (heard,) = node.hear(advert_packet(key("A"), "Alice", b"\xed", T), RX, NOW)[:1]

    assert isinstance(heard, AdvertHeard)
    assert (heard.is_new, heard.is_contact, heard.packet.hops) == (True, True, 1)
    contact = node.contacts.get(key("A").public_key)
    assert contact is not None
    assert (contact.name, contact.node_type, contact.last_advert) == ("Alice", 1, T)
    assert contact.modified_s == NOW.unix_ms // 1000


def test_an_advert_without_a_place_leaves_the_one_that_was_told() -> None:
    node = _listener()
    node.hear(advert_packet(key("A"), "A", timestamp=T, lat_e6=5, lon_e6=7), RX, NOW)

    node.hear(advert_packet(key("A"), "Alice", timestamp=T + 1), RX, NOW)

    contact = node.contacts.get(key("A").public_key)
    assert contact is not None
    assert (contact.name, contact.lat_e6, contact.lon_e6) == ("Alice", 5, 7)


@pytest.mark.parametrize("timestamp", [T, T - 1, 0])
def test_an_advert_that_is_not_newer_is_a_replay(timestamp) -> None:
    node = _listener()
    node.hear(advert_packet(key("A"), "Alice", timestamp=T), RX, NOW)

    outputs = node.hear(advert_packet(key("A"), "Mallory", timestamp=timestamp), RX, NOW)

    assert outputs == [Dropped("replay")]
    assert node.contacts.by_prefix(b"")[0].name == "Alice"


def test_an_advert_without_a_name_is_nobody() -> None:
    node = _listener()

    assert node.hear(advert_packet(key("A"), "", timestamp=T), RX, NOW) == [Dropped("no-name")]
    assert len(node.contacts) == 0


def test_appdata_that_end_too_soon_are_dropped() -> None:

    draft = Advert(key("A").public_key, T, b"", b"\x91\1\2")
    advert = replace(draft, signature=key("A").sign(draft.signed_bytes))

    outputs = _listener().hear(encode_packet(Packet(1, 4, 0, b"", encode_advert(advert))), RX, NOW)

    assert outputs == [Dropped("short")]


def test_our_own_advert_tells_us_nothing() -> None:
    node = _listener()

    outputs = node.hear(advert_packet(key("B"), "me", b"\xed", T), RX, NOW)

    assert outputs == [Dropped("own")]


def test_a_cut_advert_is_dropped() -> None:
    assert _listener().hear(raw("ADVERT flood A")[:80], RX, NOW) == [Dropped("short")]


def test_types_that_are_not_wanted_are_told_but_not_kept() -> None:
    node = _listener(auto_add=frozenset({AdvertType.REPEATER}))

    (heard,) = node.hear(advert_packet(key("A"), "Alice", timestamp=T), RX, NOW)

    assert isinstance(heard, AdvertHeard)
    assert (heard.is_new, heard.is_contact) == (True, False)
    assert len(node.contacts) == 0


@pytest.mark.parametrize(("hops", "is_kept"), [(1, True), (2, False)])
def test_who_is_too_far_is_not_kept(hops, is_kept) -> None:
    node = _listener(auto_add_max_hops=2)

    node.hear(advert_packet(key("A"), "Alice", bytes(hops), T), RX, NOW)

    assert bool(len(node.contacts)) == is_kept


def test_a_full_table_forgets_its_oldest_or_says_that_it_is_full() -> None:
    forgetful = _listener(max_contacts=1)
    strict = _listener(max_contacts=1, overwrites_oldest=False)
    loyal = _listener(max_contacts=1)
    first, second = (advert_packet(key(name), name, timestamp=T) for name in ("A", "R"))
    for node in (forgetful, strict, loyal):
        node.hear(first, RX, NOW)
    favourite = loyal.contacts.get(key("A").public_key)
    assert favourite is not None
    loyal.add_contact(replace(favourite, flags=1))

    gone, told = forgetful.hear(second, RX, NOW)
    assert gone == ContactDeleted(key("A").public_key)
    assert told.is_contact
    for node in (strict, loyal):
        full, told = node.hear(second, RX, NOW)
        assert full == ContactDeleted(key("R").public_key, is_full=True)
        assert not told.is_contact


def test_a_path_outlives_an_advert() -> None:
    node = _listener()
    node.add_contact(Contact(key("A").public_key, out_path=OutPath(1, b"\xed")))

    node.hear(advert_packet(key("A"), "Alice", timestamp=T), RX, NOW)

    assert node.out_path(key("A").public_key) == OutPath(1, b"\xed")


def test_a_place_is_cut_towards_zero_and_a_name_to_its_room() -> None:
    node = _listener(position=Position(-0.0000019, 12.3456789), name="x" * 40)

    advert = decode_advert(decode_packet(node.own_advert(NOW)).payload)

    data = decode_appdata(advert.appdata)
    assert (data.lat_e6, data.lon_e6, data.name) == (-1, 12_345_678, "x" * 23)


def test_an_advert_bears_the_time_of_the_nodes_own_clock() -> None:
    node = _listener()
    node.set_clock(T + 77, NOW)

    far, near = (node.advertise(NOW, flood=flood)[0] for flood in (True, False))

    assert decode_advert(decode_packet(far.data).payload).timestamp == T + 77
    assert (far.priority, near.priority) == (3, 0)


def test_a_shared_contact_is_no_neighbour() -> None:
    air = acquainted("A", "B", key=key)
    a = air.nodes["A"]
    air.take("A", a.hear(advert_packet(key("R"), "relay", b"\x11", T, 2), RX, air.now))

    (send,) = a.share_contact(key("R").public_key, air.now)

    packet = decode_packet(send.data)
    assert (packet.route, packet.transport_codes, packet.hops) == (3, (0, 0), 0)
    assert air.nodes["B"].hear(send.data, RX, air.now)[0].contact.name == "relay"
    assert a.share_contact(key("B").public_key, air.now) == []


def test_a_card_is_taken_even_if_it_was_heard_before() -> None:
    node = _listener()
    card = advert_packet(key("A"), "Alice", b"\xed", T)
    node.hear(card, RX, NOW)
    node.remove_contact(key("A").public_key)

    outputs = node.import_advert(card, RX, NOW)

    assert [type(out) for out in outputs] == [AdvertHeard]
    assert len(node.contacts) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "short"),
        (raw("GRP_TXT #test"), "no-advert"),
        (advert_packet(key("B"), "me", timestamp=T), "own"),
        (advert_packet(key("A"), "A", timestamp=T)[:-1], "forged"),
        (raw("ADVERT flood A")[:60], "short"),
    ],
)
def test_a_card_that_is_none_is_dropped(data, reason) -> None:
    assert _listener().import_advert(data, RX, NOW) == [Dropped(reason)]


def test_a_card_is_not_passed_on() -> None:
    node = lone_node(key("R"), NodeSettings(name="r", forwards=True))

    outputs = node.import_advert(advert_packet(key("A"), "A", timestamp=T), RX, NOW)

    assert not [out for out in outputs if isinstance(out, Send)]
