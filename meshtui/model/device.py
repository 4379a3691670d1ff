"""A radio of ours that is more than a modem: it has a name, a key and tables of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.model.ids import LinkId, NetworkName, NodeId
    from meshtui.model.link import RadioSettings
    from meshtui.model.node import Position


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of a radio. Texts are as it said them: not yet cleaned for a terminal.

    Attributes:
        node_id: Who it is on the mesh; empty before it said so.
        firmware: Version and build date, as it writes them.
        clock_skew_s: Its clock minus ours when last asked; None = not asked yet.
        contacts: Entries of its contact table; None = not read yet.
        max_contacts: How many the table holds; None = it does not say.
        max_channels: Likewise.
        battery_mv: None = it does not say.
        facts: Everything else it told, as a person reads it: `("noise floor", "-117 dBm")`.
        stats: The figures of its last statistics, by the network's own names for them:
            `("battery_mv", 4100)`, `("uptime_secs", 86400)`; empty = it told none.
    """

    network: NetworkName
    link_id: LinkId
    node_id: NodeId
    name: str = ""
    model: str = ""
    firmware: str = ""
    radio: RadioSettings | None = None
    position: Position | None = None
    clock_skew_s: int | None = None
    contacts: int | None = None
    max_contacts: int | None = None
    max_channels: int | None = None
    battery_mv: int | None = None
    facts: tuple[tuple[str, str], ...] = ()
    stats: tuple[tuple[str, int | float], ...] = ()
