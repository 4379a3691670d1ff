"""What a KISS modem with MeshCore firmware speaks: frames, their escapes, and its own commands.

    C0 | port << 4 | command | data | C0        in data: C0 is written DB DC, DB is written DB DD

    00 data   01 txdelay  02 persistence  03 slot  04 tail  05 duplex   06 hardware   FF leave KISS
    hardware: sub-command(1) | body;  its answer is the sub-command with the top bit set

A frame without its type is nothing: frames may share one C0, and a line may be filled with them.
Numbers are little-endian. Data are one packet each, in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final, TypeAlias

from meshtui.errors import DecodeError, EncodeError

END: Final = 0xC0
ESCAPE: Final = 0xDB
_ESCAPED_END: Final = 0xDC
_ESCAPED_ESCAPE: Final = 0xDD
_ESCAPES: Final = {_ESCAPED_END: END, _ESCAPED_ESCAPE: ESCAPE}
MAX_FRAME_BYTES: Final = 512
MAX_DATA_BYTES: Final = 255
# both ends of what the wire may write a frame of that size with
_MAX_WIRE_BYTES: Final = 2 * MAX_FRAME_BYTES
_RADIO = Struct("<IIBB")
_STATS = Struct("<III")


class KissCommand(IntEnum):
    """The lower half of a frame's first byte."""

    DATA = 0
    TX_DELAY = 1
    PERSISTENCE = 2
    SLOT_TIME = 3
    TX_TAIL = 4
    FULL_DUPLEX = 5
    HARDWARE = 6
    LEAVE = 15


class Hardware(IntEnum):
    """Sub-commands; the answer to one is its number with the top bit set."""

    IDENTITY = 0x01
    RANDOM = 0x02
    VERIFY = 0x03
    SIGN = 0x04
    ENCRYPT = 0x05
    DECRYPT = 0x06
    KEY_EXCHANGE = 0x07
    SHA256 = 0x08
    SET_RADIO = 0x09
    SET_POWER = 0x0A
    GET_RADIO = 0x0B
    GET_POWER = 0x0C
    RSSI = 0x0D
    IS_BUSY = 0x0E
    AIRTIME = 0x0F
    NOISE = 0x10
    VERSION = 0x11
    STATS = 0x12
    BATTERY = 0x13
    TEMPERATURE = 0x14
    SENSORS = 0x15
    NAME = 0x16
    PING = 0x17
    REBOOT = 0x18
    SET_REPORT = 0x19
    GET_REPORT = 0x1A
    OK = 0xF0
    ERROR = 0xF1
    TX_DONE = 0xF8
    RX_META = 0xF9


ANSWER_BIT: Final = 0x80
ERRORS: Final = {
    1: "wrong length",
    2: "wrong parameter",
    3: "not available",
    4: "wrong proof",
    5: "unknown command",
    6: "encryption failed",
    7: "busy",
}
BUSY: Final = 7


@dataclass(frozen=True, slots=True)
class KissFrame:
    """A frame, its escapes undone.

    Attributes:
        command: A `KissCommand`, or a number not known.
        port: 0 for everything a modem of one radio says.
    """

    command: int
    data: bytes = b""
    port: int = 0

    @property
    def hardware(self) -> tuple[int, bytes] | None:
        """Sub-command and body, where it is such."""
        if self.command != KissCommand.HARDWARE or not self.data:
            return None
        return self.data[0], self.data[1:]


@dataclass(frozen=True, slots=True)
class KissNoise:
    """Bytes that are no frame.

    Attributes:
        reason: `bad-escape` or `too-long`.
        data: What came, cut to 1024 bytes.
    """

    reason: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ModemRadio:
    """How the modem's radio is set; zeros until somebody set it."""

    frequency_hz: int
    bandwidth_hz: int
    spreading_factor: int
    coding_rate: int


@dataclass(frozen=True, slots=True)
class ModemStats:
    """Packets heard, sent, and failed, since the modem started."""

    received: int
    sent: int
    errors: int


KissEvent: TypeAlias = KissFrame | KissNoise


def encode_kiss(frame: KissFrame) -> bytes:
    """Write a frame.

    Raises:
        EncodeError: Command or port do not fit four bits, or the data are too long.
    """
    if not (0 <= frame.command <= 15 and 0 <= frame.port <= 15):
        msg = "command and port of a KISS frame are 0..15"
        raise EncodeError(msg)
    limit = MAX_DATA_BYTES if frame.command == KissCommand.DATA else MAX_FRAME_BYTES - 1
    if len(frame.data) > limit:
        msg = f"a KISS frame of this kind takes at most {limit} bytes"
        raise EncodeError(msg)
    return b"\xc0" + escape(bytes((frame.port << 4 | frame.command,)) + frame.data) + b"\xc0"


def data_frame(packet: bytes) -> bytes:
    """Write the frame that sends a packet.

    Raises:
        EncodeError: The packet exceeds 255 bytes.
    """
    return encode_kiss(KissFrame(KissCommand.DATA, packet))


def hardware_frame(code: int, body: bytes = b"") -> bytes:
    """Write a hardware command, or an answer to one.

    Raises:
        EncodeError: The body is too long.
    """
    return encode_kiss(KissFrame(KissCommand.HARDWARE, bytes((code,)) + body))


def escape(data: bytes) -> bytes:
    """Write the two bytes that may not stand in a frame."""
    return data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")


def unescape(data: bytes) -> bytes:
    """Read what `escape` wrote.

    Raises:
        DecodeError: `bad-escape`: an escape is followed by something else, or by nothing.
    """
    if ESCAPE not in data:
        return data
    parts = data.split(b"\xdb")
    out = bytearray(parts[0])
    at = len(parts[0])
    for part in parts[1:]:
        meant = _ESCAPES.get(part[0]) if part else None
        if meant is None:
            raise DecodeError("bad-escape", "DB is followed by neither DC nor DD", at)
        out.append(meant)
        out += part[1:]
        at += 1 + len(part)
    return bytes(out)


class KissDeframer:
    """Finds frames in whatever a modem says; holds at most one frame's bytes.

    What is no frame is reported and skipped: the next C0 begins anew. What precedes the first C0
    is the end of something whose beginning we missed, and is dropped in silence.
    """

    __slots__ = ("_buffer", "_is_lost", "_is_synced")

    def __init__(self) -> None:
        """Begin before the first C0."""
        self._buffer = bytearray()
        self._is_synced = False
        self._is_lost = False

    @property
    def held_bytes(self) -> int:
        """How much of an unfinished frame is kept."""
        return len(self._buffer)

    def reset(self) -> None:
        """Begin anew: the line was opened again."""
        self._buffer.clear()
        self._is_synced = self._is_lost = False

    def feed(self, data: bytes) -> list[KissEvent]:
        """Take what was read, in pieces of any size; returns what is complete now."""
        events: list[KissEvent] = []
        *ended, rest = data.split(b"\xc0")
        for piece in ended:
            self._take(piece)
            if self._is_synced:
                self._finish(events)
            self._buffer.clear()
            self._is_synced, self._is_lost = True, False
        self._take(rest)
        return events

    def _take(self, piece: bytes) -> None:
        """Keep a piece of the frame that is being read, up to the bound."""
        room = _MAX_WIRE_BYTES - len(self._buffer)
        self._is_lost = self._is_lost or len(piece) > room
        self._buffer += piece[:room]

    def _finish(self, events: list[KissEvent]) -> None:
        """A C0 came: what is kept is a frame, or noise, or nothing."""
        if not self._buffer:
            return
        raw = bytes(self._buffer)
        try:
            content = unescape(raw)
        except DecodeError as error:
            events.append(KissNoise(error.reason, raw))
            return
        if self._is_lost or len(content) > MAX_FRAME_BYTES:
            events.append(KissNoise("too-long", raw))
            return
        events.append(KissFrame(content[0] & 0x0F, content[1:], content[0] >> 4))


def encode_radio(radio: ModemRadio) -> bytes:
    """Write the body of SET_RADIO, or of the answer to GET_RADIO.

    Raises:
        EncodeError: A number does not fit.
    """
    if not (0 <= radio.frequency_hz < 1 << 32 and 0 <= radio.bandwidth_hz < 1 << 32):
        msg = "frequency and bandwidth are numbers of 32 bits"
        raise EncodeError(msg)
    if not (0 <= radio.spreading_factor <= 255 and 0 <= radio.coding_rate <= 255):
        msg = "spreading factor and coding rate are one byte each"
        raise EncodeError(msg)
    return _RADIO.pack(
        radio.frequency_hz, radio.bandwidth_hz, radio.spreading_factor, radio.coding_rate
    )


def decode_radio(body: bytes) -> ModemRadio:
    """Read how the radio is set.

    Raises:
        DecodeError: `short`.
    """
    _need(body, _RADIO.size, "the radio's settings")
    frequency, bandwidth, spreading, coding = _RADIO.unpack_from(body)
    return ModemRadio(frequency, bandwidth, spreading, coding)


def decode_stats(body: bytes) -> ModemStats:
    """Read the modem's counters.

    Raises:
        DecodeError: `short`.
    """
    _need(body, _STATS.size, "the counters")
    received, sent, errors = _STATS.unpack_from(body)
    return ModemStats(received, sent, errors)


def decode_rx_meta(body: bytes) -> tuple[float, int]:
    """Read how the packet before was heard: signal to noise in dB, strength in dBm.

    Raises:
        DecodeError: `short`.
    """
    _need(body, 2, "how a packet was heard")
    return _signed(body[0]) / 4, _signed(body[1])


def decode_signed(body: bytes, length: int = 1) -> int:
    """Read a number that may be negative: power, RSSI, noise floor, temperature.

    Raises:
        DecodeError: `short`.
    """
    _need(body, length, "a number")
    return int.from_bytes(body[:length], "little", signed=True)


def decode_unsigned(body: bytes, length: int = 1) -> int:
    """Read a number: battery, airtime, busy, done.

    Raises:
        DecodeError: `short`.
    """
    _need(body, length, "a number")
    return int.from_bytes(body[:length], "little")


def error_words(body: bytes) -> str:
    """Say what an ERROR means."""
    code = body[0] if body else 0
    return ERRORS.get(code, f"error {code}")


def _need(body: bytes, length: int, what: str) -> None:
    """Refuse a body that is cut off."""
    if len(body) < length:
        raise DecodeError("short", f"{what}: {len(body)} bytes of {length}", len(body))


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte
