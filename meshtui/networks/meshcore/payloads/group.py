"""What GRP_TXT and GRP_DATA have in common: sealed for a channel.

channel hash(1) | MAC(2) | ciphertext(16n)
"""

from __future__ import annotations

from dataclasses import dataclass

from meshtui.errors import EncodeError
from meshtui.networks.meshcore.payloads.envelope import Sealed, check_sealed

_HEAD = 1


@dataclass(slots=True)
class GroupEnvelope(Sealed):
    """A payload sealed for a channel. Not frozen: it is built for every packet heard.

    Attributes:
        channel_hash: The first byte of SHA256(key), so several channels may be meant.
    """

    channel_hash: int
    sealed: bytes


def decode_group(payload: bytes) -> GroupEnvelope:
    """Parse the outside of a payload for a channel.

    Raises:
        DecodeError: `short` or `ragged`.
    """
    length = len(payload)
    # the common case first: `check_sealed` only has to say what is wrong
    if length < 19 or (length - 3) & 15:
        check_sealed(payload, _HEAD)
    return GroupEnvelope(payload[0], payload[1:])


def encode_group(envelope: GroupEnvelope) -> bytes:
    """Write a payload for a channel.

    Raises:
        EncodeError: The hash is not one byte.
    """
    if not 0 <= envelope.channel_hash <= 255:
        msg = "a channel hash is one byte"
        raise EncodeError(msg)
    return bytes((envelope.channel_hash,)) + envelope.sealed
