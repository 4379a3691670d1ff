"""The envelope: what every message travels in, one JSON object a frame.

    v msgId from to fromPubkey enc{nonce,ct} ts type ttl hopCount route

The deployed app writes `id` for `msgId`, adds `fromNodeId`, and leaves out `ttl`, `hopCount` and
`route`. Both are read; unknown keys survive relaying. A missing `ttl` is 10, `hopCount` 0, `route`
the sender alone. What is not well-formed is refused, each under a word of its own, so that no two
readers can disagree about a message. Nothing outside `enc` is authenticated, but what a packing
binds. Ours, and left out where they say nothing: `cp` (packing), `path`, `sig` (signature); what
others may mean by these words is left as it is.
"""

from __future__ import annotations

import binascii
import json
import re
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from meshtui.crypto.aead import NONCE_BYTES, TAG_BYTES
from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.jsonmesh.identity import parse_node_id, prove_sender
from meshtui.networks.jsonmesh.strict_json import load_object
from meshtui.networks.jsonmesh.topics import check_forum_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meshtui.model.ids import NodeId

BROADCAST = "broadcast"
FORUM_PREFIX = "forum:"
MAX_TTL = 10
MAX_PAYLOAD_BYTES = 256 * 1024
MAX_ID_CHARS = 128
MAX_KIND_CHARS = 32
MAX_ROUTE_NODES = 32
MAX_PATH_NODES = 16
MAX_HOPS = 255
MAX_TIME_MS = 2**53
MAX_PACKING = 255
SIGNATURE_BYTES = 64
_COMMON_KINDS = frozenset({"text", "ack", "cashu", "btc_tx", "audio", "image", "gif"})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


class Dialect(Enum):
    """Whose habits an envelope follows."""

    SPEC = "spec"
    APP = "app"  # `id` instead of `msgId`; no ttl, hopCount, route


class Envelope(NamedTuple):
    """A well-formed envelope. A tuple: one is built for every frame, and a class costs thrice that.

    Attributes:
        recipient: A node id, `broadcast`, or `forum:NAME`.
        sender_key: 33 bytes, and `sender` follows from it; that the sender *has* this key, only
            an opened direct message shows. Empty where a compact frame left it out and we do not
            know it: it can be passed on as such a frame, nothing else.
        ciphertext: With its tag, so at least 16 bytes.
        sent_at_ms: Claimed, 0..2^53; any year.
        kind: `type` on the wire; unknown ones are kept.
        ttl: 0..10; more was clamped.
        hop_count: Claimed.
        route: Claimed, sender first, at most 32.
        raw: The whole object as it came; for what we do not know. Empty where it did not come as
            JSON, or is our own.
        packing: How the plaintext is written: 0 = as specified, else one of ours (see `packing`).
        path: [ours] The relays that are asked to carry it, in order; empty = everybody.
        signature: [ours] 64 bytes by the sender's key, or empty; see `signature`.
    """

    message_id: str
    sender: NodeId
    recipient: str
    sender_key: bytes
    nonce: bytes
    ciphertext: bytes
    sent_at_ms: int
    kind: str
    ttl: int
    hop_count: int
    route: tuple[NodeId, ...]
    raw: Mapping[str, object]
    packing: int = 0
    path: tuple[NodeId, ...] = ()
    signature: bytes = b""

    @property
    def dialect(self) -> Dialect:
        """Whose habits it follows; ours are the specification's."""
        return Dialect.APP if "id" in self.raw and "msgId" not in self.raw else Dialect.SPEC


def decode_envelope(payload: bytes) -> Envelope:
    """Parse and check one envelope.

    Raises:
        DecodeError: `too-large`, `not-json`, `not-object`, `too-many-values`, `too-deep`,
            `duplicate-key`, `bad-version`, `bad-id`, `bad-from`, `bad-to`, `bad-key`, `bad-enc`,
            `bad-nonce`, `bad-ct`, `bad-ts`, `bad-type`, `bad-ttl`, `bad-hops`, `bad-route`.
        CryptoError: `forged`: the sender's key is not the sender's.
    """
    raw = load_object(payload, MAX_PAYLOAD_BYTES)
    get = raw.get
    version, sent_at_ms = get("v", 1), get("ts")
    ttl, hop_count = get("ttl", MAX_TTL), get("hopCount", 0)
    # by type, not by isinstance: true is no number
    if type(version) is not int or version != 1:
        raise DecodeError("bad-version", "only version 1 is known")
    if type(sent_at_ms) is not int or not 0 <= sent_at_ms <= MAX_TIME_MS:
        raise DecodeError("bad-ts", "milliseconds since 1970, a whole number")
    if type(ttl) is not int or ttl < 0:
        raise DecodeError("bad-ttl", "a whole number from 0")
    if type(hop_count) is not int or not 0 <= hop_count <= MAX_HOPS:
        raise DecodeError("bad-hops", f"a whole number of 0..{MAX_HOPS}")
    sender, sender_key = _sender(raw)
    nonce, ciphertext = _sealed(get("enc"))
    return Envelope(
        _message_id(raw),
        sender,
        _recipient(get("to")),
        sender_key,
        nonce,
        ciphertext,
        sent_at_ms,
        read_kind(get("type")),
        min(ttl, MAX_TTL),
        hop_count,
        _route(raw, sender),
        raw,
        _packing(raw["cp"]) if "cp" in raw else 0,
        _path(raw["path"]) if "path" in raw else (),
        _signature(raw["sig"]) if "sig" in raw else b"",
    )


def encode_envelope(envelope: Envelope, *, app_names: bool, is_ascii: bool = False) -> bytes:
    """Write an envelope of our own.

    Args:
        app_names: Write `id`, `fromNodeId` and `enc.v` as well, so that the app can read it.
        is_ascii: Write other characters as `\\uXXXX`, so that no cut can fall inside one.

    Raises:
        EncodeError: Its sender's key is not known, or its path is too long.
    """
    wire, sealed = _wire(envelope)
    if app_names:
        wire |= {"id": envelope.message_id, "fromNodeId": envelope.sender}
        sealed["v"] = 1
    return to_ascii(_dump(wire)) if is_ascii else _dump(wire)


def relayed(envelope: Envelope, me: NodeId) -> Envelope:
    """Make of an envelope what we pass on: one less to live, one hop and us more.

    Raises:
        EncodeError: It may not be passed on: no life left, or its route is full.
    """
    if envelope.ttl <= 0:
        raise EncodeError("ttl is used up")
    if len(envelope.route) >= MAX_ROUTE_NODES or envelope.hop_count >= MAX_HOPS:
        raise EncodeError("the route is full")
    return envelope._replace(
        ttl=envelope.ttl - 1, hop_count=envelope.hop_count + 1, route=(*envelope.route, me)
    )


def encode_carried(envelope: Envelope, *, is_ascii: bool = False) -> bytes:
    """Write somebody's envelope, where `ttl`, `hop_count`, `route` and `path` may have changed.

    Everything else is left as it came, unknown keys included; `msgId` is added where the app left
    it out, since routers go by it. What did not come as JSON is written as ours.

    Args:
        is_ascii: As with `encode_envelope`.

    Raises:
        EncodeError: Its sender's key is not known.
    """
    raw = envelope.raw
    if "fromPubkey" in raw:
        wire = dict(raw)
        wire |= {
            "msgId": envelope.message_id,
            "ttl": envelope.ttl,
            "hopCount": envelope.hop_count,
            "route": envelope.route,
        }
        if envelope.path:
            wire["path"] = envelope.path
        elif _path(raw.get("path")):
            del wire["path"]
    else:
        wire, sealed = _wire(envelope)
        wire |= {key: value for key, value in raw.items() if key not in wire}
        more = raw.get("enc")
        if isinstance(more, dict):
            wire["enc"] = more | sealed
    return to_ascii(_dump(wire)) if is_ascii else _dump(wire)


def encode_relayed(envelope: Envelope, me: NodeId) -> bytes:
    """Write somebody's envelope as we pass it on: `relayed`, then `encode_carried`.

    Raises:
        EncodeError: It may not be passed on: no life left, or its route is full; or its sender's
            key is not known.
    """
    return encode_carried(relayed(envelope, me))


def to_ascii(payload: bytes) -> bytes:
    """Escape what is not ASCII in a JSON text, which is valid UTF-8; it stays the same JSON."""
    if payload.isascii():
        return payload
    escaped = _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], payload.decode())
    return escaped.encode()


def _wire(envelope: Envelope) -> tuple[dict[str, object], dict[str, object]]:
    """Lay an envelope out as it is specified; returns the object and its `enc`."""
    if not envelope.sender_key:
        raise EncodeError("the sender's key is not known")
    if len(envelope.path) > MAX_PATH_NODES:
        raise EncodeError("the path is too long")
    sealed: dict[str, object] = {
        "nonce": _base64(envelope.nonce),
        "ct": _base64(envelope.ciphertext),
    }
    wire: dict[str, object] = {
        "v": 1,
        "msgId": envelope.message_id,
        "from": envelope.sender,
        "to": envelope.recipient,
        "fromPubkey": envelope.sender_key.hex(),
        "enc": sealed,
        "ts": envelope.sent_at_ms,
        "type": envelope.kind,
        "ttl": envelope.ttl,
        "hopCount": envelope.hop_count,
        "route": envelope.route,
    }
    if envelope.packing:
        wire["cp"] = envelope.packing
    if envelope.path:
        wire["path"] = envelope.path
    if envelope.signature:
        wire["sig"] = _base64(envelope.signature)
    return wire, sealed


def read_base64(value: object, reason: str) -> bytes:
    """Read base64, standard or URL-safe, padded or not, and nothing else.

    Raises:
        DecodeError: `reason`: not a string of that.
    """
    if type(value) is not str:
        raise DecodeError(reason, "not a string")
    # the library lets padding pass where nothing is to be padded
    if not len(value) % 4 and not value.endswith("==="):
        try:
            return binascii.a2b_base64(value, strict_mode=True)
        except ValueError:
            pass  # most write the standard; the rest is brought to it
    standard = value.replace("-", "+").replace("_", "/")
    if not standard.endswith("="):
        standard += "=" * (-len(standard) % 4)
    if len(standard) % 4 or standard.endswith("==="):
        raise DecodeError(reason, "not base64")
    try:
        return binascii.a2b_base64(standard, strict_mode=True)
    except ValueError as error:
        raise DecodeError(reason, "not base64") from error


def is_wire_id(value: object) -> bool:
    """Tell whether this can be the id of a message: 1..128 printable characters."""
    return type(value) is str and 0 < len(value) <= MAX_ID_CHARS and value.isprintable()


def read_kind(kind: object) -> str:
    """Read `type`; refuse one that could not be shown by name.

    Raises:
        DecodeError: `bad-type`.
    """
    if type(kind) is str:
        if kind in _COMMON_KINDS:
            return kind
        if 0 < len(kind) <= MAX_KIND_CHARS and kind.isascii() and kind.isprintable():
            return kind
    raise DecodeError("bad-type", f"1..{MAX_KIND_CHARS} printable ASCII characters")


def _message_id(raw: dict[str, Any]) -> str:
    """Read `msgId`, or `id` where that is missing."""
    message_id: str = raw.get("msgId", raw.get("id"))  # type: ignore[assignment]  # checked next
    if not is_wire_id(message_id):
        raise DecodeError("bad-id", f"a message id is 1..{MAX_ID_CHARS} printable characters")
    if raw.get("id", message_id) != message_id:
        raise DecodeError("bad-id", "id and msgId differ")
    return message_id


def _sender(raw: dict[str, Any]) -> tuple[NodeId, bytes]:
    """Read who sent it and check that the key is theirs."""
    claimed = raw.get("from", raw.get("fromNodeId"))
    try:
        sender = prove_sender(claimed, raw.get("fromPubkey"))
    except DecodeError as error:
        if error.reason == "bad-node-id":
            raise DecodeError("bad-from", error.detail) from error
        raise
    if raw.get("fromNodeId", claimed) != claimed:
        raise DecodeError("bad-from", "from and fromNodeId differ")
    return sender


def _recipient(value: object) -> str:
    """Read `to`."""
    try:
        return parse_node_id(value)
    except DecodeError as error:
        if value == BROADCAST:
            return BROADCAST
        if type(value) is str and value.startswith(FORUM_PREFIX):
            try:
                return FORUM_PREFIX + check_forum_name(value[len(FORUM_PREFIX) :])
            except DecodeError as cause:
                raise DecodeError("bad-to", cause.detail) from cause
        raise DecodeError("bad-to", "a node id, broadcast, or forum:NAME") from error


def _sealed(sealed: object) -> tuple[bytes, bytes]:
    """Read nonce and ciphertext."""
    if type(sealed) is not dict:
        raise DecodeError("bad-enc", "enc is an object of nonce and ct")
    nonce = read_base64(sealed.get("nonce"), "bad-nonce")
    if len(nonce) != NONCE_BYTES:
        raise DecodeError("bad-nonce", f"{len(nonce)} bytes instead of {NONCE_BYTES}")
    ciphertext = read_base64(sealed.get("ct"), "bad-ct")
    if len(ciphertext) < TAG_BYTES:
        raise DecodeError("bad-ct", f"{len(ciphertext)} bytes, less than its tag")
    return nonce, ciphertext


def _route(raw: dict[str, Any], sender: NodeId) -> tuple[NodeId, ...]:
    """Read the claimed path."""
    route = raw.get("route", [sender])
    if route == [sender]:  # as every message begins
        return (sender,)
    if type(route) is not list or len(route) > MAX_ROUTE_NODES:
        raise DecodeError("bad-route", f"a list of at most {MAX_ROUTE_NODES} node ids")
    try:
        return tuple(map(parse_node_id, route))
    except DecodeError as error:
        raise DecodeError("bad-route", error.detail) from error


def _packing(value: object) -> int:
    """Read `cp`; one that we do not know is kept, what is no such number says nothing."""
    return value if type(value) is int and 0 <= value <= MAX_PACKING else 0


def _path(value: object) -> tuple[NodeId, ...]:
    """Read the relays that are asked to carry it; what is no list of nodes asks nobody."""
    if type(value) is not list or len(value) > MAX_PATH_NODES:
        return ()
    try:
        return tuple(map(parse_node_id, value))
    except DecodeError:
        return ()


def _signature(value: object) -> bytes:
    """Read a signature; whose it is, is not asked here, and another's kind is none."""
    try:
        signature = read_base64(value, "bad-sig")
    except DecodeError:
        return b""
    return signature if len(signature) == SIGNATURE_BYTES else b""


def _base64(data: bytes) -> str:
    """Write standard, padded base64."""
    return binascii.b2a_base64(data, newline=False).decode()


def _dump(wire: dict[str, object]) -> bytes:
    """Write an object; whatever was parsed or built here can be written."""
    try:
        return orjson.dumps(wire)
    except TypeError as error:
        msg = f"it cannot be written as JSON: {error}"
        raise EncodeError(msg) from error
