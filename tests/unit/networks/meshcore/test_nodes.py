"""Nodes and ways as adverts and contact tables tell them."""

from dataclasses import replace

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.model.event import NodeHeard, RouteChanged
from meshtui.model.ids import Instant, LinkId, NodeId
from meshtui.model.node import Node, NodeRole, Position, Route
from meshtui.model.packet import Frame, RxMeta
from meshtui.networks.meshcore import nodes as module
from meshtui.networks.meshcore.nodes import NodeBook, position_of, role_of, type_of
from meshtui.networks.meshcore.packet import Packet
from meshtui.networks.meshcore.payloads.advert import appdata, sign_advert
from meshtui.networks.meshcore.station import NETWORK

NOW = Instant(100.0, 1_800_000_000_000)
LINK = LinkId("usb")
KEY = from_seed(b"\x05" * 32)
NODE = NodeId(KEY.public_key.hex())


def heard(book: NodeBook, path: bytes = b"", timestamp: int = 1_800_000_000, **said: object):
    data = appdata(2, "Ridge", **said)
    advert = sign_advert(KEY, timestamp, data)
    packet = Packet(1, 4, len(path), path, b"")
    frame = Frame(LINK, b"", NOW, RxMeta(-80, 5.5))
    return book.advertised(advert, data, packet, frame)


def test_an_advert_makes_a_node_and_a_way() -> None:
    book = NodeBook((), ())

    node, route = heard(book, b"\xed\xca", lat_e6=48_000_000, lon_e6=2_000_000)

    assert isinstance(node, NodeHeard)
    assert (node.node.name, node.node.role, node.node.hops) == ("Ridge", NodeRole.RELAY, 2)
    assert node.node.position == Position(48.0, 2.0)
    assert isinstance(route, RouteChanged)
    assert (route.route.hops, route.route.via) == (3, ("ca", "ed"))


def test_signal_is_the_nodes_only_where_it_was_heard_directly() -> None:
    book = NodeBook((), ())

    near = heard(book)[0].node
    far = heard(book, b"\xed", 1_800_000_001)[0].node

    assert (near.rssi_dbm, near.snr_db) == (-80, 5.5)
    assert (far.rssi_dbm, far.hops) == (-80, 1)


def test_a_shared_advert_introduces_a_node_that_need_not_be_near() -> None:
    book = NodeBook((), ())
    data = appdata(2, "Ridge")
    advert = sign_advert(KEY, 1_800_000_000, data)
    shared = Packet(3, 4, 0, b"", b"", transport_codes=(0, 0))

    (told,) = book.advertised(advert, data, shared, Frame(LINK, b"", NOW, RxMeta(-80, 5.5)))

    assert (told.node.name, told.node.hops, told.node.rssi_dbm) == ("Ridge", None, None)
    assert book.route_to(NODE, LINK) is None


def test_a_clock_far_ahead_does_not_make_later_adverts_old() -> None:
    book = NodeBook((), ())

    node = heard(book, timestamp=0xFFFFFFFF)[0].node

    assert node.claimed_at_s <= 1_800_000_060


def test_a_way_that_was_proven_is_not_replaced_by_one_overheard() -> None:
    book = NodeBook((), ())
    proven = Route(NETWORK, NODE, LINK, 1, (), NOW.unix_ms, source="acked")

    assert book.learn(proven) == [RouteChanged(proven)]
    assert book.learn(replace(proven, source="advert", hops=3)) == []
    assert book.route_to(NODE, LINK) == proven
    late = replace(proven, source="advert", last_seen_ms=NOW.unix_ms + 2 * 86_400_000)
    assert book.learn(late) == [RouteChanged(late)]


def test_copies_of_a_flood_by_longer_ways_do_not_replace_the_shortest() -> None:
    book = NodeBook((), ())
    heard(book, b"\xed")
    heard(book, b"\xed\xca\xaa", 1_800_000_001)

    assert book.route_to(NODE, LINK).hops == 2
    shorter = heard(book, b"", 1_800_000_002)
    assert [each.route.hops for each in shorter if isinstance(each, RouteChanged)] == [1]


def test_what_did_not_change_is_not_told_again() -> None:
    book = NodeBook((), ())
    node = Node(NETWORK, NODE, name="x")

    assert book.put(node) == [NodeHeard(node)]
    assert book.put(node) == []


def test_friends_outlive_those_who_only_wrote_and_those_strangers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 3)
    friend, writer = NodeId("f1"), NodeId("e1")
    book = NodeBook([Node(NETWORK, friend), Node(NETWORK, writer)], [writer])
    book.befriend(friend)

    for number in range(3):
        book.put(Node(NETWORK, NodeId(f"a{number}")))
    strangers_gone = book.get(writer) is not None
    for number in range(3):
        book.keep(NodeId(f"b{number}"))
        book.put(Node(NETWORK, NodeId(f"b{number}")))

    assert strangers_gone
    assert book.get(friend) is not None
    assert book.get(writer) is None
    assert next(node.node_id for node in book.kept_first()) == friend


def test_where_all_are_friends_the_longest_unheard_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 2)
    book = NodeBook((), ())
    for name in ("a1", "b1", "c1"):
        book.befriend(NodeId(name))
        book.put(Node(NETWORK, NodeId(name)))

    assert [node.node_id for node in book.by_prefix("")] == ["b1", "c1"]


def test_whoever_writes_to_us_is_remembered_within_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 2)
    book = NodeBook((), ())

    for name in ("a1", "b1", "a1", "c1"):
        book.keep(NodeId(name))

    assert [book.is_kept(NodeId(name)) for name in ("a1", "b1", "c1")] == [True, False, True]


def test_after_a_restart_the_longest_unheard_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 2)
    # as a store gives them: the last heard first
    kept = [Node(NETWORK, NodeId(name), last_heard_ms=ms) for name, ms in (("b1", 9), ("a1", 5))]
    book = NodeBook(kept, ())

    book.put(Node(NETWORK, NodeId("c1"), last_heard_ms=10))

    assert [node.node_id for node in book.by_prefix("")] == ["b1", "c1"]


def test_strangers_make_room_before_contacts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 3)
    book = NodeBook((), (NodeId("aa"),))
    book.put(Node(NETWORK, NodeId("aa")))
    book.put(Node(NETWORK, NodeId("bb"), is_contact=True))
    for number in range(10):
        book.put(Node(NETWORK, NodeId(f"c{number}")))

    assert {node.node_id for node in book.kept_first()} == {"aa", "bb", "c9"}


def test_ways_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROUTES", 2)
    book = NodeBook((), ())
    for number in range(5):
        book.learn(Route(NETWORK, NodeId(str(number)), LINK, 1, (), NOW.unix_ms))

    assert book.route_to(NodeId("0"), LINK) is None
    assert book.route_to(NodeId("4"), LINK) is not None


def test_a_prefix_may_mean_several() -> None:
    book = NodeBook([Node(NETWORK, NodeId("ed" + "0" * 62)), Node(NETWORK, NODE)], ())
    book.put(Node(NETWORK, NodeId("ed" + "1" * 62)))

    assert len(book.by_prefix("ed")) == 2
    assert [node.node_id for node in book.by_prefix(NODE)] == [NODE]


@pytest.mark.parametrize("place", [(0, 0), (91_000_000, 0), (0, 181_000_000), (-(2**31), 5)])
def test_a_place_that_is_none_is_none(place: tuple[int, int]) -> None:
    assert position_of(*place) is None


def test_roles_and_types_match() -> None:
    assert [role_of(type_of(role)) for role in NodeRole] == list(NodeRole)
    assert role_of(9) is NodeRole.UNKNOWN


def test_who_writes_was_heard_when_it_says_but_not_in_the_future() -> None:
    book = NodeBook([Node(NETWORK, NODE, hops=2)], ())
    now_s = NOW.unix_ms // 1000

    (late,) = book.wrote(NODE, LINK, now_s - 60, None, NOW)
    (early,) = book.wrote(NODE, LINK, now_s + 999, 1, NOW)

    assert (late.node.last_heard_ms, late.node.hops) == ((now_s - 60) * 1000, 2)
    assert (early.node.last_heard_ms, early.node.hops) == (NOW.unix_ms, 1)
    assert book.wrote(NODE, LINK, now_s - 5, 3, NOW) == []
    assert book.wrote(NodeId("ff"), LINK, now_s, 0, NOW) == []
