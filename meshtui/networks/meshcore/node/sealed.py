"""Payloads sealed between us and a peer: their outside, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import EncodeError
from meshtui.networks.meshcore.payloads.anon_request import AnonRequest, encode_anon_request
from meshtui.networks.meshcore.payloads.envelope import Envelope, encode_envelope

if TYPE_CHECKING:
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.packet import Packet

ENDS_BYTES = 2
ENVELOPE_BYTES = 5  # both hashes, the proof, and something sealed
ANON_BYTES = 36


def seal_for(core: Core, peer: bytes, plaintext: bytes) -> bytes:
    """Seal a plaintext for a peer: the payload of a REQ, RESPONSE, TXT_MSG or PATH.

    Raises:
        EncodeError: The peer's key is none.
    """
    sealed = _seal(core, peer, plaintext)
    return encode_envelope(Envelope(peer[0], core.public_key[0], sealed))


def seal_anon(core: Core, peer: bytes, plaintext: bytes) -> bytes:
    """Seal a plaintext for a peer who need not know us: the payload of an ANON_REQ.

    Raises:
        EncodeError: The peer's key is none.
    """
    sealed = _seal(core, peer, plaintext)
    return encode_anon_request(AnonRequest(peer[0], core.public_key, sealed))


def open_from(core: Core, packet: Packet) -> tuple[bytes, bytes] | None:
    """Open what a peer sealed for us; None = it is not for us, or no key opens it.

    Returns:
        The peer's public key and the padded plaintext.
    """
    payload = packet.payload
    if payload[0] != core.public_key[0]:
        return None
    sealed = payload[ENDS_BYTES:]
    opened = core.keyring.open_direct(payload[0], payload[1], sealed, packet.payload_type)
    # the ring may hold other keys of ours, and opens what we sent ourselves
    if opened is None or opened.is_outgoing or opened.key != core.key:
        return None
    if core.sealed.has(sealed):
        return None
    return opened.peer, opened.plaintext


def open_anon(core: Core, packet: Packet) -> tuple[bytes, bytes] | None:
    """Open what anybody sealed for us; None = it is not for us, or it does not open.

    Returns:
        The sender's public key and the padded plaintext.
    """
    payload = packet.payload
    if payload[0] != core.public_key[0]:
        return None
    sender = payload[1:33]
    cipher = None if sender == core.public_key else core.cipher(sender)
    plaintext = None if cipher is None else cipher.open(payload[33:])
    return None if plaintext is None else (sender, plaintext)


def _seal(core: Core, peer: bytes, plaintext: bytes) -> bytes:
    cipher = core.cipher(peer)
    if cipher is None:
        msg = f"{peer.hex()} is no public key that anything can be sealed for"
        raise EncodeError(msg)
    sealed = cipher.seal(plaintext)
    core.sealed.note(sealed)
    return sealed
