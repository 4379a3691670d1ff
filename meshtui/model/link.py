"""Links as the user sees them, and what a network asks of one before it opens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.model.ids import LinkId, NetworkName, NodeId
    from meshtui.model.node import Position
    from meshtui.model.packet import Subscribe, Transmit


class LinkKind(Enum):
    """How a link carries packets."""

    STREAM = "stream"  # bytes without borders: the session deframes
    PIECES = "pieces"  # the same in pieces whose borders may be a packet's: the session deframes
    DATAGRAM = "datagram"  # one frame is one packet
    MODEM = "modem"  # bytes without borders of a modem that only keys a radio: we are the node
    BROKER = "broker"  # one frame is one packet, addressed by endpoint


class LinkState(Enum):
    """Where a link stands."""

    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class RadioSettings:
    """How the LoRa radio behind a link is set, and what it may use of the air.

    Attributes:
        spreading_factor: 5..12.
        bandwidth_khz: 7.8..500; Meshtastic's LongFast, our default, is SF11 at 250 kHz.
        coding_rate: 5..8, for 4/5 .. 4/8.
        preamble_symbols: 6..65535.
        duty_cycle: The part of an hour that may be spent sending, above 0 and up to 1.
        max_frame_bytes: The longest packet.
        frequency_mhz: The middle of the channel; None = as the radio is set already.
        power_dbm: What it sends with; None = as the radio is set already.
    """

    spreading_factor: int = 11
    bandwidth_khz: float = 250.0
    coding_rate: int = 5
    preamble_symbols: int = 16
    duty_cycle: float = 0.1
    max_frame_bytes: int = 240
    frequency_mhz: float | None = None
    power_dbm: int | None = None


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """One configured link.

    Attributes:
        title: A short name for the status line, such as `mqtt` or `broker.example`.
        url: Where it leads, without any password.
        reason: Why it is down, or what is odd about it; for a person.
        retry_at_ms: When the next attempt is due; 0 = none planned.
        radio: The radio behind it, which everybody in reach hears; None = none (a broker, or a
            wire that leads to one other node).
    """

    link_id: LinkId
    network: NetworkName
    kind: LinkKind
    title: str
    url: str
    state: LinkState = LinkState.DOWN
    reason: str = ""
    retry_at_ms: int = 0
    radio: RadioSettings | None = None


@dataclass(frozen=True, slots=True)
class LinkSetup:
    """What a network asks of a link before it opens.

    Attributes:
        client_id: Name of a persistent session at the far end; empty = none.
        will: What the far end shall send for us when we vanish without a word.
        subscriptions: What shall be delivered from the first moment.
    """

    client_id: str = ""
    will: Transmit | None = None
    subscriptions: tuple[Subscribe, ...] = ()


@dataclass(frozen=True, slots=True)
class Myself:
    """Who we are on one network.

    Attributes:
        position: Where the settings say we are, shared or not; None = they do not say.
    """

    network: NetworkName
    node_id: NodeId
    public_key: str
    name: str = ""
    position: Position | None = None
