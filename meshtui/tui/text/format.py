"""Times, distances, deliveries and proofs as people read them; every number has its unit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from meshtui.model.ids import ConversationKind, split_conversation
from meshtui.model.message import DeliveryState
from meshtui.model.node import NodeRole, PinState
from meshtui.model.text import clean

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId
    from meshtui.model.message import Channel, Delivery, Message
    from meshtui.model.node import Node
    from meshtui.tui.text.glyphs import Glyphs

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400
_MAX_LATENCY_MS = 120_000


def _local(unix_ms: int) -> dt.datetime:
    seconds = min(max(unix_ms, 0) / 1000, 253_402_214_400)  # the year 9999 ends datetime
    return dt.datetime.fromtimestamp(seconds, dt.UTC).astimezone()


def clock(unix_ms: int) -> str:
    """Local hour and minute: `21:02`."""
    return _local(unix_ms).strftime("%H:%M")


def clock_exact(unix_ms: int) -> str:
    """Local time to the millisecond: `21:02:07.113`."""
    moment = _local(unix_ms)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def date_words(unix_ms: int) -> str:
    """Local date as a divider says it: `Friday 20 November`, with the year if it is not 2-digit."""
    moment = _local(unix_ms)
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


def day_of(unix_ms: int) -> int:
    """A number that changes at local midnight."""
    return _local(unix_ms).toordinal()


def date_and_clock(unix_ms: int) -> str:
    """Local date and time: `2026-11-20 21:02`."""
    return _local(unix_ms).strftime("%Y-%m-%d %H:%M")


def ago(then_ms: int, now_ms: int) -> str:
    """How long ago, in one unit: `4 s`, `12 min`, `3 h`, `2 d`; `never` for 0."""
    if not then_ms:
        return "never"
    seconds = max(now_ms - then_ms, 0) // 1000
    if seconds < _MINUTE_S:
        return f"{seconds} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S} h"
    return f"{seconds // _DAY_S} d"


def duration(milliseconds: float) -> str:
    """A short duration: `140 ms`, `1.9 s`, `2 min`."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 100_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds / 60_000:.0f} min"


def size_words(count: int) -> str:
    """A number of bytes: `42 B`, `1.2 kB`."""
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB"


def count_of(count: int, noun: str) -> str:
    """A counted noun: `1 node`, `2 nodes`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Exactly `width` cells: cut with an ellipsis or padded on the right."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        return set_cell_size(text, width - cell_len(ellipsis)) + ellipsis
    return set_cell_size(text, width)


def fit_right(text: str, width: int, ellipsis: str = "…") -> str:
    """Exactly `width` cells: cut with an ellipsis or padded on the left."""
    room = width - cell_len(text)
    return " " * room + text if room >= 0 else fit(text, width, ellipsis)


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` cells, at spaces where there are some."""
    width = max(width, 2)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if cell_len(paragraph) <= width:
            lines.append(paragraph)
        else:
            lines.extend(_wrap_paragraph(paragraph, width))
    return lines or [""]


def _wrap_paragraph(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line, line_width = "", 0
    for word in _words(text):
        word_width = cell_len(word.rstrip(" "))
        if line and line_width + word_width > width:
            lines.append(line.rstrip(" "))
            line, line_width = "", 0
        rest = word
        while cell_len(rest.rstrip(" ")) > width:
            piece = _cut(rest, width)
            lines.append(piece)
            rest = rest[len(piece) :]
        line += rest
        line_width += cell_len(rest)
    if line:
        lines.append(line.rstrip(" "))
    return lines


def _words(text: str) -> list[str]:
    """Split after runs of spaces; nothing is lost."""
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + [words[-1]]


def _cut(text: str, width: int) -> str:
    """Take the longest beginning of at most `width` cells, at least one character."""
    taken = 0
    for index, character in enumerate(text):
        taken += cell_len(character)
        if taken > width:
            return text[: max(index, 1)]
    return text


def hops_words(hops: int | None) -> str:
    """How far away, from the relays in between: `1 hop` is direct; empty where unknown."""
    return "" if hops is None else count_of(hops + 1, "hop")


def reception(message: Message) -> str:
    """How somebody's message reached us: `3 hops -104 dBm`, `2 hops 4.5 dB`, `1 hop 140 ms`."""
    parts = [hops_words(message.hops)]
    latency_ms = message.received_at_ms - message.sent_at_ms
    if message.rx.rssi_dbm is not None:
        parts.append(f"{message.rx.rssi_dbm} dBm")
    elif message.rx.snr_db is not None:
        parts.append(f"{message.rx.snr_db:.1f} dB")
    elif message.is_late:
        parts.append("late")
    elif message.sent_at_ms and 0 <= latency_ms <= _MAX_LATENCY_MS:
        parts.append(duration(latency_ms))
    return " ".join(part for part in parts if part)


def delivery_sign(delivery: Delivery, glyphs: Glyphs) -> str:
    """The same without its reason, for the edge of a line: `✗ failed`, `· queued`."""
    match delivery.state:
        case DeliveryState.FAILED:
            return f"{glyphs.failed} failed"
        case DeliveryState.QUEUED:
            return f"{glyphs.queued} queued"
    return delivery_words(delivery, glyphs)


def delivery_reason(delivery: Delivery) -> str:
    """Why a message failed or waits, and what to do, for a line of its own; or empty."""
    reason = clean(delivery.reason, limit=60)
    match delivery.state:
        case DeliveryState.FAILED:
            return f"{reason or 'not delivered'}: Esc r to retry"
        case DeliveryState.QUEUED:
            return reason
    return ""


def delivery_words(delivery: Delivery, glyphs: Glyphs) -> str:
    """How far a message of ours has come: `· queued`, `>`, `~2`, `✓ 1.9 s`, `✗ no answer…`."""
    reason = clean(delivery.reason, limit=60)
    match delivery.state:
        case DeliveryState.QUEUED:
            return f"{glyphs.queued} {reason or 'queued'}"
        case DeliveryState.SENDING:
            again = f" try {delivery.attempt}" if delivery.attempt > 1 else ""
            return f"{glyphs.queued} sending{again}"
        case DeliveryState.SENT:
            waits = "sent" if not delivery.expects_ack else f"try {delivery.attempt}"
            return f"{glyphs.sent} {waits}" if delivery.attempt > 1 else f"{glyphs.sent} sent"
        case DeliveryState.RELAYED:
            return f"{glyphs.relayed}{delivery.repeats}"
        case DeliveryState.DELIVERED:
            took = "" if delivery.rtt_ms is None else f" {duration(delivery.rtt_ms)}"
            return f"{glyphs.delivered}{took}"
        case DeliveryState.FAILED:
            return f"{glyphs.failed} {reason or 'not delivered'}: r to retry"
        case DeliveryState.CANCELLED:
            return f"{glyphs.cancelled} cancelled"


_ROLES = {
    NodeRole.UNKNOWN: "",
    NodeRole.CLIENT: "client",
    NodeRole.RELAY: "repeater",
    NodeRole.ROOM: "room server",
    NodeRole.SENSOR: "sensor",
}


def role_words(node: Node) -> str:
    """What a node does for others: `repeater`, `room server`; empty where it is not known."""
    # the JSON network's own word for who passes packets on
    is_plain_relay = node.role is NodeRole.RELAY and not _id_is_key(node)
    return "relay" if is_plain_relay else _ROLES[node.role]


def _id_is_key(node: Node) -> bool:
    return bool(node.public_key) and node.public_key == node.node_id


def padlock_words(
    conversation: ConversationId, peer: Node | None, channel: Channel | None = None
) -> str:
    """What protects a conversation, in words."""
    if split_conversation(conversation)[1] is ConversationKind.CHANNEL:
        has_key = channel is not None and channel.secret is not None and not channel.is_public
        return f"{'by its key' if has_key else 'public by name'}, senders unproven"
    pin = PinState.NONE if peer is None else peer.pin
    if peer is not None and peer.role is NodeRole.ROOM:
        return "room: its server reads along"
    if peer is not None and _id_is_key(peer) and pin is PinState.FIRST_SEEN:
        return "end-to-end, to this key"
    return {
        PinState.VERIFIED: "end-to-end, key verified",
        PinState.FIRST_SEEN: "end-to-end, key pinned",
        PinState.CHANGED: "key changed: the new one is refused, Alt+K to look",
        PinState.NONE: "no key yet: cannot write",
    }[pin]


def key_words(node: Node) -> str:
    """A node's key state as lists say it: `verified`, `pinned`, `signed`, `CHANGED`, `none`.

    `signed`: its id is its key, with which it signs what it says of itself.
    """
    if _id_is_key(node) and node.pin is PinState.FIRST_SEEN:
        return "signed"
    return {
        PinState.VERIFIED: "verified",
        PinState.FIRST_SEEN: "pinned",
        PinState.CHANGED: "CHANGED",
        PinState.NONE: "none",
    }[node.pin]


def position_words(lat: float, lng: float) -> str:
    """Degrees with their hemispheres: `48.8566 N 2.3522 E`."""
    return f"{abs(lat):.4f} {'N' if lat >= 0 else 'S'} {abs(lng):.4f} {'E' if lng >= 0 else 'W'}"
