"""What a broker answers to one who only publishes: PUBACK, PINGRESP, DISCONNECT.

    <type and flags> <remaining length: 1..4 bytes of 7 bits, low first> <body>
    PUBACK   40  <packet id: 2 bytes> [<reason code> [properties]]      (MQTT 5; 3.1.1: the id)
    PINGRESP D0
    DISCONNECT E0  [<reason code> [properties]]                         (MQTT 5)

Everything else was not asked for and is skipped, of whatever length, without being kept.

Source: OASIS MQTT 3.1.1 sections 2.2 and 3.4, MQTT 5.0 sections 3.4 and 3.14.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from meshtui.errors import DecodeError

PUBACK: Final = 0x40
PINGRESP: Final = 0xD0
DISCONNECT: Final = 0xE0
_LONGEST_LENGTH: Final = 4
# Packet id and reason code; what follows is for nobody.
_KEPT_BYTES: Final = 3
PACKET_COST_BYTES: Final = 64
"""What a packet that nobody asked for takes of us, besides its bytes."""


@dataclass(slots=True)
class Answers:
    """What some bytes held.

    Attributes:
        confirmed: Packet ids with their reason codes (0 = taken, 0x80 and above = refused).
        is_pong: The broker answered a ping.
        goodbye: The reason code of a DISCONNECT; None = there was none.
        unasked: Packets that nobody asked for.
        unasked_bytes: What they took, and answers to pings.
    """

    confirmed: list[tuple[int, int]] = field(default_factory=list)
    is_pong: bool = False
    goodbye: int | None = None
    unasked: int = 0
    unasked_bytes: int = 0


class AnswerReader:
    """Cuts the bytes of one connection into packets; keeps at most the head of one."""

    def __init__(self) -> None:
        """Begin between two packets."""
        self._rest = b""
        self._to_skip = 0

    def feed(self, data: bytes) -> Answers:
        """Read what arrived.

        Raises:
            DecodeError: This is not MQTT; there is no way to go on.
        """
        answers = Answers()
        data, self._rest = self._rest + data, b""
        at, end = 0, len(data)
        while True:
            if self._to_skip:
                skipped = min(self._to_skip, end - at)
                at += skipped
                self._to_skip -= skipped
                answers.unasked_bytes += skipped
            if at >= end:
                return answers
            # Nearly all are short; a call for each would double what they cost.
            is_short = at + 1 < end and data[at + 1] < 0x80
            size, body_at = (data[at + 1], at + 2) if is_short else _length(data, at)
            kept = min(size, _KEPT_BYTES)
            if body_at == 0 or body_at + kept > end:
                self._rest = data[at:]
                return answers
            _read(data[at] & 0xF0, data[body_at : body_at + kept], answers)
            at, self._to_skip = body_at + kept, size - kept


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Return the remaining length of the packet at `at`, and where its body begins; 0 = unknown."""
    size = 0
    for index, byte in enumerate(data[at + 1 : at + 1 + _LONGEST_LENGTH]):
        size |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return size, at + 2 + index
    if at + 1 + _LONGEST_LENGTH <= len(data):
        raise DecodeError("bad-length", "a length of more than four bytes", at)
    return 0, 0


def _read(kind: int, body: bytes, answers: Answers) -> None:
    if kind == PUBACK:
        if len(body) < 2:
            raise DecodeError("short-puback")
        answers.confirmed.append((body[0] << 8 | body[1], body[2] if len(body) > 2 else 0))
    elif kind == PINGRESP:
        answers.is_pong = True
        answers.unasked_bytes += PACKET_COST_BYTES  # one a minute was asked for
    elif kind == DISCONNECT:
        answers.goodbye = body[0] if body else 0
    else:
        answers.unasked += 1
        answers.unasked_bytes += PACKET_COST_BYTES
