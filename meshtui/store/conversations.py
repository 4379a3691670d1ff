"""Conversations: who reads what, up to where, with which draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import (
    ConversationId,
    ConversationKind,
    NetworkName,
    channel_title,
    split_conversation,
)
from meshtui.model.message import Conversation, NotifyLevel
from meshtui.store.columns import of_int, of_text, to_choice, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

MAX_UNREAD = 10_000
"""Counting stops here: beyond it the figure says nothing more, and a list must open quickly."""

_FIND = "SELECT id FROM conversation WHERE name = ?"
_ADD = "INSERT INTO conversation (name, network, target, is_channel) VALUES (?, ?, ?, ?)"

_LIST = """
SELECT c.id, c.name, c.network, c.target, c.is_channel, c.notify, c.draft, c.last_read,
  coalesce(channel.is_joined, 0),
  (SELECT node.name FROM node WHERE node.network = c.network AND node.node_id = c.target),
  (SELECT max(id) FROM message WHERE conversation = c.id),
  EXISTS (SELECT 1 FROM message AS m WHERE m.conversation = c.id AND m.id > c.last_read
          AND m.state IS NULL)
FROM conversation AS c
LEFT JOIN channel
  ON c.is_channel AND channel.network = c.network AND channel.name = c.target
"""

_UNREAD = f"""
SELECT count(*), coalesce(sum(mentions_me), 0) FROM (
  SELECT mentions_me FROM message
  WHERE conversation = ? AND id > ? AND state IS NULL
    AND sender NOT IN (SELECT node_id FROM mark WHERE network = ? AND is_blocked)
  LIMIT {MAX_UNREAD})
"""  # noqa: S608

_LAST = """
SELECT id, received_at_ms FROM message
WHERE conversation = ? AND (state IS NOT NULL
  OR sender NOT IN (SELECT node_id FROM mark WHERE network = ? AND is_blocked))
ORDER BY id DESC LIMIT 1
"""


def find(connection: sqlite3.Connection, conversation: ConversationId) -> int | None:
    """Return the row of a conversation; None where there is none."""
    row = connection.execute(_FIND, (of_text(conversation),)).fetchone()
    return None if row is None else int(row[0])


def ensure(connection: sqlite3.Connection, conversation: ConversationId) -> int:
    """Return the row of a conversation, made where there was none."""
    found = find(connection, conversation)
    if found is not None:
        return found
    network, kind, target = split_conversation(conversation)
    is_channel = kind is ConversationKind.CHANNEL
    values = (of_text(conversation), of_text(network), of_text(target), is_channel)
    row = connection.execute(_ADD, values).lastrowid
    return row or 0


def mark_read(connection: sqlite3.Connection, conversation: ConversationId, order: int) -> None:
    """Note that it was read up to `order`; reading never goes backwards."""
    connection.execute(
        "UPDATE conversation SET last_read = max(last_read, ?) WHERE id = ?",
        (of_int(order), ensure(connection, conversation)),
    )


def set_draft(connection: sqlite3.Connection, conversation: ConversationId, draft: str) -> None:
    """Keep what was typed and not sent."""
    row = ensure(connection, conversation)
    connection.execute("UPDATE conversation SET draft = ? WHERE id = ?", (of_text(draft), row))


def set_notify(
    connection: sqlite3.Connection, conversation: ConversationId, notify: NotifyLevel
) -> None:
    """Keep what it may disturb with."""
    row = ensure(connection, conversation)
    connection.execute("UPDATE conversation SET notify = ? WHERE id = ?", (notify.value, row))


def listed(connection: sqlite3.Connection) -> Sequence[Conversation]:
    """Return those with a message or a draft, and joined channels; newest message first."""
    found = []
    for row in connection.execute(_LIST).fetchall():
        (rowid, name, network, target, is_channel, notify, draft, last_read) = row[:8]
        is_joined, node_name, newest, has_unread = row[8:]
        if newest is None and not draft and not is_joined:
            continue
        unread, mentions, order, at_ms = 0, 0, 0, 0
        if has_unread:
            unread, mentions = connection.execute(_UNREAD, (rowid, last_read, network)).fetchone()
        last = connection.execute(_LAST, (rowid, network)).fetchone() if newest else None
        if last is not None:
            order, at_ms = last
        of_network = NetworkName(to_text(network))
        title = (
            channel_title(of_network, to_text(target))
            if is_channel
            else to_text(node_name or target)
        )
        conversation = Conversation(
            ConversationId(to_text(name)),
            of_network,
            ConversationKind.CHANNEL if is_channel else ConversationKind.DIRECT,
            title,
            to_choice(NotifyLevel, notify, NotifyLevel.ALL),
            to_text(draft),
            unread,
            mentions if is_channel else unread,
            last_read,
            at_ms,
        )
        found.append((order, conversation))
    found.sort(key=lambda item: (-item[0], item[1].title.casefold(), item[1].conversation_id))
    return [conversation for _, conversation in found]
