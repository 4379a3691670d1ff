"""Takes a frame apart for the inspector, with the keys at hand and without changing anything.

Total: whatever the bytes are, a dissection comes out, of at most about 500 fields, with values
abbreviated. A forum's key is its name, so what names its forum can always be opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from meshtui.errors import CryptoError, DecodeError
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.packet import DissectedField, Dissection
from meshtui.networks.jsonmesh.announce import decode_announcement
from meshtui.networks.jsonmesh.dissect_notes import (
    ANNOUNCEMENT,
    ENVELOPE,
    NOTES,
    PLAINTEXT,
    PRESENCE,
)
from meshtui.networks.jsonmesh.envelope import (
    BROADCAST,
    FORUM_PREFIX,
    MAX_PAYLOAD_BYTES,
    Envelope,
    decode_envelope,
)
from meshtui.networks.jsonmesh.json_spans import JsonSpan, find_spans, scalar_text
from meshtui.networks.jsonmesh.presence import decode_presence
from meshtui.networks.jsonmesh.seal import ciphertext_digest, read_plaintext
from meshtui.networks.jsonmesh.topics import TopicKind, parse_topic

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from meshtui.model.packet import Frame
    from meshtui.networks.jsonmesh.seal import Sealer

MAX_VALUE_CHARS = 160
MAX_CHANNELS_TRIED = 64
MAX_VALUES_SHOWN = 5000
_NETWORK = NetworkName("jsonmesh")


@dataclass(frozen=True, slots=True)
class _Opened:
    """What came of trying to open an envelope: bytes and with which key, or why not."""

    plaintext: bytes | None = None
    key_note: str = ""
    why: str = ""


def dissect_frame(
    frame: Frame,
    sealer: Sealer | None = None,
    channels: Collection[str] = (),
    peer_keys: Mapping[NodeId, bytes] | None = None,
) -> Dissection:
    """Take a frame apart. Never raises.

    Args:
        sealer: Our key; None = only forums can be opened.
        channels: Names of forums to try where a message does not name its own.
        peer_keys: Keys of nodes, to open what we wrote to them.
    """
    topic, topic_problems = _topic_field(frame.endpoint)
    dissection = _dissect_payload(frame, sealer, channels, peer_keys or {})
    fields = (topic, *dissection.fields) if topic is not None else dissection.fields
    return replace(dissection, fields=fields, problems=(*topic_problems, *dissection.problems))


def _dissect_payload(
    frame: Frame,
    sealer: Sealer | None,
    channels: Collection[str],
    peer_keys: Mapping[NodeId, bytes],
) -> Dissection:
    """Take the payload apart by what it turns out to be."""
    payload = frame.payload
    if not payload:
        return Dissection(_NETWORK, "empty: takes back what was kept here", ())
    parsed, problem = _parse(payload)
    if parsed is None:
        whole = DissectedField("payload", _abbreviate_bytes(payload), 0, len(payload))
        return Dissection(_NETWORK, f"{len(payload)} bytes", (whole,), (problem,))
    form = _form_of(frame.endpoint, parsed)
    if form == ENVELOPE:
        return _dissect_envelope(frame, sealer, channels, peer_keys)
    return _dissect_open_letter(frame, form)


def _dissect_envelope(
    frame: Frame,
    sealer: Sealer | None,
    channels: Collection[str],
    peer_keys: Mapping[NodeId, bytes],
) -> Dissection:
    """Take an envelope apart, and what it holds where a key fits."""
    payload = frame.payload
    try:
        envelope = decode_envelope(payload)
    except (DecodeError, CryptoError) as error:
        whole = _tree(payload, ENVELOPE)
        return Dissection(_NETWORK, f"envelope, refused: {error}", (whole,), (str(error),))
    whole = _tree(payload, ENVELOPE, _envelope_remarks(envelope))
    summary = (
        f"{envelope.kind} {envelope.sender} > {envelope.recipient}, "
        f"via {envelope.hop_count}, ttl {envelope.ttl}, {len(payload)} bytes"
    )
    problems = _topic_contradictions(frame.endpoint, envelope)
    opened = _open(frame.endpoint, envelope, sealer, channels, peer_keys)
    if opened.plaintext is None:
        return Dissection(_NETWORK, summary, (whole,), problems, opened.why)
    try:
        read_plaintext(envelope, opened.plaintext)
    except CryptoError as error:
        problems = (*problems, str(error))
    inner = _plaintext_field(opened)
    return Dissection(
        _NETWORK, summary, (whole, inner), problems, "", (("decrypted", opened.plaintext),)
    )


def _dissect_open_letter(frame: Frame, form: str) -> Dissection:
    """Take a presence or an announcement apart; nothing in them is sealed."""
    payload = frame.payload
    problems: tuple[str, ...] = ()
    try:
        if form == PRESENCE:
            presence = decode_presence(payload)
            state = "online" if presence.is_online else "offline"
            summary, owner = f"presence: {presence.node_id} {state}", str(presence.node_id)
        else:
            announcement = decode_announcement(payload)
            summary = f"announcement of #{announcement.name} by {announcement.creator}"
            owner = announcement.name
        if _topic_name(frame.endpoint) not in ("", owner):
            problems = ("the topic names another than the payload",)
    except (DecodeError, CryptoError) as error:
        summary, problems = f"{form}, refused: {error}", (str(error),)
    return Dissection(_NETWORK, summary, (_tree(payload, form),), problems)


def _open(
    endpoint: str,
    envelope: Envelope,
    sealer: Sealer | None,
    channels: Collection[str],
    peer_keys: Mapping[NodeId, bytes],
) -> _Opened:
    """Try the keys that may fit."""
    if sealer is None:
        return _Opened(why="no key at hand")
    if envelope.recipient == BROADCAST or envelope.recipient.startswith(FORUM_PREFIX):
        return _open_forum(endpoint, envelope, sealer, channels)
    if envelope.recipient == sealer.node_id:
        peer, key = envelope.sender, envelope.sender_key
    elif envelope.sender == sealer.node_id:
        peer = NodeId(envelope.recipient)
        if peer not in peer_keys:
            return _Opened(why=f"we wrote it to {peer}, whose key is not known any more")
        key = peer_keys[peer]
    else:
        return _Opened(
            why=f"only {envelope.recipient} and {envelope.sender} have the key that opens it"
        )
    try:
        return _Opened(
            sealer.decrypt_direct(key, envelope), f"opened with the key shared with {peer}"
        )
    except CryptoError as error:
        return _Opened(why=f"the key shared with {peer} does not open it ({error.reason})")


def _open_forum(
    endpoint: str, envelope: Envelope, sealer: Sealer, channels: Collection[str]
) -> _Opened:
    """Try the forum it names, else all that we are in."""
    named = envelope.recipient[len(FORUM_PREFIX) :] if envelope.recipient != BROADCAST else ""
    if not named and _topic_kind(endpoint) is TopicKind.FORUM:
        named = _topic_name(endpoint)
    for name in [named] if named else list(channels)[:MAX_CHANNELS_TRIED]:
        try:
            return _Opened(
                sealer.decrypt_channel(name, envelope), f"opened with the key of #{name}"
            )
        except CryptoError:
            continue
    if named:
        return _Opened(why=f"the key of #{named} does not open it (bad-tag)")
    return _Opened(why="it names no forum, and no forum we are in has its key")


def _envelope_remarks(envelope: Envelope) -> dict[str, str]:
    """Remarks that depend on the values."""
    raw_ttl = envelope.raw.get("ttl", envelope.ttl)
    digest = ciphertext_digest(envelope.nonce, envelope.ciphertext).hex()
    remarks = {
        "ts": _utc(envelope.sent_at_ms),
        "fromPubkey": f"belongs to {envelope.sender}",
        "enc.ct": f"{len(envelope.ciphertext) - 16} bytes and a 16-byte tag; known as {digest}",
    }
    if raw_ttl != envelope.ttl:
        remarks["ttl"] = f"counted as {envelope.ttl}"
    return remarks


def _plaintext_field(opened: _Opened) -> DissectedField:
    """Show what was sealed."""
    plaintext = opened.plaintext or b""
    parsed, _ = _parse(plaintext)
    if parsed is not None:
        tree = _tree(plaintext, PLAINTEXT, buffer=1)
        return replace(tree, note=opened.key_note)
    return DissectedField(
        PLAINTEXT,
        _abbreviate(plaintext.decode(errors="replace")),
        0,
        len(plaintext),
        f"{opened.key_note}; bare text",
        buffer=1,
    )


def _tree(
    text: bytes, form: str, remarks: Mapping[str, str] | None = None, buffer: int = 0
) -> DissectedField:
    """Turn a valid JSON text into fields."""
    return _Tree(text, NOTES[form], remarks or {}, buffer).field(find_spans(text), form)


@dataclass(frozen=True, slots=True)
class _Tree:
    """What all fields of one JSON text share; notes and remarks go by `key` or `key.key`."""

    text: bytes
    notes: Mapping[str, str]
    remarks: Mapping[str, str]
    buffer: int

    def field(self, span: JsonSpan, name: str, path: tuple[str, ...] = ()) -> DissectedField:
        """Turn one value into a field; as deep as the spans are, so at most eight levels."""
        children = tuple(
            self.field(child, child.key or '""', (*path, child.key)) for child in span.children
        )
        return DissectedField(
            _abbreviate(name),
            _value(self.text[span.start : span.end], span),
            span.start,
            span.end,
            self._note(path),
            children,
            self.buffer,
        )

    def _note(self, path: tuple[str, ...]) -> str:
        """Find what is to be said of a field; a dot inside a key must not pass for a step."""
        key = "" if any("." in step for step in path) else ".".join(path)
        if len(path) == 1 and key not in self.notes:
            return "not a key of the protocol"
        notes = self.notes.get(key, ""), self.remarks.get(key, "")
        return "; ".join(note for note in notes if note)


def _value(token: bytes, span: JsonSpan) -> str:
    """Write a value for a person."""
    count = len(span.children)
    if token[:1] == b"{":
        return "1 key" if count == 1 else f"{count} keys"
    if token[:1] == b"[":
        return "1 entry" if count == 1 else f"{count} entries"
    return _abbreviate(scalar_text(token))


def _topic_field(endpoint: str) -> tuple[DissectedField | None, tuple[str, ...]]:
    """Show the topic; it has no bytes in the payload."""
    if not endpoint:
        return None, ()
    problems: tuple[str, ...] = ()
    note = ""
    try:
        kind, name = parse_topic(endpoint)
        note = f"{kind.value} {_abbreviate(name)}".rstrip()
    except DecodeError as error:
        problems = (f"topic: {error}",)
    return DissectedField("topic", _abbreviate(endpoint), note=note), problems


def _topic_kind(endpoint: str) -> TopicKind | None:
    """Say what the topic carries; None for none of ours."""
    try:
        return parse_topic(endpoint)[0]
    except DecodeError:
        return None


def _topic_name(endpoint: str) -> str:
    """Say whom or which forum the topic names; empty for nobody."""
    try:
        return parse_topic(endpoint)[1]
    except DecodeError:
        return ""


def _topic_contradictions(endpoint: str, envelope: Envelope) -> tuple[str, ...]:
    """Say where the topic and the envelope disagree."""
    kind, name = _topic_kind(endpoint), _topic_name(endpoint)
    if kind in (TopicKind.DM, TopicKind.ROUTE) and name != envelope.recipient:
        return (f"the topic is for {name}, the envelope for {envelope.recipient}",)
    if kind is TopicKind.FORUM and envelope.recipient not in (BROADCAST, FORUM_PREFIX + name):
        return (f"the topic is of #{name}, the envelope for {envelope.recipient}",)
    return ()


def _form_of(endpoint: str, parsed: Mapping[str, object]) -> str:
    """Say what an object is meant to be: by its topic, else by its keys."""
    kind = _topic_kind(endpoint)
    if kind is TopicKind.IDENTITY or (kind is None and "pubkeyHex" in parsed):
        return PRESENCE
    if kind is TopicKind.ANNOUNCE or (kind is None and "channelName" in parsed):
        return ANNOUNCEMENT
    return ENVELOPE


def _parse(text: bytes) -> tuple[dict[str, object] | None, str]:
    """Parse a JSON object; else say why it is none."""
    if len(text) > MAX_PAYLOAD_BYTES:
        return None, f"too-large: {len(text)} bytes, at most {MAX_PAYLOAD_BYTES}"
    if text.count(b",") > MAX_VALUES_SHOWN:
        return None, "too-many-values: too much to be taken apart"
    try:
        parsed = orjson.loads(text)
    except (ValueError, RecursionError) as error:
        return None, f"not-json: {str(error)[:MAX_VALUE_CHARS]}"
    if not isinstance(parsed, dict):
        return None, "not-object: JSON, but no object"
    return parsed, ""


def _utc(unix_ms: int) -> str:
    """Write a time; any number gives a text."""
    try:
        return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return "no year of our calendar"


def _abbreviate(text: str) -> str:
    """Cut a long text, saying how long it was."""
    if len(text) <= MAX_VALUE_CHARS:
        return text
    return f"{text[:MAX_VALUE_CHARS]}… ({len(text)} characters)"


def _abbreviate_bytes(data: bytes) -> str:
    """Write bytes: as text where they are printable, else in hex."""
    head = data[: MAX_VALUE_CHARS // 2]
    text = head.decode(errors="replace")
    shown = text if text.isprintable() and "\ufffd" not in text else head.hex(" ")
    return shown if len(head) == len(data) else f"{shown}… ({len(data)} bytes)"
