"""What `decode` is given: lines of hex digits or a recording, from a file or a pipe.

Lines come as they are written, so that `tail -f` can feed us; no line costs more than `MAX_LINE`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from meshtui.capture.index import open_index
from meshtui.capture.source import PIECE_BYTES, open_descriptor, open_file
from meshtui.cli.terminal import require_input
from meshtui.errors import ConfigError, DecodeError
from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import Frame, RxMeta

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from meshtui.capture.index import CaptureIndex
    from meshtui.capture.packet import CapturedPacket
    from meshtui.capture.source import Source

# The largest payload of any network is 256 KiB, so twice that in digits; the rest is white space.
MAX_LINE_BYTES: Final = 1024 * 1024
_WAIT_S: Final = 0.25
_HEAD_BYTES: Final = 4
_RECORDINGS: Final = (
    b"{",
    b"\x1f\x8b",
    b"\x0a\x0d\x0d\x0a",
    b"\xa1\xb2\xc3\xd4",
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x4d\x3c\xb2\xa1",
)
_LINK: Final = LinkId("decode")


class Given(NamedTuple):
    """One packet, or why it is none.

    Attributes:
        number: Of its line, or in its recording, from 1; 0 = it was an argument.
        network: Whose it is where a recording says so; else empty.
        remarks: What a recording says of it, by the names that events have.
    """

    number: int
    frame: Frame | None = None
    problem: DecodeError | None = None
    network: str = ""
    remarks: tuple[tuple[str, object], ...] = ()


def from_text(text: str, number: int = 0) -> Given:
    """Read hex digits, with or without blanks or colons."""
    try:
        payload = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        detail = "a packet is an even number of hex digits"
        detail += "" if number else ", and there is no file of that name"
        return Given(number, problem=DecodeError("not-hex", detail))
    return Given(number, Frame(_LINK, payload, Instant(0.0, 0)))


class Input:
    """Packets one after the other, and what was wrong with where they come from.

    Attributes:
        problems: Of a recording that is damaged, a sentence each; whole when all was read.
    """

    def __init__(self, path: Path | None) -> None:
        """Read a file, or the standard input (None).

        Raises:
            ConfigError: It cannot be opened.
        """
        self.problems: tuple[str, ...] = ()
        self.is_damaged = False
        self._path = path
        self._source = _open(path)

    def packets(self) -> Iterator[Given]:
        """Yield what is there, to its end.

        Raises:
            DecodeError: It begins as a recording and is none.
        """
        if self._source is None:
            yield from _given_lines(_stream_lines(sys.stdin.buffer))
            return
        with contextlib.closing(self._source) as source:
            while source.size < _HEAD_BYTES and not source.is_complete:
                source.fill(_WAIT_S)
            head = source.read(0, _HEAD_BYTES)
            if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or head.startswith(_RECORDINGS):
                yield from self._recorded(open_index(source))
            else:
                yield from _given_lines(_source_lines(source))

    def _recorded(self, index: CaptureIndex) -> Iterator[Given]:
        shown, has_more = 0, True
        while has_more:
            has_more = index.advance(_WAIT_S)
            for number, packet in enumerate(index.packets(shown, len(index)), shown + 1):
                yield _of_recording(packet, number)
            shown = len(index)
        self.problems, self.is_damaged = tuple(index.problems), index.is_damaged


def _open(path: Path | None) -> Source | None:
    """Open where it comes from; None = the standard input is a terminal, or no file at all."""
    try:
        if path is not None:
            return open_file(path)
        require_input()
        descriptor = os.dup(sys.stdin.fileno())
    except OSError as error:
        if path is None:
            return None
        msg = f"{path}: {error.strerror}"
        raise ConfigError(msg) from None
    except DecodeError as error:
        msg = f"{path}: {error.detail}"
        raise ConfigError(msg) from None
    try:
        return open_descriptor(descriptor)
    except DecodeError:
        os.close(descriptor)
        return None


def _of_recording(packet: CapturedPacket, number: int) -> Given:
    frame = Frame(
        LinkId(packet.link or _LINK),
        packet.payload,
        Instant(0.0, packet.unix_ms),
        RxMeta(packet.rssi_dbm, packet.snr_db),
        packet.endpoint,
    )
    remarks = (
        ("ts", packet.unix_ms or None),
        ("direction", packet.direction or None),
        ("rssi", packet.rssi_dbm),
        ("snr", packet.snr_db),
    )
    said = tuple((key, value) for key, value in remarks if value is not None)
    problem = DecodeError("damaged", packet.note) if packet.note else None
    return Given(number, frame, problem, packet.network, said)


def _given_lines(lines: Iterator[tuple[int, bytes | None]]) -> Iterator[Given]:
    """Read each line, but blank ones and those that begin with #."""
    for number, line in lines:
        if line is None:
            detail = f"a line of more than {MAX_LINE_BYTES} bytes"
            yield Given(number, problem=DecodeError("too-long", detail))
            continue
        text = line.removeprefix(b"\xef\xbb\xbf").decode("ascii", "replace").strip()
        if text and not text.startswith("#"):
            yield from_text(text, number)


def _stream_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Cut a stream into lines with their numbers, from 1; None = it is too long."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) <= MAX_LINE_BYTES:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE_BYTES)
        yield number, None


def _source_lines(source: Source) -> Iterator[tuple[int, bytes | None]]:
    """The same for a source, which may still grow."""
    at, number, rest, is_within_long_line = 0, 0, b"", False
    while not (source.is_complete and at >= source.size):
        if at >= source.size:
            source.fill(_WAIT_S)
        piece = source.read(at, PIECE_BYTES)
        if not piece and source.is_complete:
            break
        at += len(piece)
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            number += 1
            is_long = is_within_long_line or len(line) > MAX_LINE_BYTES
            is_within_long_line = False
            yield number, None if is_long else line
        if len(rest) > MAX_LINE_BYTES:
            rest, is_within_long_line = b"", True
    if rest or is_within_long_line:
        yield number + 1, None if is_within_long_line else rest
