"""Stations on the mesh and the ways to them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from meshtui.model.ids import LinkId, NetworkName, NodeId


class NodeRole(Enum):
    """What a node does for others."""

    UNKNOWN = "unknown"
    CLIENT = "client"
    RELAY = "relay"
    ROOM = "room"
    SENSOR = "sensor"


class PinState(Enum):
    """What we know of a node's key."""

    NONE = "none"  # no key heard yet
    FIRST_SEEN = "pinned"  # pinned when first heard
    VERIFIED = "verified"  # the user compared it
    CHANGED = "changed"  # another key claims this id; messages under it are refused


@dataclass(frozen=True, slots=True)
class Position:
    """Where a node says it is; degrees, WGS 84, latitude -90..90, longitude -180..180."""

    lat: float
    lng: float


@dataclass(frozen=True, slots=True)
class Node:
    """A node as it was heard.

    Attributes:
        public_key: The pinned key, lower-case hex; empty where none is known.
        rival_key: A second key that claims this id (`pin` is CHANGED), else empty.
        name: As claimed; not cleaned, not unique.
        is_online: Its own last word, or its will's; None where it said nothing.
        last_heard_ms: Our clock, when anything of it was last heard.
        hops: Relays between it and us when last heard, 0 = heard directly; None unknown.
        caps: What it announced it can do, such as `ack`.
        writes_bare_text: Its last direct message was bare text, so ours to it are too.
        is_contact: It stands in the contact table of a radio of ours; where there are such
            tables, only who stands in one can be written to.
        claimed_at_s: The time its last signed announcement claims, Unix seconds; an older one is
            a replay. 0 = it made none.
    """

    network: NetworkName
    node_id: NodeId
    public_key: str = ""
    pin: PinState = PinState.NONE
    rival_key: str = ""
    name: str = ""
    role: NodeRole = NodeRole.UNKNOWN
    position: Position | None = None
    is_online: bool | None = None
    last_heard_ms: int = 0
    hops: int | None = None
    rssi_dbm: int | None = None
    snr_db: float | None = None
    link_id: LinkId | None = None
    caps: frozenset[str] = frozenset()
    writes_bare_text: bool = False
    is_contact: bool = False
    claimed_at_s: int = 0


@dataclass(frozen=True, slots=True)
class NodeMarks:
    """What the user said about a node; nothing heard changes it."""

    is_favourite: bool = False
    is_blocked: bool = False
    note: str = ""


NO_MARKS = NodeMarks()


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a node, over one link, as last learned.

    Attributes:
        hops: 1 = direct.
        via: Relays in the order from us to it; empty = direct. Where packets name relays by the
            first bytes of their ids, it is those, in hex: several nodes may be meant.
        last_seen_ms: Our clock.
        rssi_dbm: Radio links.
        latency_ms: Broker links: sender's clock to ours, so only as good as both.
        source: How it was learned: `heard`, `claimed` (from a route field), `acked`, `advert`,
            `radio` (it stands in the contact table of a radio of ours), `traced`, `user`.
        confidence: 0..1, how likely a packet sent along it arrives: it grows with each
            acknowledgement that came by it and falls with each that did not come.
    """

    network: NetworkName
    node_id: NodeId
    link_id: LinkId
    hops: int
    via: tuple[NodeId, ...]
    last_seen_ms: int
    rssi_dbm: int | None = None
    latency_ms: int | None = None
    source: str = "heard"
    confidence: float = 0.5

    ACTIVE_MS: ClassVar[int] = 5 * 60 * 1000

    def is_active(self, now_ms: int) -> bool:
        """Learned in the last five minutes (the protocol's own limit)."""
        return now_ms - self.last_seen_ms <= self.ACTIVE_MS
