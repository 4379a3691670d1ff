"""Which floods are passed on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.channel_key import region_key
from meshtui.networks.meshcore.node.outputs import Dropped, Send
from meshtui.networks.meshcore.node.settings import (
    LoopDetect,
    NodeSettings,
    Region,
    repeater_settings,
)
from meshtui.networks.meshcore.packet import (
    Packet,
    PayloadType,
    RouteType,
    decode_packet,
    encode_packet,
    path_len_byte,
    scope_code,
)
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key, raw

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)
R = key("R").public_key
EUROPE = Region("#europe", SecretBytes(region_key("#europe")))
ACK = b"\1\2\3\4"


def _outputs(packet: Packet, **changes: object):
    node = lone_node(key("R"), replace(repeater_settings("r"), **changes))
    return node.hear(encode_packet(packet), RX, NOW)


def _flood(path: bytes = b"", size: int = 1, kind: int = PayloadType.ACK) -> Packet:
    return Packet(RouteType.FLOOD, kind, path_len_byte(len(path) // size, size), path, ACK)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_repeater_puts_its_hash_of_the_packets_size_behind_the_path(size) -> None:
    (send,) = _outputs(_flood(b"\x11" * size * 2, size))

    onward = decode_packet(send.data)
    assert onward.path == b"\x11" * size * 2 + R[:size]
    assert (onward.hops, onward.hash_size, send.priority) == (3, size, 3)
    assert send.is_relay


def test_a_flood_waits_no_longer_than_its_delay_factor_says() -> None:
    (send,) = _outputs(_flood(), tx_delay_factor=2.0)

    assert 0.0 <= send.not_before_s - NOW.mono_s <= 10.0


def test_without_a_delay_factor_it_goes_at_once() -> None:
    (send,) = _outputs(_flood(), tx_delay_factor=0.0)

    assert send.not_before_s == NOW.mono_s


def test_who_does_not_forward_forwards_nothing() -> None:
    node = lone_node(key("R"), NodeSettings(name="chat"))

    assert node.hear(encode_packet(_flood()), RX, NOW) == [Dropped("not-for-us")]


@pytest.mark.parametrize(
    ("hops", "changes"),
    [(5, {"flood_max": 5}), (5, {"flood_max_unscoped": 5}), (0, {"flood_max": 0})],
)
def test_a_flood_at_the_hop_limit_goes_no_further(hops, changes) -> None:
    packet = _flood(bytes(hops))

    assert _outputs(packet, **changes) == [Dropped("hop-limit")]


def test_an_advert_goes_eight_hops_only() -> None:
    advert = decode_packet(raw("ADVERT flood A"))

    far = replace(advert, path_len=8, path=bytes(8))
    near = replace(advert, path_len=7, path=bytes(7))

    assert not [out for out in _outputs(far) if isinstance(out, Send)]
    assert [out for out in _outputs(near) if isinstance(out, Send)]


@pytest.mark.parametrize(("hops", "size"), [(63, 1), (32, 2), (21, 3)])
def test_a_path_that_is_full_grows_no_further(hops, size) -> None:
    assert _outputs(_flood(bytes(hops * size), size)) == [Dropped("path-full")]


@pytest.mark.parametrize(
    ("level", "size", "borne"),
    [
        (LoopDetect.MINIMAL, 1, 3),
        (LoopDetect.MINIMAL, 2, 1),
        (LoopDetect.MINIMAL, 3, 0),
        (LoopDetect.MODERATE, 1, 1),
        (LoopDetect.MODERATE, 2, 0),
        (LoopDetect.STRICT, 1, 0),
    ],
)
def test_a_loop_is_our_hash_in_the_path_too_often(level, size, borne) -> None:
    filler = b"\x11" * size
    fair = _flood(filler + R[:size] * borne + filler, size)
    loop = _flood(filler + R[:size] * (borne + 1) + filler, size)

    assert isinstance(_outputs(fair, loop_detect=level)[0], Send)
    assert _outputs(loop, loop_detect=level) == [Dropped("loop")]


def test_loops_are_not_looked_for_unless_asked() -> None:
    assert isinstance(_outputs(_flood(R[:1] * 30))[0], Send)


def test_hashes_are_compared_at_their_borders() -> None:
    # our two bytes stand across two hops
    packet = _flood(b"\x11" + R[:2] + b"\x11", 2)

    assert isinstance(_outputs(packet, loop_detect=LoopDetect.STRICT)[0], Send)


def test_a_scoped_flood_is_passed_on_in_its_region_only() -> None:
    packet = Packet(RouteType.TRANSPORT_FLOOD, PayloadType.ACK, 0, b"", ACK, (0, 0))
    packet.transport_codes = (scope_code(EUROPE.key.reveal, packet), 0)

    (send,) = _outputs(packet, regions=(Region("#x", SecretBytes(bytes(16))), EUROPE))

    assert decode_packet(send.data).transport_codes == packet.transport_codes
    assert _outputs(packet) == [Dropped("region")]


def test_a_repeater_may_be_closed_to_floods_without_a_region() -> None:
    assert _outputs(_flood(), passes_unscoped=False) == [Dropped("region")]


@pytest.mark.parametrize("kind", [9, 11, 12, 13, 14, 15])
def test_some_types_are_never_passed_on_as_floods(kind) -> None:
    outputs = _outputs(_flood(kind=kind))

    assert [type(out) for out in outputs] == [Dropped]


def test_a_forged_advert_goes_no_further() -> None:
    data = bytearray(raw("ADVERT flood A"))
    data[-1] ^= 1

    assert lone_node(key("R"), repeater_settings("r")).hear(bytes(data), RX, NOW) == [
        Dropped("forged")
    ]


def test_a_flood_whose_ciphertext_is_damaged_is_passed_on_all_the_same() -> None:
    data = bytearray(raw("GRP_TXT #test"))
    data[-1] ^= 1

    outputs = lone_node(key("R"), repeater_settings("r")).hear(bytes(data), RX, NOW)

    assert isinstance(outputs[0], Send)
