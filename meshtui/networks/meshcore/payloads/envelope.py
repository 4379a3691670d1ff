"""What is sealed; and what REQ, RESPONSE, TXT_MSG and PATH have in common: from node to node.

    destination hash(1) | source hash(1) | MAC(2) | ciphertext(16n)

A hash is the first byte of a node's public key, so several nodes may be meant.
"""

from __future__ import annotations

from dataclasses import dataclass

from meshtui.errors import DecodeError, EncodeError

MAC_BYTES = 2
BLOCK_BYTES = 16
_HEAD = 2


class Sealed:
    """What every sealed payload ends with.

    Attributes:
        sealed: MAC and ciphertext, as `seal.Cipher` writes them.
    """

    __slots__ = ()
    sealed: bytes

    @property
    def mac(self) -> bytes:
        """The proof, two bytes."""
        return self.sealed[:MAC_BYTES]

    @property
    def ciphertext(self) -> bytes:
        """Whole blocks of 16 bytes, one or more."""
        return self.sealed[MAC_BYTES:]


@dataclass(frozen=True, slots=True)
class Envelope(Sealed):
    """A payload sealed between two nodes."""

    dest_hash: int
    src_hash: int
    sealed: bytes


def check_sealed(payload: bytes, head: int) -> bytes:
    """Return MAC and ciphertext, which begin after `head` bytes.

    Raises:
        DecodeError: `short`: no whole block; `ragged`: the last block is incomplete.
    """
    length = len(payload) - head - MAC_BYTES
    if length < BLOCK_BYTES:
        least = head + MAC_BYTES + BLOCK_BYTES
        raise DecodeError("short", f"{len(payload)} bytes; {least} are the least", len(payload))
    if length % BLOCK_BYTES:
        offset = len(payload) - length % BLOCK_BYTES
        raise DecodeError("ragged", "the ciphertext is not in blocks of 16 bytes", offset)
    return payload[head:]


def decode_envelope(payload: bytes) -> Envelope:
    """Parse the outside of a sealed payload.

    Raises:
        DecodeError: `short` or `ragged`; the offset counts from the payload's first byte.
    """
    sealed = check_sealed(payload, _HEAD)
    return Envelope(payload[0], payload[1], sealed)


def encode_envelope(envelope: Envelope) -> bytes:
    """Write a sealed payload.

    Raises:
        EncodeError: A hash is not one byte.
    """
    if not (0 <= envelope.dest_hash <= 255 and 0 <= envelope.src_hash <= 255):
        msg = "a node hash is one byte"
        raise EncodeError(msg)
    return bytes((envelope.dest_hash, envelope.src_hash)) + envelope.sealed
