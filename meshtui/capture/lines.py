"""One packet a line: our JSON Lines, other programs', or bare hex.

What is read:

* ours (`model/packet_row.py`, version 1), and the events of `listen --packets`: `hex`
* packet messages as MeshCore observers publish and log them: `raw`, all values texts
  (`"SNR": "8.5"`), `timestamp` in ISO 8601, local time where it names no zone; also `data`, as in
  their `raw` topic
* hex digits, in pairs, with or without blanks between them

Lines that cannot hold a packet are passed over and counted; the other events of `listen` are
only passed over, as they belong there.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Final

import orjson

from meshtui.capture.packet import MAX_NAME_CHARS, MAX_PACKET_BYTES, CapturedPacket
from meshtui.capture.remarks import MAX_TIME_MS, figure_of, text_of, time_of, whole_of
from meshtui.capture.scanner import MAX_RECORD_BYTES, Scanner
from meshtui.capture.tuning import read_tuning
from meshtui.model.packet import PacketSummary, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

HEX_LINE: Final = re.compile(rb"(?:0[xX])?[0-9A-Fa-f]{2}(?:[ :-]?[0-9A-Fa-f]{2})*\s*\Z")
_OTHER_EVENT: Final = re.compile(rb'\s*\{"event": ?"')
_HEX_DIGITS: Final = frozenset(b"0123456789abcdefABCDEF")
_BRACE: Final = 0x7B
_BLANKS: Final = b" \t\r\n\xef\xbb\xbf"
_KEYS: Final = (b'"hex"', b'"raw"', b'"data"')
_DIRECTIONS: Final = frozenset({"rx", "tx"})
_VERDICTS: Final = {verdict.value: verdict for verdict in Verdict}
_SEPARATORS: Final = str.maketrans("", "", " :-")
_OBSERVED: Final = "meshcore"
_MAX_HOPS: Final = 1_000
_NOT_SENT: Final = (
    "its publisher repeats here the last packet it received, not the one it sent; the bytes are"
    " left out"
)


class LinesScanner(Scanner):
    """Reads text of lines; a packet's mark is the number of its line."""

    form = "JSON Lines"

    def __init__(self) -> None:
        """Begin before line 1."""
        super().__init__()
        self._line = 0
        self._skipped = 0
        self._first_skipped = 0
        self._is_within_long_line = False

    def scan(self, data: bytes, base: int) -> int:
        """Find whole lines."""
        at = 0
        while not self.is_stopped:
            end = data.find(b"\n", at)
            if end < 0:
                break
            self._take(data[at:end], base + at)
            at = end + 1
        if len(data) - at > MAX_RECORD_BYTES:
            self._is_within_long_line = True
            self.note(f"line {self._line + 1:,} is longer than {MAX_RECORD_BYTES // 1024} KiB")
            at = len(data)
        return base + at

    def finish(self, data: bytes, base: int) -> None:
        """The last line needs no end."""
        if data.lstrip(_BLANKS).startswith(b"{") and _object_of(data) is None:
            self.stop(f"line {self._line + 1:,} is cut off")
        elif data:
            self._take(data, base)
        if self._skipped == 1:
            self.note(f"line {self._first_skipped:,} holds no packet")
        elif self._skipped:
            self.note(
                f"{self._skipped:,} lines hold no packet, the first is line {self._first_skipped:,}"
            )

    def decode(self, record: bytes, mark: int) -> CapturedPacket:
        """Read a line."""
        line = record.strip(_BLANKS)
        if not line.startswith(b"{"):
            return _of_hex(line)
        content = _object_of(line)
        if content is None:
            return CapturedPacket(line[:MAX_PACKET_BYTES], note=f"line {mark:,} is no JSON")
        return _of_json(content, line, mark)

    def _take(self, line: bytes, place: int) -> None:
        self._line += 1
        if self._is_within_long_line:
            self._is_within_long_line = False
            return
        if _may_hold_packet(line):
            self.add(place, len(line), self._line)
        elif line.strip(_BLANKS) and not _OTHER_EVENT.match(line):
            self._skipped += 1
            self._first_skipped = self._first_skipped or self._line


def _may_hold_packet(line: bytes) -> bool:
    """Tell, from a glance: half a line (its writer died) counts, its row says what is wrong."""
    first = line[:1]
    if first != b"{":
        line = line.strip(_BLANKS)
        if not line:
            return False
        if line[0] != _BRACE:
            return line[0] in _HEX_DIGITS and HEX_LINE.match(line) is not None
    return any(key in line for key in _KEYS)


def _object_of(line: bytes) -> Mapping[str, object] | None:
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            # a topic may hold a lone surrogate, which our own lines escape and orjson refuses
            content = json.loads(line)
        except (ValueError, RecursionError):
            return None
    return content if isinstance(content, dict) else None


def _of_hex(line: bytes) -> CapturedPacket:
    payload, note = _bytes_of(line.decode("ascii", "replace"))
    return CapturedPacket(payload, note=note)


def _of_json(content: Mapping[str, object], line: bytes, number: int) -> CapturedPacket:
    if "hex" in content:
        return _of_ours(content)
    for key in ("raw", "data"):
        if isinstance(content.get(key), str):
            return _of_observer(content, key)
    return CapturedPacket(line[:MAX_PACKET_BYTES], note=f"line {number:,} holds no packet")


def _of_ours(content: Mapping[str, object]) -> CapturedPacket:
    payload, note = _bytes_of(content["hex"])
    direction = content.get("direction")
    summary = content.get("summary")
    return CapturedPacket(
        payload,
        time_of(content.get("ts")),
        direction if isinstance(direction, str) and direction in _DIRECTIONS else "",
        text_of(content.get("network")),
        text_of(content.get("link")),
        text_of(content.get("endpoint")),
        whole_of(content.get("rssi")),
        figure_of(content.get("snr")),
        note,
        _summary_of(summary) if isinstance(summary, dict) else None,
        read_tuning(content.get("radio")),
    )


def _of_observer(content: Mapping[str, object], key: str) -> CapturedPacket:
    payload, note = _bytes_of(content[key])
    direction = text_of(content.get("direction"))
    if direction == "tx" and "hash" not in content and not note:
        payload, note = b"", _NOT_SENT
    return CapturedPacket(
        payload,
        _moment_of(content.get("timestamp")),
        direction if direction in _DIRECTIONS else "rx",
        _OBSERVED,
        text_of(content.get("origin")) or text_of(content.get("origin_id")),
        "",
        whole_of(content.get("RSSI", content.get("rssi"))),
        figure_of(content.get("SNR", content.get("snr"))),
        note,
    )


def _bytes_of(value: object) -> tuple[bytes, str]:
    """Read hex digits; what is none is kept as the text it is, with a note."""
    if not isinstance(value, str):
        return b"", "its bytes are no text of hex digits"
    digits = value.translate(_SEPARATORS) if not value.isalnum() else value
    digits = digits.removeprefix("0x").removeprefix("0X")
    if len(digits) > 2 * MAX_PACKET_BYTES:
        return b"", f"longer than {MAX_PACKET_BYTES:,} bytes"
    try:
        return bytes.fromhex(digits), ""
    except ValueError:
        return value.encode("utf-8", "replace"), "its bytes are no whole hex digits"


def _moment_of(value: object) -> int:
    """Read ISO 8601 or a number: milliseconds, or seconds where it is too small for those."""
    if isinstance(value, int | float):
        moment = time_of(value)
        return moment if moment > 10**11 else time_of(moment * 1_000)
    if not isinstance(value, str) or len(value) > MAX_NAME_CHARS:
        return 0
    try:
        unix_ms = round(dt.datetime.fromisoformat(value).timestamp() * 1_000)
    except (ValueError, OverflowError, OSError):
        return 0
    return unix_ms if 0 <= unix_ms <= MAX_TIME_MS else 0


def _summary_of(summary: Mapping[str, object]) -> PacketSummary | None:
    verdict = _VERDICTS.get(text_of(summary.get("verdict")))
    if verdict is None:
        return None
    return PacketSummary(
        text_of(summary.get("type")) or "unknown",
        verdict,
        text_of(summary.get("from")),
        text_of(summary.get("to")),
        _small(summary.get("hops")),
        _small(summary.get("ttl")),
        text_of(summary.get("id")),
        text_of(summary.get("reason")),
        text_of(summary.get("detail")),
        is_own=summary.get("own") is True,
    )


def _small(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_HOPS
    return value if is_count and isinstance(value, int) else None
