"""Takes a frame apart for the inspector, with the keys at hand and without changing anything.

Total: whatever the bytes are, a dissection comes out, of at most about 800 fields, with values
abbreviated. A forum's key is its name, so what names its forum can always be opened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from meshtui.errors import CryptoError, DecodeError, EncodeError
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.packet import DissectedField, Dissection
from meshtui.networks.jsonmesh.announce import decode_announcement
from meshtui.networks.jsonmesh.compact import decode_compact, is_compact
from meshtui.networks.jsonmesh.compact_presence import (
    decode_compact_presence,
    is_compact_presence,
)
from meshtui.networks.jsonmesh.dissect_chunk import dissect_chunk
from meshtui.networks.jsonmesh.dissect_compact import (
    as_json_note,
    envelope_fields,
    presence_fields,
)
from meshtui.networks.jsonmesh.dissect_notes import ANNOUNCEMENT, ENVELOPE, PRESENCE
from meshtui.networks.jsonmesh.dissect_open import KeyRing, open_envelope, show_plaintext
from meshtui.networks.jsonmesh.dissect_tree import (
    abbreviate,
    parse_object,
    tree,
    utc,
    whole_field,
)
from meshtui.networks.jsonmesh.envelope import (
    BROADCAST,
    FORUM_PREFIX,
    Envelope,
    decode_envelope,
    encode_carried,
)
from meshtui.networks.jsonmesh.presence import Presence, decode_presence, encode_presence
from meshtui.networks.jsonmesh.seal import ciphertext_digest
from meshtui.networks.jsonmesh.signature import is_signature_valid
from meshtui.networks.jsonmesh.topics import TopicKind, parse_topic

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from meshtui.model.packet import Frame
    from meshtui.networks.jsonmesh.seal import Sealer

AS_JSON = "as JSON"
_NETWORK = NetworkName("jsonmesh")
_BAD_SIGNATURE = "the signature does not fit the sender's key: forged, or damaged on the way"


def dissect_frame(
    frame: Frame,
    sealer: Sealer | None = None,
    channels: Collection[str] = (),
    peer_keys: Mapping[NodeId, bytes] | None = None,
) -> Dissection:
    """Take a frame apart. Never raises.

    A compact frame is shown as it is, and as the JSON it stands for in the buffer `as JSON`.

    Args:
        sealer: Our key; None = nothing can be opened.
        channels: Names of forums to try where a message does not name its own.
        peer_keys: Keys of nodes, to open what we wrote to them, and what leaves them out.
    """
    topic, topic_problems = _topic_field(frame.endpoint)
    keys = KeyRing(sealer, channels, peer_keys or {})
    dissection = _dissect_payload(frame, keys)
    fields = (topic, *dissection.fields) if topic is not None else dissection.fields
    return replace(dissection, fields=fields, problems=(*topic_problems, *dissection.problems))


def _dissect_payload(frame: Frame, keys: KeyRing) -> Dissection:
    """Take the payload apart by what it turns out to be."""
    payload = frame.payload
    if not payload:
        return Dissection(_NETWORK, "empty: takes back what was kept here", ())
    if is_compact(payload):
        return _dissect_compact(frame, keys)
    if is_compact_presence(payload):
        return _dissect_compact_presence(frame)
    chunk = dissect_chunk(payload)
    if chunk is not None:
        return chunk
    parsed, problem = parse_object(payload)
    if parsed is None:
        return _refused(payload, f"{len(payload)} bytes", problem)
    form = _form_of(frame.endpoint, parsed)
    if form == ENVELOPE:
        return _dissect_json_envelope(frame, keys)
    return _dissect_open_letter(frame, form)


def _refused(payload: bytes, summary: str, problem: str) -> Dissection:
    """Show what could not be taken apart."""
    return Dissection(_NETWORK, summary, (whole_field(payload),), (problem,))


def _dissect_json_envelope(frame: Frame, keys: KeyRing) -> Dissection:
    """Take an envelope apart that came as specified."""
    payload = frame.payload
    try:
        envelope = decode_envelope(payload)
    except (DecodeError, CryptoError) as error:
        whole = tree(payload, ENVELOPE)
        return Dissection(_NETWORK, f"envelope, refused: {error}", (whole,), (str(error),))
    whole = tree(payload, ENVELOPE, _envelope_remarks(envelope))
    return _dissect_envelope(frame, envelope, whole, keys)


def _dissect_compact(frame: Frame, keys: KeyRing) -> Dissection:
    """Take an envelope apart that came as a compact frame, and write it as specified."""
    payload = frame.payload
    try:
        envelope = decode_compact(payload, lambda node_id: keys.key_of(node_id) or b"")
    except (DecodeError, CryptoError) as error:
        return _refused(payload, f"compact envelope, refused: {error}", str(error))
    whole = envelope_fields(payload, envelope)
    dissection = _dissect_envelope(frame, envelope, whole, keys)
    dissection = replace(dissection, summary=f"{dissection.summary}, compact")
    if not envelope.sender_key:
        return dissection
    try:
        text = encode_carried(envelope, is_ascii=True)
    except EncodeError:
        return dissection
    return _with_json(dissection, payload, text, ENVELOPE, _envelope_remarks(envelope))


def _dissect_envelope(
    frame: Frame, envelope: Envelope, whole: DissectedField, keys: KeyRing
) -> Dissection:
    """Say what an envelope holds, where a key fits."""
    summary = (
        f"{envelope.kind} {envelope.sender} > {envelope.recipient}, "
        f"via {envelope.hop_count}, ttl {envelope.ttl}, {len(frame.payload)} bytes"
    )
    problems = _topic_contradictions(frame.endpoint, envelope)
    if envelope.signature and envelope.sender_key and not is_signature_valid(envelope):
        problems = (*problems, _BAD_SIGNATURE)
    forum = _topic_name(frame.endpoint) if _topic_kind(frame.endpoint) is TopicKind.FORUM else ""
    opened = open_envelope(envelope, keys, forum)
    if opened.plaintext is None:
        return Dissection(_NETWORK, summary, (whole,), problems, opened.why)
    inner, buffers, problem = show_plaintext(envelope, opened)
    if problem:
        problems = (*problems, problem)
    return Dissection(_NETWORK, summary, (whole, inner), problems, "", buffers)


def _dissect_compact_presence(frame: Frame) -> Dissection:
    """Take a presence apart that came as a compact frame, and write it as specified."""
    payload = frame.payload
    try:
        presence = decode_compact_presence(payload)
        text = encode_presence(presence)
    except (DecodeError, EncodeError) as error:
        return _refused(payload, f"compact presence, refused: {error}", str(error))
    if presence.raw:
        text = orjson.dumps(orjson.loads(text) | dict(presence.raw))
    whole = presence_fields(payload, presence)
    problems = _names_another(frame.endpoint, str(presence.node_id))
    dissection = Dissection(_NETWORK, f"{_presence_summary(presence)}, compact", (whole,), problems)
    return _with_json(dissection, payload, text, PRESENCE, {})


def _with_json(
    dissection: Dissection, frame: bytes, text: bytes, form: str, remarks: Mapping[str, str]
) -> Dissection:
    """Add the documented form of a compact frame."""
    shown = tree(text, form, remarks, buffer=len(dissection.buffers) + 1)
    shown = replace(shown, name=AS_JSON, note=as_json_note(frame, text))
    return replace(
        dissection,
        fields=(*dissection.fields, shown),
        buffers=(*dissection.buffers, (AS_JSON, text)),
    )


def _dissect_open_letter(frame: Frame, form: str) -> Dissection:
    """Take a presence or an announcement apart; nothing in them is sealed."""
    payload = frame.payload
    problems: tuple[str, ...] = ()
    try:
        if form == PRESENCE:
            presence = decode_presence(payload)
            summary, owner = _presence_summary(presence), str(presence.node_id)
        else:
            announcement = decode_announcement(payload)
            summary = f"announcement of #{announcement.name} by {announcement.creator}"
            owner = announcement.name
        problems = _names_another(frame.endpoint, owner)
    except (DecodeError, CryptoError) as error:
        summary, problems = f"{form}, refused: {error}", (str(error),)
    return Dissection(_NETWORK, summary, (tree(payload, form),), problems)


def _presence_summary(presence: Presence) -> str:
    return f"presence: {presence.node_id} {'online' if presence.is_online else 'offline'}"


def _names_another(endpoint: str, owner: str) -> tuple[str, ...]:
    """Say whether the topic is somebody else's."""
    if _topic_name(endpoint) in ("", owner):
        return ()
    return ("the topic names another than the payload",)


def _envelope_remarks(envelope: Envelope) -> dict[str, str]:
    """Remarks that depend on the values."""
    raw_ttl = envelope.raw.get("ttl", envelope.ttl)
    digest = ciphertext_digest(envelope.nonce, envelope.ciphertext).hex()
    remarks = {
        "ts": utc(envelope.sent_at_ms),
        "fromPubkey": f"belongs to {envelope.sender}",
        "enc.ct": f"{len(envelope.ciphertext) - 16} bytes and a 16-byte tag; known as {digest}",
    }
    if raw_ttl != envelope.ttl:
        remarks["ttl"] = f"counted as {envelope.ttl}"
    if envelope.signature:
        fits = envelope.sender_key and is_signature_valid(envelope)
        remarks["sig"] = "fits the sender's key" if fits else "does not fit the sender's key"
    return remarks


def _topic_field(endpoint: str) -> tuple[DissectedField | None, tuple[str, ...]]:
    """Show the topic; it has no bytes in the payload."""
    if not endpoint:
        return None, ()
    problems: tuple[str, ...] = ()
    note = ""
    try:
        kind, name = parse_topic(endpoint)
        note = f"{kind.value} {abbreviate(name)}".rstrip()
    except DecodeError as error:
        problems = (f"topic: {error}",)
    return DissectedField("topic", abbreviate(endpoint), note=note), problems


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
