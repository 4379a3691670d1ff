"""Whatever a program of one's own puts on the air (RAW_CUSTOM, 15), and types nobody assigned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes without a meaning to us; they are written again as they came."""

    data: bytes


def decode_raw(payload: bytes) -> Raw:
    """Take the bytes as they are; every payload is one."""
    return Raw(payload)


def encode_raw(raw: Raw) -> bytes:
    """Write the bytes as they are."""
    return raw.data
