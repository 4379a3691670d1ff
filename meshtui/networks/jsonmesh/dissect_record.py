"""What a frame holds, as plain values: the rows of `decode --json`.

    kind id from to ts ttl hops route decoded why       absent things are left out

`kind` is the envelope's `type`, or presence, announce, chunk, chunk-request, empty. `decoded` holds
what is readable; `why` says which key would open the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from meshtui.errors import CryptoError, DecodeError
from meshtui.networks.jsonmesh.announce import Announcement, decode_announcement
from meshtui.networks.jsonmesh.chunk import Chunk, decode_chunk, decode_request
from meshtui.networks.jsonmesh.compact import decode_compact, is_compact
from meshtui.networks.jsonmesh.compact_presence import (
    decode_compact_presence,
    is_compact_presence,
)
from meshtui.networks.jsonmesh.dissect_notes import ANNOUNCEMENT, PRESENCE
from meshtui.networks.jsonmesh.dissect_open import open_envelope
from meshtui.networks.jsonmesh.dissect_tree import parse_object
from meshtui.networks.jsonmesh.envelope import Envelope, decode_envelope
from meshtui.networks.jsonmesh.presence import Presence, decode_presence
from meshtui.networks.jsonmesh.seal import Plaintext, read_plaintext
from meshtui.networks.jsonmesh.signature import is_signature_valid
from meshtui.networks.jsonmesh.topics import TopicKind, parse_topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.networks.jsonmesh.dissect_open import KeyRing

Request: TypeAlias = tuple[str, tuple[int, ...]]
Content: TypeAlias = Envelope | Presence | Announcement | Chunk | Request | None
Record: TypeAlias = dict[str, object]


def read_content(payload: bytes, endpoint: str, keys: KeyRing) -> Content:
    """Decode whatever a frame holds; None = nothing: it takes back what was kept there.

    Raises:
        DecodeError: It is none of ours, or not well-formed.
        CryptoError: `forged`: it names one node and shows the key of another.
    """
    if not payload:
        return None
    if is_compact(payload):
        return decode_compact(payload, lambda node_id: keys.key_of(node_id) or b"")
    if is_compact_presence(payload):
        return decode_compact_presence(payload)
    part = decode_chunk(payload) or decode_request(payload)
    if part is not None:
        return part
    form = form_of(payload, endpoint)
    if form == PRESENCE:
        return decode_presence(payload)
    return decode_announcement(payload) if form == ANNOUNCEMENT else decode_envelope(payload)


def form_of(payload: bytes, endpoint: str) -> str:
    """Say what a JSON object is meant to be: by its topic, else by its keys."""
    kind = _topic(endpoint)[0]
    parsed = (parse_object(payload)[0] or {}) if kind is None else {}
    if kind is TopicKind.IDENTITY or "pubkeyHex" in parsed:
        return PRESENCE
    if kind is TopicKind.ANNOUNCE or "channelName" in parsed:
        return ANNOUNCEMENT
    return ""


def open_with(
    envelope: Envelope, endpoint: str, rings: Sequence[KeyRing]
) -> tuple[Plaintext | None, str]:
    """Open an envelope with the first ring that can; else say why none could.

    What opened and is not what the envelope says it is counts as not opened.
    """
    kind, name = _topic(endpoint)
    forum = name if kind is TopicKind.FORUM else ""
    why = ""
    for ring in rings:
        opened = open_envelope(envelope, ring, forum)
        if opened.plaintext is None:
            why = why or opened.why
            continue
        try:
            return read_plaintext(envelope, opened.plaintext), ""
        except CryptoError as error:
            return None, str(error)
    return None, why


def record_of(content: Content, endpoint: str, rings: Sequence[KeyRing]) -> Record:
    """Write what a frame holds."""
    match content:
        case None:
            return {"kind": "empty", "decoded": {}}
        case Envelope():
            return _envelope(content, endpoint, rings)
        case Presence():
            return _presence(content)
        case Announcement():
            return {
                "kind": "announce",
                "from": content.creator,
                "to": f"#{content.name}",
                "ts": content.ts_ms,
                "decoded": {
                    "description": content.description,
                    "public": content.is_public,
                    "pubkey": content.creator_key.hex(),
                    "via": list(content.via),
                },
            }
        case Chunk():
            part = {"index": content.index, "total": content.total}
            return {
                "kind": "chunk",
                "id": content.chunk_id,
                "decoded": part | {"payload": content.payload.hex()},
            }
        case (chunk_id, missing):
            decoded = {"missing": list(missing)}
            return {"kind": "chunk-request", "id": chunk_id, "decoded": decoded}


def rejected(error: DecodeError | CryptoError) -> DecodeError:
    """Turn either refusal into the one that callers of `record` know."""
    if isinstance(error, DecodeError):
        return error
    return DecodeError(error.reason, error.detail)


def _envelope(envelope: Envelope, endpoint: str, rings: Sequence[KeyRing]) -> Record:
    record: Record = {
        "kind": envelope.kind,
        "id": envelope.message_id,
        "from": envelope.sender,
        "to": envelope.recipient,
        "ts": envelope.sent_at_ms,
        "ttl": envelope.ttl,
        "hops": envelope.hop_count,
        "route": list(envelope.route),
    }
    if envelope.path:
        record["path"] = list(envelope.path)
    if envelope.sender_key:
        record["pubkey"] = envelope.sender_key.hex()
        if envelope.signature:
            record["signature_valid"] = is_signature_valid(envelope)
    plaintext, why = open_with(envelope, endpoint, rings)
    record["decoded"] = {} if plaintext is None else _plaintext(plaintext)
    return record | {"why": why} if why else record


def _plaintext(plaintext: Plaintext) -> Record:
    said = {
        "text": plaintext.text,
        "body": plaintext.body,
        "mid": plaintext.mid,
        "ack": plaintext.ack,
        "ack_hash": plaintext.ack_hash,
    }
    return {key: value for key, value in said.items() if value}


def _presence(presence: Presence) -> Record:
    decoded: Record = {
        "online": presence.is_online,
        "name": presence.name,
        "pubkey": presence.public_key.hex(),
        "caps": sorted(presence.caps),
        "via": list(presence.via),
    }
    if presence.position is not None:
        decoded |= {"lat": presence.position.lat, "lng": presence.position.lng}
    return {
        "kind": "presence",
        "from": presence.node_id,
        "ts": presence.ts_ms,
        "decoded": decoded,
    }


def _topic(endpoint: str) -> tuple[TopicKind | None, str]:
    """Take a topic apart; None for none of ours."""
    try:
        return parse_topic(endpoint)
    except DecodeError:
        return None, ""
