"""Finds the packets in what a gateway's link delivers: lines in a stream, or notifications.

A packet ends with LF; CR before it is dropped. Whoever wrote the gateway may have put before it how
well it was heard (`RSSI:<dBm>|SNR:<dB>|`), or some text for a terminal, which is cut off where
what follows is a packet. Everything else, such as a boot log, is noise, which is told but bounded.

A notification (BLE) may be a packet without LF, a part of one, or hold several. An object is whole
when its braces balance. Anything else that lacks its LF waits for the next notification: one that
begins as a packet proves the last was whole, and so does a quarter of a second of silence. From a
gateway that has once ended a line the rest of a line is waited for instead.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from meshtui.model.packet import NO_RX, RxMeta

MAX_LINE_BYTES = 256 * 1024
COMPACT_FIRST = (0xCB, 0xCA)  # an envelope, a presence
SETTLE_S = 0.25
PATIENCE_S = 5.0  # for the rest of an object, or of a line from whoever ends lines
NOISE_SHOWN = 16
_HEAD_BYTES = 64

_TEXT_MARKS = b"MCHK|", b"MREQ|"
_METER_MARKS = b"RSSI:", b"SNR:"
_BLANK = b"\x00 \t\r"
_METER = re.compile(rb"(RSSI|SNR):([^|\n]{0,12})\|")
_NUMBER = re.compile(rb"[+-]?\d{1,4}(?:\.\d{1,6})?")
_STRUCTURE = re.compile(rb'[{}"]|\\.?', re.DOTALL)
_IN_STRING = re.compile(rb'"|\\.?', re.DOTALL)
_OBJECT_START = re.compile(rb'\{\s*"[A-Za-z]')  # in an object it can only follow : , or [
_SALVAGE = re.compile(rb'MCHK\||MREQ\||(?:RSSI|SNR):[^|\n]{0,12}\||\{\s*"')
_LEADING = re.compile(rb"[\x00 \t\r]*")
_COLOUR_AT_END = re.compile(rb"\x1b\[[0-9;]{0,8}m\Z")
_LONGEST_COLOUR = 11
_RSSI_RANGE = -200, 50
_SNR_RANGE = -64, 64


class Deframed(NamedTuple):
    """A packet, or what was found instead.

    Attributes:
        payload: The packet without prefix and line end; where there is a problem, the beginning
            of what was found, at most 64 bytes.
        rx: How well it was heard, where the gateway says so.
        problem: Empty = it is a packet, as far as framing can tell. Else `noise`, `too-long`, or
            `incomplete`.
    """

    payload: bytes
    rx: RxMeta = NO_RX
    problem: str = ""


class Deframer:
    """The framing of one link, from one connection to the next. Nothing here ever raises.

    A feed gives at most one packet for each line or notification in it, 16 pieces of noise, and
    one summary of the rest of those.
    """

    def __init__(self, *, has_borders: bool, max_bytes: int = MAX_LINE_BYTES) -> None:
        """Begin with nothing held.

        Args:
            has_borders: Each feed is a notification, the borders of which may be a packet's.
            max_bytes: The longest line; the rest of a longer one is skipped.
        """
        self._has_borders = has_borders
        self._max_bytes = max_bytes
        self.reset()

    def reset(self) -> None:
        """Forget what is held: the connection is a new one."""
        self._held = bytearray()
        self._object: _Extent | None = None
        self._is_skipping = False
        self._ends_lines = False
        self._last_s = 0.0

    @property
    def next_deadline_s(self) -> float | None:
        """When `flush` has something to say, by the clock that `feed` was given; None = never."""
        if not self._has_borders or not (self._held or self._is_skipping):
            return None
        return self._last_s + self._wait_s

    def feed(self, data: bytes, now_s: float) -> list[Deframed]:
        """Take what a link read, in order; returns what it completes."""
        self._last_s = now_s
        if self._is_skipping:
            data = self._skip(data)
        if not data:
            return []
        findings = _Findings(self._max_bytes)
        if self._has_borders:
            self._feed_notification(data, findings)
        else:
            self._feed_stream(data, findings)
        if len(self._held) > self._max_bytes:
            findings.add_problem(bytes(self._held[:_HEAD_BYTES]), "too-long")
            self._drop_held()
            self._is_skipping = True
        return findings.take()

    def flush(self, now_s: float) -> list[Deframed]:
        """Take silence for an end, once it has lasted; call it at `next_deadline_s`."""
        deadline_s = self.next_deadline_s
        # a clock that stepped back is no reason to hold anything for longer
        if deadline_s is None or self._last_s <= now_s < deadline_s:
            return []
        self._is_skipping = False
        findings = _Findings(self._max_bytes)
        self._close_held(findings)
        return findings.take()

    @property
    def _wait_s(self) -> float:
        is_more_due = self._object is not None or self._ends_lines or self._is_skipping
        return PATIENCE_S if is_more_due else SETTLE_S

    def _skip(self, data: bytes) -> bytes:
        """Return what follows the line that is too long."""
        _, end, rest = data.partition(b"\n")
        if not end and self._has_borders and _is_mark(data):
            rest = data
        elif not end:
            return b""
        self._is_skipping = False
        return rest

    def _feed_stream(self, data: bytes, findings: _Findings) -> None:
        first, *others = data.split(b"\n")
        self._held += first
        if others:
            findings.add_line(bytes(self._held))
            for line in others[:-1]:
                findings.add_line(line)
            self._held = bytearray(others[-1])

    def _feed_notification(self, data: bytes, findings: _Findings) -> None:
        if self._held and self._is_another(data):
            self._close_held(findings)
        searched = len(self._held)
        self._held += data if self._held else data[_blanks(data) :]
        self._ends_lines = self._ends_lines or data.endswith(b"\n")
        while self._held:
            newline = self._held.find(b"\n", searched)
            end = self._object_end(newline)
            if end >= 0:
                findings.add_line(bytes(self._held[:end]))
                self._take(end)
            elif newline >= 0:
                findings.add_line(bytes(self._held[:newline]))
                self._take(newline + 1)
            else:
                break
            searched = 0

    def _object_end(self, newline: int) -> int:
        """Say where the object that is held ends, if it does before `newline`; else -1."""
        if self._object is None:
            start = _after_meters(self._held)
            if self._held[start : start + 1] != b"{":
                return -1
            self._object = _Extent(start)
        return self._object.find_end(self._held, newline if newline >= 0 else len(self._held))

    def _is_another(self, data: bytes) -> bool:
        """Tell whether a notification begins another packet than the one held."""
        if _after_meters(self._held) == len(self._held):
            return False  # only how well it was heard: the packet itself is to come
        if data.startswith((*_TEXT_MARKS, *_METER_MARKS)):
            return True
        if data[0] in COMPACT_FIRST:
            return self._object is None and not self._ends_lines
        if _OBJECT_START.match(data):
            # one object within another, or the first of what a chunk carries, goes on
            return not self._held.rstrip().endswith((b":", b",", b"[", b"|"))
        return False

    def _close_held(self, findings: _Findings) -> None:
        """Take what is held for all there is."""
        held = bytes(self._held)
        is_cut_off = self._object is not None
        self._drop_held()
        if is_cut_off:
            findings.add_problem(held[:_HEAD_BYTES], "incomplete")
        elif held:
            findings.add_line(held)

    def _take(self, size: int) -> None:
        del self._held[: _blanks(self._held, size)]
        self._object = None

    def _drop_held(self) -> None:
        self._held = bytearray()
        self._object = None


class _Findings:
    """What one feed found, with the noise bounded."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._found: list[Deframed] = []
        self._problems = 0

    def add_line(self, line: bytes) -> None:
        """Add what one line says; blank ones say nothing."""
        line = line.removesuffix(b"\r")
        if len(line) > self._max_bytes:
            self.add_problem(line[:_HEAD_BYTES], "too-long")
        elif deframed := _read_line(line):
            self._found.append(deframed)
        elif line.strip(_BLANK):
            self.add_problem(line[:_HEAD_BYTES], "noise")

    def add_problem(self, head: bytes, problem: str) -> None:
        """Add what is no packet, unless there is too much of that."""
        self._problems += 1
        if self._problems <= NOISE_SHOWN:
            self._found.append(Deframed(head, NO_RX, problem))

    def take(self) -> list[Deframed]:
        """Return all, and how much is left out."""
        more = self._problems - NOISE_SHOWN
        if more > 0:
            self._found.append(Deframed(b"and %d more" % more, NO_RX, "noise"))
        return self._found


class _Extent:
    """Finds the end of an object by its braces, however small the pieces it comes in."""

    def __init__(self, start: int) -> None:
        self._at = start
        self._depth = 0
        self._is_string = False

    def find_end(self, text: bytes | bytearray, limit: int) -> int:
        """Go on to `limit`; returns the index after the last brace, or -1."""
        while self._at < limit:
            pattern = _IN_STRING if self._is_string else _STRUCTURE
            match = pattern.search(text, self._at, limit)
            if match is None:
                self._at = limit
                return -1
            token = match.group()
            if token == b"\\":  # the character it escapes is not here yet
                self._at = match.start()
                return -1
            self._at = match.end()
            if token == b'"':
                self._is_string = not self._is_string
            elif token in b"{}":
                self._depth += 1 if token == b"{" else -1
                if self._depth == 0:
                    return self._at
        return -1


def _read_line(line: bytes) -> Deframed | None:
    """Read a line; None = it is no packet and holds none."""
    begin = _blanks(line)
    heard: RxMeta | None = None
    for _ in range(2):
        rx, start = _read_meters(line, begin)
        if heard is not None:
            rx = heard  # the gateway's own word comes first; what follows, anybody may have sent
        elif start > begin:
            heard = rx
        if _is_packet_start(line, start):
            return Deframed(line[start:], rx)
        found = _SALVAGE.search(line, start)
        if found is None:
            return None
        if not line.startswith(_METER_MARKS, found.start()):
            return _salvaged(line, found.start(), rx)
        begin = found.start()
    return None


def _salvaged(line: bytes, start: int, rx: RxMeta) -> Deframed | None:
    """Cut a packet out of a line with text before it, and perhaps a terminal's colours after it."""
    packet = line[start:].rstrip(_BLANK)
    ending = _COLOUR_AT_END.search(packet, max(0, len(packet) - _LONGEST_COLOUR))
    if ending:
        packet = packet[: ending.start()].rstrip(_BLANK)
    if packet[:1] == b"{" and _Extent(0).find_end(packet, len(packet)) != len(packet):
        return None
    return Deframed(packet, rx)


def _blanks(data: bytes | bytearray, start: int = 0) -> int:
    """Say where the first byte is, from `start`, that is not blank."""
    match = _LEADING.match(data, start)
    return match.end() if match else start


def _is_packet_start(line: bytes, start: int) -> bool:
    first = line[start : start + 1]
    if first == b"M":
        return line.startswith(_TEXT_MARKS, start)
    return first in (b"{", b"\xcb", b"\xca")


def _is_mark(data: bytes) -> bool:
    return _is_packet_start(data, 0) or data.startswith(_METER_MARKS)


def _after_meters(held: bytearray) -> int:
    """Say where the packet begins that is held, behind how well it was heard."""
    start = 0
    for _ in _METER_MARKS:
        match = _METER.match(held, start)
        if match is None:
            break
        start = match.end()
    return start


def _read_meters(line: bytes, start: int) -> tuple[RxMeta, int]:
    """Read how well it was heard, in either order; also says where the packet begins."""
    if line[start : start + 1] not in (b"R", b"S"):
        return NO_RX, start
    values: dict[bytes, float | None] = {}
    for _ in _METER_MARKS:
        match = _METER.match(line, start)
        if match is None or match[1] in values:
            break
        number = _NUMBER.match(match[2].strip())
        values[match[1]] = float(number.group()) if number else None
        start = match.end()
    rssi = _within(values.get(b"RSSI"), _RSSI_RANGE)
    snr = _within(values.get(b"SNR"), _SNR_RANGE)
    return RxMeta(None if rssi is None else round(rssi), snr), start


def _within(value: float | None, bounds: tuple[float, float]) -> float | None:
    """Drop what no radio measures."""
    return value if value is not None and bounds[0] <= value <= bounds[1] else None
