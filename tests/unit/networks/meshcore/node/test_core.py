"""What all parts of a node share."""

from __future__ import annotations

from meshtui.model.ids import Instant
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.outputs import Dropped
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.networks.meshcore.packet import PayloadType, decode_packet
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
A, B = key("A").public_key, key("B").public_key


def _core(**changes: object):
    core = lone_node(key("A"), NodeSettings(name="a", **changes))._core
    core.begin(NOW)
    return core


def test_each_call_has_outputs_of_its_own() -> None:
    core = _core()
    first = core.begin(NOW)
    core.drop("one")
    second = core.begin(NOW)
    core.drop("two")

    assert (first, second) == ([Dropped("one")], [Dropped("two")])


def test_our_key_is_in_the_ring() -> None:
    core = _core()

    assert core.keyring.own == (key("A"),)


def test_what_is_sent_to_everybody_goes_by_its_kind() -> None:
    core = _core()

    for kind in (PayloadType.TXT_MSG, PayloadType.PATH, PayloadType.ADVERT):
        core.flood(int(kind), bytes([kind]))

    assert [send.priority for send in core.out] == [1, 2, 3]


def test_what_goes_along_a_path_comes_first() -> None:
    core = _core()
    path = OutPath(1, b"\xed")

    core.direct(int(PayloadType.TXT_MSG), b"a", path, 1500)
    core.direct(int(PayloadType.PATH), b"b", path)
    core.zero_hop(int(PayloadType.ADVERT), b"c")

    assert [send.priority for send in core.out] == [0, 1, 0]
    assert core.out[0].not_before_s == 11.5
    assert decode_packet(core.out[0].data).path == b"\xed"


def test_a_flood_is_as_wide_as_it_is_asked_or_set() -> None:
    core = _core(hash_size=2)

    core.flood(3, b"abcd")
    core.flood(3, b"efgh", hash_size=3)

    assert [decode_packet(send.data).hash_size for send in core.out] == [2, 3]


def test_a_contact_is_known_to_the_ring() -> None:
    core = _core(max_contacts=1)

    assert core.add_contact(Contact(B, "Bob"))
    assert not core.add_contact(Contact(key("R").public_key, "late"))
    assert core.keyring.contacts == ((B, "Bob"),)


def test_who_is_no_contact_is_not_changed() -> None:
    core = _core()

    core.change_contact(Contact(B, "Bob"))

    assert core.contacts.get(B) is None
    assert core.contact_of(B) == Contact(B)


def test_a_change_is_noted_with_the_time() -> None:
    core = _core()
    core.add_contact(Contact(B, "Bob"))

    core.set_out_path(B, OutPath(0, b""))

    contact = core.contacts.get(B)
    assert contact is not None
    assert contact.modified_s == 1_767_225_600


def test_a_number_is_drawn_from_four_bytes() -> None:
    core = _core()

    assert core.random(2) == b"\0\1"
    assert core.random_below(1000) == int.from_bytes(b"\2\3\4\5", "little") % 1000


def test_clocks_end_where_their_bytes_do() -> None:
    core = _core()
    core.set_clock(0xFFFFFFFF, NOW)

    assert core.clock_s(Instant(20.0, NOW.unix_ms + 10_000)) == 0xFFFFFFFF
    assert core.unique_time() == 0xFFFFFFFF
    assert core.unique_time() == 0xFFFFFFFF
    core.set_clock(-5, NOW)
    assert core.clock_s(NOW) == 0
