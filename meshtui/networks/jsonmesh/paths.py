"""Ways by radio: which relays to ask, and how long an answer may take.

A path is asked for in the envelope (`path`, ours): relays that are on it carry the packet at once,
those that are not leave it alone, and an old client knows nothing of it and floods. A way that
failed twice since it last worked is not used; then the packet is flooded, and what comes back
teaches the next way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.mesh.radio_relay import LONGEST_WAIT_S, PLAIN, answer_timeout_s
from meshtui.model.event import RouteChanged
from meshtui.networks.jsonmesh.pacing import Pacing

if TYPE_CHECKING:
    from meshtui.mesh.routing import RoutingTable
    from meshtui.model.ids import Instant, LinkId, NodeId
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.radio import Airwaves
    from meshtui.networks.jsonmesh.station import Station

PATH_CAP = "dsr"
MAX_RELAYS = 8
USED_FOR_MS = 30 * 60 * 1000
LEAST_CONFIDENCE = 0.25
USUAL_HOPS = 3
BRIDGES_FOR_S = 30.0
UNKNOWN_S = 4.0  # one way, if a radio is on it


class Paths:
    """The routing table put to use on radios."""

    def __init__(
        self, station: Station, peers: PeerBook, routes: RoutingTable, air: Airwaves
    ) -> None:
        """Work for a station."""
        self._station = station
        self._peers = peers
        self._routes = routes
        self._air = air
        self.pacing = Pacing(station, air)
        self._bridges: dict[LinkId, tuple[bool, float]] = {}  # and when that was looked up

    def to(self, node_id: NodeId, link_id: LinkId, now: Instant) -> tuple[NodeId, ...] | None:
        """Return the relays to ask, none of them for a neighbour; None = flood."""
        if not self._station.settings.source_routing or not self._air.is_radio(link_id):
            return None
        peer = self._peers.get(node_id)
        if peer is None or PATH_CAP not in peer.node.caps:
            return None
        route = self._routes.get(node_id, link_id)
        if (
            route is None
            or now.unix_ms - route.last_seen_ms > USED_FOR_MS
            or route.confidence < LEAST_CONFIDENCE
            or len(route.via) > MAX_RELAYS
        ):
            return None
        return route.via

    def back(self, envelope: Envelope, link_id: LinkId) -> tuple[NodeId, ...] | None:
        """Return the relays by which an envelope came, nearest first; None = flood."""
        if not self._station.settings.source_routing or not self._air.is_radio(link_id):
            return None
        relays = envelope.route[1:]
        if envelope.route[:1] != (envelope.sender,) or len(relays) != envelope.hop_count:
            return None
        peer = self._peers.get(envelope.sender)
        knows_paths = bool(envelope.packing) or (peer is not None and PATH_CAP in peer.node.caps)
        return relays[::-1] if knows_paths and len(relays) <= MAX_RELAYS else None

    def is_asked(self, envelope: Envelope) -> bool:
        """Tell whether we are the next relay on an envelope's path."""
        me = (self._station.node_id,)
        return envelope.path[envelope.hop_count : envelope.hop_count + 1] == me

    def is_for_others(self, envelope: Envelope) -> bool:
        """Tell whether an envelope's path leaves us out; an old client knows nothing of paths."""
        is_ours = self._station.settings.plain or self.is_asked(envelope)
        return bool(envelope.path) and not is_ours

    def distance(self, node_id: NodeId, link_id: LinkId) -> int:
        """Guess how many relays lie between us and a node."""
        route = self._routes.get(node_id, link_id)
        return len(route.via) if route else USUAL_HOPS

    def answer_s(
        self, message_s: float, answer_s: float, hops: int, flooded_on: LinkId | None = None
    ) -> float:
        """Reckon how long an answer may take; `flooded_on` = by which radio it was, if it was."""
        timing = PLAIN if flooded_on is None else self.pacing.timing(flooded_on)
        return answer_timeout_s(message_s, answer_s, hops, timing, self._station.chance())

    def reach(self, node_id: NodeId, link_id: LinkId) -> int:
        """Choose how many hops a flood to a node may make."""
        route = self._routes.get(node_id, link_id)
        return self.pacing.reach(len(route.via) if route else None)

    def latency_s(self, node_id: NodeId, link_id: LinkId) -> float:
        """Say how long what a node sends takes to us by a broker, and radios before that."""
        route = self._routes.get(node_id, link_id)
        if route is not None and route.latency_ms is not None:
            return min(LONGEST_WAIT_S / 4, route.latency_ms / 1000)
        peer = self._peers.get(node_id)
        is_carried = peer is not None and peer.node.is_online is True and peer.node.hops
        return UNKNOWN_S if is_carried else 0.0

    def has_bridge(self, link_id: LinkId, now: Instant) -> bool:
        """Tell whether somebody in the air of this radio is on a broker of ours, too.

        Such a one gets what we get from there, and sends it at the same moment.
        """
        known = self._bridges.get(link_id)
        if known is None or now.mono_s - known[1] > BRIDGES_FOR_S:
            others = self._routes.nodes_on(link_id)
            known = (any(map(self._peers.is_on_a_broker, others)), now.mono_s)
            self._bridges[link_id] = known
        return known[0]

    def judge(
        self,
        node_id: NodeId,
        link_id: LinkId,
        path: tuple[NodeId, ...] | None,
        *,
        is_good: bool,
    ) -> list[Output]:
        """Note that an attempt along a path was answered, or was not."""
        if path is None:
            return []
        judged = self._routes.judge(node_id, link_id, path, is_good=is_good)
        return [RouteChanged(judged)] if judged else []
