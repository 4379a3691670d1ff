"""The routing table as last learned, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.node import Route
from meshtui.store.columns import (
    of_int,
    of_optional_int,
    of_share,
    of_text,
    of_texts,
    to_share,
    to_text,
    to_texts,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

MAX_ROUTES = 20_000
"""Beyond this the oldest are forgotten."""

_COLUMNS = (
    "network, node_id, link_id, hops, via, last_seen_ms, rssi_dbm, latency_ms, source, confidence"
)
_UPSERT = f"INSERT OR REPLACE INTO route ({_COLUMNS}) VALUES (?{', ?' * 9})"  # noqa: S608
_EVICT = """
DELETE FROM route WHERE (network, node_id, link_id) IN (
  SELECT network, node_id, link_id FROM route ORDER BY last_seen_ms LIMIT ?)
"""


def upsert(connection: sqlite3.Connection, routes: Iterable[Route]) -> None:
    """Keep the newest way to each node over each link."""
    connection.executemany(_UPSERT, map(_values, routes))


def forget(connection: sqlite3.Connection, network: NetworkName, node_id: NodeId) -> None:
    """Throw all ways to a node away."""
    key = (of_text(network), of_text(node_id))
    connection.execute("DELETE FROM route WHERE network = ? AND node_id = ?", key)


def evict(connection: sqlite3.Connection, limit: int = MAX_ROUTES) -> None:
    """Forget the oldest beyond `limit`."""
    (count,) = connection.execute("SELECT count(*) FROM route").fetchone()
    if count > limit:
        connection.execute(_EVICT, (count - limit,))


def listed(connection: sqlite3.Connection) -> Sequence[Route]:
    """Return all routes, newest first."""
    sql = f"SELECT {_COLUMNS} FROM route ORDER BY last_seen_ms DESC, node_id, link_id"  # noqa: S608
    return [
        Route(
            NetworkName(to_text(network)),
            NodeId(to_text(node_id)),
            LinkId(to_text(link_id)),
            hops,
            tuple(map(NodeId, to_texts(via))),
            last_seen_ms,
            rssi_dbm,
            latency_ms,
            to_text(source),
            to_share(confidence),
        )
        for (
            network,
            node_id,
            link_id,
            hops,
            via,
            last_seen_ms,
            rssi_dbm,
            latency_ms,
            source,
            confidence,
        ) in connection.execute(sql)
    ]


def _values(route: Route) -> tuple[object, ...]:
    return (
        of_text(route.network),
        of_text(route.node_id),
        of_text(route.link_id),
        of_int(route.hops),
        of_texts(route.via),
        of_int(route.last_seen_ms),
        of_optional_int(route.rssi_dbm),
        of_optional_int(route.latency_ms),
        of_text(route.source),
        of_share(route.confidence),
    )
