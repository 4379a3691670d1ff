"""Channels."""

from __future__ import annotations

import pytest

from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.channel_key import key_of_name
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import Dropped, GroupTextHeard, Send
from meshtui.networks.meshcore.node.settings import NodeSettings
from tests.support.meshcore_air import group_packet
from tests.support.meshcore_mesh import counter
from tests.support.meshcore_vectors import key

NOW = Instant(10.0, 1_767_225_600_000)
RX = RxMeta(-80, 5.0)


def _node(*channels: str, forwards: bool = False) -> MeshcoreNode:
    ring = Keyring()
    for name in channels:
        ring.add_channel(key_of_name(name))
    return MeshcoreNode(key("A"), NodeSettings(name="A", forwards=forwards), counter(0), ring)


def test_a_channel_of_ours_is_read_and_passed_on() -> None:
    outputs = _node("#test", forwards=True).hear(group_packet("#test", "Bob: hi"), RX, NOW)

    assert [type(out) for out in outputs] == [GroupTextHeard, Send]


def test_a_channel_we_do_not_have_is_passed_on_unread() -> None:
    data = group_packet("#other", "Bob: hi")

    assert [type(out) for out in _node("#test", forwards=True).hear(data, RX, NOW)] == [Send]
    assert _node("#test").hear(data, RX, NOW) == [Dropped("not-for-us")]


def test_a_text_is_read_once() -> None:
    node = _node("#test")
    data = group_packet("#test", "Bob: hi")

    assert isinstance(node.hear(data, RX, NOW)[0], GroupTextHeard)
    assert node.hear(data, RX, NOW) == [Dropped("seen")]


@pytest.mark.parametrize("payload", [b"", b"\xd9", b"\xd9\1\2"])
def test_what_holds_no_ciphertext_is_dropped(payload) -> None:
    assert _node("#test").hear(b"\x15\x00" + payload, RX, NOW) == [Dropped("short")]
