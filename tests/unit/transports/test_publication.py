"""A message's packet is what paho would send, written once."""

from __future__ import annotations

import pytest
from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from meshtui.errors import EncodeError
from meshtui.transports.mqtt_feed import Publication

PACKET_ID = 0x1234


def packet_by_paho(publication: Publication, *, is_version_5: bool) -> bytes:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5 if is_version_5 else MQTTv311)
    client._sock = object()
    client.on_socket_register_write = lambda *_: None
    client._send_publish(
        PACKET_ID,
        publication.topic.encode(),
        publication.payload,
        int(publication.is_confirmed),
        publication.is_retained,
    )
    client._sock = None
    return bytes(client._out_packet.pop()["packet"])


@pytest.mark.parametrize("is_version_5", [False, True])
@pytest.mark.parametrize("is_confirmed", [False, True])
@pytest.mark.parametrize("is_retained", [False, True])
@pytest.mark.parametrize("size", [0, 1, 100, 118, 119, 120, 121, 450, 16_360, 16_384, 200_000])
def test_it_is_byte_for_byte_what_paho_writes(
    size: int, is_retained: bool, is_confirmed: bool, is_version_5: bool
) -> None:
    topic = "meshcore/ÄÖ/packets"
    publication = Publication(topic, bytes(size), is_confirmed, is_retained)

    head, rest = publication.packet(is_version_5=is_version_5)

    packet_id = PACKET_ID.to_bytes(2, "big") if is_confirmed else b""
    assert head + packet_id + rest == packet_by_paho(publication, is_version_5=is_version_5)


def test_it_is_written_once() -> None:
    publication = Publication("t", b"x")

    assert publication.packet(is_version_5=False) is publication.packet(is_version_5=False)
    assert publication.packet(is_version_5=True) != publication.packet(is_version_5=False)


@pytest.mark.parametrize("topic", ["", "a/+", "#", "a\0b", "x" * 65_536])
def test_what_is_no_topic_to_publish_to_is_refused(topic: str) -> None:
    with pytest.raises(EncodeError):
        Publication(topic, b"")


def test_equal_messages_are_equal_whatever_was_written() -> None:
    one, other = Publication("t", b"x"), Publication("t", b"x")
    one.packet(is_version_5=False)

    assert one == other
    assert hash(one) == hash(other)
