"""WebSocket frames, as a client writes and reads them.

    <FIN: 1 bit, reserved: 3, opcode: 4>  <masked: 1, length: 7>  [<length: 2 or 8 bytes>]
    [<mask: 4 bytes>]  <payload>

A length of 126 or 127 says that two or eight bytes with the true one follow. Everything a client
sends is masked, nothing a server sends may be.

Source: RFC 6455 sections 5.2 to 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from meshtui.errors import DecodeError

MASK_BYTES: Final = 4
LONGEST_CONTROL: Final = 125
_FIN: Final = 0x80
_MASKED: Final = 0x80
_RESERVED: Final = 0x70


class Opcode(IntEnum):
    """What a frame is."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


# Plain numbers: members of an enumeration are slow to look up.
_CONTROL: Final = frozenset({0x8, 0x9, 0xA})
_KNOWN: Final = frozenset({0x0, 0x1, 0x2}) | _CONTROL


def write_frame(opcode: Opcode, payload: bytes | memoryview, mask: bytes) -> bytes:
    """Write one whole frame.

    Args:
        mask: Four bytes that nobody can foretell.
    """
    size = len(payload)
    if size <= LONGEST_CONTROL:
        length = bytes([_MASKED | size])
    elif size <= 0xFFFF:
        length = bytes([_MASKED | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([_MASKED | 127]) + size.to_bytes(8, "big")
    return b"".join((bytes([_FIN | opcode]), length, mask, masked(payload, mask)))


def masked(payload: bytes | memoryview, mask: bytes) -> bytes:
    """Mask, or unmask: byte i by byte i modulo 4 of the mask."""
    size = len(payload)
    # As one long number: a loop over bytes would cost more than all the rest of sending.
    stretched = (mask * (size // MASK_BYTES + 1))[:size]
    number = int.from_bytes(payload, "little") ^ int.from_bytes(stretched, "little")
    return number.to_bytes(size, "little")


@dataclass(slots=True)
class Received:
    """What some bytes held.

    Attributes:
        payload: Of the data frames, in order; their borders mean nothing.
        ping: The payload of the last ping; None = there was none. One answer is enough.
        is_closed: The server has ended the conversation; nothing after that was read.
        idle: Frames that brought nothing.
    """

    payload: bytes = b""
    ping: bytes | None = None
    is_closed: bool = False
    idle: int = 0


@dataclass(slots=True)
class FrameReader:
    """Cuts the bytes of one connection into frames; keeps at most a head or a control frame."""

    _rest: bytes = b""
    _to_come: int = 0  # of the data frame that has begun

    def feed(self, data: bytes) -> Received:
        """Read what arrived; a data frame's payload is handed out as it comes.

        Raises:
            DecodeError: These are no frames; there is no way to go on.
        """
        received, pieces = Received(), []
        data, self._rest = self._rest + data, b""
        at, end = 0, len(data)
        while at < end and not received.is_closed:
            if self._to_come:
                piece = data[at : at + self._to_come]
                pieces.append(piece)
                self._to_come -= len(piece)
                at += len(piece)
                continue
            body_at, size = _head(data, at)
            is_control = data[at] & 0x0F in _CONTROL
            if not body_at or (is_control and body_at + size > end):
                self._rest = data[at:]
                break
            if is_control:
                _control(data[at] & 0x0F, data[body_at : body_at + size], received)
                body_at += size
            else:
                self._to_come = size
            received.idle += is_control or not size
            at = body_at
        received.payload = b"".join(pieces)
        return received


def _head(data: bytes, at: int) -> tuple[int, int]:
    """Return where the payload of the frame at `at` begins (0 = unknown yet) and its length."""
    if len(data) < at + 2:
        return 0, 0
    first, size = data[at], data[at + 1]
    if first & _RESERVED or first & 0x0F not in _KNOWN or size & _MASKED:
        raise DecodeError("bad-frame", f"a frame that begins with {first:02x}{size:02x}", at)
    if size <= LONGEST_CONTROL:
        return at + 2, size
    if first & 0x0F in _CONTROL:
        raise DecodeError("long-control", "a control frame of more than 125 bytes", at)
    wide = 2 if size == 126 else 8
    if len(data) < at + 2 + wide:
        return 0, 0
    return at + 2 + wide, int.from_bytes(data[at + 2 : at + 2 + wide], "big")


def _control(opcode: int, payload: bytes, received: Received) -> None:
    if opcode == Opcode.PING:
        received.ping = payload
    elif opcode == Opcode.CLOSE:
        received.is_closed = True
