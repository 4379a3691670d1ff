"""Which keys have come, so that packets that could not be opened are worth another look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.event import ChannelChanged, NodeHeard
from meshtui.model.packet import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.event import Event
    from meshtui.model.ids import NetworkName, NodeId
    from meshtui.model.node import PinState
    from meshtui.model.packet_row import PacketRow

MAX_NODES = 20_000


class KeyWatch:
    """A fold of events; tells of which networks a key has become known."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._keys: dict[NodeId, tuple[str, PinState]] = {}
        self._channels: dict[tuple[NetworkName, str], bool] = {}

    def networks_with_new_keys(self, events: Iterable[Event]) -> set[NetworkName]:
        """Fold a batch; return the networks for which something may open now."""
        found: set[NetworkName] = set()
        for event in events:
            if isinstance(event, ChannelChanged):
                channel = event.channel
                key = (channel.network, channel.name)
                if channel.is_joined and not self._channels.get(key, False):
                    found.add(channel.network)
                self._channels[key] = channel.is_joined
            elif isinstance(event, NodeHeard):
                node = event.node
                now = (node.public_key, node.pin)
                if node.public_key and self._keys.get(node.node_id) != now:
                    found.add(node.network)
                if len(self._keys) < MAX_NODES or node.node_id in self._keys:
                    self._keys[node.node_id] = now
        return found


def unopened(rows: Iterable[PacketRow], networks: Iterable[NetworkName]) -> list[PacketRow]:
    """Return the packets of some networks that no key opened."""
    wanted = set(networks)
    return [
        row for row in rows if row.network in wanted and row.summary.verdict is Verdict.UNREADABLE
    ]
