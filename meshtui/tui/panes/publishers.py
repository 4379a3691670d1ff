"""The packet capture service: one row a broker, all of the selected one, its very next message."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container, Vertical

from meshtui.errors import FilterError
from meshtui.model.event import FrameReceived
from meshtui.model.publishing import PublisherState
from meshtui.model.text import clean_line
from meshtui.tui.command import bindings_of
from meshtui.tui.publisher_commands import PUBLISHER_COMMANDS
from meshtui.tui.state.claimed_names import ClaimedNames
from meshtui.tui.state.publishers import (
    Heard,
    PublisherBook,
    brokers_meant,
    refusal_to_pause,
    refusal_to_renew,
    refusal_to_retry,
    text_of_payload,
)
from meshtui.tui.text.publishers import (
    HOW_LONG,
    head_lines,
    names_words,
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
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from meshtui.model.event import Event
    from meshtui.model.publishing import PublisherStatus
    from meshtui.runtime.api import PublishingApi
    from meshtui.tui.widgets.ink import Part
    from meshtui.tui.widgets.line_list import LineList
    from meshtui.tui.widgets.pane import Desk

EVERY_S = 1.0
"""How often the service is asked while the pane is shown."""

_HEARD = 2_000
_ROOMY = 130
_LEAST_DETAIL = 9
"""Lines that a broker's details keep before rows get their second line."""


class PublishersPane(Pane):
    """Brokers above, details and the next message under them, or beside where there is room."""

    pane_id = "publishers"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(PUBLISHER_COMMANDS, "publishers")
    DEFAULT_CSS = """
    PublishersPane { layout: vertical; }
    PublishersPane #publisher-head { height: 2; }
    PublishersPane #publisher-body { height: 1fr; layout: vertical; }
    PublishersPane #publisher-part { height: auto; }
    PublishersPane #publisher-title { background: $bar; }
    PublishersPane #publisher-setup { display: none; }
    PublishersPane.-roomy #publisher-body { layout: horizontal; }
    PublishersPane.-roomy #publisher-part { width: 1fr; height: 1fr; }
    PublishersPane.-roomy #publisher-one { width: 58; border-left: solid $rule; }
    PublishersPane.-roomy.-plain #publisher-one { border-left: ascii $rule; }
    PublishersPane.-whole #publisher-head, PublishersPane.-whole #publisher-part { display: none; }
    PublishersPane.-whole #publisher-one { width: 1fr; border-left: none; }
    PublishersPane.-none #publisher-head, PublishersPane.-none #publisher-body { display: none; }
    PublishersPane.-none #publisher-setup { display: block; }
    """

    def __init__(self, desk: Desk) -> None:
        """Begin empty."""
        super().__init__(desk)
        self.book = PublisherBook()
        self.heard = Heard(ClaimedNames(desk.directory))
        self.table = PublisherTable(desk)
        self.detail = TextLines(id="publisher-detail", can_focus=True)
        self.setup_text = TextLines(id="publisher-setup", can_focus=True)
        self.filter_line = FilterLine(self.heard.fields, self.heard.seen_values)
        self._head = LineView(self._head_parts, id="publisher-head")
        self._table_head = LineView(self.table.header, classes="table-head")
        self._title = LineView(self._title_parts, id="publisher-title")
        self._frames: deque[FrameReceived] = deque(maxlen=_HEARD)
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

    def consume(self, events: Sequence[Event]) -> None:
        """Keep what a filter can be tried on."""
        self._frames.extend(event for event in events if isinstance(event, FrameReceived))

    # -- what the screen asks ------------------------------------------------------------------

    def title(self) -> str:
        """How many there are, and how they are."""
        return f"PUBLISHERS {service_title(self.book.publishers, self.desk.glyphs)}".rstrip()

    def context_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter now."""
        if self.filter_line.is_open:
            return (("Enter", "in force"), ("Tab", "complete"), ("Esc", "leave it as it was"))
        chosen = self.book.selected
        if chosen is None:
            return (("j k", "scroll"), ("4", "packets"), ("?", "keys"))
        pause = ("p", "go on" if chosen.is_paused else "pause")
        if self.book.is_held:
            return (("b", "another form"), ("c", "copy"), pause, ("Esc", "back"))
        is_up = chosen.state is PublisherState.UP
        then = ("T", "new token") if is_up and chosen.token is not None else ("R", "try now")
        keys = [pause, ("f", "filter"), ("Enter", "next message"), then]
        return (*keys, ("Tab", "details"), ("?", "keys"))

    def take_focus(self) -> None:
        """Whatever is in front has the keys."""
        if self.filter_line.is_open:
            return
        if self.book.status is None:
            self.setup_text.focus()
        else:
            (self.detail if self.book.is_held else self.table).focus()

    def receive_hint(self, hint: str) -> None:
        """A command that was typed elsewhere, with its argument."""
        name, _, argument = hint.partition(" ")
        match name:
            case "pause-publisher":
                self._pause(argument, is_paused=True)
            case "resume-publisher":
                self._pause(argument, is_paused=False)
            case "retry-publisher":
                self._retry(argument)
            case "renew-token":
                self._renew(argument)
            case "filter-published" if argument.strip():
                self.set_filter(argument.strip())
            case "filter-published":
                self.action_filter_published()

    def step_back(self) -> bool:
        """Close the filter, the message, the details: one after the other."""
        if self.filter_line.is_open:
            self._close_filter()
        elif self.book.is_held:
            self.action_maximise_preview()
        elif self.detail.has_focus:
            self.table.focus()
        else:
            return False
        return True

    def on_show(self) -> None:
        """What became of it meanwhile."""
        self.refresh_now()

    def on_resize(self) -> None:
        """Beside each other or under each other."""
        self.set_class(self.size.width >= _ROOMY, "-roomy")
        self._draw()

    # -- actions -------------------------------------------------------------------------------

    def action_pause_publisher(self) -> None:
        """Pause the selected broker, or let it go on."""
        chosen = self._select()
        self._pause(self._chosen_name(), is_paused=chosen is None or not chosen.is_paused)

    def action_resume_publisher(self) -> None:
        """Let the selected broker go on."""
        self._pause(self._chosen_name(), is_paused=False)

    def action_retry_publisher(self) -> None:
        """Try the selected broker now."""
        self._retry(self._chosen_name())

    def action_renew_token(self) -> None:
        """Have a new token made for the selected broker."""
        self._renew(self._chosen_name())

    def action_filter_published(self) -> None:
        """Type what may leave."""
        status = self.book.status
        if status is None:
            self._tell("Nothing is published: there is nothing to filter", is_error=True)
            return
        self.heard.take(self._frames, str(status.link_id))
        self.filter_line.open(status.filter)
        self._show_verdict(status.filter)
        self._draw()

    def action_maximise_preview(self) -> None:
        """The next message alone, standing still; or all again."""
        if self._select() is None:
            return
        self.book.is_held = not self.book.is_held
        self.set_class(self.book.is_held, "-whole")
        self.refresh_now()
        if self.book.is_held:
            self.book.take_preview(self._api, self.desk.now_ms())
            self._draw()
        self.take_focus()

    def action_preview_form(self) -> None:
        """The message in the next form."""
        self.book.next_form()
        self._draw()

    def action_copy_preview(self) -> None:
        """Copy the message that is shown, as it is sent."""
        self._select()
        preview = self.book.held.preview
        if preview is None:
            self._tell("There is no message yet", is_error=True)
        else:
            self.post_message(self.Copy(text_of_payload(preview.payload), "message"))

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        """Another broker."""
        message.stop()
        if message.line_list is self.table:
            self._select()
            self._draw_detail()
            self._restate()

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Enter."""
        message.stop()
        self.action_maximise_preview()

    # -- filter --------------------------------------------------------------------------------

    def set_filter(self, text: str) -> None:
        """Let only what passes leave; a bad filter is told and changes nothing."""
        api = self._api
        if api is None:
            self._tell("Nothing is published: there is nothing to filter", is_error=True)
            return
        try:
            api.set_filter(text)
        except FilterError as problem:
            if self.filter_line.is_open:
                self.filter_line.show_verdict(problem)
            else:
                self._tell(str(problem), is_error=True)
            return
        if self.filter_line.is_open:
            self._close_filter()
        self.book.take_preview(api, self.desk.now_ms())
        self.refresh_now()
        waiting = sum(each.queued for each in self.book.publishers)
        is_late = waiting > 0 and bool(text.strip())
        late = f"until the program ends; {waiting:,} that wait already leave too"
        self._tell(f"In force {late if is_late else HOW_LONG}")

    def on_filter_line_typed(self, message: FilterLine.Typed) -> None:
        """Nothing is in force before Enter: half a filter would let the wrong packets out."""
        message.stop()
        self._show_verdict(message.text)

    def on_filter_line_accepted(self, message: FilterLine.Accepted) -> None:
        """Let it be in force."""
        message.stop()
        self.set_filter(self.filter_line.text)

    def _show_verdict(self, text: str) -> None:
        try:
            passing, tried = self.heard.try_out(text)
        except FilterError as problem:
            self.filter_line.show_verdict(problem)
            return
        note = f"{passing} of the last {tried} leave" if tried else "valid; Enter: in force"
        self.filter_line.show_verdict(None, note)

    def _close_filter(self) -> None:
        self.filter_line.close()
        self.take_focus()
        self._draw()

    # -- within --------------------------------------------------------------------------------

    @property
    def _api(self) -> PublishingApi | None:
        return self.desk.api.publishing()

    def _select(self) -> PublisherStatus | None:
        """Look at the broker under the cursor, which may have moved by the key before this one."""
        row = self.table.current()
        if row is not None:
            self.book.select(row.name, self._api, self.desk.now_ms())
        return self.book.selected

    def _chosen_name(self) -> str:
        chosen = self._select()
        return chosen.name if chosen is not None else ""

    def _tell(self, text: str, *, is_error: bool = False) -> None:
        self.post_message(self.Notice(clean_line(text, 200), is_error))

    def _pause(self, argument: str, *, is_paused: bool) -> None:
        done = "paused: connected, but given nothing" if is_paused else "on again"

        def act(api: PublishingApi, name: str) -> None:
            api.pause(name, is_paused=is_paused)

        self._carry_out(argument, refusal_to_pause, act, done)

    def _retry(self, argument: str) -> None:
        self._carry_out(
            argument, refusal_to_retry, lambda api, name: api.retry(name), "tried again now"
        )

    def _renew(self, argument: str) -> None:
        self._carry_out(
            argument, refusal_to_renew, lambda api, name: api.renew(name), "a new token is made"
        )

    def _carry_out(
        self,
        argument: str,
        refusal: Callable[[PublisherStatus], str],
        act: Callable[[PublishingApi, str], None],
        done: str,
    ) -> None:
        """Do something with the brokers that are named, and say so; or why it cannot be done."""
        self.book.read(self._api, self.desk.now_ms())
        api, publishers = self._api, self.book.publishers
        if api is None or not publishers:
            self._tell("Nothing is published: there is no broker", is_error=True)
            return
        try:
            names = brokers_meant(publishers, argument)
        except LookupError as problem:
            self._tell(str(problem.args[0]), is_error=True)
            return
        refusals = {each.name: refusal(each) for each in publishers if each.name in names}
        able = [name for name in names if not refusals[name]]
        for name in able:
            act(api, name)
        if able:
            self._tell(f"{names_words(able)}: {done}")
        else:
            self._tell(refusals[names[0]], is_error=True)
        self.refresh_now()

    def _refresh_if_shown(self) -> None:
        if self.display:
            self.refresh_now()

    def refresh_now(self) -> None:
        """Ask the service, and draw what is different."""
        self.book.read(self._api, self.desk.now_ms())
        self._draw()

    def _draw(self) -> None:
        status = self.book.status
        self.set_class(status is None, "-none")
        if status is None or not self.size:
            self._restate()
            return
        heads = len(head_lines(status, self.desk.glyphs, self.size.width))
        self._head.styles.height = heads
        self._head.redraw()
        self._draw_table(heads)
        self._draw_detail()
        self._restate()

    def _draw_table(self, heads: int) -> None:
        rows = self.book.publishers
        height = self.size.height - heads - 1
        is_roomy = self.has_class("-roomy")
        room = height if is_roomy else height - _LEAST_DETAIL - 1
        has_notes = len(rows) * 2 <= room
        chosen = self._chosen_name()
        places = (index for index, row in enumerate(rows) if row.name == chosen)
        self.table.show_brokers(rows, next(places, 0), has_notes=has_notes)
        self._table_head.redraw()
        lines = len(rows) * (2 if has_notes else 1)
        self.table.styles.height = "1fr" if is_roomy else max(min(lines, height * 2 // 3), 1)

    def _draw_detail(self) -> None:
        chosen, now_ms = self.book.selected, self.desk.now_ms()
        if chosen is None:
            self.detail.show([])
            return
        self._title.redraw()
        is_whole = self.book.is_held
        lines = preview_lines(self.book.held, self.book.form, chosen.state, is_whole=is_whole)
        if not is_whole:
            of = publisher_lines(chosen, self.desk.glyphs, now_ms)
            lines = [*of, (("", "plain"),), *lines]
        what = f"{is_whole} {self.book.form} {chosen.name}"
        self.detail.show(lines, stays=what == self._detail_of)
        self._detail_of = what

    def _restate(self) -> None:
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
        return [list(line) for line in (observer, leaving, *wrong)]

    def _title_parts(self, width: int) -> list[list[Part]]:
        chosen = self.book.selected
        return [list(publisher_title(chosen, self.desk.glyphs, width))] if chosen else []
