"""Who opens what."""

from __future__ import annotations

from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import Dropped, TextHeard
from meshtui.networks.meshcore.node.sealed import open_anon, open_from, seal_anon, seal_for
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType
from tests.support.meshcore_mesh import counter, lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)
A, B = key("A").public_key, key("B").public_key


def _packet(payload: bytes, kind: int = PayloadType.REQ) -> Packet:
    return Packet(RouteType.DIRECT, kind, 0, b"", payload)


def test_what_is_sealed_for_a_peer_the_peer_opens() -> None:
    a, b = lone_node(key("A"))._core, lone_node(key("B"))
    b.add_contact(Contact(A))

    opened = open_from(b._core, _packet(seal_for(a, B, b"hello")))

    assert opened == (A, b"hello".ljust(16, b"\0"))


def test_what_a_stranger_seals_opens_without_knowing_it() -> None:
    a, b = lone_node(key("A"))._core, lone_node(key("B"))._core

    opened = open_anon(b, _packet(seal_anon(a, B, b"hello")))

    assert opened == (A, b"hello".ljust(16, b"\0"))


def test_what_we_sealed_ourselves_is_not_for_us() -> None:
    a = lone_node(key("A"))
    a.add_contact(Contact(B))

    assert open_from(a._core, _packet(seal_for(a._core, B, b"hello"))) is None
    assert open_anon(a._core, _packet(A[:1] + A + bytes(18))) is None


def test_another_key_of_ours_in_the_ring_is_another_node() -> None:
    ring = Keyring()
    ring.add_own("radio", key("B"))
    node = MeshcoreNode(key("R"), NodeSettings(name="r"), counter(0), ring)
    node.add_contact(Contact(A))
    payload = seal_for(lone_node(key("A"))._core, B, b"\5\0\0\0\0hello")

    assert open_from(node._core, _packet(payload, PayloadType.TXT_MSG)) is None


def test_a_text_of_somebody_unknown_is_not_for_us() -> None:
    text = lone_node(key("A")).send_text(B, "hi", 1, NOW).outputs[0]

    assert lone_node(key("B")).hear(text.data, RX, NOW) == [Dropped("not-for-us")]


def test_several_contacts_may_have_one_hash() -> None:
    text = lone_node(key("A")).send_text(B, "hi", 1, NOW).outputs[0]
    node = lone_node(key("B"))
    for number in range(7):
        node.add_contact(Contact(A[:1] + bytes([number]) * 31))
    node.add_contact(Contact(A))

    heard = node.hear(text.data, RX, NOW)[0]

    assert isinstance(heard, TextHeard)
    assert heard.peer == A


def test_a_key_that_is_none_opens_nothing() -> None:
    b = lone_node(key("B"))._core

    assert open_anon(b, _packet(B[:1] + bytes(32) + bytes(18))) is None
