"""That somebody received a text (ACK, 3): addressed to nobody, sealed by nothing.

    value(4) | [hidden attempt(1) random(1)]

Only the first four bytes count: they are matched against what we wait for. Firmware from 1.16 on
appends two bytes so that repeated acknowledgements have different packet hashes (the first of them
may be stale memory); a room server appends how many texts wait.
"""

from __future__ import annotations

from dataclasses import dataclass

from meshtui.errors import DecodeError

ACK_BYTES = 4


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledgement."""

    value: bytes
    tail: bytes = b""


def decode_ack(payload: bytes) -> Ack:
    """Parse an acknowledgement.

    Raises:
        DecodeError: `short`: fewer than 4 bytes.
    """
    if len(payload) < ACK_BYTES:
        raise DecodeError("short", f"{len(payload)} bytes; an ack has 4 or more", len(payload))
    return Ack(payload[:ACK_BYTES], payload[ACK_BYTES:])


def encode_ack(ack: Ack) -> bytes:
    """Write an acknowledgement."""
    return ack.value + ack.tail
