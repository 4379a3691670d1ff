"""What a node asks of others."""

from __future__ import annotations

import pytest

from meshtui.errors import EncodeError
from meshtui.model.ids import Instant
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.outputs import AckHeard, Sent
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, decode_packet
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_mesh import acquainted, lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
A, B = key("A").public_key, key("B").public_key
TAG = (1_767_225_600).to_bytes(4, "little")


def _plain(sent: Sent) -> bytes:
    """Open what A sent to B."""
    packet = decode_packet(sent.outputs[0].data)
    at = 33 if packet.payload_type == PayloadType.ANON_REQ else 2
    cipher = Cipher(key("A").shared_secret(B).reveal)
    plaintext = cipher.open(packet.payload[at:])
    assert plaintext is not None
    return plaintext


def test_a_login_is_the_time_and_the_password() -> None:
    plaintext = _plain(lone_node(key("A")).login(B, b"secret", NOW))

    assert plaintext == TAG + b"secret" + bytes(6)


def test_a_login_to_a_room_says_what_we_have() -> None:
    node = lone_node(key("A"))
    node.add_contact(Contact(B, node_type=3, sync_since=258))

    plaintext = _plain(node.login(B, b"", NOW))

    assert plaintext[:8] == TAG + b"\2\1\0\0"


@pytest.mark.parametrize("password", [b"x" * 16, b"a\0b"])
def test_a_password_that_cannot_be_sent_is_refused(password) -> None:
    with pytest.raises(EncodeError):
        lone_node(key("A")).login(B, password, NOW)


def test_a_request_has_a_tag_of_its_own_and_random_bytes() -> None:
    node = lone_node(key("A"), entropy=0x30)

    first, second = (node.request(B, 1, b"", NOW) for _ in range(2))

    assert _plain(first)[:13] == first.tag + b"\1" + bytes(4) + b"\x30\x31\x32\x33"
    assert first.tag == TAG
    assert int.from_bytes(second.tag, "little") == 1_767_225_601


def test_a_requests_parameters_are_sent_as_they_are() -> None:
    assert _plain(lone_node(key("A")).request(B, 6, b"\0\5", NOW))[4:7] == b"\6\0\5"


@pytest.mark.parametrize(("kind", "params"), [(256, b""), (-1, b""), (1, bytes(151))])
def test_a_request_that_does_not_fit_is_refused(kind, params) -> None:
    with pytest.raises(EncodeError):
        lone_node(key("A")).request(B, kind, params, NOW)


@pytest.mark.parametrize(
    ("out_path", "way_back"),
    [
        (None, "00"),
        (OutPath(0, b""), "00"),
        (OutPath(2, b"\xed\xca"), "02caed"),
        (OutPath(0x42, bytes.fromhex("ed49ca93")), "42ca93ed49"),
    ],
)
def test_a_question_of_a_stranger_names_the_way_back(out_path, way_back) -> None:
    node = lone_node(key("A"))
    node.set_out_path(B, out_path, NOW)

    plaintext = _plain(node.anon_request(B, b"\3", NOW))

    assert plaintext[4:].rstrip(b"\0").hex() == ("03" + way_back).rstrip("0")


@pytest.mark.parametrize("body", [b"", bytes(150)])
def test_a_question_without_a_kind_or_too_long_is_refused(body) -> None:
    with pytest.raises(EncodeError):
        lone_node(key("A")).anon_request(B, body, NOW)


def test_a_question_with_its_own_way_back_is_sent_as_it_is() -> None:
    plaintext = _plain(lone_node(key("A")).anon_request(B, b"\3\1\xaa", NOW))

    assert plaintext[4:7] == b"\3\1\xaa"


def test_a_sign_of_life_needs_a_path_and_is_acknowledged() -> None:
    air = acquainted("A", "B", key=key)
    a = air.nodes["A"]
    with pytest.raises(EncodeError):
        a.keep_alive(B, air.now)
    a.set_out_path(B, OutPath(0, b""), air.now)

    sent = a.keep_alive(B, air.now)
    ack = Packet(RouteType.DIRECT, PayloadType.ACK, 0, b"", sent.ack + b"\3")
    air.take("B", air.nodes["B"].send_packet(ack, air.now))
    air.run()

    assert air.heard("A", AckHeard)[0].peer == B
    assert _plain(sent)[4] == 2


def test_a_call_for_discovery_has_a_tag_of_four_bytes() -> None:
    node = lone_node(key("A"))

    sent = node.discover(0x01020304, 4, NOW, since=9)

    packet = decode_packet(sent.outputs[0].data)
    assert packet.payload.hex() == "80040403020109000000"
    assert (sent.tag, sent.is_flood) == (b"\4\3\2\1", False)


@pytest.mark.parametrize("tag", [-1, 1 << 32])
def test_a_call_whose_tag_does_not_fit_is_refused(tag) -> None:
    with pytest.raises(EncodeError):
        lone_node(key("A")).discover(tag, 4, NOW)


def test_a_tag_comes_after_the_time_of_a_text_just_sent() -> None:
    node = lone_node(key("A"))
    node.send_text(B, "clock", 1_767_225_630, NOW, txt_type=1)
    node.send_text(B, "far ahead", 1_800_000_000, NOW)

    tag = node.request(B, 1, b"", NOW).tag

    assert int.from_bytes(tag, "little") == 1_767_225_631


def test_a_clock_set_back_begins_anew() -> None:
    node = lone_node(key("A"))
    node.set_clock(1_900_000_000, NOW)
    node.request(B, 1, b"", NOW)
    node.set_clock(1_767_225_600, NOW)

    assert node.unique_time(NOW) == 1_767_225_600
