"""The message of a packet, as it waits for brokers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.transports.mqtt_feed import Publication

if TYPE_CHECKING:
    from meshtui.model.display_filter import DisplayFilter
    from meshtui.model.packet_row import PacketRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketMessage(Publication):
    """A message that knows its packet: a filter that is set while it waits counts for it, too.

    Attributes:
        passed: The filter that let it pass.
    """

    row: PacketRow
    passed: DisplayFilter[PacketRow]


def passes(message: Publication, display_filter: DisplayFilter[PacketRow]) -> bool:
    """Judge what waits by a filter, if it was not that which let it pass; all else passes."""
    if not isinstance(message, PacketMessage) or message.passed is display_filter:
        return True
    return display_filter.matches(message.row)
