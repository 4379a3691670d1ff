"""Puts messages together from the chunks they came in, within bounds that nobody can exceed.

A buffer belongs to a source and an id. Laws:

- A message is handed out once, when the last of its chunks is in, whatever their order.
- The first chunk's total rules. A chunk that contradicts it, or the content of an earlier one,
  drops the buffer, itself included: which of the two is right cannot be known.
- Where room is needed, the source that holds the most loses the buffer that has waited longest
  for a new chunk. So one source, however hostile, takes nothing from another.
- A completed id is remembered for a while: its late duplicates are nothing new. A chunk of other
  content under that id is a new message whose sender uses the id again, and begins a buffer.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from meshtui.mesh.steady import SteadyClock

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

MAX_CHUNKS = 64
MAX_BUFFER_BYTES = 64 * 1024
MAX_BUFFERS = 64
MAX_BYTES = 1024 * 1024
MAX_ID_CHARS = 64
LONGEST_S = 300.0  # from the first chunk to the last, whatever the patience
REMEMBERED_S = 300.0
MAX_REMEMBERED = 512
_ROUNDING_S = 1e-6  # so that the moment named as a deadline suffices in floating point


class Chunk(NamedTuple):
    """A part of a message; `index` counts from 0."""

    chunk_id: str
    index: int  # type: ignore[assignment]  # hides a method of tuples that nobody misses
    total: int
    payload: bytes


class Progress(NamedTuple):
    """What came of a chunk.

    Attributes:
        have: Chunks in hand, 0..total; where the buffer was dropped, what it had.
        whole: The message, when this chunk completed it.
        is_new: It brought something that was not there yet.
        problem: Why it was refused: `bad-chunk` (numbers out of bounds), or dropped its buffer:
            `contradiction`, `too-large`. Else empty.
    """

    have: int
    total: int
    whole: bytes | None
    is_new: bool
    problem: str


class Unfinished(NamedTuple):
    """A message some chunks of which have not come.

    Attributes:
        reason: Why it was given up (`timeout`, `room`); empty while it is not.
    """

    source: Hashable
    chunk_id: str
    have: int
    total: int
    missing: tuple[int, ...]
    reason: str = ""


Expired = Unfinished


@dataclass(slots=True)
class _Buffer:
    """The chunks of one message so far; times are steady ones."""

    total: int
    first_s: float
    patience_s: float
    last_s: float
    asked_s: float
    size: int = 0
    pieces: dict[int, bytes] = field(default_factory=dict)

    @property
    def deadline_s(self) -> float:
        return min(self.last_s + self.patience_s, self.first_s + LONGEST_S)

    @property
    def quiet_since_s(self) -> float:
        return max(self.last_s, self.asked_s)

    def missing(self) -> tuple[int, ...]:
        return tuple(index for index in range(self.total) if index not in self.pieces)


@dataclass(slots=True)
class _Share:
    """What one source holds; the buffer that got a new chunk last comes last."""

    buffers: dict[str, _Buffer] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Done:
    """A completed message, by the hashes of its chunks."""

    at_s: float
    hashes: array[int]

    def has(self, chunk: Chunk) -> bool:
        return chunk.total == len(self.hashes) and hash(chunk.payload) == self.hashes[chunk.index]


class Reassembler:
    """All messages in parts on their way to us: at most 64, and 1 MiB, of all sources together."""

    def __init__(self, patience_s: float = 30.0) -> None:
        """Begin empty.

        Args:
            patience_s: How long to wait for the next new chunk of a message.
        """
        self._patience_s = patience_s
        self._shares: dict[Hashable, _Share] = {}
        self._count = 0
        self._size = 0
        self._done: dict[tuple[Hashable, str], _Done] = {}  # in order of completion
        self._given_up: list[Unfinished] = []
        self._clock = SteadyClock()

    def __len__(self) -> int:
        """Count the messages in hand."""
        return self._count

    @property
    def size(self) -> int:
        """Bytes in hand."""
        return self._size

    @property
    def next_deadline_s(self) -> float | None:
        """When `expire` next has something to give up, by the caller's clock; None = nothing."""
        deadlines = (buffer.deadline_s for _, _, buffer in self._all())
        earliest_s = min(deadlines, default=None)
        return None if earliest_s is None else self._clock.outer(earliest_s)

    def add(
        self, source: Hashable, chunk: Chunk, now_s: float, patience_s: float | None = None
    ) -> Progress:
        """Take a chunk.

        Args:
            source: Whose chunks these are, as far as is known: the link, or link and sender.
            patience_s: How long to wait for this message's next new chunk from here on; None =
                as before.
        """
        chunk_id, index, total, payload = chunk
        if not (0 <= index < total <= MAX_CHUNKS and len(chunk_id) <= MAX_ID_CHARS):
            return Progress(0, total, None, False, "bad-chunk")
        at_s = self._clock.read(now_s)
        if self._is_done(source, chunk, at_s):
            return Progress(total, total, None, False, "")
        buffer = self._buffer(source, chunk, at_s)
        have = len(buffer.pieces)
        known = buffer.pieces.get(index)
        if total != buffer.total or (known is not None and known != payload):
            self._drop(source, chunk_id)
            return Progress(have, buffer.total, None, False, "contradiction")
        if known is not None:
            return Progress(have, total, None, False, "")
        if buffer.size + len(payload) > MAX_BUFFER_BYTES:
            self._drop(source, chunk_id)
            return Progress(have, total, None, False, "too-large")
        self._keep(source, chunk, buffer, at_s, patience_s)
        if len(buffer.pieces) < total:
            self._make_room()
            return Progress(have + 1, total, None, True, "")
        self._drop(source, chunk_id)
        self._remember(source, chunk_id, buffer, at_s)
        return Progress(total, total, _joined(buffer), True, "")

    def expire(self, now_s: float) -> list[Unfinished]:
        """Give up what waited too long; returns that, and what had to make room since last asked.

        At most 128 entries.
        """
        at_s = self._clock.read(now_s)
        for source, chunk_id, buffer in list(self._all()):
            if buffer.deadline_s <= at_s + _ROUNDING_S:
                self._give_up(source, chunk_id, "timeout")
        self._forget_done(at_s)
        return self.made_room()

    def made_room(self) -> list[Unfinished]:
        """Return what was given up since last asked, by `expire` or here, without a look around."""
        given_up, self._given_up = self._given_up, []
        return given_up

    def missing(self, source: Hashable, chunk_id: str) -> tuple[int, ...]:
        """List the chunks of a message that have not come; empty where none is in hand."""
        share = self._shares.get(source)
        buffer = share.buffers.get(chunk_id) if share else None
        return buffer.missing() if buffer else ()

    def incomplete(self, now_s: float, quiet_s: float) -> list[Unfinished]:
        """List what got no new chunk, and was not asked for, in the last `quiet_s` seconds."""
        at_s = self._clock.read(now_s)
        return [
            _unfinished(source, chunk_id, buffer)
            for source, chunk_id, buffer in self._all()
            if buffer.quiet_since_s + quiet_s <= at_s + _ROUNDING_S
        ]

    def next_incomplete_s(self, quiet_s: float) -> float | None:
        """Say when `incomplete` will next list something, by the caller's clock; None = never."""
        times = (buffer.quiet_since_s + quiet_s for _, _, buffer in self._all())
        earliest_s = min(times, default=None)
        return None if earliest_s is None else self._clock.outer(earliest_s)

    def asked(self, source: Hashable, chunk_id: str, now_s: float) -> None:
        """Note that the missing chunks were asked for. Its deadline stays."""
        share = self._shares.get(source)
        buffer = share.buffers.get(chunk_id) if share else None
        if buffer is not None:
            buffer.asked_s = self._clock.read(now_s)

    def forget(self, source: Hashable) -> None:
        """Forget a source, such as a link that is gone, with all it holds."""
        share = self._shares.get(source)
        for chunk_id in list(share.buffers) if share else ():
            self._drop(source, chunk_id)
        for key in [key for key in self._done if key[0] == source]:
            del self._done[key]

    def _all(self) -> Iterator[tuple[Hashable, str, _Buffer]]:
        for source, share in self._shares.items():
            for chunk_id, buffer in share.buffers.items():
                yield source, chunk_id, buffer

    def _is_done(self, source: Hashable, chunk: Chunk, at_s: float) -> bool:
        """Tell whether this is a late duplicate of what was completed."""
        key = source, chunk.chunk_id
        done = self._done.get(key)
        if done is None:
            return False
        if at_s - done.at_s < REMEMBERED_S and done.has(chunk):
            return True
        del self._done[key]
        return False

    def _buffer(self, source: Hashable, chunk: Chunk, at_s: float) -> _Buffer:
        """Return the buffer of a chunk, which begins here if it must."""
        share = self._shares.get(source)
        buffer = share.buffers.get(chunk.chunk_id) if share else None
        if buffer is not None and buffer.deadline_s <= at_s + _ROUNDING_S:
            self._give_up(source, chunk.chunk_id, "timeout")
            buffer = None
        return buffer or _Buffer(chunk.total, at_s, self._patience_s, at_s, at_s)

    def _keep(
        self,
        source: Hashable,
        chunk: Chunk,
        buffer: _Buffer,
        at_s: float,
        patience_s: float | None,
    ) -> None:
        """Put a new chunk into its buffer, and the buffer last of its source's."""
        share = self._shares.setdefault(source, _Share())
        if share.buffers.pop(chunk.chunk_id, None) is None:
            self._count += 1
        share.buffers[chunk.chunk_id] = buffer
        buffer.pieces[chunk.index] = chunk.payload
        buffer.last_s = at_s
        if patience_s is not None:
            buffer.patience_s = patience_s
        size = len(chunk.payload)
        buffer.size += size
        share.size += size
        self._size += size

    def _make_room(self) -> None:
        """Make the greatest holders give up what waited longest, until all is within bounds."""
        while self._count > MAX_BUFFERS:
            self._give_up_oldest(lambda share: len(share.buffers))
        while self._size > MAX_BYTES:
            self._give_up_oldest(lambda share: share.size)

    def _give_up_oldest(self, weight: Callable[[_Share], int]) -> None:
        source = max(self._shares, key=lambda source: weight(self._shares[source]))
        self._give_up(source, next(iter(self._shares[source].buffers)), "room")

    def _give_up(self, source: Hashable, chunk_id: str, reason: str) -> None:
        """Drop a buffer, of which `expire` is to tell; of a flood, it tells of the first."""
        buffer = self._shares[source].buffers[chunk_id]
        if len(self._given_up) < 2 * MAX_BUFFERS:
            self._given_up.append(_unfinished(source, chunk_id, buffer, reason))
        self._drop(source, chunk_id)

    def _drop(self, source: Hashable, chunk_id: str) -> None:
        share = self._shares.get(source)
        buffer = share.buffers.pop(chunk_id, None) if share else None
        if share is None or buffer is None:
            return
        self._count -= 1
        share.size -= buffer.size
        self._size -= buffer.size
        if not share.buffers:
            del self._shares[source]

    def _remember(self, source: Hashable, chunk_id: str, buffer: _Buffer, at_s: float) -> None:
        hashes = array("q", (hash(buffer.pieces[index]) for index in range(buffer.total)))
        self._done.pop((source, chunk_id), None)
        self._done[source, chunk_id] = _Done(at_s, hashes)
        if len(self._done) > MAX_REMEMBERED:
            del self._done[next(iter(self._done))]

    def _forget_done(self, at_s: float) -> None:
        while self._done:
            key, done = next(iter(self._done.items()))
            if at_s - done.at_s < REMEMBERED_S:
                break
            del self._done[key]


def _joined(buffer: _Buffer) -> bytes:
    return b"".join(buffer.pieces[index] for index in range(buffer.total))


def _unfinished(source: Hashable, chunk_id: str, buffer: _Buffer, reason: str = "") -> Unfinished:
    have = len(buffer.pieces)
    return Unfinished(source, chunk_id, have, buffer.total, buffer.missing(), reason)
