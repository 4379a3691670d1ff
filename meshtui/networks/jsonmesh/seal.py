"""Sealing and opening: what only sender and recipient, or the members of a forum, can read.

Direct: key = sha256 of the compressed ECDH point, the same in both directions. Forum: key =
sha256("forum:" + name), so anybody who knows the name can read and write as anybody. Nothing
outside the ciphertext is authenticated; so our plaintext repeats `id, from, to, type, ts`, which
old peers ignore. Where a plaintext holds them they must match the envelope: that refuses replay
under new names, and a ciphertext of ours sent back as if the peer had written it. A packed
plaintext (see `packing`) does not repeat them: they are bound as AAD, to the same end.
"""

from __future__ import annotations

import hashlib
import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import orjson

from meshtui.crypto.aead import NONCE_BYTES, Aead
from meshtui.crypto.secp256k1 import shared_key
from meshtui.errors import CryptoError, EncodeError
from meshtui.networks.jsonmesh import packing
from meshtui.networks.jsonmesh.bodies import describe_body
from meshtui.networks.jsonmesh.envelope import (
    BROADCAST,
    FORUM_PREFIX,
    MAX_TTL,
    Envelope,
    is_wire_id,
)
from meshtui.networks.jsonmesh.signature import sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.crypto.keys import PrivateKey
    from meshtui.model.ids import NodeId

KEPT_KEYS = 1000
ACK_KIND = "ack"
TEXT_KIND = "text"
_HEADER = ("id", "from", "to", "type", "ts")
_header_of = itemgetter(*_HEADER)
_OUR_KEYS = frozenset({*_HEADER, "text", "mid", "ack", "h"})
_ACK_HASH = re.compile(r"([0-9a-fA-F]{16})?")
_Key = TypeVar("_Key")


class Letter(NamedTuple):
    """What we want to say, before it is sealed.

    Attributes:
        message_id: `msgId` on the wire, fresh for every attempt to a peer that acknowledges. Empty,
            with packing 1 only: the hex digits of its `ciphertext_digest` name it, which a compact
            frame need not carry.
        recipient: A node id, `broadcast`, or `forum:NAME`.
        mid: Stable over attempts; empty = `message_id` is.
        is_bare: Write the text alone, for a peer that does so; direction cannot be proven then.
        ack: The wire id that this acknowledges, with `kind` being `ack`.
        ack_hash: `ciphertext_digest` of what it acknowledges, in hex.
        packing: How the plaintext is written; one that the reader announced. With 1, `ack` stays
            at home: `ack_hash` says it.
        has_header: Repeat the envelope's header inside, as packing 0 does not by itself.
    """

    message_id: str
    recipient: str
    sent_at_ms: int
    text: str = ""
    kind: str = TEXT_KIND
    mid: str = ""
    is_bare: bool = False
    ack: str = ""
    ack_hash: str = ""
    packing: int = packing.AS_SPECIFIED
    has_header: bool = True


class Plaintext(NamedTuple):
    """What an envelope held.

    Attributes:
        text: What to show: the text itself, or a line that says what the body is.
        body: The content as it came where it is more than `text`; else empty.
        is_bare: It came the app's way: neither an object with a text nor our header.
        has_inner_header: `id, from, to, type, ts` were all inside, and match the envelope; or they
            were bound to the ciphertext.
        mid: The sender's stable id, or empty.
        sent_at_ms: The inner time where there is one, else the envelope's.
        ack: The wire id this acknowledges, for kind `ack`; else empty. Packed ones give none but
            `ack_hash`.
        ack_hash: 16 hex digits, or empty where the sender gave none.
    """

    text: str
    kind: str
    body: str = ""
    is_bare: bool = False
    has_inner_header: bool = False
    inner_id: str = ""
    mid: str = ""
    sent_at_ms: int = 0
    ack: str = ""
    ack_hash: str = ""


def ciphertext_digest(nonce: bytes, ciphertext: bytes) -> bytes:
    """Compute the 8 bytes by which a ciphertext is known again, and acknowledged."""
    return hashlib.sha256(nonce + ciphertext).digest()[:8]


def forum_key(name: str) -> bytes:
    """Compute a forum's key from its name, taken verbatim."""
    return hashlib.sha256(FORUM_PREFIX.encode() + name.encode()).digest()


class Sealer:
    """Our key at work. Keeps the 1,000 last used keys of peers, and as many of forums."""

    def __init__(self, private_key: PrivateKey, public_key: bytes, node_id: NodeId) -> None:
        """Take our key pair and the id that follows from it."""
        self._private_key = private_key
        self._public_key = public_key
        self._node_id = node_id
        self._peers: dict[bytes, Aead] = {}
        self._forums: dict[str, Aead] = {}

    def __repr__(self) -> str:
        """Name the owner only."""
        return f"Sealer({self._node_id})"

    @property
    def node_id(self) -> NodeId:
        """Whose key this is."""
        return self._node_id

    @property
    def public_key(self) -> bytes:
        """Our key as others know it."""
        return self._public_key

    def has_key_for(self, peer_key: bytes) -> bool:
        """Tell whether the shared key is at hand; if not, the next use costs a curve operation."""
        return peer_key in self._peers

    def seal_direct(
        self, peer_key: bytes, letter: Letter, entropy: Callable[[int], bytes]
    ) -> Envelope:
        """Seal a letter for one peer.

        Raises:
            CryptoError: `bad-key`: the peer's key is none.
            EncodeError: The text holds half a character, or the letter cannot be packed so.
        """
        return self._seal(self._peer(peer_key), letter, entropy)

    def seal_channel(self, name: str, letter: Letter, entropy: Callable[[int], bytes]) -> Envelope:
        """Seal a letter for a forum.

        Raises:
            EncodeError: The text holds half a character, or the letter cannot be packed so.
        """
        return self._seal(self._forum(name), letter, entropy)

    def open_direct(self, envelope: Envelope) -> Plaintext:
        """Open what was written to us.

        Raises:
            CryptoError: `not-for-us`, `own` (in our name, by our key or by one ground to fit),
                `bad-key`, `bad-tag`, `inner-mismatch`, `bad-ack`, `bad-packing` (not one we read,
                or authentic and not written so).
        """
        if envelope.recipient != self._node_id:
            raise CryptoError("not-for-us", "it is for another")
        if envelope.sender == self._node_id:
            raise CryptoError("own", "it claims to come from ourselves")
        return read_plaintext(envelope, self.decrypt_direct(envelope.sender_key, envelope))

    def open_channel(self, name: str, envelope: Envelope) -> Plaintext:
        """Open what was written to a forum; who wrote it is unproven.

        Raises:
            CryptoError: `not-for-us`, `bad-tag`, `inner-mismatch`, `bad-ack`, `bad-packing`.
        """
        if envelope.recipient not in (BROADCAST, FORUM_PREFIX + name):
            raise CryptoError("not-for-us", "it is for another")
        return read_plaintext(envelope, self.decrypt_channel(name, envelope))

    def decrypt_direct(self, peer_key: bytes, envelope: Envelope) -> bytes:
        """Decrypt with the key shared with a peer, whichever of us wrote it; it stays packed.

        Raises:
            CryptoError: `bad-key`, `bad-tag`, `bad-packing` (not one we read).
        """
        return _open(self._peer(peer_key), envelope)

    def decrypt_channel(self, name: str, envelope: Envelope) -> bytes:
        """Decrypt with a forum's key; it stays packed.

        Raises:
            CryptoError: `bad-tag`, `bad-packing` (not one we read).
        """
        return _open(self._forum(name), envelope)

    def sign(self, envelope: Envelope) -> Envelope:
        """Sign an envelope of our own (see `signature`)."""
        return sign(self._private_key, envelope)

    def _seal(self, aead: Aead, letter: Letter, entropy: Callable[[int], bytes]) -> Envelope:
        """Seal under a key at hand."""
        nonce = entropy(NONCE_BYTES)
        header = None
        if letter.packing:
            header = packing.bound_header(
                letter.packing,
                letter.message_id,
                self._node_id,
                letter.recipient,
                letter.kind,
                letter.sent_at_ms,
            )
        ciphertext = aead.seal(nonce, _write(letter, self._node_id), header)
        return Envelope(
            message_id=letter.message_id or ciphertext_digest(nonce, ciphertext).hex(),
            sender=self._node_id,
            recipient=letter.recipient,
            sender_key=self._public_key,
            nonce=nonce,
            ciphertext=ciphertext,
            sent_at_ms=letter.sent_at_ms,
            kind=letter.kind,
            ttl=MAX_TTL,
            hop_count=0,
            route=(self._node_id,),
            raw={},
            packing=letter.packing,
        )

    def _peer(self, peer_key: bytes) -> Aead:
        """Find or make the key shared with a peer."""
        aead = self._peers.pop(peer_key, None)
        if aead is None:
            aead = Aead(shared_key(self._private_key, peer_key))
        return _keep(self._peers, peer_key, aead)

    def _forum(self, name: str) -> Aead:
        """Find or make the key of a forum."""
        aead = self._forums.pop(name, None)
        if aead is None:
            aead = Aead(forum_key(name))
        return _keep(self._forums, name, aead)


def read_plaintext(envelope: Envelope, plaintext: bytes) -> Plaintext:
    """Read what was decrypted, and hold it against its envelope.

    An object with a string `text` means that text; any other text means itself. Bytes that are
    not UTF-8 are replaced: they are authentic, and showing them is better than losing them.

    Raises:
        CryptoError: `inner-mismatch`: its header names another message; `bad-ack`; `bad-packing`.
    """
    if envelope.packing == packing.PACKED:
        return _read_packed(envelope, plaintext)
    if envelope.packing == packing.ZLIB:
        plaintext = packing.inflate_json(plaintext)
    kind = envelope.kind
    inner = _inner_object(plaintext)
    text = inner.get("text")
    has_text = type(text) is str
    has_header = _check_header(envelope, inner, is_strict=has_text or kind == ACK_KIND)
    if kind == ACK_KIND:
        shown, body = "", ""
        ack, ack_hash = _acknowledged(inner)
    else:
        shown, body = _show(kind, text, inner, plaintext)
        ack, ack_hash = "", ""
    mid = inner.get("mid", "")
    return Plaintext(
        shown,
        kind,
        body,
        not (has_text or has_header),
        has_header,
        inner["id"] if has_header else "",
        mid if mid and (has_text or has_header) and is_wire_id(mid) else "",
        envelope.sent_at_ms,
        ack,
        ack_hash,
    )


def _open(aead: Aead, envelope: Envelope) -> bytes:
    """Decrypt under a key at hand, holding the envelope to what was bound."""
    header = None
    if envelope.packing:
        if envelope.packing not in packing.PACKINGS:
            raise CryptoError("bad-packing", f"packed in a way not known here: {envelope.packing}")
        is_self_named = envelope.message_id == _self_name(envelope)
        header = packing.bound_header(
            envelope.packing,
            "" if is_self_named else envelope.message_id,
            envelope.sender,
            envelope.recipient,
            envelope.kind,
            envelope.sent_at_ms,
        )
    return aead.open(envelope.nonce, envelope.ciphertext, header)


def _self_name(envelope: Envelope) -> str:
    """Name an envelope by its own ciphertext."""
    return ciphertext_digest(envelope.nonce, envelope.ciphertext).hex()


def _read_packed(envelope: Envelope, plaintext: bytes) -> Plaintext:
    """Read a plaintext of packing 1; its header was bound, so it opened only where that matches."""
    kind = envelope.kind
    if kind == ACK_KIND:
        content, shown, body = packing.unpack_ack(plaintext), "", ""
    else:
        content = packing.unpack_text(plaintext)
        shown = content.text if kind == TEXT_KIND else describe_body(kind, content.text)
        body = "" if kind == TEXT_KIND else content.text
    return Plaintext(
        shown,
        kind,
        body,
        has_inner_header=True,
        inner_id=envelope.message_id,
        mid=content.mid if is_wire_id(content.mid) else "",
        sent_at_ms=envelope.sent_at_ms,
        ack_hash=content.digest.hex(),
    )


def _show(kind: str, text: object, inner: dict[str, Any], plaintext: bytes) -> tuple[str, str]:
    """Say what to show, and what there is beyond that."""
    if type(text) is not str:
        text = plaintext.decode(errors="replace")
    elif kind == TEXT_KIND and not _OUR_KEYS.issuperset(inner):
        return text, plaintext.decode(errors="replace")
    if kind == TEXT_KIND:
        return text, ""
    return describe_body(kind, text), text


def _inner_object(plaintext: bytes) -> dict[str, Any]:
    """Parse a JSON object; anything else is an empty one."""
    if not plaintext.startswith(b"{"):
        return {}
    try:
        parsed = orjson.loads(plaintext)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _check_header(envelope: Envelope, inner: dict[str, Any], *, is_strict: bool) -> bool:
    """Compare the inner header with the envelope; returns whether it is all there.

    A foreign body (an image's JSON, say) may use these words for its own ends, so that only a
    whole header counts there; in our kind of JSON each part does.
    """
    outside = (
        envelope.message_id,
        envelope.sender,
        envelope.recipient,
        envelope.kind,
        envelope.sent_at_ms,
    )
    try:
        if _header_of(inner) == outside and type(inner["ts"]) is int:
            return True
    except KeyError:
        pass  # not all there
    present = [key for key in _HEADER if key in inner]
    if not is_strict and len(present) < len(_HEADER):
        return False
    for key, claim in zip(_HEADER, outside, strict=True):
        # the type too: 1 == 1.0 == True
        if key in inner and (inner[key] != claim or type(inner[key]) is not type(claim)):
            raise CryptoError("inner-mismatch", f"{key} outside is not what was sealed inside")
    return False


def _acknowledged(inner: dict[str, Any]) -> tuple[str, str]:
    """Read what an acknowledgement is for."""
    ack, digest = inner.get("ack"), inner.get("h", "")
    if not is_wire_id(ack):
        raise CryptoError("bad-ack", "it does not say what it acknowledges")
    if type(digest) is not str or not _ACK_HASH.fullmatch(digest):
        raise CryptoError("bad-ack", "its hash is not 16 hex digits")
    return str(ack), digest.lower()


def _write(letter: Letter, sender: NodeId) -> bytes:
    """Write the plaintext of a letter."""
    if letter.packing == packing.PACKED:
        return _pack(letter)
    if not letter.message_id or letter.packing not in packing.PACKINGS:
        raise EncodeError("a letter without an id, or with a packing of others")
    plaintext = _write_as_specified(letter, sender)
    return packing.deflate_json(plaintext) if letter.packing == packing.ZLIB else plaintext


def _pack(letter: Letter) -> bytes:
    """Write the plaintext of a letter in packing 1."""
    mid = "" if letter.mid == letter.message_id else letter.mid
    if letter.kind == ACK_KIND:
        return packing.pack_ack(bytes.fromhex(letter.ack_hash), mid)
    return packing.pack_text(letter.text, mid)


def _write_as_specified(letter: Letter, sender: NodeId) -> bytes:
    """Write the plaintext of a letter as specified."""
    try:
        if letter.is_bare:
            return letter.text.encode()
        inner: dict[str, object] = {}
        if letter.kind == ACK_KIND:
            inner |= {"ack": letter.ack, "h": letter.ack_hash}
        else:
            inner["text"] = letter.text
        if not letter.has_header:
            return orjson.dumps(inner)
        inner |= {
            "id": letter.message_id,
            "from": sender,
            "to": letter.recipient,
            "type": letter.kind,
            "ts": letter.sent_at_ms,
        }
        if letter.mid:
            inner["mid"] = letter.mid
        return orjson.dumps(inner)
    except (UnicodeEncodeError, TypeError) as error:
        raise EncodeError("the text holds half a character") from error


def _keep(kept: dict[_Key, Aead], key: _Key, aead: Aead) -> Aead:
    """Put a key at the young end; the one unused longest goes."""
    kept[key] = aead
    if len(kept) > KEPT_KEYS:
        del kept[next(iter(kept))]
    return aead
