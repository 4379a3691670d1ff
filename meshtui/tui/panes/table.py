"""What the panes of nodes and routes share: a filtered table that is drawn anew in good time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from meshtui.errors import FilterError
from meshtui.model.display_filter import compile_filter, compile_words_or_filter
from meshtui.model.filter_fields import values_of
from meshtui.model.text import clean_line
from meshtui.tui.widgets.filter_line import FilterLine
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from textual.timer import Timer

    from meshtui.model.filter_fields import FilterField
    from meshtui.tui.widgets.pane import Desk
    from meshtui.tui.widgets.row_table import RowTable

RowT = TypeVar("RowT")

REST_S = 0.5
"""A table is sorted and drawn at most this often, however much is heard."""

AGES_EVERY_S = 10.0
"""How often ages are drawn anew while nothing happens."""


class TablePane(Pane, Generic[RowT]):
    """A table of rows with a filter. Subclasses say what the rows are."""

    fields: Mapping[str, FilterField[RowT]]
    table: RowTable[RowT]

    def __init__(self, desk: Desk) -> None:
        """Subclasses set `fields` and `table`, then call `prepare`."""
        super().__init__(desk)
        self._filter = compile_filter("", self.fields_for(desk))
        self._rest: Timer | None = None
        self._is_stale = True

    def prepare(self) -> None:
        """Make what stands around the table."""
        self.filter_line = FilterLine(self.fields, self._seen_values, self.desk.known_values)
        self.head = LineView(self.table.header, classes="table-head")

    @abstractmethod
    def fields_for(self, desk: Desk) -> Mapping[str, FilterField[RowT]]:
        """What a filter can ask of a row."""

    @abstractmethod
    def sorted_rows(self) -> Sequence[RowT]:
        """All rows in the order they are shown, before the filter."""

    @abstractmethod
    def words_of(self, row: RowT) -> str:
        """What plain words look into."""

    @abstractmethod
    def key_of(self, row: RowT) -> Hashable:
        """What a row is recognised by."""

    def row_changed(self) -> None:
        """Another row is under the cursor, or it looks different."""

    def on_mount(self) -> None:
        """Ages grow though nothing happens."""
        self.set_interval(AGES_EVERY_S, self._draw_ages)

    def on_show(self) -> None:
        """What was heard meanwhile comes in now."""
        if self._is_stale:
            self.draw_now()

    # -- drawing -------------------------------------------------------------------------------

    def draw_soon(self) -> None:
        """Draw now, or when the last drawing is long enough ago."""
        self._is_stale = True
        if self._rest is None:
            self._rest = self.set_timer(REST_S, self._rested)
            self.draw_now()

    def draw_now(self, key: Hashable | None = None) -> None:
        """Filter, sort and draw; the cursor stays on its row, or goes to the one of `key`."""
        current = self.table.current()
        if key is None and current is not None:
            key = self.key_of(current)
        rows = [row for row in self.sorted_rows() if self._filter.matches(row)]
        self._is_stale = False
        self.table.show(rows, self._place_of(rows, key))
        self.row_changed()
        self.post_message(self.Restated())

    def _place_of(self, rows: Iterable[RowT], key: Hashable | None) -> int:
        found = (index for index, row in enumerate(rows) if self.key_of(row) == key)
        return next(found, self.table.cursor)

    def _rested(self) -> None:
        self._rest = None
        if self._is_stale:
            self.draw_soon()

    def _draw_ages(self) -> None:
        if self.table.size:
            self.table.changed()

    # -- filter --------------------------------------------------------------------------------

    @property
    def filter_text(self) -> str:
        """The filter in force."""
        return self._filter.text

    def set_filter(self, text: str) -> None:
        """Show what passes another filter; a bad one is told and changes nothing."""
        try:
            self._filter = compile_words_or_filter(text, self.fields, self.words_of)
        except FilterError as problem:
            self.filter_line.show_verdict(problem)
            if not self.filter_line.is_open:
                self.post_message(self.Notice(clean_line(str(problem), 200), is_error=True))
            return
        self.draw_now()
        doubt = self.filter_line.doubt_about(text)
        self.filter_line.show_verdict(doubt, f"{len(self.table.rows):,} pass")

    def action_filter_rows(self) -> None:
        """Type a filter."""
        self.filter_line.open(self.filter_text)
        self.set_filter(self.filter_text)

    def on_filter_line_typed(self, message: FilterLine.Typed) -> None:
        """Filter while typing."""
        message.stop()
        self.set_filter(message.text)

    def on_filter_line_accepted(self, message: FilterLine.Accepted) -> None:
        """Keep it; what cannot be read stays, to be mended."""
        message.stop()
        if not self.filter_line.insist():
            self._close_filter(self.filter_text)

    def receive_hint(self, hint: str) -> None:
        """A hint is a filter."""
        self.set_filter(hint)

    def status(self) -> str:
        """The filter in force."""
        return self.filter_line.status_of(self.filter_text)

    def filter_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter while a filter is typed."""
        return (("Enter", "keep"), ("Tab", "complete"), ("Esc", "take away"))

    def step_back(self) -> bool:
        """Take the filter away."""
        if self.filter_line.is_open:
            self._close_filter("")
        elif self.filter_text:
            self.set_filter("")
        else:
            return False
        return True

    def take_focus(self) -> None:
        """The table has the keys."""
        self.table.focus()

    def _close_filter(self, text: str) -> None:
        self.filter_line.close()
        self.set_filter(text)
        self.table.focus()
        self.post_message(self.Restated())

    def _seen_values(self, field_name: str) -> Iterable[str]:
        return values_of(self.fields.get(field_name), self.sorted_rows())
