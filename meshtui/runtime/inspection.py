"""A recording as front ends see it: rows when asked for, filters and counts in slices.

Two readers share the keys: one for what a screen asks, on the loop, one for the work of threads.
Neither waits for the other, and what opens packets is never used by two at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, cast

from meshtui.capture.index import CaptureIndex, open_index
from meshtui.capture.link_types import is_radio
from meshtui.capture.source import open_descriptor, open_file
from meshtui.errors import ConfigError, DecodeError, LocalProtocolError
from meshtui.model.display_filter import compile_filter
from meshtui.model.filter_tokens import TokenKind, tokens
from meshtui.model.packet_fields import packet_fields
from meshtui.model.secret import SecretBytes
from meshtui.networks.base import KeyMaterial
from meshtui.runtime.api import FilterProgress, ReadingProgress
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.export import write_named
from meshtui.runtime.packet_reader import LateRow, PacketReader

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
    from pathlib import Path

    from meshtui.capture.packet import LoraChannel
    from meshtui.model.packet import Dissection
    from meshtui.model.packet_row import PacketRow

SLICE_S: Final = 0.05
"""Work between two reports; the loop runs meanwhile, and a closed generator ends within it."""

WAIT_S: Final = 0.25
"""A pipe that is silent is asked this often whether anybody still wants to know."""

MAX_ROWS_KEPT: Final = 2_000
_STEP: Final = 200
_HASH_DIGITS: Final = (2, 4, 6)
_NAMED_FIELDS: Final = frozenset({"from", "to", "name", "via"})


class Recording:
    """An opened recording; implements `runtime.api.RecordingApi`."""

    def __init__(
        self,
        index: CaptureIndex,
        title: str = "",
        keys: KeyMaterial | None = None,
        network: str = "",
        clock: Callable[[], int] = lambda: SystemClock().now().unix_ms,
    ) -> None:
        """Read an index with keys.

        Args:
            network: What packets are of that do not say; empty = look at them.
            clock: Unix milliseconds, to name exports.

        Raises:
            ConfigError: A key fits no network, or there is no such network.
        """
        self._index = index
        self._title = title
        self._keys = keys or KeyMaterial()
        self._network = network
        self._clock = clock
        self._names: dict[str, str] = {}
        self._named = 0  # packets whose names are known
        self._kept: OrderedDict[int, PacketRow] = OrderedDict()
        self._work = threading.Lock()
        self._shown = PacketReader(self._keys, network, self._names)
        self._worker = PacketReader(self._keys, network, self._names)

    @property
    def title(self) -> str:
        """What was opened, as the user called it; not cleaned."""
        return self._title

    @property
    def form(self) -> str:
        """The format's name."""
        return self._index.form

    def __len__(self) -> int:
        """Packets found so far."""
        return len(self._index)

    def row(self, index: int) -> PacketRow:
        """One packet."""
        row = self._kept.get(index)
        if row is None:
            if index < 0:
                raise IndexError(index)
            row = self._shown.row(index, self._index.packet(index))
            self._kept[index] = row
            if len(self._kept) > MAX_ROWS_KEPT:
                self._kept.popitem(last=False)
        return row

    def rows(self, start: int, stop: int) -> Sequence[PacketRow]:
        """Packets of a range, as far as there are."""
        return [self.row(index) for index in range(max(start, 0), min(stop, len(self)))]

    def progress(self) -> ReadingProgress:
        """How far it is read."""
        index = self._index
        return ReadingProgress(
            len(index),
            index.bytes_read,
            index.bytes_total,
            index.is_complete,
            tuple(index.problems),
        )

    async def read_on(self) -> AsyncGenerator[ReadingProgress, None]:
        """Read on to the end; reports as it goes."""
        last = None
        while True:
            more = await asyncio.to_thread(self.read_slice)
            now = self.progress()
            if now != last:
                last = now
                yield now
            if not more:
                return

    def read_slice(self, slice_s: float = SLICE_S) -> bool:
        """Read on for so long, in any thread but one at a time; True = there may be more."""
        until_s = time.monotonic() + slice_s
        while True:
            before = self._index.bytes_read
            if not self._index.advance(WAIT_S):
                return False
            # a pipe's packets are shown as they come
            if time.monotonic() >= until_s or self._index.bytes_read == before:
                return True

    def filtered(self, text: str, start: int = 0) -> AsyncGenerator[FilterProgress, None]:
        """Look for packets that pass among those from `start` on."""
        matches = compile_filter(text, packet_fields(self._names)).matches
        return self._look(matches, start, len(self), asks_names=_asks_names(text))

    def passing(self, text: str, start: int = 0) -> Iterator[PacketRow]:
        """Yield the packets that pass, among those found by now; for scripts, blocks.

        Raises:
            FilterError: The filter cannot be read.
        """
        matches = compile_filter(text, packet_fields(self._names)).matches
        stop = len(self)
        while _asks_names(text) and self._named < stop:
            self._learn_slice(stop)
        return (
            row
            for at in range(start, stop, _STEP)
            for row in self._passing_rows(matches, at, min(at + _STEP, stop))
        )

    def dissect(self, row: PacketRow) -> Dissection:
        """Take a packet apart."""
        return self._shown.dissect(row)

    def add_channel(self, name: str, secret_hex: str = "") -> None:
        """Read with one more channel from now on."""
        try:
            secret = SecretBytes(bytes.fromhex(secret_hex)) if secret_hex.strip() else None
        except ValueError:
            msg = "a channel's key is written in hex digits"
            raise LocalProtocolError(msg) from None
        channels = (*self._keys.channels, (name, secret))
        keys = KeyMaterial(channels, self._keys.identities, self._keys.contacts)
        try:
            shown = PacketReader(keys, self._network, self._names)
            worker = PacketReader(keys, self._network, self._names)
        except ConfigError as error:
            raise LocalProtocolError(str(error)) from None
        self._keys, self._shown = keys, shown
        self._kept.clear()
        with self._work:
            self._worker = worker

    def name_of(self, node_id: str) -> str:
        """The name a node gave itself, or empty; a relay's hash has that of the one it can mean."""
        name = self._names.get(node_id, "")
        if name or len(node_id) not in _HASH_DIGITS:
            return name
        meant = [other for other in tuple(self._names) if other.startswith(node_id)]
        return self._names.get(meant[0], "") if len(meant) == 1 else ""

    async def export(
        self, folder: Path, indices: Sequence[int] | None, form: str = "jsonl"
    ) -> Path:
        """Write packets (None = all) to a new file in `folder`."""
        chosen = range(len(self)) if indices is None else indices
        return await asyncio.to_thread(self._export, folder, chosen, form)

    def pairs(self, indices: Sequence[int]) -> Iterator[tuple[PacketRow, LoraChannel | None]]:
        """Yield rows with how their radio was set; blocks, from any thread."""
        for index in indices:
            packet = self._index.packet(index)
            with self._work:
                row = self._worker.row(index, packet)
            yield row, packet.lora

    def are_all_radio(self, indices: Sequence[int]) -> bool:
        """Tell whether nothing but a radio's packets is among these; blocks."""
        return all(is_radio(row) for row, _ in self.pairs(indices))

    @property
    def is_damaged(self) -> bool:
        """Something is missing: it was cut, or could not be read to its end."""
        return self._index.is_damaged

    def close(self) -> None:
        """Let go of the file."""
        self._index.close()

    async def _look(
        self, matches: Callable[[PacketRow], bool], start: int, stop: int, *, asks_names: bool
    ) -> AsyncGenerator[FilterProgress, None]:
        at = start
        while asks_names and self._named < stop:
            await asyncio.to_thread(self._learn_slice, stop)
            yield FilterProgress((), 0, stop - start)
        while at < stop:
            found, at = await asyncio.to_thread(self._look_slice, matches, at, stop)
            yield FilterProgress(found, at - start, stop - start)
        if start >= stop:
            yield FilterProgress((), 0, 0)

    def _look_slice(
        self, matches: Callable[[PacketRow], bool], at: int, stop: int
    ) -> tuple[list[int], int]:
        until_s = time.monotonic() + SLICE_S
        found: list[int] = []
        while at < stop and time.monotonic() < until_s:
            end = min(at + _STEP, stop)
            with self._work:
                found += [late.number - 1 for late in self._late(at, end) if _look(matches, late)]
            at = end
        return found, at

    def _learn_slice(self, stop: int) -> None:
        """Read packets for the names in them: a node may tell its own after all it wrote."""
        until_s = time.monotonic() + SLICE_S
        while self._named < stop and time.monotonic() < until_s:
            end = min(self._named + _STEP, stop)
            with self._work:
                for late in self._late(self._named, end):
                    late.learn()
            self._named = end

    def _passing_rows(
        self, matches: Callable[[PacketRow], bool], start: int, stop: int
    ) -> Sequence[PacketRow]:
        with self._work:
            return [late.row() for late in self._late(start, stop) if _look(matches, late)]

    def _late(self, start: int, stop: int) -> Iterator[LateRow]:
        worker = self._worker
        for index, packet in enumerate(self._index.packets(start, stop), start):
            yield LateRow(worker, index, packet)

    def _export(self, folder: Path, indices: Sequence[int], form: str) -> Path:
        is_all_radio = form == "pcap" and self.are_all_radio(indices)
        return write_named(
            folder, self.pairs(indices), self._clock(), form, is_all_radio=is_all_radio
        )


def _look(matches: Callable[[PacketRow], bool], late: LateRow) -> bool:
    return matches(cast("PacketRow", late))


def _asks_names(text: str) -> bool:
    fields = {token.text for token in tokens(text) if token.kind is TokenKind.FIELD}
    return not fields.isdisjoint(_NAMED_FIELDS)


@contextlib.contextmanager
def open_recording(
    place: Path | int, title: str, keys: KeyMaterial, network: str = ""
) -> Iterator[Recording]:
    """Open a file of packets for as long as the block lasts; its first piece is read.

    Args:
        place: A file, or an open descriptor, which is taken over.
        title: What the user called it.

    Raises:
        LocalProtocolError: There is no such file, or it cannot be opened.
        DecodeError: It is no file of packets; the text says what it seems to be.
        ConfigError: A key fits no network, or there is no such network.
    """
    try:
        source = open_descriptor(place) if isinstance(place, int) else open_file(place)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "cannot be a file's name"
        msg = f"{title}: {reason}"
        raise LocalProtocolError(msg) from error
    except DecodeError as error:
        raise _named(error, title) from None
    with contextlib.closing(source):
        try:
            index = open_index(source)
        except DecodeError as error:
            raise _named(error, title) from None
        recording = Recording(index, title, keys, network)
        recording.read_slice(0.0)  # a piece is more than a screen; front ends read on
        yield recording


def _named(error: DecodeError, title: str) -> DecodeError:
    return DecodeError(error.reason, f"{title}: {error.detail}", error.offset)
