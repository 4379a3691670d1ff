"""An opened recording: where its packets are, each decoded when it is asked for.

Whoever opened it calls `advance` until it says that there is no more; each call looks at a piece,
so that a screen can show what there is meanwhile. In memory are 16 bytes a packet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.capture.packet import CapturedPacket
from meshtui.capture.scanner import MAX_RECORD_BYTES
from meshtui.capture.sniff import HEAD_BYTES, sniff
from meshtui.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from meshtui.capture.scanner import Scanner
    from meshtui.capture.source import Source

SPAN_BYTES: Final = 1024 * 1024
PIECE_BYTES: Final = 2 * MAX_RECORD_BYTES


class CaptureIndex:
    """Packets of a source, by number from 0. `advance` belongs to one thread at a time; packets
    may be asked for from any.
    """

    def __init__(self, source: Source, scanner: Scanner, start: int = 0) -> None:
        """Begin before the first packet, which stands at `start` or after it."""
        self._source = source
        self._scanner = scanner
        self._at = start
        self._is_finished = False
        self._needs_more = False

    def __len__(self) -> int:
        """Packets found so far."""
        return len(self._scanner.places)

    @property
    def form(self) -> str:
        """The format's name."""
        return self._scanner.form

    @property
    def is_complete(self) -> bool:
        """All is found that can be."""
        return self._is_finished

    @property
    def is_damaged(self) -> bool:
        """Something is missing at its end, or there is nothing in it."""
        is_empty = self._is_finished and not len(self)
        return self._scanner.is_stopped or bool(self._source.problem) or is_empty

    @property
    def bytes_read(self) -> int:
        """Bytes looked at."""
        return min(self._at, self._source.size)

    @property
    def bytes_total(self) -> int | None:
        """Bytes there are; None = more may come."""
        return self._source.size if self._source.is_complete else None

    @property
    def problems(self) -> Sequence[str]:
        """What is wrong, a sentence each."""
        source = self._source.problem
        return (*self._scanner.problems, *([source] if source else []))

    def advance(self, timeout_s: float = 0.0) -> bool:
        """Look at the next piece; wait for one so long where none is there.

        Returns:
            There may be more to look at.
        """
        if self._is_finished:
            return False
        source, scanner = self._source, self._scanner
        before = self._at
        if not source.is_complete:
            source.fill(timeout_s if self._needs_more or before >= source.size else 0.0)
        data = source.read(before, PIECE_BYTES)
        if data:
            self._at = scanner.scan(data, before)
        elif before < source.size:
            scanner.stop(f"cannot be read from byte {before:,} on")
        # what is there is half a record: asking again at once would find the same half
        self._needs_more = self._at == before
        is_at_end = source.is_complete and before + len(data) >= source.size
        if scanner.is_stopped or (is_at_end and self._at < before + len(data)):
            self._finish(data[self._at - before :])
        elif source.is_complete and self._at >= source.size:
            # a record that matters to nobody may claim to reach beyond the end
            self._finish(b"")
            if self._at > source.size:
                scanner.stop(f"cut off at byte {source.size:,}, within a block")
        return not self._is_finished

    def packet(self, index: int) -> CapturedPacket:
        """Decode one packet.

        Raises:
            IndexError: There is none of that index (yet).
        """
        scanner = self._scanner
        place, size = scanner.places[index], scanner.sizes[index]
        record = self._source.read(place, size)
        if len(record) < size:
            return _gone()
        return scanner.decode(record, scanner.marks[index])

    def packets(self, start: int, stop: int) -> Iterator[CapturedPacket]:
        """Decode packets `start` up to before `stop`, as far as there are, many with one read."""
        scanner = self._scanner
        stop = min(stop, len(self))
        at = start
        while at < stop:
            base = scanner.places[at]
            end = at + 1
            while end < stop and scanner.places[end] + scanner.sizes[end] - base <= SPAN_BYTES:
                end += 1
            places, sizes = scanner.places[at:end], scanner.sizes[at:end]
            data = self._source.read(base, places[-1] + sizes[-1] - base)
            if len(data) < places[-1] + sizes[-1] - base:
                yield from map(self.packet, range(at, end))
            else:
                decode = scanner.decode
                for place, size, mark in zip(places, sizes, scanner.marks[at:end], strict=True):
                    begin = place - base
                    yield decode(data[begin : begin + size], mark)
            at = end

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()

    def _finish(self, rest: bytes) -> None:
        self._is_finished = True
        if not self._scanner.is_stopped:
            self._scanner.finish(rest, self._at)
        if not len(self) and not self._scanner.problems:
            self._scanner.note("there is no packet in it")


def open_index(source: Source, keep_waiting: Callable[[], bool] = lambda: True) -> CaptureIndex:
    """Find out which format it is. Waits for a pipe's first bytes while `keep_waiting` says so.

    Raises:
        DecodeError: It is no file of packets; says what it seems to be.
    """
    while True:
        if source.size < HEAD_BYTES and not source.is_complete:
            source.fill(0.1)
        head = source.read(0, HEAD_BYTES)
        is_all = source.is_complete and source.size <= HEAD_BYTES
        if is_all and not head and source.problem:
            raise DecodeError("not-a-capture", f"it is {source.problem}")
        found = sniff(head, is_all=is_all)
        if found is not None:
            return CaptureIndex(source, *found)
        if not keep_waiting():
            raise DecodeError("not-a-capture", "it ended before it said what it is")


def _gone() -> CapturedPacket:
    return CapturedPacket(b"", note="its bytes are gone: the file was changed while it was open")
