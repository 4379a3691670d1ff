"""What a node writes."""

from __future__ import annotations

import pytest

from meshtui.errors import EncodeError
from meshtui.model.ids import Instant
from meshtui.model.packet import NO_RX
from meshtui.networks.meshcore.channel_key import PUBLIC
from meshtui.networks.meshcore.node.contacts import OutPath
from meshtui.networks.meshcore.node.delays import direct_timeout_ms, flood_timeout_ms
from meshtui.networks.meshcore.node.outputs import GroupDataHeard, GroupTextHeard
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.networks.meshcore.packet import Packet, PayloadType, RouteType, decode_packet
from tests.support.meshcore_mesh import acquainted, lone_node
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
B = key("B").public_key


def test_a_text_says_how_long_to_wait_for_its_ack() -> None:
    node = lone_node(key("A"))
    flooded = node.send_text(B, "hi", 1, NOW)
    node.set_out_path(B, OutPath(0x42, bytes(4)), NOW)
    direct = node.send_text(B, "hi", 2, NOW)

    radio = node.settings.radio
    assert (flooded.is_flood, flooded.est_timeout_ms) == (True, flood_timeout_ms(20, radio))
    assert (direct.is_flood, direct.est_timeout_ms) == (False, direct_timeout_ms(20, 2, radio))


def test_every_attempt_is_another_packet_with_another_ack() -> None:
    node = lone_node(key("A"))

    sent = [node.send_text(B, "hi", 1, NOW, attempt) for attempt in range(6)]

    assert len({one.outputs[0].data for one in sent}) == 6
    assert len({one.ack for one in sent}) == 4  # the hidden attempt is not acknowledged apart


@pytest.mark.parametrize(
    ("text", "attempt", "fits"),
    [
        ("x" * 160, 3, True),
        ("x" * 161, 0, False),
        ("x" * 158, 4, True),
        ("x" * 159, 4, False),
        ("é" * 80, 0, True),
        ("é" * 81, 0, False),
        ("a\0b", 0, False),
        ("hi", 256, False),
        ("hi", -1, False),
    ],
)
def test_a_text_has_160_bytes_and_158_when_the_attempt_is_hidden(text, attempt, fits) -> None:
    node = lone_node(key("A"))

    if fits:
        assert node.send_text(B, text, 1, NOW, attempt).outputs
    else:
        with pytest.raises(EncodeError):
            node.send_text(B, text, 1, NOW, attempt)


def test_a_command_waits_for_no_ack() -> None:
    node = lone_node(key("A"))

    assert node.send_text(B, "ver", 1, NOW, txt_type=1).ack == b""
    assert node.send_text(B, "ver", 1, NOW, attempt=9, txt_type=1).outputs


def test_posts_of_a_room_are_not_for_people_to_write() -> None:
    with pytest.raises(EncodeError):
        lone_node(key("A")).send_text(B, "hi", 1, NOW, txt_type=2)


def test_nothing_is_sealed_for_a_key_that_is_none() -> None:
    with pytest.raises(EncodeError):
        lone_node(key("A")).send_text(bytes(32), "hi", 1, NOW)


def test_a_channel_text_has_its_authors_name_in_front() -> None:
    air = acquainted("A", "B", key=key)
    air.nodes["B"]._core.keyring.add_channel(PUBLIC)

    air.sent("A", air.nodes["A"].send_channel_text(PUBLIC, "hello", 77, air.now))
    air.run()

    (heard,) = air.heard("B", GroupTextHeard)
    assert (heard.text, heard.timestamp, heard.channel) == ("A: hello", 77, PUBLIC)


def test_name_and_text_share_160_bytes() -> None:
    node = lone_node(key("A"), NodeSettings(name="x" * 8))

    assert node.send_channel_text(PUBLIC, "y" * 150, 1, NOW).is_flood
    with pytest.raises(EncodeError):
        node.send_channel_text(PUBLIC, "y" * 151, 1, NOW)


def test_channel_data_may_go_along_a_path() -> None:
    air = acquainted("A", "B", key=key)
    air.nodes["B"]._core.keyring.add_channel(PUBLIC)
    near = OutPath(0, b"")

    sent = air.sent("A", air.nodes["A"].send_channel_data(PUBLIC, 256, b"abc", air.now, near))
    air.run()

    (heard,) = air.heard("B", GroupDataHeard)
    assert (heard.data_type, heard.data, sent.is_flood) == (256, b"abc", False)
    assert not heard.packet.is_flood


def test_channel_data_of_166_bytes_do_not_fit() -> None:
    with pytest.raises(EncodeError):
        lone_node(key("A")).send_channel_data(PUBLIC, 256, bytes(166), NOW)


def test_a_packet_is_sent_as_it_is_and_not_passed_on_when_it_comes_back() -> None:
    node = lone_node(key("A"), NodeSettings(name="a", forwards=True))
    packet = Packet(RouteType.FLOOD, PayloadType.ACK, 0x40, b"", b"abcd")

    (send,) = node.send_packet(packet, NOW, 7)

    assert (decode_packet(send.data), send.priority) == (packet, 7)
    echo = b"\x0d\x41\x11\x22abcd"
    assert [type(out).__name__ for out in node.hear(echo, NO_RX, NOW)] == ["Dropped"]
