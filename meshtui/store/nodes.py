"""Nodes as heard, bounded; and what the user said about them, which nothing heard touches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.node import Node, NodeMarks, NodeRole, PinState, Position
from meshtui.store.columns import (
    of_int,
    of_optional_int,
    of_text,
    of_texts,
    to_choice,
    to_text,
    to_texts,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

MAX_NODES = 20_000
"""Beyond this the longest unheard are forgotten, unless they are marked or wrote with us."""

_COLUMNS = (
    "network, node_id, public_key, pin, rival_key, name, role, lat, lng, is_online, "
    "last_heard_ms, hops, rssi_dbm, snr_db, link_id, caps, writes_bare_text, is_contact, "
    "claimed_at_s"
)
_COUNT = len(_COLUMNS.split(", "))
_FACTS = ", ".join(f"{c} = excluded.{c}" for c in _COLUMNS.split(", ")[5:])
# a node without a key never takes a pinned one away
_UPSERT = f"""
INSERT INTO node ({_COLUMNS}) VALUES (?{", ?" * (_COUNT - 1)})
ON CONFLICT (network, node_id) DO UPDATE SET
  public_key = iif(excluded.public_key = '', public_key, excluded.public_key),
  pin = iif(excluded.public_key = '', pin, excluded.pin),
  rival_key = iif(excluded.public_key = '', rival_key, excluded.rival_key),
  {_FACTS}
"""  # noqa: S608
_SELECT = f"""
SELECT {", ".join(f"n.{c}" for c in _COLUMNS.split(", "))},
  coalesce(k.is_favourite, 0), coalesce(k.is_blocked, 0), coalesce(k.note, '')
FROM node AS n LEFT JOIN mark AS k ON k.network = n.network AND k.node_id = n.node_id
"""  # noqa: S608
_ORPHANS = """
SELECT k.network, k.node_id, k.is_favourite, k.is_blocked, k.note FROM mark AS k
WHERE NOT EXISTS (SELECT 1 FROM node AS n WHERE n.network = k.network AND n.node_id = k.node_id)
"""
_WROTE_WITH = "SELECT target FROM conversation AS c WHERE network = :network AND NOT is_channel"
_WROTE_TO = "SELECT 1 FROM message WHERE message.conversation = c.id AND message.state IS NOT NULL"
_CHOSEN = """
UNION SELECT node_id FROM mark WHERE network = :network AND is_favourite
UNION SELECT node_id FROM node WHERE network = :network AND pin = 'verified'
"""
_CONTACTS = f"{_WROTE_WITH} {_CHOSEN}"
_FRIENDS = f"{_WROTE_WITH} AND EXISTS ({_WROTE_TO}) {_CHOSEN}"
_EVICT = """
DELETE FROM node WHERE (network, node_id) IN (
  SELECT n.network, n.node_id FROM node AS n
  WHERE n.pin NOT IN ('verified', 'changed') AND NOT n.is_contact
    AND NOT EXISTS (SELECT 1 FROM mark AS k WHERE k.network = n.network AND k.node_id = n.node_id)
    AND NOT EXISTS (SELECT 1 FROM conversation AS c WHERE c.name = n.network || '/' || n.node_id)
  ORDER BY n.last_heard_ms LIMIT ?)
"""


def upsert(connection: sqlite3.Connection, nodes: Iterable[Node]) -> None:
    """Keep what was heard; marks stay as they are."""
    connection.executemany(_UPSERT, map(_values, nodes))


def evict(connection: sqlite3.Connection, limit: int = MAX_NODES) -> None:
    """Forget the longest unheard beyond `limit`; kept are those marked, verified or in contact.

    In contact are also those in the contact table of a radio of ours, which bounds them itself.
    """
    (count,) = connection.execute("SELECT count(*) FROM node").fetchone()
    if count > limit:
        connection.execute(_EVICT, (count - limit,))


def set_marks(
    connection: sqlite3.Connection, network: NetworkName, node_id: NodeId, marks: NodeMarks
) -> None:
    """Keep what the user said; saying nothing takes it back."""
    key = (of_text(network), of_text(node_id))
    if marks == NodeMarks():
        connection.execute("DELETE FROM mark WHERE network = ? AND node_id = ?", key)
        return
    values = (*key, marks.is_favourite, marks.is_blocked, of_text(marks.note))
    connection.execute("INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?, ?)", values)


def listed(connection: sqlite3.Connection) -> Sequence[tuple[Node, NodeMarks]]:
    """Return every node with its marks, last heard first; marked ones never heard at the end."""
    rows = connection.execute(f"{_SELECT} ORDER BY n.last_heard_ms DESC, n.node_id")
    found = [(_of_row(row), _marks(*row[_COUNT:])) for row in rows]
    for network, node_id, *marks in connection.execute(_ORPHANS):
        node = Node(NetworkName(to_text(network)), NodeId(to_text(node_id)))
        found.append((node, _marks(*marks)))
    return found


def of_network(connection: sqlite3.Connection, network: NetworkName) -> Sequence[Node]:
    """Return every node of a network, last heard first."""
    sql = f"{_SELECT} WHERE n.network = ? ORDER BY n.last_heard_ms DESC, n.node_id"
    return [_of_row(row) for row in connection.execute(sql, (of_text(network),))]


def contacts(connection: sqlite3.Connection, network: NetworkName) -> frozenset[NodeId]:
    """Return whom we wrote with, marked as a favourite, or whose key the user compared."""
    return _ids(connection, _CONTACTS, network)


def friends(connection: sqlite3.Connection, network: NetworkName) -> frozenset[NodeId]:
    """Return whom the user wrote to, marked as a favourite, or compared the key of."""
    return _ids(connection, _FRIENDS, network)


def _ids(connection: sqlite3.Connection, sql: str, network: NetworkName) -> frozenset[NodeId]:
    rows = connection.execute(sql, {"network": of_text(network)})
    return frozenset(NodeId(to_text(node_id)) for (node_id,) in rows)


def _marks(is_favourite: int, is_blocked: int, note: str | bytes) -> NodeMarks:
    return NodeMarks(bool(is_favourite), bool(is_blocked), to_text(note))


def _values(node: Node) -> tuple[object, ...]:
    position = node.position
    return (
        of_text(node.network),
        of_text(node.node_id),
        of_text(node.public_key),
        node.pin.value,
        of_text(node.rival_key),
        of_text(node.name),
        node.role.value,
        None if position is None else position.lat,
        None if position is None else position.lng,
        node.is_online,
        of_int(node.last_heard_ms),
        of_optional_int(node.hops),
        of_optional_int(node.rssi_dbm),
        node.snr_db,
        None if node.link_id is None else of_text(node.link_id),
        of_texts(sorted(node.caps)),
        node.writes_bare_text,
        node.is_contact,
        of_int(node.claimed_at_s),
    )


def _of_row(row: tuple[Any, ...]) -> Node:
    network, node_id, public_key, pin, rival_key, name, role, lat, lng, is_online = row[:10]
    last_heard_ms, hops, rssi_dbm, snr_db, link_id, caps, writes_bare_text = row[10:17]
    is_contact, claimed_at_s = row[17:_COUNT]
    return Node(
        NetworkName(to_text(network)),
        NodeId(to_text(node_id)),
        to_text(public_key),
        to_choice(PinState, pin, PinState.NONE),
        to_text(rival_key),
        to_text(name),
        to_choice(NodeRole, role, NodeRole.UNKNOWN),
        _position(lat, lng),
        None if is_online is None else bool(is_online),
        last_heard_ms,
        hops,
        rssi_dbm,
        snr_db,
        None if link_id is None else LinkId(to_text(link_id)),
        frozenset(to_texts(caps)),
        bool(writes_bare_text),
        bool(is_contact),
        claimed_at_s,
    )


def _position(lat: float | None, lng: float | None) -> Position | None:
    if lat is None or lng is None or not (math.isfinite(lat) and math.isfinite(lng)):
        return None
    return Position(lat, lng)
