"""Packets along a path."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.node.outputs import AckHeard, Dropped, Send
from meshtui.networks.meshcore.node.settings import NodeSettings, repeater_settings
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
    path_len_byte,
)
from tests.support.meshcore_mesh import acquainted, lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)
R = key("R").public_key
ACK = bytes.fromhex("AABBCCDD0061")


def _packet(path: bytes, size: int = 1, kind: int = PayloadType.RAW_CUSTOM, payload=b"x" * 20):
    return Packet(RouteType.DIRECT, kind, path_len_byte(len(path) // size, size), path, payload)


def _repeater(**changes: object):
    settings = replace(repeater_settings("r"), direct_tx_delay_factor=0.0, **changes)
    return lone_node(key("R"), settings)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_next_hop_takes_itself_out_of_the_path(size) -> None:
    rest = b"\x22" * size

    (send,) = _repeater().hear(encode_packet(_packet(R[:size] + rest, size)), RX, NOW)

    onward = decode_packet(send.data)
    assert (onward.path, onward.hops, onward.hash_size) == (rest, 1, size)
    assert (send.priority, send.not_before_s, send.is_relay) == (0, 10.0, True)


def test_the_last_hop_leaves_an_empty_path_of_the_same_width() -> None:
    (send,) = _repeater().hear(encode_packet(_packet(R[:2], 2)), RX, NOW)

    assert decode_packet(send.data).path_len == 0x40


def test_another_hops_packet_is_not_even_remembered() -> None:
    node = _repeater()
    packet = _packet(b"\x22" + R[:1])

    assert node.hear(encode_packet(packet), RX, NOW) == [Dropped("not-next-hop")]
    ours = _packet(R[:1])
    assert isinstance(node.hear(encode_packet(ours), RX, NOW)[0], Send)


def test_a_packet_is_passed_on_once() -> None:
    node = _repeater()
    data = encode_packet(_packet(R[:1]))

    node.hear(data, RX, NOW)

    assert node.hear(data, RX, NOW) == [Dropped("seen")]
    assert node.stats.direct_dups == 1


def test_transport_codes_travel_along() -> None:
    packet = Packet(RouteType.TRANSPORT_DIRECT, PayloadType.RAW_CUSTOM, 1, R[:1], b"x", (7, 0))

    (send,) = _repeater().hear(encode_packet(packet), RX, NOW)

    assert decode_packet(send.data).transport_codes == (7, 0)


def test_who_does_not_forward_is_nobodys_next_hop() -> None:
    node = lone_node(key("R"), NodeSettings(name="chat"))

    assert node.hear(encode_packet(_packet(R[:1])), RX, NOW) == [Dropped("not-next-hop")]


def test_an_ack_is_made_anew_and_repeated_as_the_hop_is_set() -> None:
    packet = _packet(R[:1] + b"\x22", kind=PayloadType.ACK, payload=ACK)

    sends = _repeater(extra_acks=1).hear(encode_packet(packet), RX, NOW)

    first, second = (decode_packet(send.data) for send in sends)
    assert (first.payload_type, first.payload) == (PayloadType.MULTIPART, b"\x13" + ACK)
    assert (second.payload_type, second.payload) == (PayloadType.ACK, ACK)
    assert first.path == second.path == b"\x22"
    assert [send.not_before_s for send in sends] == [10.3, 10.3]


def test_a_part_becomes_an_ack_that_lets_the_others_go_first() -> None:
    node = _repeater()
    packet = _packet(R[:1], kind=PayloadType.MULTIPART, payload=b"\x13" + ACK)

    (send,) = node.hear(encode_packet(packet), RX, NOW)

    assert decode_packet(send.data).payload == ACK
    assert send.not_before_s == pytest.approx(10.6)
    assert node.hear(encode_packet(packet), RX, NOW) == [Dropped("seen")]


@pytest.mark.parametrize("payload", [b"\x15" + ACK, b"\x13"])
def test_a_part_of_something_else_goes_nowhere(payload) -> None:
    packet = _packet(R[:1], kind=PayloadType.MULTIPART, payload=payload)

    outputs = _repeater().hear(encode_packet(packet), RX, NOW)

    assert [type(out) for out in outputs] == [Dropped]


def test_an_ack_that_is_overheard_counts_before_it_arrives() -> None:
    air = acquainted("A", "B", key=key)
    sent = air.sent("A", air.nodes["A"].send_text(key("B").public_key, "hi", 1, air.now))
    overheard = _packet(b"\x22\x33", kind=PayloadType.ACK, payload=sent.ack)

    outputs = air.nodes["A"].hear(encode_packet(overheard), RX, air.now)

    assert [type(out) for out in outputs] == [AckHeard]


def test_a_cut_ack_is_nobodys() -> None:
    packet = _packet(b"\x22", kind=PayloadType.ACK, payload=b"ab")

    assert _repeater().hear(encode_packet(packet), RX, NOW) == [Dropped("not-next-hop")]
