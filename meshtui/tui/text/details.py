"""Nodes, messages and conversations in full, as lines of (text, look) pieces for `TextLines`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from meshtui.model.ids import split_conversation
from meshtui.model.message import Proof
from meshtui.model.node import NodeRole, PinState
from meshtui.model.text import clean
from meshtui.tui.state.directory import CLAIM
from meshtui.tui.text.format import (
    ago,
    count_of,
    date_and_clock,
    delivery_words,
    duration,
    hops_words,
    position_words,
    role_words,
)

if TYPE_CHECKING:
    from meshtui.model.ids import NodeId
    from meshtui.model.message import Channel, Message
    from meshtui.model.node import Node
    from meshtui.tui.state.directory import Directory
    from meshtui.tui.text.glyphs import Glyphs

MAX_ID = 66

Line: TypeAlias = "tuple[tuple[str, str], ...]"

_PROOFS = {
    Proof.PINNED: ("end-to-end, by the pinned key", "good"),
    Proof.FIRST_CONTACT: ("end-to-end, first contact", "warn"),
    Proof.DIRECTION_UNPROVEN: ("end-to-end; could be an echo or a replay", "warn"),
    Proof.SENDER_UNPROVEN: ("any member of the channel could have written it", "dim"),
    Proof.OWN: ("written here", "dim"),
}
_BY_NAME = " Public by name: who knows the name reads it and can write under any name."
_BY_KEY = " Has a key: who has it reads it and can write under any name."
_CLAIMED = " A name somebody gave himself in a channel; nothing proves it."
_SIGNED = ("signed by its sender", "good")
_PINS = {
    PinState.NONE: ("no key heard yet", "warn"),
    PinState.FIRST_SEEN: ("pinned when first heard", "plain"),
    PinState.VERIFIED: ("verified by you", "good"),
    PinState.CHANGED: ("ANOTHER KEY CLAIMS THIS ID", "bad"),
}


def field(label: str, value: str, look: str = "plain") -> Line:
    """One labelled value."""
    return ((f" {label:<9} ", "dim"), (value, look))


def node_lines(node_id: NodeId, directory: Directory, now_ms: int) -> list[Line]:
    """Everything known of a node: key and pin, last heard, hops, position, what the user said.

    Of ourselves there is nothing to hear: name and id only.
    """
    name = directory.name_of(node_id)
    shown_id = clean(str(node_id), limit=MAX_ID)
    lines: list[Line] = [((f" {name}", "title"),)]
    node = directory.nodes.get(node_id)
    if name != shown_id:
        lines.append(((f" {shown_id}", "dim"),))
    lines.append((("", "plain"),))
    if directory.is_own(node_id):
        return lines[:-1]
    if node_id.startswith(CLAIM):
        return [((f" {name}", "title"),), (("", "plain"),), ((_CLAIMED, "warn"),)]
    if node is None:
        return [*lines, ((" Nothing was heard of it but its messages.", "dim"),)]
    lines.extend(_key_lines(node))
    lines.extend(_role_lines(node))
    lines.append(field("heard", _heard_words(node, now_ms)))
    if node.is_online is not None:
        lines.append(field("says", "online" if node.is_online else "offline"))
    lines.extend(_radio_lines(node))
    marks = directory.marks_of(node_id)
    if marks.is_favourite:
        lines.append(field("marked", "favourite", "good"))
    if marks.is_blocked:
        lines.append(field("marked", "blocked", "bad"))
    if marks.note:
        lines.append(field("note", clean(marks.note, limit=200)))
    return lines


def heard_ago(node: Node, now_ms: int) -> str:
    """When it was last heard: `4 s`; `~3 h` by its own clock, where only others heard it."""
    if node.last_heard_ms or not node.claimed_at_s:
        return ago(node.last_heard_ms, now_ms)
    return f"~{ago(node.claimed_at_s * 1000, now_ms)}"


def _heard_words(node: Node, now_ms: int) -> str:
    words = heard_ago(node, now_ms)
    if words.startswith("~"):
        return f"not yet; it advertised {words[1:]} ago, by its clock"
    return words if words == "never" else f"{words} ago"


def _role_lines(node: Node) -> list[Line]:
    lines = []
    if node.role not in (NodeRole.UNKNOWN, NodeRole.CLIENT):
        lines.append(field("is a", role_words(node)))
    if node.is_contact:
        lines.append(field("", "contact of our radio", "good"))
    return lines


def _key_lines(node: Node) -> list[Line]:
    words, look = _PINS[node.pin]
    if node.public_key == node.node_id and node.pin is PinState.FIRST_SEEN:
        # not the key again: it was just shown, as the id
        return [field("key", "its id is its key", "good")]
    lines = [field("key", _short_key(node.public_key)), field("", words, look)]
    if node.rival_key:
        lines.append(field("other key", _short_key(node.rival_key), "bad"))
    return lines


def _short_key(key: str) -> str:
    shown = clean(key)
    return f"{shown[:8]}…{shown[-8:]}" if shown else "-"


def _radio_lines(node: Node) -> list[Line]:
    lines = []
    if node.hops is not None:
        lines.append(field("distance", _distance(node.hops)))
    lines.extend(_signal_lines(node.rssi_dbm, node.snr_db))
    if node.position is not None:
        lines.append(field("where", position_words(node.position.lat, node.position.lng)))
    if node.link_id is not None:
        lines.append(field("link", clean(str(node.link_id), limit=30)))
    if node.caps:
        lines.append(field("can", clean(", ".join(sorted(node.caps)), limit=60)))
    return lines


def _signal_lines(rssi_dbm: int | None, snr_db: float | None) -> list[Line]:
    """How well a radio heard it; nothing where the link does not say."""
    rssi = "" if rssi_dbm is None else f"{rssi_dbm} dBm"
    snr = "" if snr_db is None else f"SNR {snr_db:.1f} dB"
    return [field("signal", ", ".join(part for part in (rssi, snr) if part))] if rssi or snr else []


def _distance(relays: int) -> str:
    words = hops_words(relays)
    return f"{words}, through {count_of(relays, 'relay')}" if relays else f"{words}, direct"


def message_lines(message: Message, directory: Directory, glyphs: Glyphs) -> list[Line]:
    """Everything known of one message."""
    words, look = _PROOFS[message.proof]
    if message.is_signed and message.proof is Proof.SENDER_UNPROVEN:
        words, look = _SIGNED
    lines = [
        field("from", directory.writer_of(message)),
        field("proof", words, look),
        *_time_lines(message),
    ]
    if message.delivery is not None:
        lines.append(field("delivery", delivery_words(message.delivery, glyphs)))
        lines.append(field("", count_of(message.delivery.attempt, "attempt"), "dim"))
    if message.is_signed and message.proof is not Proof.SENDER_UNPROVEN:
        lines.append(field("signed", "too, by its sender's key", "good"))
    if message.hops is not None and not message.is_own:
        lines.append(field("distance", _distance(message.hops)))
    lines.extend(_signal_lines(message.rx.rssi_dbm, message.rx.snr_db))
    if message.link_id is not None:
        lines.append(field("link", clean(str(message.link_id), limit=30)))
    if message.route:
        network = split_conversation(message.conversation)[0]
        hops = (directory.hop_name(network, node) for node in message.route)
        path = f" {glyphs.arrow} ".join(hops)
        lines.append(((f" {'route':<9} claimed: {path}", "dim"),))
    if message.kind != "text":
        lines.append(field("kind", clean(message.kind, limit=32)))
    lines.append(field("id", clean(str(message.message_id), limit=60), "dim"))
    return lines


def _time_lines(message: Message) -> list[Line]:
    """When it was sent and came; of our own there is one time, by our own clock."""
    sent = date_and_clock(message.sent_at_ms or message.received_at_ms)
    if message.is_own:
        return [field("sent", sent)]
    lines = [field("arrived", date_and_clock(message.received_at_ms))]
    if message.sent_at_ms:
        lines.append(field("sent", f"{sent} by their clock"))
        latency_ms = message.received_at_ms - message.sent_at_ms
        if latency_ms >= 0:
            lines.append(field("took", duration(latency_ms)))
    return lines


def channel_lines(channel: Channel | None, title: str) -> list[Line]:
    """What a channel is, and what it does not promise."""
    lines: list[Line] = [((f" {clean(title, limit=60)}", "title"),), (("", "plain"),)]
    if channel is not None and channel.description:
        lines.append(((f" {clean(channel.description, limit=400)}", "plain"),))
        lines.append((("", "plain"),))
    has_key = channel is not None and channel.secret is not None and not channel.is_public
    words = _BY_KEY if has_key else _BY_NAME
    return [*lines, ((words, "dim"),)]


def verify_lines(node: Node | None, number: str) -> list[Line]:
    """How to compare a safety number, and what is at stake."""
    lines: list[Line] = [(("", "plain"),)]
    if node is None or not number:
        return [*lines, ((" It has shown no key yet: there is nothing to compare.", "warn"),)]
    if node.pin is PinState.CHANGED:
        text = (
            " Another key claims this id. Either a new device or lost words, or somebody else."
            " What is written under the other key is refused until you accept it."
        )
        lines += [((text, "bad"),), (("", "plain"),)]
    groups = number.split()
    which = "of the other key " if node.rival_key else ""
    ask = f" Read these {len(groups)} groups {which}to each other, by voice or face to face:"
    lines.append(((ask, "plain"),))
    lines.append((("", "plain"),))
    for start in range(0, len(groups), 4):
        lines.append((("    " + "   ".join(groups[start : start + 4]), "key"),))
    lines.append((("", "plain"),))
    lines.extend(_key_lines(node))
    lines.append((("", "plain"),))
    lines.append(((" Accept only if both see the same. Esc leaves things as they are.", "dim"),))
    return lines
