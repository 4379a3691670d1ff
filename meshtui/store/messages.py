"""Messages, ours and others', and the outbox that is a part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meshtui.model.ids import ConversationId, LinkId, MessageId, NodeId
from meshtui.model.message import Delivery, DeliveryState, Message, Proof
from meshtui.model.packet import NO_RX, RxMeta
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

    from meshtui.model.ids import NetworkName

OUTBOX_MS = 7 * 24 * 60 * 60 * 1000
"""Age beyond which a message of ours is not tried again by itself."""

_COLUMNS = (
    "sender, message_id, kind, text, body, sent_at_ms, received_at_ms, proof, hops, route, "
    "rssi_dbm, snr_db, link_id, is_late, mentions_me, "
    "state, attempt, rtt_ms, reason, repeats, expects_ack, is_signed, recipient"
)
_INSERT = f"""
INSERT INTO message (conversation, {_COLUMNS}) VALUES (?{", ?" * 23})
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608
_INDEX = "INSERT INTO message_text (rowid, text) SELECT id, text FROM message WHERE id >= ?"
_QUALIFIED = ", ".join(f"m.{column}" for column in _COLUMNS.split(", "))
SELECT = f"SELECT m.id, c.name, {_QUALIFIED} FROM message AS m"  # noqa: S608
"""What `of_row` reads; `c` must be joined as the message's conversation."""

NOT_BLOCKED = (
    "(m.state IS NOT NULL OR m.sender NOT IN "
    "(SELECT node_id FROM mark WHERE network = c.network AND is_blocked))"
)

_HISTORY = f"""
{SELECT} JOIN conversation AS c ON c.id = m.conversation
WHERE m.conversation = ? AND m.id < ? AND {NOT_BLOCKED} ORDER BY m.id DESC LIMIT ?
"""
_IS_OPEN = """
m.state IN ('queued', 'sending', 'sent', 'relayed')
AND (m.state IN ('queued', 'sending') OR m.expects_ack)
"""
_OUTBOX = f"""
{SELECT} JOIN conversation AS c ON c.id = m.conversation
WHERE {_IS_OPEN} AND c.network = ? AND m.received_at_ms >= ? ORDER BY m.id
"""
_GIVE_UP = f"""
UPDATE message AS m SET state = 'failed', reason = ? WHERE {_IS_OPEN} AND m.received_at_ms < ?
"""  # noqa: S608
_BY_ID = f"""
{SELECT} JOIN conversation AS c ON c.id = m.conversation
WHERE m.conversation = ? AND m.message_id = ? ORDER BY m.id LIMIT 1
"""
_OWN_ID = """
SELECT coalesce(m.recipient, m.sender) FROM message AS m
JOIN conversation AS c ON c.id = m.conversation
WHERE (m.state IS NOT NULL OR m.recipient IS NOT NULL) AND c.network = ?
ORDER BY m.id DESC LIMIT 1
"""
_DELIVERY = (
    "UPDATE message SET state = ?, attempt = ?, rtt_ms = ?, reason = ?, repeats = ?, "
    "expects_ack = ? WHERE conversation = ? AND message_id = ? AND state IS NOT NULL"
)
_SENDER = (
    "UPDATE OR IGNORE message SET sender = ? "
    "WHERE conversation = ? AND message_id = ? AND state IS NOT NULL"
)
_NO_DELIVERY = (None, 0, None, "", 0, False)
MAX_ORDER = 2**63 - 1


def insert(connection: sqlite3.Connection, conversation: int, message: Message) -> int:
    """Store a message; returns its order, 0 where it is there already.

    It is found by `search` only after `index`.
    """
    rows = connection.execute(_INSERT, (conversation, *_values(message))).fetchall()
    return int(rows[0][0]) if rows else 0


def index(connection: sqlite3.Connection, first_order: int) -> None:
    """Make messages from this order on, all inserted in this transaction, known to `search`.

    Not a trigger: a schema we did not write must not run anything (trusted_schema = OFF).
    """
    connection.execute(_INDEX, (first_order,))


def order_of_own(connection: sqlite3.Connection, conversation: int, message_id: MessageId) -> int:
    """Return the order of a message of ours, 0 where there is none of that id."""
    row = connection.execute(
        "SELECT id FROM message WHERE conversation = ? AND message_id = ? AND state IS NOT NULL",
        (conversation, of_text(message_id)),
    ).fetchone()
    return 0 if row is None else int(row[0])


def set_delivery(
    connection: sqlite3.Connection, conversation: int, message_id: MessageId, delivery: Delivery
) -> None:
    """Note how far a message of ours has come."""
    values = (*_delivery_values(delivery), conversation, of_text(message_id))
    connection.execute(_DELIVERY, values)


def set_sender(
    connection: sqlite3.Connection, conversation: int, message_id: MessageId, sender: NodeId
) -> None:
    """Note as whom we write a message of ours."""
    connection.execute(_SENDER, (of_text(sender), conversation, of_text(message_id)))


def history(
    connection: sqlite3.Connection, conversation: int, before: int | None, limit: int
) -> Sequence[Message]:
    """Return the last `limit` messages before order `before`, oldest first, nobody blocked."""
    end = MAX_ORDER if before is None else of_int(before)
    values = (conversation, end, of_int(max(limit, 0)))
    found = [of_row(row) for row in connection.execute(_HISTORY, values)]
    found.reverse()
    return found


def by_id(
    connection: sqlite3.Connection, conversation: int, message_id: MessageId
) -> Message | None:
    """Return the first message of that id in a conversation."""
    row = connection.execute(_BY_ID, (conversation, of_text(message_id))).fetchone()
    return None if row is None else of_row(row)


def own_id(connection: sqlite3.Connection, network: NetworkName) -> NodeId | None:
    """Return who our last direct message on a network was for, or who our last one is from."""
    row = connection.execute(_OWN_ID, (of_text(network),)).fetchone()
    return None if row is None else NodeId(to_text(row[0]))


def outbox(
    connection: sqlite3.Connection, network: NetworkName, since_ms: int
) -> Sequence[Message]:
    """Return our messages whose delivery is open, oldest first.

    Those that were sent count only where the recipient acknowledges.

    Args:
        since_ms: Those typed before that (unix ms) are left out.
    """
    values = (of_text(network), of_int(since_ms))
    return [of_row(row) for row in connection.execute(_OUTBOX, values)]


def give_up(connection: sqlite3.Connection, before_ms: int, reason: str) -> None:
    """Let our open messages typed before that (unix ms) fail."""
    connection.execute(_GIVE_UP, (reason, of_int(before_ms)))


def of_row(row: tuple[Any, ...]) -> Message:
    """Make a message of what `SELECT` returns."""
    (order, conversation, sender, message_id, kind, text, body, sent_at_ms, received_at_ms) = row[
        :9
    ]
    proof, hops, route, rssi_dbm, snr_db, link_id, is_late, mentions_me = row[9:17]
    has_rx = rssi_dbm is not None or snr_db is not None
    return Message(
        MessageId(to_text(message_id)),
        ConversationId(to_text(conversation)),
        NodeId(to_text(sender)),
        to_text(kind),
        to_text(text),
        received_at_ms,
        sent_at_ms,
        to_text(body),
        to_choice(Proof, proof, Proof.SENDER_UNPROVEN),
        hops,
        tuple(map(NodeId, to_texts(route))),
        RxMeta(rssi_dbm, snr_db) if has_rx else NO_RX,
        None if link_id is None else LinkId(to_text(link_id)),
        bool(is_late),
        bool(mentions_me),
        _delivery_of(row[17:23]),
        order,
        bool(row[23]),
        None if row[24] is None else NodeId(to_text(row[24])),
    )


def _values(message: Message) -> Iterable[object]:
    delivery = message.delivery
    return (
        of_text(message.sender),
        of_text(message.message_id),
        of_text(message.kind),
        of_text(message.text),
        of_text(message.body),
        of_int(message.sent_at_ms),
        of_int(message.received_at_ms),
        message.proof.value,
        of_optional_int(message.hops),
        of_texts(message.route),
        of_optional_int(message.rx.rssi_dbm),
        message.rx.snr_db,
        None if message.link_id is None else of_text(message.link_id),
        message.is_late,
        message.mentions_me,
        *(_NO_DELIVERY if delivery is None else _delivery_values(delivery)),
        message.is_signed,
        None if message.recipient is None else of_text(message.recipient),
    )


def _delivery_values(delivery: Delivery) -> tuple[object, ...]:
    return (
        delivery.state.value,
        of_int(delivery.attempt),
        of_optional_int(delivery.rtt_ms),
        of_text(delivery.reason),
        of_int(delivery.repeats),
        delivery.expects_ack,
    )


def _delivery_of(columns: tuple[Any, ...]) -> Delivery | None:
    state, attempt, rtt_ms, reason, repeats, expects_ack = columns
    if state is None:
        return None
    known = to_choice(DeliveryState, state, DeliveryState.FAILED)
    return Delivery(known, attempt, rtt_ms, to_text(reason), repeats, bool(expects_ack))
