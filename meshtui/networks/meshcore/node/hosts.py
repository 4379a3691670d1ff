"""Which role does what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.node.chat import ChatHost
from meshtui.networks.meshcore.node.room import RoomHost
from meshtui.networks.meshcore.node.server import ServerHost
from meshtui.networks.meshcore.payloads.advert import AdvertType

if TYPE_CHECKING:
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.host import Host


def host_for(core: Core) -> Host:
    """Return what a node of this role does with what is meant for it."""
    match core.settings.role:
        case AdvertType.REPEATER | AdvertType.SENSOR:
            return ServerHost(core)
        case AdvertType.ROOM:
            return RoomHost(core)
        case _:
            return ChatHost(core)
