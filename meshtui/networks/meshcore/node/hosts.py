"""Which role does what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.node.chat import ChatHost

if TYPE_CHECKING:
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.host import Host


def host_for(core: Core) -> Host:
    """Return what a node of this role does with what is meant for it."""
    return ChatHost(core)
