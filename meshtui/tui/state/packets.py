"""The packets that passed: a bounded log, and a filtered view of it that can be held still."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Protocol

from meshtui.model.display_filter import compile_filter
from meshtui.model.event import EventsMissed, FrameReceived, FrameSent
from meshtui.model.filter_fields import values_of
from meshtui.model.packet_fields import packet_fields
from meshtui.model.packet_row import received_row, sent_row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from meshtui.model.event import Event
    from meshtui.model.filter_fields import FilterField, NameBook
    from meshtui.model.packet_row import PacketRow

DEFAULT_LIMIT = 2_000
"""Packets kept. With 256 KiB each at the very worst this is bounded, with 450 B it is 1 MB."""

MAX_BYTES = 32 * 1024 * 1024
"""Payload bytes kept; whichever of the two limits is met first makes the oldest go."""


ALWAYS_KNOWN = frozenset(
    {"number", "time", "dir", "link", "type", "stations", "bytes", "hops", "verdict"}
)
"""Columns that are there from the beginning, so that the list does not jump at its first rows."""


class PacketLog:
    """The newest packets in order, numbered from 1.

    Attributes:
        known: Names of the columns that some packet had something for.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT, max_bytes: int = MAX_BYTES) -> None:
        """Begin empty."""
        self.rows: list[PacketRow] = []
        self.dropped = 0
        self.missed = 0
        self.known: set[str] = set(ALWAYS_KNOWN)
        self._networks: set[str] = set()
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

    def _add(self, row: PacketRow) -> None:
        self._seen += 1
        self._bytes += len(row.payload)
        self.rows.append(row)
        self.known |= known_columns(row)
        self._networks.add(row.network)
        if len(self._networks) > 1:
            self.known.add("net")

    def replace(self, row: PacketRow) -> None:
        """Put another reading in the place of the row of the same number, if it is still there."""
        place = position_of(self.rows, row.number)
        if place < len(self.rows) and self.rows[place].number == row.number:
            self.rows[place] = row
            self.known |= known_columns(row)

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


class Packets(Protocol):
    """Packets in order, as an inspector shows them: a bounded log's, or a recording's.

    Attributes:
        fields: What a filter can ask for.
    """

    fields: Mapping[str, FilterField[PacketRow]]

    @property
    def rows(self) -> Sequence[PacketRow]:
        """Those that pass the filter, oldest first; reading one may decode it."""
        ...

    @property
    def filter_text(self) -> str:
        """The filter in force, as typed."""
        ...

    @property
    def total(self) -> int:
        """Packets there are, passing or not."""
        ...

    @property
    def known(self) -> Collection[str]:
        """Columns that some packet had something for."""
        ...

    def remarks(self) -> Sequence[str]:
        """What else is to be said of the list, for its title."""
        ...

    def set_filter(self, text: str) -> None:
        """Show what passes another filter.

        Raises:
            FilterError: The old one stays in force.
        """
        ...

    def index_of(self, number: int) -> int:
        """Where a packet stands among the rows, or the next one after it, or the last."""
        ...

    def by_number(self, number: int) -> PacketRow | None:
        """A packet, whether it passes or not; None where it is not here (any more)."""
        ...

    def around(self, number: int) -> Sequence[PacketRow]:
        """Packets near one, in order, passing or not: as many as a message may be spread over."""
        ...

    def snapshot(self) -> Sequence[PacketRow]:
        """The rows as they are now; what comes or goes meanwhile does not move them."""
        ...

    def seen_values(self, field_name: str) -> list[str]:
        """Values of a field among the packets, newest first, for completion."""
        ...


class PacketView:
    """What of a log passes the filter. While paused, the log goes on and the view does not.

    Attributes:
        waiting: Packets that came while paused and would be shown.
    """

    def __init__(self, log: PacketLog, names: NameBook) -> None:
        """Show everything."""
        self.log = log
        self.fields: Mapping[str, FilterField[PacketRow]] = packet_fields(names)
        self._rows: list[PacketRow] = list(log.rows)
        self.waiting = 0
        self._filter = compile_filter("", self.fields)
        self._is_paused = False

    @property
    def rows(self) -> Sequence[PacketRow]:
        """The packets shown, oldest first."""
        return self._rows

    @property
    def filter_text(self) -> str:
        """The filter in force, as typed."""
        return self._filter.text

    @property
    def total(self) -> int:
        """Packets kept."""
        return len(self.log.rows)

    @property
    def known(self) -> Collection[str]:
        """Columns that some packet had something for."""
        return self.log.known

    def remarks(self) -> Sequence[str]:
        """What is not here."""
        said = []
        if self.log.dropped:
            said.append(f"{self.log.dropped:,} older dropped")
        if self.log.missed:
            said.append(f"{self.log.missed:,} missed")
        return said

    def by_number(self, number: int) -> PacketRow | None:
        """A packet that is still kept."""
        rows = self.log.rows
        place = position_of(rows, number)
        return rows[place] if place < len(rows) and rows[place].number == number else None

    def around(self, _number: int) -> Sequence[PacketRow]:
        """All that are kept."""
        return self.log.rows

    def snapshot(self) -> Sequence[PacketRow]:
        """The rows as they are now."""
        return tuple(self.rows)

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
        gone = position_of(self._rows, first)
        del self._rows[:gone]
        self._rows.extend(passing)
        return gone, len(passing)

    def clear(self) -> None:
        """Forget all packets."""
        self.log.clear()
        self._rebuild()

    def replace(self, fresh: Sequence[PacketRow]) -> None:
        """Put other readings of some packets in their place; what passes now is shown."""
        for row in fresh:
            self.log.replace(row)
        if self._is_paused:
            by_number = {row.number: row for row in fresh}
            self._rows = [by_number.get(row.number, row) for row in self._rows]
        elif fresh:
            self._rebuild()

    def index_of(self, number: int) -> int:
        """Where a packet stands among the rows, or the next one after it, or the last."""
        return min(position_of(self.rows, number), len(self.rows) - 1)

    def seen_values(self, field_name: str) -> list[str]:
        """Values of a field among the packets kept, newest first, for completion."""
        return values_of(self.fields.get(field_name), reversed(self.log.rows))

    def _rebuild(self) -> None:
        self._rows = [row for row in self.log.rows if self._filter.matches(row)]
        self.waiting = 0


def known_columns(row: PacketRow) -> set[str]:
    """Name the columns that would not be blank in this row, but for those that never are."""
    summary = row.summary
    found = {
        "dBm": row.rssi_dbm is not None,
        "snr": row.snr_db is not None,
        "channel": bool(summary.channel),
        "text": bool(summary.text or summary.detail),
        "hops": summary.hops is not None,
        "path": bool(summary.path),
        "ttl": summary.ttl is not None,
        "id": bool(summary.message_id),
        "hash": bool(summary.packet_hash),
        "topic": bool(row.endpoint),
    }
    return {name for name, is_there in found.items() if is_there}


def position_of(rows: Sequence[PacketRow], number: int) -> int:
    """Return where a number stands, or would stand, in rows sorted by number."""
    return bisect_left(rows, number, key=lambda row: row.number)
