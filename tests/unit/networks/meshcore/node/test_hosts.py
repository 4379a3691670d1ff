"""Which role does what."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.node.chat import ChatHost
from meshtui.networks.meshcore.node.hosts import host_for
from meshtui.networks.meshcore.node.room import RoomHost
from meshtui.networks.meshcore.node.server import ServerHost
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.networks.meshcore.payloads.advert import AdvertType
from tests.support.meshcore_mesh import lone_node
from tests.support.meshcore_vectors import key


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (AdvertType.NONE, ChatHost),
        (AdvertType.CHAT, ChatHost),
        (AdvertType.REPEATER, ServerHost),
        (AdvertType.ROOM, RoomHost),
        (AdvertType.SENSOR, ServerHost),
    ],
)
def test_every_role_has_a_host(role, kind) -> None:
    node = lone_node(key("A"), NodeSettings(name="a", role=role))

    assert type(host_for(node._core)) is kind
