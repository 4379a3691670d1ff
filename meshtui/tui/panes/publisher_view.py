"""How the packet capture service is drawn: rows, and the details of one under or beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container, Vertical

from meshtui.model.text import clean_line
from meshtui.tui.state.claimed_names import ClaimedNames
from meshtui.tui.state.publishers import Heard, PublisherBook
from meshtui.tui.text.publishers import (
    HOW_LONG,
    head_lines,
    preview_lines,
    publisher_lines,
    publisher_title,
    service_title,
    setup_lines,
)
from meshtui.tui.widgets.filter_line import FilterLine
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.pane import Pane
from meshtui.tui.widgets.publisher_table import PublisherTable
from meshtui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from meshtui.model.publishing import PublisherStatus
    from meshtui.runtime.api import PublishingApi
    from meshtui.tui.widgets.ink import Part
    from meshtui.tui.widgets.pane import Desk

EVERY_S = 1.0
"""How often the service is asked while the pane is shown."""

_ROOMY = 130
_HEADS = 3
_LEAST_DETAIL = 10
"""Lines that a broker's details keep before rows get their second line."""


class PublisherView(Pane):
    """Asks the service while it is shown; only what is different is painted."""

    pane_id = "publishers"
    DEFAULT_CSS = """
    PublisherView { layout: vertical; }
    PublisherView #publisher-head { height: 2; }
    PublisherView #publisher-body { height: 1fr; layout: vertical; }
    PublisherView #publisher-part { height: auto; }
    PublisherView #publisher-title { background: $bar; }
    PublisherView #publisher-setup { display: none; }
    PublisherView.-roomy #publisher-body { layout: horizontal; }
    PublisherView.-roomy #publisher-part { width: 1fr; height: 1fr; }
    PublisherView.-roomy #publisher-one { width: 58; border-left: solid $rule; }
    PublisherView.-roomy.-plain #publisher-one { border-left: ascii $rule; }
    PublisherView.-whole #publisher-head, PublisherView.-whole #publisher-part { display: none; }
    PublisherView.-whole #publisher-one { width: 1fr; border-left: none; }
    PublisherView.-none #publisher-head, PublisherView.-none #publisher-body { display: none; }
    PublisherView.-none #publisher-setup { display: block; }
    """

    def __init__(self, desk: Desk) -> None:
        """Begin empty."""
        super().__init__(desk)
        self.book = PublisherBook()
        self.heard = Heard(ClaimedNames(desk.directory))
        self.table = PublisherTable(desk)
        self.detail = TextLines(id="publisher-detail", can_focus=True)
        self.setup_text = TextLines(id="publisher-setup", can_focus=True)
        self.filter_line = FilterLine(self.heard.fields, self.heard.seen_values, desk.known_values)
        self._head = LineView(self._head_parts, id="publisher-head")
        self._table_head = LineView(self.table.header, classes="table-head")
        self._title = LineView(self._title_parts, id="publisher-title")
        self._detail_of = ""
        self._said: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The service, its brokers, the selected one, the filter."""
        yield self._head
        with Container(id="publisher-body"):
            yield Vertical(self._table_head, self.table, id="publisher-part")
            yield Vertical(self._title, self.detail, id="publisher-one")
        yield self.setup_text
        yield self.filter_line

    async def load(self) -> None:
        """Ask the service, and again from time to time."""
        self.setup_text.show(setup_lines())
        self.refresh_now()
        self.set_interval(EVERY_S, self._refresh_if_shown)

    def title(self) -> str:
        """How many there are, and how they are."""
        return f"PUBLISHERS {service_title(self.book.publishers, self.desk.glyphs)}".rstrip()

    def on_show(self) -> None:
        """What became of it meanwhile."""
        self.refresh_now()

    def on_resize(self) -> None:
        """Beside each other or under each other."""
        self.set_class(self.size.width >= _ROOMY, "-roomy")
        self.draw_now()
        self.call_after_refresh(self.draw_detail)  # it has its width by then

    @property
    def publishing(self) -> PublishingApi | None:
        """The service, where it is set up."""
        return self.desk.api.publishing()

    def select(self) -> PublisherStatus | None:
        """Look at the broker under the cursor, which may have moved by the key before this one."""
        row = self.table.current()
        if row is not None:
            self.book.select(row.name, self.publishing, self.desk.now_ms())
        return self.book.selected

    def chosen_name(self) -> str:
        """The name of the broker under the cursor; or empty."""
        chosen = self.select()
        return chosen.name if chosen is not None else ""

    def _refresh_if_shown(self) -> None:
        if self.display:
            self.refresh_now()

    def refresh_now(self) -> None:
        """Ask the service, and draw what is different."""
        self.book.read(self.publishing, self.desk.now_ms())
        self.draw_now()

    def draw_now(self) -> None:
        """Draw what is different."""
        status = self.book.status
        self.set_class(status is None, "-none")
        if status is None or not self.size:
            self.restate()
            return
        heads = len(self._head_parts(self.size.width))
        self._head.styles.height = heads
        self._head.redraw()
        self._draw_table(self.size.height - heads - 1)
        self.draw_detail()
        self.restate()

    def _draw_table(self, height: int) -> None:
        rows = self.book.publishers
        is_roomy = self.has_class("-roomy")
        # what is wrong with the service takes lines of the details, not the rows' second ones
        room = self.size.height - _HEADS - (0 if is_roomy else _LEAST_DETAIL)
        has_notes = len(rows) * 2 <= room
        chosen = self.chosen_name()
        places = (index for index, row in enumerate(rows) if row.name == chosen)
        self.table.show_brokers(rows, next(places, 0), has_notes=has_notes)
        self._table_head.redraw()
        lines = len(rows) * (2 if has_notes else 1)
        self.table.styles.height = "1fr" if is_roomy else max(min(lines, height * 2 // 3), 1)

    def draw_detail(self) -> None:
        """All of the selected broker, and its next message."""
        chosen, now_ms = self.book.selected, self.desk.now_ms()
        self._title.redraw()
        if chosen is None:
            self.detail.show([])
            return
        is_whole = self.book.is_held
        lines = preview_lines(
            self.book.held, self.book.form, chosen.state, self.detail.size.width, is_whole=is_whole
        )
        if not is_whole:
            of = publisher_lines(chosen, self.desk.glyphs, now_ms)
            lines = [*of, (("", "plain"),), *lines]
        what = f"{is_whole} {self.book.form} {chosen.name}"
        self.detail.show(lines, stays=what == self._detail_of)
        self._detail_of = what

    def restate(self) -> None:
        """Have title and keys said anew, if they are others."""
        said = (self.title(), self.context_keys())
        if said != self._said:
            self._said = said
            self.post_message(self.Restated())

    def _head_parts(self, width: int) -> list[list[Part]]:
        status = self.book.status
        if status is None:
            return []
        observer, leaving, *wrong = head_lines(status, self.desk.glyphs, width)
        if self.filter_line.is_open:
            leaving = [(f" filter from Enter {HOW_LONG}", "plain")]
        elif doubt := self.filter_line.doubt_about(status.filter):
            wrong.append([(f" filter: {clean_line(str(doubt), width)}", "warn")])
        return [list(line) for line in (observer, leaving, *wrong)]

    def _title_parts(self, width: int) -> list[list[Part]]:
        chosen = self.book.selected
        return [list(publisher_title(chosen, self.desk.glyphs, width))] if chosen else []
