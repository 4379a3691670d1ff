"""By which way a flood came, told to its sender, once opened (PATH, 8).

    path_len(1) | path | extra type(1) | extra | zero padding

The path is in the order in which the flood travelled, and the other side uses it as it is. The
lower four bits of the extra type count: 3 an acknowledgement, 1 a response, 15 nothing but random
bytes that make the packet unique.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.packet import path_bytes_of, split_hashes


class ExtraType(IntEnum):
    """What comes with a path; the values are payload types."""

    RESPONSE = 1
    ACK = 3
    NOTHING = 15


@dataclass(frozen=True, slots=True)
class PathBody:
    """A returned path.

    Attributes:
        path_len: As in a packet: hops and bytes a hop.
        extra_type_raw: The whole byte; its upper four bits mean nothing.
        extra: All that follows, padding included: its length is not told.
    """

    path_len: int
    path: bytes
    extra_type_raw: int = 0xFF
    extra: bytes = b""

    @property
    def extra_type(self) -> int:
        """An `ExtraType`, or a number not known yet."""
        return self.extra_type_raw & 0x0F

    @property
    def hash_size(self) -> int:
        """Bytes a hop."""
        return (self.path_len >> 6) + 1

    @property
    def ack(self) -> bytes | None:
        """The acknowledgement that came with it, 4 bytes."""
        if self.extra_type != ExtraType.ACK or len(self.extra) < 4:
            return None
        return self.extra[:4]

    @property
    def response(self) -> bytes | None:
        """The padded body of the response that came with it."""
        return self.extra if self.extra_type == ExtraType.RESPONSE else None

    def path_hashes(self) -> tuple[str, ...]:
        """List the hops in upper-case hex."""
        return split_hashes(self.path, self.hash_size)


def decode_path(plaintext: bytes) -> PathBody:
    """Parse an opened path, padded or not.

    Raises:
        DecodeError: `short`, `bad-path-len` or `short-path`.
    """
    if not plaintext:
        raise DecodeError("short", "a returned path is empty", 0)
    total = path_bytes_of(plaintext[0])
    if total is None:
        raise DecodeError("bad-path-len", "the returned path's length is not allowed", 0)
    end = 1 + total
    if end >= len(plaintext):
        detail = f"{total} path bytes announced, {len(plaintext) - 1} there"
        raise DecodeError("short-path", detail, len(plaintext))
    return PathBody(plaintext[0], plaintext[1:end], plaintext[end], plaintext[end + 1 :])


def encode_path(body: PathBody) -> bytes:
    """Write a returned path.

    Raises:
        EncodeError: Path and path_len do not agree, or the type is not one byte.
    """
    if not 0 <= body.path_len <= 255 or path_bytes_of(body.path_len) != len(body.path):
        msg = f"a path of {len(body.path)} bytes does not match its length byte"
        raise EncodeError(msg)
    if not 0 <= body.extra_type_raw <= 255:
        msg = "the type of what comes with a path is one byte"
        raise EncodeError(msg)
    return bytes((body.path_len,)) + body.path + bytes((body.extra_type_raw,)) + body.extra


def is_plausible_path(plaintext: bytes) -> bool:
    """Tell whether what a key opened can be a returned path."""
    try:
        body = decode_path(plaintext)
    except DecodeError:
        return False
    return body.extra_type in {ExtraType.RESPONSE, ExtraType.ACK, ExtraType.NOTHING}
