"""The routing table: a fold of events, newest first, with its spread over hop counts."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from meshtui.model.event import RouteChanged, RouteForgotten
from meshtui.model.filter_fields import FilterField, by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from meshtui.model.event import Event
    from meshtui.model.filter_fields import NameBook
    from meshtui.model.ids import LinkId, NetworkName, NodeId
    from meshtui.model.node import Route

NodeKey: TypeAlias = "tuple[NetworkName, NodeId]"

MAX_ROUTES = 10_000
"""Ways kept; beyond it the longest unused go."""

_MANY_HOPS = 3


class RouteBook:
    """All ways by network, node and link. `apply` is idempotent; the newer word wins."""

    def __init__(self, limit: int = MAX_ROUTES) -> None:
        """Begin empty."""
        self._ways: dict[NodeKey, dict[LinkId, Route]] = {}
        self._count = 0
        self._limit = limit

    def __len__(self) -> int:
        """How many ways are known."""
        return self._count

    @property
    def routes(self) -> Iterable[Route]:
        """All of them, in no order."""
        return chain.from_iterable(ways.values() for ways in self._ways.values())

    def load(self, routes: Iterable[Route]) -> None:
        """Take what the store kept."""
        for route in routes:
            self._put(route)

    def apply(self, event: Event) -> bool:
        """Fold one event in; tell whether anything changed."""
        if isinstance(event, RouteChanged):
            return self._put(event.route)
        if isinstance(event, RouteForgotten):
            gone = self._ways.pop((event.network, event.node_id), {})
            self._count -= len(gone)
            return bool(gone)
        return False

    def newest_first(self) -> list[Route]:
        """Sort by age; the node's id breaks ties."""
        return sorted(self.routes, key=lambda route: (-route.last_seen_ms, route.node_id))

    def ways_to(self, network: NetworkName, node_id: NodeId) -> list[Route]:
        """All ways to one node, newest first."""
        ways = self._ways.get((network, node_id), {})
        return sorted(ways.values(), key=lambda route: -route.last_seen_ms)

    def _put(self, route: Route) -> bool:
        ways = self._ways.setdefault((route.network, route.node_id), {})
        known = ways.get(route.link_id)
        if known == route or (known is not None and known.last_seen_ms > route.last_seen_ms):
            return False
        self._count += known is None
        ways[route.link_id] = route
        if self._count > self._limit:
            self._drop_oldest()
        return True

    def _drop_oldest(self) -> None:
        """Make room for a tenth, so that a flood does not sort at every newcomer."""
        kept = self.newest_first()[: self._limit - self._limit // 10]
        self._ways, self._count = {}, 0
        self.load(kept)


def hop_shares(routes: Iterable[Route]) -> tuple[tuple[str, float], ...]:
    """Return the shares, 0 to 1, of the ways with 1, 2, and 3 or more hops; all 0 without ways."""
    counts = [0, 0, 0]
    for route in routes:
        counts[min(max(route.hops, 1), _MANY_HOPS) - 1] += 1
    total = sum(counts) or 1
    return tuple(
        (label, count / total) for label, count in zip(("1", "2", "3+"), counts, strict=True)
    )


def route_fields(names: NameBook, now_ms: Callable[[], int]) -> Mapping[str, FilterField[Route]]:
    """Return what a filter can ask of a way."""

    def relays(route: Route) -> tuple[str, ...]:
        return (*route.via, *(names.get(node_id, "") for node_id in route.via))

    def state(route: Route) -> str:
        return "active" if route.is_active(now_ms()) else "stale"

    fields: Sequence[FilterField[Route]] = (
        FilterField("to", "node", texts=lambda r: (r.node_id, names.get(r.node_id, ""))),
        FilterField("via", "a relay on the way", texts=relays),
        FilterField("net", "network", text=lambda route: route.network),
        FilterField("link", "link", text=lambda route: route.link_id),
        FilterField("hops", "1 = direct", number=lambda route: route.hops),
        FilterField("age", "seconds", number=lambda r: (now_ms() - r.last_seen_ms) / 1000),
        FilterField("rssi", "dBm", number=lambda route: route.rssi_dbm),
        FilterField("latency", "ms", number=lambda route: route.latency_ms),
        FilterField("learned", "how", text=lambda route: route.source),
        FilterField("sure", "percent", number=lambda route: route.confidence * 100),
        FilterField("state", "five minutes", text=state, choices=("active", "stale")),
    )
    return by_name(fields)


def words_of_route(route: Route, names: NameBook) -> str:
    """Return what plain words look into: ids and names of the node and of the relays."""
    stops = (route.node_id, *route.via)
    return " ".join(f"{names.get(stop, '')} {stop}" for stop in stops)
