"""The packet capture service under the user's hands: pausing, trying again, what may leave."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar

from meshtui.errors import FilterError
from meshtui.model.event import FrameReceived
from meshtui.model.publishing import PublisherState
from meshtui.model.text import clean_line
from meshtui.tui.command import bindings_of
from meshtui.tui.panes.publisher_view import PublisherView
from meshtui.tui.publisher_commands import PUBLISHER_COMMANDS
from meshtui.tui.state.publishers import (
    brokers_meant,
    refusal_to_pause,
    refusal_to_renew,
    refusal_to_retry,
    text_of_payload,
)
from meshtui.tui.text.publishers import HOW_LONG, names_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from meshtui.model.event import Event
    from meshtui.model.publishing import PublisherStatus
    from meshtui.runtime.api import PublishingApi
    from meshtui.tui.widgets.filter_line import FilterLine
    from meshtui.tui.widgets.line_list import LineList
    from meshtui.tui.widgets.pane import Desk

_HEARD = 2_000


class PublishersPane(PublisherView):
    """Brokers above, details and the next message under them, or beside where there is room."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(PUBLISHER_COMMANDS, "publishers")

    def __init__(self, desk: Desk) -> None:
        """Begin empty."""
        super().__init__(desk)
        self._frames: deque[FrameReceived] = deque(maxlen=_HEARD)

    def consume(self, events: Sequence[Event]) -> None:
        """Keep what a filter can be tried on."""
        self._frames.extend(event for event in events if isinstance(event, FrameReceived))

    # -- what the screen asks ------------------------------------------------------------------

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

    # -- actions -------------------------------------------------------------------------------

    def action_pause_publisher(self) -> None:
        """Pause the selected broker, or let it go on."""
        chosen = self.select()
        self._pause(self.chosen_name(), is_paused=chosen is None or not chosen.is_paused)

    def action_resume_publisher(self) -> None:
        """Let the selected broker go on."""
        self._pause(self.chosen_name(), is_paused=False)

    def action_retry_publisher(self) -> None:
        """Try the selected broker now."""
        self._retry(self.chosen_name())

    def action_renew_token(self) -> None:
        """Have a new token made for the selected broker."""
        self._renew(self.chosen_name())

    def action_filter_published(self) -> None:
        """Type what may leave."""
        status = self.book.status
        if status is None:
            self._tell("Nothing is published: there is nothing to filter", is_error=True)
            return
        self.heard.take(self._frames, str(status.link_id))
        self.filter_line.open(status.filter)
        self._show_verdict(status.filter)
        self.draw_now()

    def action_maximise_preview(self) -> None:
        """The next message alone, standing still; or all again."""
        if self.select() is None:
            return
        self.book.is_held = not self.book.is_held
        self.set_class(self.book.is_held, "-whole")
        self.refresh_now()
        if self.book.is_held:
            self.book.take_preview(self.publishing, self.desk.now_ms())
            self.draw_now()
        self.call_after_refresh(self.draw_detail)  # it has its width by then
        self.take_focus()

    def action_preview_form(self) -> None:
        """The message in the next form."""
        self.book.next_form()
        self.draw_now()

    def action_copy_preview(self) -> None:
        """Copy the message that is shown, as it is sent."""
        self.select()
        preview = self.book.held.preview
        if preview is None:
            self._tell("There is no message yet", is_error=True)
        else:
            self.post_message(self.Copy(text_of_payload(preview.payload), "message"))

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        """Another broker."""
        message.stop()
        if message.line_list is self.table:
            self.select()
            self.draw_detail()
            self.restate()

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Enter."""
        message.stop()
        self.action_maximise_preview()

    # -- filter --------------------------------------------------------------------------------

    def set_filter(self, text: str) -> None:
        """Let only what passes leave; a bad filter is told and changes nothing."""
        api = self.publishing
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
        late = f"until the program ends, also for {waiting:,} that wait already"
        doubt = self.filter_line.doubt_about(text)
        said = f"; {doubt}" if doubt else ""
        self._tell(f"In force {late if is_late else HOW_LONG}{said}")

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
        self.filter_line.show_verdict(self.filter_line.doubt_about(text), note)

    def _close_filter(self) -> None:
        self.filter_line.close()
        self.take_focus()
        self.draw_now()

    # -- within --------------------------------------------------------------------------------

    def _tell(self, text: str, *, is_error: bool = False) -> None:
        self.post_message(self.Notice(clean_line(text, 200), is_error))

    def _pause(self, argument: str, *, is_paused: bool) -> None:
        done = "paused: connected, but given no packets" if is_paused else "on again"

        def act(api: PublishingApi, name: str) -> None:
            api.pause(name, is_paused=is_paused)

        self._carry_out(argument, refusal_to_pause, act, done)

    def _retry(self, argument: str) -> None:
        self._carry_out(
            argument, refusal_to_retry, lambda api, name: api.retry(name), "tried again now"
        )

    def _renew(self, argument: str) -> None:
        self._carry_out(
            argument,
            refusal_to_renew,
            lambda api, name: api.renew(name),
            "a new token is asked for",
        )

    def _carry_out(
        self,
        argument: str,
        refusal: Callable[[PublisherStatus], str],
        act: Callable[[PublishingApi, str], None],
        done: str,
    ) -> None:
        """Do something with the brokers that are named, and say so; or why it cannot be done."""
        self.book.read(self.publishing, self.desk.now_ms())
        api, publishers = self.publishing, self.book.publishers
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
