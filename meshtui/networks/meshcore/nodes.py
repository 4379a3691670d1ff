"""Nodes as their signed advertisements, and our radios' contact tables, describe them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meshtui.model.event import NodeHeard, RouteChanged, RouteForgotten
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.node import Node, NodeRole, PinState, Position, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.packet import Frame
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.payloads.advert import Advert, AppData

MAX_NODES: Final = 5_000
MAX_KEPT: Final = 5_000
MAX_ROUTES: Final = 5_000
ID_CHARS: Final = 64
_NETWORK: Final = NetworkName("meshcore")
_ROLES: Final = {
    1: NodeRole.CLIENT,
    2: NodeRole.RELAY,
    3: NodeRole.ROOM,
    4: NodeRole.SENSOR,
}
_TYPES: Final = {role: number for number, role in _ROLES.items()}
# A way that was proven or that the radio itself uses is not replaced by one merely overheard.
_STANDING: Final = {"advert": 0, "heard": 0, "radio": 1, "traced": 2, "acked": 2, "user": 3}
_FRIEND: Final = 2
_NOWHERE: Final = (0, 0)  # the codes of a shared advertisement
_FRESH_MS: Final = 24 * 3600 * 1000
_FLOOD_MS: Final = 120_000  # so long the copies of one flood come, by ever longer ways


def role_of(node_type: int) -> NodeRole:
    """Turn an advertisement's node type into a role."""
    return _ROLES.get(node_type, NodeRole.UNKNOWN)


def type_of(role: NodeRole) -> int:
    """Turn a role into a node type; 0 = none."""
    return _TYPES.get(role, 0)


def position_of(lat_e6: int, lon_e6: int) -> Position | None:
    """Turn millionths of degrees into a position; None for 0,0, which means none, or nonsense."""
    if abs(lat_e6) > 90_000_000 or abs(lon_e6) > 180_000_000 or (lat_e6 == 0 and lon_e6 == 0):
        return None
    return Position(lat_e6 / 1e6, lon_e6 / 1e6)


class NodeBook:
    """The nodes we know and the ways to them; bounded, friends and contacts are kept longest."""

    def __init__(self, nodes: Iterable[Node], contacts: Iterable[NodeId]) -> None:
        """Begin with what the store kept.

        Args:
            contacts: Whom we wrote with or marked: not forgotten for those who only advertise.
        """
        by_age = sorted(nodes, key=lambda node: node.last_heard_ms)
        self._nodes = {node.node_id: node for node in by_age}
        self._kept = dict.fromkeys(contacts)
        self._friends: set[NodeId] = set()
        self._routes: dict[tuple[NodeId, LinkId], Route] = {}

    def get(self, node_id: NodeId) -> Node | None:
        """Return a node by its whole id."""
        return self._nodes.get(node_id)

    def kept_first(self) -> Iterable[Node]:
        """Return every node, friends and whom the user writes with before all others."""
        return sorted(self._nodes.values(), key=lambda node: -self._standing(node))

    def by_prefix(self, prefix: str) -> list[Node]:
        """Return the nodes whose ids begin with these lower-case hex digits."""
        if len(prefix) >= ID_CHARS:
            node = self._nodes.get(NodeId(prefix))
            return [] if node is None else [node]
        return [node for node in self._nodes.values() if node.node_id.startswith(prefix)]

    def route_to(self, node_id: NodeId, link_id: LinkId) -> Route | None:
        """Return the way to a node over a link, as last learned."""
        return self._routes.get((node_id, link_id))

    def way_back(self, node_id: NodeId, link_id: LinkId) -> tuple[NodeId, ...] | None:
        """Say which relays lead to a node by what was heard, nearest first; None = unknown."""
        route = self.route_to(node_id, link_id)
        if route is not None:
            return route.via
        node = self.get(node_id)
        return () if node is not None and node.hops == 0 else None

    def put(self, node: Node) -> list[Output]:
        """Take a node as it is known now; nothing is emitted where nothing changed."""
        if self._nodes.get(node.node_id) == node:
            return []
        self._nodes.pop(node.node_id, None)
        self._nodes[node.node_id] = node  # the last heard is the last in the table
        if len(self._nodes) > MAX_NODES:
            self._forget_one()
        return [NodeHeard(node)]

    def keep(self, node_id: NodeId) -> None:
        """Forget this one later than those who only advertise: it wrote to us."""
        self._kept.pop(node_id, None)
        self._kept[node_id] = None
        if len(self._kept) > MAX_KEPT:  # who writes to us is not of our choice
            del self._kept[next(iter(self._kept))]

    def befriend(self, node_id: NodeId) -> None:
        """Never forget this one for others: it is the user's choice."""
        self._friends.add(node_id)

    def is_kept(self, node_id: NodeId) -> bool:
        """Tell whether the user writes with it."""
        return node_id in self._kept or node_id in self._friends

    def known(self, node_id: NodeId) -> Node:
        """Return a node, or what is known of one never heard: its id is its key."""
        return self._nodes.get(node_id) or Node(
            _NETWORK, node_id, public_key=node_id, pin=PinState.FIRST_SEEN
        )

    def advertised(
        self, advert: Advert, said: AppData, packet: Packet, frame: Frame
    ) -> list[Output]:
        """Take an advertisement whose signature was verified, and whose time is not old.

        One that somebody shares by hand introduces its node, and says nothing of where it is.
        """
        now = frame.received_at
        node = self.known(NodeId(advert.public_key.hex()))
        named = replace(
            node,
            name=said.name or node.name,
            role=role_of(said.node_type),
            position=(
                node.position
                if said.lat_e6 is None or said.lon_e6 is None
                else position_of(said.lat_e6, said.lon_e6)
            ),
        )
        if packet.transport_codes == _NOWHERE:
            return self.put(named)
        changed = replace(
            named,
            is_online=True,
            last_heard_ms=now.unix_ms,
            hops=packet.hops,
            rssi_dbm=frame.rx.rssi_dbm if packet.hops == 0 else node.rssi_dbm,
            snr_db=frame.rx.snr_db if packet.hops == 0 else node.snr_db,
            link_id=frame.link_id,
            # a clock far ahead must not make all that is sent later look old
            claimed_at_s=min(advert.timestamp, now.unix_ms // 1000 + 60),
        )
        return [*self.put(changed), *self.heard_by(node.node_id, packet, frame, now)]

    def wrote(
        self, node_id: NodeId, link_id: LinkId, sent_s: int, hops: int | None, now: Instant
    ) -> list[Output]:
        """Note that a node we know wrote to us; a text may have waited in a radio.

        Args:
            sent_s: When, by its clock; nothing is taken to be of the future.
            hops: Relays it passed; None = it came along a path.
        """
        node = self.get(node_id)
        if node is None:
            return []
        heard_ms = min(now.unix_ms, sent_s * 1000)
        if heard_ms <= node.last_heard_ms:
            return []
        hops = node.hops if hops is None else hops
        return self.put(replace(node, last_heard_ms=heard_ms, hops=hops, link_id=link_id))

    def heard_by(self, node_id: NodeId, packet: Packet, frame: Frame, now: Instant) -> list[Output]:
        """Learn a way from a flooded packet of this node: back along the path it came."""
        if packet.transport_codes == _NOWHERE:
            return []
        via = tuple(NodeId(hop.lower()) for hop in reversed(packet.path_hashes()))
        return self.learn(
            Route(
                _NETWORK,
                node_id,
                frame.link_id,
                len(via) + 1,
                via,
                now.unix_ms,
                rssi_dbm=frame.rx.rssi_dbm,
                source="advert",
                confidence=0.5 if not via else 0.3,
            )
        )

    def learn(self, route: Route) -> list[Output]:
        """Keep a way, unless one better proven, or shorter by the same flood, stands."""
        key = (route.node_id, route.link_id)
        old = self._routes.get(key)
        if old is not None:
            age_ms = route.last_seen_ms - old.last_seen_ms
            standing = _STANDING.get(route.source, 0) - _STANDING.get(old.source, 0)
            is_detour = standing == 0 and route.hops > old.hops and age_ms < _FLOOD_MS
            if (standing < 0 and age_ms < _FRESH_MS) or is_detour or old == route:
                return []
        self._routes.pop(key, None)
        self._routes[key] = route
        if len(self._routes) > MAX_ROUTES:
            del self._routes[next(iter(self._routes))]
        return [RouteChanged(route)]

    def forget_route(self, node_id: NodeId) -> list[Output]:
        """Throw the ways to a node away."""
        for key in [key for key in self._routes if key[0] == node_id]:
            del self._routes[key]
        return [RouteForgotten(_NETWORK, node_id)]

    def _forget_one(self) -> None:
        """Make room: the longest unheard of those of the least standing."""
        for standing in range(_FRIEND + 1):
            for node_id, node in self._nodes.items():
                if self._standing(node) == standing:
                    del self._nodes[node_id]
                    return

    def _standing(self, node: Node) -> int:
        """Say how much we want to know of a node: a friend, a contact of ours, anybody."""
        if node.node_id in self._friends:
            return _FRIEND
        return int(node.is_contact or node.node_id in self._kept)
