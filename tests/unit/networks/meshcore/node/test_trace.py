"""Traces."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.errors import EncodeError
from meshtui.model.ids import Instant
from meshtui.model.packet import NO_RX, RxMeta
from meshtui.networks.meshcore.node.outputs import Dropped, Send, TraceHeard
from meshtui.networks.meshcore.node.settings import NodeSettings, repeater_settings
from meshtui.networks.meshcore.node.trace import snr_byte
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, encode_packet
from meshtui.networks.meshcore.payloads.trace import Trace, encode_trace
from tests.support.meshcore_mesh import acquainted, lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)
R = key("R").public_key


def _trace(hops: bytes, flags: int = 0, done: int = 0) -> bytes:
    payload = encode_trace(Trace(1, 2, flags, hops))
    return encode_packet(Packet(RouteType.DIRECT, PayloadType.TRACE, done, bytes(done), payload))


@pytest.mark.parametrize("flags", [0, 1, 2, 3])
def test_hops_are_named_by_one_two_four_or_eight_bytes(flags) -> None:
    node = lone_node(key("R"), repeater_settings("r"))

    (send,) = node.hear(_trace(R[: 1 << flags], flags), RX, NOW)

    assert isinstance(send, Send)
    assert send.priority == 5


def test_who_called_hears_the_whole_way_back() -> None:
    air = acquainted("A", "R", "S", key=key, forwards=True)
    r, s = R[:1], key("S").public_key[:1]

    sent = air.sent("A", air.nodes["A"].trace(77, 88, 0, r + s + r, air.now))
    air.run()

    (heard,) = air.heard("A", TraceHeard)
    assert (heard.tag, heard.auth, heard.path) == (77, 88, r + s + r)
    assert heard.snrs_q4 == (32, 32, 32)
    assert heard.final_snr_db == 8.0
    assert sent.tag == (77).to_bytes(4, "little")
    assert sent.est_timeout_ms > 0


def test_a_trace_for_another_is_dropped() -> None:
    node = lone_node(key("R"), repeater_settings("r"))

    assert node.hear(_trace(b"\x22"), RX, NOW) == [Dropped("not-next-hop")]


def test_who_does_not_forward_does_not_trace() -> None:
    node = lone_node(key("R"), NodeSettings(name="chat"))

    assert node.hear(_trace(R[:1]), RX, NOW) == [Dropped("not-next-hop")]


def test_the_same_trace_at_the_same_place_is_passed_on_once() -> None:
    node = lone_node(key("R"), repeater_settings("r"))
    node.hear(_trace(R[:1] * 2), RX, NOW)

    assert node.hear(_trace(R[:1] * 2), RX, NOW) == [Dropped("seen")]
    assert isinstance(node.hear(_trace(R[:1] * 2, done=1), RX, NOW)[0], Send)


def test_no_more_hops_than_can_be_counted() -> None:
    node = lone_node(key("R"), replace(repeater_settings("r"), forwards=True))

    assert node.hear(_trace(R[:1] * 64, done=63), RX, NOW) == [Dropped("path-full")]


@pytest.mark.parametrize(
    ("snr", "expected"), [(None, 0), (-3.25, 0xF3), (4.75, 19), (99.0, 127), (-99.0, 128)]
)
def test_a_ratio_is_a_signed_byte_of_quarters(snr, expected) -> None:
    assert snr_byte(snr) == bytes([expected])


@pytest.mark.parametrize(("flags", "path"), [(0, b""), (1, b"abc"), (0, bytes(64))])
def test_a_way_that_is_none_is_refused(flags, path) -> None:
    with pytest.raises(EncodeError):
        lone_node(key("A")).trace(1, 2, flags, path, NOW)


def test_a_link_that_does_not_measure_says_nothing() -> None:
    node = lone_node(key("A"))

    (heard,) = node.hear(_trace(b"", 0), NO_RX, NOW)

    assert isinstance(heard, TraceHeard)
    assert heard.final_snr_db is None
