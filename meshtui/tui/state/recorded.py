"""A recording as an inspector shows it: rows that are decoded when they are asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from meshtui.model.display_filter import compile_filter
from meshtui.model.filter_fields import values_of
from meshtui.model.packet_fields import packet_fields
from meshtui.tui.state.packets import ALWAYS_KNOWN, known_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from meshtui.model.filter_fields import FilterField
    from meshtui.model.packet_row import PacketRow
    from meshtui.runtime.api import RecordingApi

AROUND = 500
"""Packets among which those of one message are looked for: they are decoded at once."""

_SAMPLE = 200


class RowWindow(Sequence["PacketRow"]):
    """Rows by place; each is decoded when it is read, and none is kept here."""

    def __init__(
        self, api: RecordingApi, chosen: Sequence[int] | None, count: int, known: set[str]
    ) -> None:
        """Stand for `count` packets.

        Args:
            chosen: Their indices in the recording; None = all from the first on.
            known: Takes the columns that rows read here have something for.
        """
        self._api = api
        self._chosen = chosen
        self._count = count
        self._known = known

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    @overload
    def __getitem__(self, place: int) -> PacketRow: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[PacketRow]: ...

    def __getitem__(self, place: int | slice) -> PacketRow | Sequence[PacketRow]:
        """Read one row, or some."""
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(self._count))]
        if not -self._count <= place < self._count:
            raise IndexError(place)
        place %= self._count
        row = self._api.row(place if self._chosen is None else self._chosen[place])
        self._known |= known_columns(row)
        return row


class _Names:
    """A `NameBook` of what the recording told so far."""

    def __init__(self, api: RecordingApi) -> None:
        self._api = api

    def get(self, node_id: str, default: str, /) -> str:
        return self._api.name_of(node_id) or default


class RecordedView:
    """Implements `Packets`. Whoever filters tells what passes, by `pass_on`.

    Attributes:
        looked_at: How many packets the filter has seen; all where there is none.
        note: What is going on, for the title; or empty.
    """

    def __init__(self, api: RecordingApi) -> None:
        """Show everything."""
        self._api = api
        self.fields: Mapping[str, FilterField[PacketRow]] = packet_fields(_Names(api))
        self.looked_at = 0
        self.note = ""
        self._text = ""
        self._passing: array[int] | None = None
        self._known: set[str] = set(ALWAYS_KNOWN)
        self._rows = RowWindow(api, None, len(api), self._known)

    @property
    def rows(self) -> Sequence[PacketRow]:
        """Those that pass the filter, as far as it has looked."""
        return self._rows

    @property
    def filter_text(self) -> str:
        """The filter in force, as typed."""
        return self._text

    @property
    def total(self) -> int:
        """Packets found so far."""
        return len(self._api)

    @property
    def known(self) -> Collection[str]:
        """Columns that some row read so far had something for."""
        return self._known

    @property
    def indices(self) -> Sequence[int] | None:
        """Those that pass; None = all."""
        return None if self._passing is None else array("Q", self._passing)

    def remarks(self) -> Sequence[str]:
        """What is going on."""
        return (self.note,) if self.note else ()

    def set_filter(self, text: str) -> None:
        """Begin another filter: nothing has passed it yet."""
        compile_filter(text, self.fields)
        self._text = text
        self.looked_at = 0
        self._passing = array("Q") if text.strip() else None
        self._renew()

    def grow(self) -> int:
        """Take up what was read meanwhile; tell how many rows more are shown."""
        before = len(self._rows)
        self._renew()
        return len(self._rows) - before

    def pass_on(self, passing: Iterable[int], looked_at: int) -> int:
        """Take what passed the filter, ascending; tell how many rows more are shown."""
        if self._passing is None:
            return 0
        self._passing.extend(passing)
        self.looked_at = looked_at
        return self.grow()

    def index_of(self, number: int) -> int:
        """Where a packet stands among the rows, or the next one after it, or the last."""
        if self._passing is None:
            return min(number - 1, len(self._rows) - 1)
        return min(bisect_left(self._passing, number - 1), len(self._rows) - 1)

    def by_number(self, number: int) -> PacketRow | None:
        """A packet, passing or not."""
        return self._api.row(number - 1) if 0 < number <= len(self._api) else None

    def around(self, number: int) -> Sequence[PacketRow]:
        """Packets near one."""
        first = max(number - 1 - AROUND // 2, 0)
        return self._api.rows(first, first + AROUND)

    def snapshot(self) -> Sequence[PacketRow]:
        """The rows as they are now: what passes later only follows them."""
        return self._rows

    def seen_values(self, field_name: str) -> list[str]:
        """Values of a field among some packets, for completion."""
        return values_of(self.fields.get(field_name), self._api.rows(0, _SAMPLE))

    def _renew(self) -> None:
        count = len(self._api) if self._passing is None else len(self._passing)
        self._rows = RowWindow(self._api, self._passing, count, self._known)
