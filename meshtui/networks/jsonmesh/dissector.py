"""Reads recorded frames with keys that somebody named: for `decode` and for opened captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.crypto.keys import PrivateKey
from meshtui.crypto.secp256k1 import public_key_of
from meshtui.errors import ConfigError, CryptoError, DecodeError
from meshtui.model.ids import NodeId
from meshtui.model.packet import MAX_SUMMARY_TEXT, PacketSummary, Verdict
from meshtui.networks.jsonmesh.announce import Announcement
from meshtui.networks.jsonmesh.chunk import Chunk
from meshtui.networks.jsonmesh.dissect import dissect_frame
from meshtui.networks.jsonmesh.dissect_open import KeyRing
from meshtui.networks.jsonmesh.dissect_record import (
    Record,
    open_with,
    read_content,
    record_of,
    rejected,
)
from meshtui.networks.jsonmesh.envelope import FORUM_PREFIX, Envelope
from meshtui.networks.jsonmesh.identity import node_id_of
from meshtui.networks.jsonmesh.presence import Presence
from meshtui.networks.jsonmesh.seal import TEXT_KIND, Sealer
from meshtui.networks.jsonmesh.topics import check_forum_name

if TYPE_CHECKING:
    from meshtui.model.packet import Dissection, Frame
    from meshtui.model.secret import SecretBytes
    from meshtui.networks.base import KeyMaterial
    from meshtui.networks.jsonmesh.dissect_record import Request

_PRIVATE_KEY_BYTES = 32
# Opens forums and nothing else: no envelope is for the empty id.
_NOBODY = Sealer(PrivateKey(bytes(_PRIVATE_KEY_BYTES)), b"", NodeId(""))


class JsonmeshDissector:
    """Tries each identity in the order given; forums follow from their names alone."""

    def __init__(self, keys: KeyMaterial) -> None:
        """Take the keys: private ones of 32 bytes, public ones of 33, names of forums.

        Raises:
            ConfigError: One of them is no key of this network; the text names it.
        """
        channels = tuple(_forum(name, secret) for name, secret in keys.channels)
        sealers = [_sealer(label, key.reveal) for label, key in keys.identities]
        peers = dict(_contact(label, key) for label, key in keys.contacts)
        peers |= {sealer.node_id: sealer.public_key for sealer in sealers}
        self._rings = [KeyRing(sealer, channels, peers) for sealer in sealers or (_NOBODY,)]

    def summarise(self, frame: Frame) -> PacketSummary:
        """Say in one line what a frame is."""
        try:
            content = read_content(frame.payload, frame.endpoint, self._rings[0])
        except (DecodeError, CryptoError) as error:
            return PacketSummary(
                "unknown", Verdict.REJECTED, reason=error.reason, detail=error.detail
            )
        if isinstance(content, Envelope):
            return self._summary_of(content, frame.endpoint)
        return _open_letter(content)

    def dissect(self, frame: Frame) -> Dissection:
        """Take a frame apart with the first identity that opens it."""
        dissections = (
            dissect_frame(frame, ring.sealer, ring.channels, ring.peer_keys) for ring in self._rings
        )
        first = next(dissections)
        if not first.why:
            return first
        return next((each for each in dissections if not each.why), first)

    def record(self, frame: Frame) -> Record:
        """Return what the frame holds (see `dissect_record`).

        Raises:
            DecodeError: It is none of this network's, not well-formed, or forged.
        """
        try:
            content = read_content(frame.payload, frame.endpoint, self._rings[0])
        except (DecodeError, CryptoError) as error:
            raise rejected(error) from error
        return record_of(content, frame.endpoint, self._rings)

    def _summary_of(self, envelope: Envelope, endpoint: str) -> PacketSummary:
        plaintext, why = open_with(envelope, endpoint, self._rings)
        verdict, reason, text = Verdict.UNREADABLE, "no-key", ""
        if plaintext is not None:
            is_text = envelope.kind == TEXT_KIND
            verdict = Verdict.DELIVERED if is_text else Verdict.HANDLED
            reason, text = "", plaintext.text if is_text else ""
        recipient = envelope.recipient
        if recipient.startswith(FORUM_PREFIX):
            recipient = f"#{recipient[len(FORUM_PREFIX) :]}"
        return PacketSummary(
            envelope.kind,
            verdict,
            envelope.sender,
            recipient,
            envelope.hop_count,
            envelope.ttl,
            envelope.message_id,
            reason,
            why,
            text[:MAX_SUMMARY_TEXT],
            tuple(hop for hop in envelope.route if hop != envelope.sender),
            acks="" if plaintext is None else plaintext.ack,
        )


def _open_letter(content: Presence | Announcement | Chunk | Request | None) -> PacketSummary:
    """Describe what is not sealed."""
    match content:
        case None:
            return PacketSummary("empty", Verdict.HANDLED)
        case Presence():
            has_position = content.position is not None
            return PacketSummary(
                "presence", Verdict.HANDLED, content.node_id, has_position=has_position
            )
        case Chunk():
            return PacketSummary("chunk", Verdict.HANDLED, message_id=content.chunk_id)
        case Announcement():
            return PacketSummary("announce", Verdict.HANDLED, content.creator, f"#{content.name}")
        case (chunk_id, _):
            return PacketSummary("chunk-request", Verdict.HANDLED, message_id=chunk_id)


def _forum(name: str, secret: SecretBytes | None) -> str:
    if secret is not None:
        msg = f"channel {name!r}: a forum's key is its name; give no other"
        raise ConfigError(msg)
    try:
        return check_forum_name(name)
    except DecodeError as error:
        msg = f"channel {name!r}: {error.detail}"
        raise ConfigError(msg) from error


def _sealer(label: str, key: bytes) -> Sealer:
    private = PrivateKey(key)
    try:
        public = public_key_of(private)
        return Sealer(private, public, node_id_of(public))
    except CryptoError:
        msg = f"identity {label}: not a private key, which is {_PRIVATE_KEY_BYTES} bytes"
        raise ConfigError(msg) from None  # what it came from holds the key


def _contact(label: str, key: bytes) -> tuple[NodeId, bytes]:
    try:
        return node_id_of(key), key
    except DecodeError as error:
        msg = f"contact {label}: {error.detail}"
        raise ConfigError(msg) from error
