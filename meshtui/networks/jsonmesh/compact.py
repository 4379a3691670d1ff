"""Compact frames: an envelope in one LoRa packet, for those who announced `cbor1`.

    CB  stuffed CBOR array, whose trailing defaults are left out (see `stuffing`):

    0 who     bytes: sender, as key (33) or id (4), and recipient as id (4) or nothing (broadcast);
              for a forum [bytes of the sender, name]
    1 sealed  bytes: nonce (12), ciphertext and tag
    2 time    number: whole seconds since 1970; bytes: milliseconds, big-endian, where not whole
    3 fate    number: (10 - ttl) * 32 + packing form * 8 + kind; form 0 = packing 1, 1 = packing 0,
              2 = packing 2, 3 = in `more`; kind 0..6 = KINDS, 7 = in `more`
    4 id      bytes: a UUID (16) or 16 hex digits (8); text: any other; null: the envelope is named
              by its own ciphertext (see `seal`)
    5 relays  bytes: the route after the sender, ids (4 each), as many as hops; [hops, bytes]: a
              route that does not fit that, whole
    6 path    bytes: ids (4 each)
    7 sig     bytes: signature (64)
    8 more    map: 0 = kind (text), 1 = packing (number), text = JSON keys unknown to us;
              `enc` holds those unknown within it

A lossless transcoding of the JSON: nothing here is authenticated either. The same bounds hold.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from meshtui.crypto.aead import NONCE_BYTES, TAG_BYTES
from meshtui.crypto.secp256k1 import PUBLIC_KEY_BYTES
from meshtui.errors import CryptoError, DecodeError, EncodeError
from meshtui.model.ids import NodeId
from meshtui.networks.jsonmesh import packing
from meshtui.networks.jsonmesh.compact_frame import (
    ID_BYTES,
    check_json_map,
    pack_id,
    pack_ids,
    pack_time,
    pick_unknown,
    read_frame,
    read_ids,
    read_time,
    unpack_id,
    write_frame,
)
from meshtui.networks.jsonmesh.envelope import (
    BROADCAST,
    FORUM_PREFIX,
    MAX_HOPS,
    MAX_PACKING,
    MAX_PATH_NODES,
    MAX_ROUTE_NODES,
    MAX_TTL,
    SIGNATURE_BYTES,
    Envelope,
    is_wire_id,
    read_kind,
)
from meshtui.networks.jsonmesh.identity import node_id_of
from meshtui.networks.jsonmesh.seal import ciphertext_digest
from meshtui.networks.jsonmesh.topics import check_forum_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMPACT_MARK = 0xCB
KINDS = ("text", "ack", "cashu", "btc_tx", "audio", "image", "gif")
_OTHER_KIND = len(KINDS)
_PACKING_FORMS = (packing.PACKED, packing.AS_SPECIFIED, packing.ZLIB)
_OTHER_PACKING = len(_PACKING_FORMS)
_KIND_KEY, _PACKING_KEY = 0, 1
_SLOTS, _NEEDED = 9, 3
_DEFAULTS: list[object] = [None, None, None, 0, None, b"", b"", b"", {}]
_TTL_STEP = 32
# what an envelope's fields say already
_KNOWN_KEYS = frozenset(
    {
        *("v", "msgId", "id", "from", "fromNodeId", "to", "fromPubkey", "ts", "type", "ttl"),
        *("hopCount", "route", "cp", "path", "sig"),
    }
)
_KNOWN_SEALED_KEYS = frozenset({"nonce", "ct", "v"})
_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_FORM_NUMBERS = {packed: number for number, packed in enumerate(_PACKING_FORMS)}


def is_compact(frame: bytes) -> bool:
    """Tell by the first byte whether this claims to be a compact envelope."""
    return frame[:1] == b"\xcb"


def encode_compact(envelope: Envelope, *, with_key: bool) -> bytes:
    """Write an envelope as a compact frame; no 00, 0A or 0D is in it.

    Args:
        with_key: Carry the sender's whole key; else 4 bytes, for readers who know the key.

    Raises:
        EncodeError: It exceeds 4 KiB, holds what the reader would not take, or its sender's key is
            not known.
    """
    if len(envelope.route) > MAX_ROUTE_NODES or len(envelope.path) > MAX_PATH_NODES:
        raise EncodeError("the route is full, or the path too long")
    if with_key and not envelope.sender_key:
        raise EncodeError("the sender's key is not known")
    sender = envelope.sender_key if with_key else pack_id(envelope.sender)
    kind, form, more = _unusual(envelope)
    slots: list[object] = [
        _who(sender, envelope.recipient),
        envelope.nonce + envelope.ciphertext,
        pack_time(envelope.sent_at_ms),
        (MAX_TTL - envelope.ttl) * _TTL_STEP + form * 8 + kind,
        _id(envelope),
        _relays(envelope),
        pack_ids(envelope.path),
        envelope.signature,
        more,
    ]
    return write_frame(COMPACT_MARK, slots, _NEEDED)


def decode_compact(frame: bytes, key_of: Callable[[NodeId], bytes | None]) -> Envelope:
    """Parse and check a compact frame. `raw` holds but the keys unknown to us.

    Args:
        key_of: Tells the key of a node that left it out; empty = go on without, for who only
            passes it on; None = refuse it.

    Raises:
        DecodeError: `too-large`, `not-compact`, `bad-stuffing`, `bad-cbor`, `bad-slots`,
            `bad-from`, `bad-key`, `bad-to`, `bad-enc`, `bad-ts`, `bad-fate`, `bad-id`, `bad-route`,
            `bad-hops`, `bad-path`, `bad-sig`, `bad-type`, `bad-packing`, `bad-more`, `unknown-key`
            (it was left out, and we do not know it).
        CryptoError: `forged`: the key that `key_of` gave is not the sender's.
    """
    slots = read_frame(frame, COMPACT_MARK, _NEEDED, _SLOTS)
    who, sealed, time, fate, wire_id, relays, path, signature, more = (
        slots + _DEFAULTS[len(slots) :]
    )
    sender, sender_key, recipient = _read_who(who, key_of)
    nonce, ciphertext = _read_sealed(sealed)
    more = _read_more(more) if more else {}
    ttl, kind, packed = _read_fate(fate, more)
    hop_count, route = _read_relays(relays, sender)
    return Envelope(
        _read_id(wire_id, nonce, ciphertext),
        sender,
        recipient,
        sender_key,
        nonce,
        ciphertext,
        read_time(time),
        kind,
        ttl,
        hop_count,
        route,
        more,
        packed,
        read_ids(path, MAX_PATH_NODES, "bad-path"),
        _read_signature(signature),
    )


def _who(sender: bytes, recipient: str) -> object:
    """Write sender and recipient."""
    if recipient == BROADCAST:
        return sender
    if recipient.startswith(FORUM_PREFIX):
        return [sender, recipient[len(FORUM_PREFIX) :]]
    return sender + pack_id(NodeId(recipient))


def _read_who(who: object, key_of: Callable[[NodeId], bytes | None]) -> tuple[NodeId, bytes, str]:
    """Read the sender, its key, and the recipient."""
    recipient = BROADCAST
    if type(who) is list and len(who) == 2:
        who, name = who
        try:
            recipient = FORUM_PREFIX + check_forum_name(name)
        except DecodeError as error:
            raise DecodeError("bad-to", error.detail) from error
    elif type(who) is bytes and len(who) in (2 * ID_BYTES, PUBLIC_KEY_BYTES + ID_BYTES):
        recipient, who = unpack_id(who[-ID_BYTES:]), who[:-ID_BYTES]
    if type(who) is bytes and len(who) == PUBLIC_KEY_BYTES:
        return _owner_of(who), who, recipient
    if type(who) is not bytes or len(who) != ID_BYTES:
        raise DecodeError("bad-from", "a key or 4 bytes of one's hash")
    sender = unpack_id(who)
    key = key_of(sender)
    if key is None:
        raise DecodeError("unknown-key", f"{sender} left its key out, which we do not know")
    if key and _owner_of(key) != sender:
        raise CryptoError("forged", f"the key does not belong to {sender}")
    return sender, key, recipient


def _read_sealed(sealed: object) -> tuple[bytes, bytes]:
    """Read nonce and ciphertext."""
    if type(sealed) is not bytes or len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise DecodeError("bad-enc", "nonce, ciphertext and tag")
    return sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]


def _unusual(envelope: Envelope) -> tuple[int, int, dict[Any, object]]:
    """Write kind and packing as numbers; what has none, and unknown keys, as a map."""
    more: dict[Any, object] = {}
    kind = _KIND_NUMBERS.get(envelope.kind, _OTHER_KIND)
    if kind == _OTHER_KIND:
        more[_KIND_KEY] = envelope.kind
    form = _FORM_NUMBERS.get(envelope.packing, _OTHER_PACKING)
    if form == _OTHER_PACKING:
        more[_PACKING_KEY] = envelope.packing
    return kind, form, more | _unknown_keys(envelope.raw) if envelope.raw else more


def _unknown_keys(raw: Mapping[str, object]) -> dict[str, object]:
    """List what a JSON envelope holds beyond what we know, in `enc` too.

    Raises:
        EncodeError: It is not what JSON can say.
    """
    unknown = pick_unknown(raw, _KNOWN_KEYS)
    sealed = unknown.pop("enc", None)
    if isinstance(sealed, dict) and not _KNOWN_SEALED_KEYS.issuperset(sealed):
        unknown["enc"] = pick_unknown(sealed, _KNOWN_SEALED_KEYS)
    return unknown


def _read_fate(fate: object, more: dict[Any, Any]) -> tuple[int, str, int]:
    """Read ttl, kind and packing; takes the latter two out of `more`."""
    if type(fate) is not int or not 0 <= fate < (MAX_TTL + 1) * _TTL_STEP:
        raise DecodeError("bad-fate", "no such ttl")
    kind, form = fate & 7, fate >> 3 & 3
    name = KINDS[kind] if kind < _OTHER_KIND else read_kind(more.pop(_KIND_KEY, None))
    if form < _OTHER_PACKING:
        packed = _PACKING_FORMS[form]
    else:
        packed = more.pop(_PACKING_KEY, None)
        if type(packed) is not int or not 0 <= packed <= MAX_PACKING:
            raise DecodeError("bad-packing", f"a whole number of 0..{MAX_PACKING}")
    if _KIND_KEY in more or _PACKING_KEY in more:
        raise DecodeError("bad-more", "kind or packing is given twice")
    return MAX_TTL - fate // _TTL_STEP, name, packed


def _id(envelope: Envelope) -> object:
    """Write the id."""
    name = envelope.message_id
    if len(name) == 16 and name == ciphertext_digest(envelope.nonce, envelope.ciphertext).hex():
        return None
    return packing.pack_name(name)


def _read_id(value: object, nonce: bytes, ciphertext: bytes) -> str:
    """Read the id."""
    if value is None:
        return ciphertext_digest(nonce, ciphertext).hex()
    if type(value) is bytes and len(value) in (8, 16):
        return packing.unpack_name(value)
    if not is_wire_id(value):
        raise DecodeError("bad-id", "16 or 8 bytes, printable characters, or null")
    return str(value)


def _relays(envelope: Envelope) -> object:
    """Write the route and the hops."""
    route = envelope.route
    if route[:1] == (envelope.sender,) and len(route) == envelope.hop_count + 1:
        return pack_ids(route[1:])
    return [envelope.hop_count, pack_ids(route)]


def _read_relays(relays: object, sender: NodeId) -> tuple[int, tuple[NodeId, ...]]:
    """Read the hops and the route."""
    if relays == b"":
        return 0, (sender,)
    if type(relays) is bytes:
        after = read_ids(relays, MAX_ROUTE_NODES - 1, "bad-route")
        return len(after), (sender, *after)
    if type(relays) is not list or len(relays) != 2:
        raise DecodeError("bad-route", "bytes, or hops and bytes")
    hop_count, route = relays
    if type(hop_count) is not int or not 0 <= hop_count <= MAX_HOPS:
        raise DecodeError("bad-hops", f"a whole number of 0..{MAX_HOPS}")
    return hop_count, read_ids(route, MAX_ROUTE_NODES, "bad-route")


def _read_signature(signature: object) -> bytes:
    """Read a signature; whose it is, is not asked here."""
    if type(signature) is not bytes or len(signature) not in (0, SIGNATURE_BYTES):
        raise DecodeError("bad-sig", f"{SIGNATURE_BYTES} bytes or none")
    return signature


def _read_more(more: object) -> dict[Any, Any]:
    """Read the rest: unknown JSON keys, and two numbers for what has none elsewhere."""
    if type(more) is not dict:
        raise DecodeError("bad-more", "a map")
    ours = {key: more[key] for key in (_KIND_KEY, _PACKING_KEY) if key in more}
    rest = {key: value for key, value in more.items() if key not in ours}
    sealed = check_json_map(rest, _KNOWN_KEYS).get("enc", {})
    if type(sealed) is not dict or not _KNOWN_SEALED_KEYS.isdisjoint(sealed):
        raise DecodeError("bad-more", "enc is a map of keys unknown to us")
    return rest | ours


@lru_cache(maxsize=4096)
def _owner_of(key: bytes) -> NodeId:
    """Name the owner of a key; a sender is hashed once, not with every message."""
    return node_id_of(key)
