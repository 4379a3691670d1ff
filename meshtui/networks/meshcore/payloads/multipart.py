"""A part of several (MULTIPART, 10): only acknowledgements sent twice use it so far.

remaining << 4 | inner type (1) | inner payload
"""

from __future__ import annotations

from dataclasses import dataclass

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.ack import ACK_BYTES, Ack, decode_ack


@dataclass(frozen=True, slots=True)
class Multipart:
    """A part.

    Attributes:
        remaining: How many more come, 0..15.
        inner_type: A payload type; only ACK exists, others stay as they are.
    """

    remaining: int
    inner_type: int
    inner: bytes

    @property
    def ack(self) -> Ack | None:
        """The acknowledgement inside, where it is one."""
        return decode_ack(self.inner) if self.inner_type == PayloadType.ACK else None


def decode_multipart(payload: bytes) -> Multipart:
    """Parse a part.

    Raises:
        DecodeError: `short`: it is empty, or its acknowledgement has fewer than 4 bytes.
    """
    if not payload:
        raise DecodeError("short", "a part of several is empty", 0)
    part = Multipart(payload[0] >> 4, payload[0] & 0x0F, payload[1:])
    if part.inner_type == PayloadType.ACK and len(part.inner) < ACK_BYTES:
        raise DecodeError("short", "the ack inside has fewer than 4 bytes", len(payload))
    return part


def encode_multipart(part: Multipart) -> bytes:
    """Write a part.

    Raises:
        EncodeError: A number does not fit four bits, or the acknowledgement is too short.
    """
    if not (0 <= part.remaining <= 15 and 0 <= part.inner_type <= 15):
        msg = "the numbers of a part are 0..15"
        raise EncodeError(msg)
    if part.inner_type == PayloadType.ACK and len(part.inner) < ACK_BYTES:
        msg = "an ack has 4 bytes or more"
        raise EncodeError(msg)
    return bytes((part.remaining << 4 | part.inner_type,)) + part.inner
