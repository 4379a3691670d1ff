"""The packets that passed: a bounded log, and a filtered view of it that can be held still."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from meshtui.model.display_filter import compile_filter
from meshtui.model.event import EventsMissed, FrameReceived, FrameSent
from meshtui.model.packet_fields import packet_fields
from meshtui.model.packet_row import received_row, sent_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from meshtui.model.event import Event
    from meshtui.model.filter_fields import FilterField, NameBook
    from meshtui.model.packet_row import PacketRow

DEFAULT_LIMIT = 2_000
"""Packets kept. With 256 KiB each at the very worst this is bounded, with 450 B it is 1 MB."""

MAX_BYTES = 32 * 1024 * 1024
"""Payload bytes kept; whichever of the two limits is met first makes the oldest go."""


class PacketLog:
    """The newest packets in order, numbered from 1.

    Attributes:
        has_signal: Some packet came with a strength or a signal-to-noise ratio.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT, max_bytes: int = MAX_BYTES) -> None:
        """Begin empty."""
        self.rows: list[PacketRow] = []
        self.dropped = 0
        self.missed = 0
        self.has_signal = False
        self._limit = limit
        self._max_bytes = max_bytes
        self._bytes = 0
        self._seen = 0

    @property
    def limit(self) -> int:
        """How many are kept at most."""
        return self._limit

    def extend(self, events: Iterable[Event]) -> Sequence[PacketRow]:
        """Fold a batch in; return the packets that are new, oldest first, and still there."""
        before = self._seen
        for event in events:
            if isinstance(event, FrameReceived):
                self._add(received_row(self._seen + 1, event))
            elif isinstance(event, FrameSent):
                self._add(sent_row(self._seen + 1, event))
            elif isinstance(event, EventsMissed):
                self.missed += event.count
        self._trim()
        return self.rows[position_of(self.rows, before + 1) :]

    def clear(self) -> None:
        """Forget all packets; numbers go on."""
        self.rows = []
        self._bytes = 0

    def of_message(self, message_id: str) -> list[PacketRow]:
        """All packets that carry one message id, in order; none for an empty id."""
        if not message_id:
            return []
        return [row for row in self.rows if row.summary.message_id == message_id]

    def _add(self, row: PacketRow) -> None:
        self._seen += 1
        self._bytes += len(row.payload)
        self.rows.append(row)
        self.has_signal |= row.rssi_dbm is not None or row.snr_db is not None

    def _trim(self) -> None:
        excess = max(0, len(self.rows) - self._limit)
        over = self._bytes - self._max_bytes
        for index, row in enumerate(self.rows):
            if index >= excess and over <= 0:
                excess = index
                break
            over -= len(row.payload)
            self._bytes -= len(row.payload)
        else:
            excess = len(self.rows)
        del self.rows[:excess]
        self.dropped += excess


class PacketView:
    """What of a log passes the filter. While paused, the log goes on and the view does not.

    Attributes:
        rows: The packets shown, oldest first.
        waiting: Packets that came while paused and would be shown.
    """

    def __init__(self, log: PacketLog, names: NameBook) -> None:
        """Show everything."""
        self.log = log
        self.fields: Mapping[str, FilterField[PacketRow]] = packet_fields(names)
        self.rows: list[PacketRow] = list(log.rows)
        self.waiting = 0
        self._filter = compile_filter("", self.fields)
        self._is_paused = False

    @property
    def filter_text(self) -> str:
        """The filter in force, as typed."""
        return self._filter.text

    @property
    def is_paused(self) -> bool:
        """The view is held still."""
        return self._is_paused

    def set_filter(self, text: str) -> None:
        """Show what passes another filter; a held view takes up what has come meanwhile.

        Raises:
            FilterError: The old one stays in force.
        """
        self._filter = compile_filter(text, self.fields)
        self._rebuild()

    def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - the state itself
        """Hold the view still, or catch up."""
        if self._is_paused and not paused:
            self._rebuild()
        self._is_paused = paused

    def extend(self, events: Iterable[Event]) -> tuple[int, int]:
        """Fold a batch into the log; return how many shown rows went in front, came at the end."""
        fresh = self.log.extend(events)
        passing = [row for row in fresh if self._filter.matches(row)]
        if self._is_paused:
            self.waiting += len(passing)
            return 0, 0
        first = self.log.rows[0].number if self.log.rows else self.log.dropped + 1
        gone = position_of(self.rows, first)
        del self.rows[:gone]
        self.rows.extend(passing)
        return gone, len(passing)

    def clear(self) -> None:
        """Forget all packets."""
        self.log.clear()
        self._rebuild()

    def index_of(self, number: int) -> int:
        """Where a packet stands among the rows, or the next one after it, or the last."""
        return min(position_of(self.rows, number), len(self.rows) - 1)

    def seen_values(self, field_name: str) -> list[str]:
        """Values of a field among the packets kept, newest first, for completion."""
        field = self.fields.get(field_name)
        if field is None or (texts := field.texts) is None:
            return []
        return list(dict.fromkeys(t for row in reversed(self.log.rows) for t in texts(row) if t))

    def _rebuild(self) -> None:
        self.rows = [row for row in self.log.rows if self._filter.matches(row)]
        self.waiting = 0


def position_of(rows: Sequence[PacketRow], number: int) -> int:
    """Return where a number stands, or would stand, in rows sorted by number."""
    return bisect_left(rows, number, key=lambda row: row.number)
