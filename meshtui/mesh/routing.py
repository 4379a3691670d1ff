"""The routing table: the last known way to each node, per link.

A way is learned from the route a packet claims, so it is a claim too. A shorter way that is still
fresh is not replaced by a longer one, nor one that has carried lately by one that is but claimed.
Each change is told once; a mere refresh at most every `TOLD_EVERY_MS`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.model.node import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshtui.model.ids import LinkId, NetworkName, NodeId

TOLD_EVERY_MS = 10_000
FRESH_MS = 60_000
SAME_MS = 1_000
PROVEN = "acked"
PROVEN_FOR_MS = 10 * 60_000
FIRST_CONFIDENCE = 0.5
ACKED_CONFIDENCE = 0.75
PLAUSIBLE_LATENCY_MS = 5 * 60 * 1000


def _is_proven(route: Route | None, now_ms: int) -> bool:
    """Tell whether a way has carried more than it has failed to, lately."""
    if route is None or route.confidence <= FIRST_CONFIDENCE:
        return False
    return abs(now_ms - route.last_seen_ms) < PROVEN_FOR_MS


def plausible_latency_ms(sent_at_ms: int, received_at_ms: int) -> int | None:
    """Read a latency from two clocks; None where they obviously disagree."""
    latency_ms = received_at_ms - sent_at_ms
    return latency_ms if 0 <= latency_ms <= PLAUSIBLE_LATENCY_MS else None


def ways_of(route: tuple[NodeId, ...]) -> Iterator[tuple[NodeId, tuple[NodeId, ...]]]:
    """Read a route (sender first, last relay last) as ways from us: node and relays to it."""
    relays = tuple(reversed(route))
    for index in range(len(relays) - 1, -1, -1):
        yield relays[index], relays[:index]


class RoutingTable:
    """Ways by node and link, bounded; the one learned longest ago is forgotten first."""

    def __init__(self, network: NetworkName, limit: int = 20_000) -> None:
        """Start empty."""
        self._network = network
        self._limit = limit
        self._routes: dict[tuple[NodeId, LinkId], Route] = {}
        self._told_ms: dict[tuple[NodeId, LinkId], int] = {}

    def __len__(self) -> int:
        """Count the ways known."""
        return len(self._routes)

    def learn(
        self,
        node_id: NodeId,
        link_id: LinkId,
        via: tuple[NodeId, ...],
        now_ms: int,
        *,
        source: str,
        latency_ms: int | None = None,
        rssi_dbm: int | None = None,
    ) -> Route | None:
        """Take a way in; returns it where it is worth telling, else None."""
        key = (node_id, link_id)
        hops = len(via) + 1
        old = self._routes.get(key)
        if old is not None and old.hops < hops and abs(now_ms - old.last_seen_ms) < FRESH_MS:
            return None  # a longer way just now says nothing about the shorter one
        is_same = old is not None and old.via == via
        if not is_same and source != PROVEN and _is_proven(old, now_ms):
            return None  # a way that carries is not given up for one that somebody claims
        if old is not None and is_same and abs(now_ms - old.last_seen_ms) < SAME_MS:
            return None  # a burst of packets by one way is one observation
        if old is not None and is_same:
            latency_ms = old.latency_ms if latency_ms is None else latency_ms
            rssi_dbm = old.rssi_dbm if rssi_dbm is None else rssi_dbm
        confidence = old.confidence if old is not None and is_same else FIRST_CONFIDENCE
        if source == PROVEN:  # something of ours went there, and its answer came this way
            confidence = max(confidence, ACKED_CONFIDENCE)
        new = Route(
            self._network,
            node_id,
            link_id,
            hops,
            via,
            now_ms,
            rssi_dbm,
            latency_ms,
            source,
            confidence,
        )
        self._keep(key, new)
        if is_same and abs(now_ms - self._told_ms.get(key, 0)) < TOLD_EVERY_MS:
            return None
        self._told_ms[key] = now_ms
        return new

    def get(self, node_id: NodeId, link_id: LinkId) -> Route | None:
        """Return the way to a node over one link, however old."""
        return self._routes.get((node_id, link_id))

    def nodes_on(self, link_id: LinkId) -> list[NodeId]:
        """List the nodes to which a way over this link is known."""
        return [node_id for node_id, over in self._routes if over == link_id]

    def judge(
        self, node_id: NodeId, link_id: LinkId, via: tuple[NodeId, ...], *, is_good: bool
    ) -> Route | None:
        """Trust a way more or less; returns it, or None where another was learned meanwhile."""
        old = self._routes.get((node_id, link_id))
        if old is None or old.via != via:
            return None
        confidence = (1 + old.confidence) / 2 if is_good else old.confidence / 2
        new = self._routes[node_id, link_id] = replace(old, confidence=confidence)
        return new

    def best(self, node_id: NodeId, link_ids: tuple[LinkId, ...], now_ms: int) -> Route | None:
        """Return the active way with the fewest hops over these links, if any."""
        ways = [
            route
            for link_id in link_ids
            if (route := self._routes.get((node_id, link_id))) and route.is_active(now_ms)
        ]
        return min(ways, key=lambda route: route.hops, default=None)

    def forget(self, node_id: NodeId) -> int:
        """Throw all ways to a node away; returns how many there were."""
        keys = [key for key in self._routes if key[0] == node_id]
        for key in keys:
            del self._routes[key]
            self._told_ms.pop(key, None)
        return len(keys)

    def _keep(self, key: tuple[NodeId, LinkId], route: Route) -> None:
        self._routes.pop(key, None)
        self._routes[key] = route
        if len(self._routes) > self._limit:
            oldest = next(iter(self._routes))
            del self._routes[oldest]
            self._told_ms.pop(oldest, None)
