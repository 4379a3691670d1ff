"""Channels joined or heard of, bounded; and the keys of those whose name does not give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import NetworkName, channel_conversation
from meshtui.model.message import Channel
from meshtui.model.secret import SecretBytes
from meshtui.store import conversations
from meshtui.store.columns import of_int, of_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

MAX_ANNOUNCED = 5_000
"""Channels heard of and not joined; beyond this the oldest announcements are forgotten."""

_COLUMNS = "network, name, is_joined, description, creator, is_public, announced_at_ms, secret"
_UPSERT = """
INSERT INTO channel
  (network, name, is_joined, description, creator, is_public, announced_at_ms, secret)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (network, name) DO UPDATE SET
  is_joined = excluded.is_joined, description = excluded.description,
  creator = excluded.creator, is_public = excluded.is_public,
  announced_at_ms = excluded.announced_at_ms,
  secret = CASE WHEN excluded.is_joined THEN coalesce(excluded.secret, channel.secret) END
"""
_EVICT = """
DELETE FROM channel WHERE (network, name) IN (
  SELECT network, name FROM channel WHERE NOT is_joined ORDER BY announced_at_ms LIMIT ?)
"""


def upsert(connection: sqlite3.Connection, channel: Channel) -> None:
    """Keep a channel; one neither joined nor announced is gone. History stays in any case.

    Its key stays while we are in it, also where what is told of it brings none, and no longer.
    """
    key = (of_text(channel.network), of_text(channel.name))
    if channel.is_joined:
        conversations.ensure(connection, channel_conversation(channel.network, channel.name))
    elif not channel.is_announced:
        connection.execute("DELETE FROM channel WHERE network = ? AND name = ?", key)
        return
    values = (
        *key,
        channel.is_joined,
        of_text(channel.description),
        of_text(channel.creator),
        channel.is_public,
        of_int(channel.announced_at_ms),
        channel.secret.reveal if channel.is_joined and channel.secret is not None else None,
    )
    connection.execute(_UPSERT, values)


def evict(connection: sqlite3.Connection, limit: int = MAX_ANNOUNCED) -> None:
    """Forget the oldest announcements beyond `limit`."""
    sql = "SELECT count(*) FROM channel WHERE NOT is_joined"
    (count,) = connection.execute(sql).fetchone()
    if count > limit:
        connection.execute(_EVICT, (count - limit,))


def listed(connection: sqlite3.Connection, network: NetworkName | None = None) -> Sequence[Channel]:
    """Return the channels of a network, or of all; by name."""
    found = [
        Channel(
            NetworkName(to_text(its_network)),
            to_text(name),
            bool(is_joined),
            to_text(description),
            to_text(creator),
            bool(is_public),
            announced_at_ms,
            # bytes only: what a damaged file holds in its place is no key
            SecretBytes(secret) if isinstance(secret, bytes) and secret else None,
        )
        for (
            its_network,
            name,
            is_joined,
            description,
            creator,
            is_public,
            announced_at_ms,
            secret,
        ) in connection.execute(f"SELECT {_COLUMNS} FROM channel")  # noqa: S608
    ]
    wanted = [channel for channel in found if network is None or channel.network == network]
    return sorted(wanted, key=lambda channel: (channel.name.casefold(), channel.name))
