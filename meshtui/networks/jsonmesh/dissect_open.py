"""Opens envelopes for the inspector, with whatever key is at hand, and shows what was sealed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from meshtui.errors import CryptoError
from meshtui.model.ids import NodeId
from meshtui.model.packet import DissectedField
from meshtui.networks.jsonmesh import packing
from meshtui.networks.jsonmesh.dissect_notes import PLAINTEXT
from meshtui.networks.jsonmesh.dissect_tree import abbreviate, parse_object, tree
from meshtui.networks.jsonmesh.envelope import BROADCAST, FORUM_PREFIX, Envelope
from meshtui.networks.jsonmesh.seal import ACK_KIND, read_plaintext

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from meshtui.networks.jsonmesh.seal import Sealer

MAX_CHANNELS_TRIED = 64
DECRYPTED = "decrypted"
INFLATED = "inflated"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What may open an envelope.

    Attributes:
        sealer: Our key; None = none is at hand.
        channels: Names of forums to try.
        peer_keys: Keys of nodes.
    """

    sealer: Sealer | None
    channels: Collection[str]
    peer_keys: Mapping[NodeId, bytes]

    def key_of(self, node_id: NodeId) -> bytes | None:
        """Find the key of a node, ourselves among them; None = it is not known."""
        if self.sealer is not None and self.sealer.node_id == node_id:
            return self.sealer.public_key
        return self.peer_keys.get(node_id)


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of trying to open an envelope: bytes and with which key, or why not."""

    plaintext: bytes | None = None
    key_note: str = ""
    why: str = ""


def open_envelope(envelope: Envelope, keys: KeyRing, forum: str) -> Opened:
    """Try the keys that may fit.

    Args:
        forum: The one whose topic it came on, or empty.
    """
    sealer = keys.sealer
    if sealer is None:
        return Opened(why="no key at hand")
    if envelope.recipient == BROADCAST or envelope.recipient.startswith(FORUM_PREFIX):
        return _open_forum(envelope, sealer, keys.channels, forum)
    if envelope.recipient == sealer.node_id:
        peer, key = envelope.sender, envelope.sender_key
        if not key:
            return Opened(why=f"it leaves out the key of {peer}, which we do not know")
    elif envelope.sender == sealer.node_id:
        peer = NodeId(envelope.recipient)
        if peer not in keys.peer_keys:
            return Opened(why=f"we wrote it to {peer}, whose key is not known any more")
        key = keys.peer_keys[peer]
    else:
        return Opened(
            why=f"only {envelope.recipient} and {envelope.sender} have the key that opens it"
        )
    try:
        return Opened(
            sealer.decrypt_direct(key, envelope), f"opened with the key shared with {peer}"
        )
    except CryptoError as error:
        return Opened(why=f"the key shared with {peer} does not open it ({error.reason})")


def _open_forum(
    envelope: Envelope, sealer: Sealer, channels: Collection[str], forum: str
) -> Opened:
    """Try the forum it names, else all that we are in."""
    named = forum
    if envelope.recipient != BROADCAST:
        named = envelope.recipient[len(FORUM_PREFIX) :]
    for name in [named] if named else list(channels)[:MAX_CHANNELS_TRIED]:
        try:
            return Opened(sealer.decrypt_channel(name, envelope), f"opened with the key of #{name}")
        except CryptoError:
            continue
    if named:
        return Opened(why=f"the key of #{named} does not open it (bad-tag)")
    return Opened(why="it names no forum, and no forum we are in has its key")


def show_plaintext(
    envelope: Envelope, opened: Opened
) -> tuple[DissectedField, tuple[tuple[str, bytes], ...], str]:
    """Show what was sealed: its field, the buffers it points into, and what is wrong or empty."""
    plaintext = opened.plaintext or b""
    problem = ""
    try:
        read_plaintext(envelope, plaintext)
    except CryptoError as error:
        problem = str(error)
    buffers: tuple[tuple[str, bytes], ...] = ((DECRYPTED, plaintext),)
    note = opened.key_note
    if envelope.packing == packing.PACKED and not problem:
        return _packed_field(envelope, plaintext, note), buffers, problem
    if envelope.packing == packing.ZLIB and not problem:
        plaintext = packing.inflate_json(plaintext)
        buffers = (*buffers, (INFLATED, plaintext))
        note = f"{note}; {len(plaintext)} bytes before zlib"
    return _text_field(plaintext, note, len(buffers)), buffers, problem


def _text_field(plaintext: bytes, note: str, buffer: int) -> DissectedField:
    """Show a plaintext as specified, or as the app writes it."""
    parsed, _ = parse_object(plaintext)
    if parsed is not None:
        return replace(tree(plaintext, PLAINTEXT, buffer=buffer), note=note)
    shown = abbreviate(plaintext.decode(errors="replace"))
    return DissectedField(PLAINTEXT, shown, 0, len(plaintext), f"{note}; bare text", buffer=buffer)


def _packed_field(envelope: Envelope, plaintext: bytes, note: str) -> DissectedField:
    """Show a packed plaintext; it was read before."""
    size = len(plaintext)
    rows: list[DissectedField] = []
    if envelope.kind == ACK_KIND:
        content = packing.unpack_ack(plaintext)
        what = "first 8 bytes of sha256(nonce and ciphertext) of what it acknowledges"
        rows.append(DissectedField("h", content.digest.hex(), 0, 8, what, buffer=1))
        value = f"acknowledges {content.digest.hex()}"
    else:
        content = packing.unpack_text(plaintext)
        in_full = len(content.text.encode(errors="replace"))
        what = f"{in_full} bytes in full"
        rows.append(DissectedField("text", abbreviate(content.text), 0, size, what, buffer=1))
        value = abbreviate(content.text)
    if content.mid:
        what = "the same over all attempts at this message"
        rows.append(DissectedField("mid", abbreviate(content.mid), 0, size, what, buffer=1))
    note = f"{note}; packed into {size} bytes, its header bound to it"
    return DissectedField(PLAINTEXT, value, 0, size, note, tuple(rows), 1)
