"""The first-run screen: shows the steps of `FirstRun`, one at a time."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.strip import Strip

from meshtui.tui.state.first_run import DEMO, DONE, FirstRun
from meshtui.tui.text.format import fit
from meshtui.tui.widgets.bar_line import BarLine
from meshtui.tui.widgets.line_input import LineInput
from meshtui.tui.widgets.line_list import LineList
from meshtui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from meshtui.runtime.api import SetupApi
    from meshtui.tui.state.first_pages import Option

_TITLE_WIDTH = 28
_LABEL_WIDTH = 12
_MARGIN = 3
# Bars, title, text, problem, and what is empty between.
_LINES_AROUND = 14
_LEAST_ROWS = 4


class OptionRows(LineList):
    """What can be chosen, each with a remark."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"option--title", "option--hint", "option--cursor"}
    DEFAULT_CSS = """
    OptionRows { height: auto; }
    OptionRows .option--title { color: $foreground; text-style: bold; }
    OptionRows .option--hint { color: $muted; }
    OptionRows .option--cursor { background: $selection; }
    """

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__(id="options", show_cursor=True)
        self._options: Sequence[Option] = ()
        self._title_width = _TITLE_WIDTH

    def offer(self, options: Sequence[Option]) -> None:
        """Offer these."""
        self._take(options)
        self.set_rows(len(options), self._render_option, cursor=0)

    def update_options(self, options: Sequence[Option]) -> None:
        """Offer these instead; the cursor stays on what it is on."""
        chosen = self._options[self.cursor].value if self.cursor >= 0 else ""
        self._take(options)
        values = [option.value for option in options]
        cursor = values.index(chosen) if chosen in values else 0
        self.set_rows(len(options), self._render_option, cursor=cursor)

    def _take(self, options: Sequence[Option]) -> None:
        self._options = options
        self._title_width = max([_TITLE_WIDTH, *(cell_len(each.title) + 2 for each in options)])
        self.display = bool(options)
        self.fit_height()

    def fit_height(self) -> None:
        """As high as its rows, where there is room; else they roll."""
        room = max(self.app.size.height - _LINES_AROUND, _LEAST_ROWS)
        self.styles.height = min(max(len(self._options), 1), room)

    def _render_option(self, row: int, width: int, is_cursor: bool) -> Strip:  # noqa: FBT001
        option = self._options[row]
        mark = " > " if is_cursor else "   "
        title = self.get_component_rich_style("option--title", partial=True)
        hint = self.get_component_rich_style("option--hint", partial=True)
        strip = Strip(
            [
                Segment(mark + fit(option.title, self._title_width), title),
                Segment(option.hint, hint),
            ]
        ).adjust_cell_length(width)
        if is_cursor:
            cursor = self.get_component_rich_style("option--cursor", partial=True)
            return strip.apply_style(cursor)
        return strip


class WelcomeScreen(Screen[str]):
    """Returns `done`, `demo`, or an empty word when the user leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False, priority=True),
        Binding("ctrl+c,ctrl+q", "leave", "Leave", show=False, priority=True),
        Binding("down,tab", "field(1)", "Next", show=False),
        Binding("up,shift+tab", "field(-1)", "Previous", show=False),
        Binding("r", "listen", "Listen again", show=False),
    ]
    DEFAULT_CSS = """
    WelcomeScreen { background: $background; color: $foreground; }
    WelcomeScreen #page { padding: 1 3; height: 1fr; overflow-y: auto; }
    WelcomeScreen #page-text { height: auto; margin: 1 0; }
    WelcomeScreen #page-title { background: $background; }
    WelcomeScreen #fields { height: auto; padding: 0 1; }
    WelcomeScreen #problem { background: $background; margin: 1 0 0 0; }
    """

    def __init__(self, setup: SetupApi) -> None:
        """Begin at the first step."""
        super().__init__()
        self._run = FirstRun(setup, lambda n, k: secrets.SystemRandom().sample(range(n), k))
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """Bars, text, options or fields."""
        yield BarLine(id="status")
        with Vertical(id="page"):
            yield BarLine(id="page-title")
            yield TextLines(id="page-text")
            yield OptionRows()
            yield Vertical(id="fields")
            yield TextLines(id="problem")
        yield BarLine(id="keys")

    async def on_mount(self) -> None:
        """Show the first step."""
        self.query_one("#status", BarLine).show([("meshtui", "title")], [("first run ", "dim")])
        await self._show()

    async def _show(self, problem: str = "") -> None:
        page = self._run.page
        self.query_one("#page-title", BarLine).show([(page.title, "title")])
        self._show_text()
        options = self.query_one(OptionRows)
        options.offer(page.options)
        fields = self.query_one("#fields", Vertical)
        await fields.remove_children()
        await fields.mount_all(
            LineInput(
                prompt=f"{field.label:>{_LABEL_WIDTH}}  ",
                placeholder=field.hint,
                is_secret=field.is_secret,
                max_lines=4,
                max_length=2_000,
                classes="field",
            )
            for field in page.fields
        )
        self._complain(problem)
        self._show_keys()
        inputs = self._inputs()
        for entry, field in zip(inputs, page.fields, strict=True):
            entry.value = field.value
        (inputs[0] if inputs else options).focus()
        self.action_listen()

    def action_listen(self) -> None:
        """Listen for radios while links can be chosen, and only then."""
        self.workers.cancel_group(self, "radios")
        if self._run.page.name == "link":
            self.run_worker(self._hear_radios(), group="radios")

    async def _hear_radios(self) -> None:
        async with contextlib.aclosing(self._run.hear_radios()) as changes:
            async for _ in changes:
                self._show_text()
                self.query_one(OptionRows).update_options(self._run.page.options)

    def _show_text(self) -> None:
        text = self.query_one("#page-text", TextLines)
        text.show([((f" {line}", look),) for line, look in self._run.page.text])
        self._fit_text()

    def on_resize(self) -> None:
        """The text may need more lines, or fewer."""
        self._fit_text()
        self.query_one(OptionRows).fit_height()

    def _fit_text(self) -> None:
        for text in self.query(TextLines):
            text.styles.height = max(text.lines_needed(self.size.width - 2 * _MARGIN), 1)

    def _inputs(self) -> list[LineInput]:
        return list(self.query(".field").results(LineInput))

    def _complain(self, problem: str) -> None:
        self.query_one("#problem", TextLines).show([((f" {problem}", "bad"),)])
        self._fit_text()

    def _show_keys(self) -> None:
        page = self._run.page
        what = "choose" if page.options else "next"
        pieces = [("Enter", "key"), (f" {what}  ", ""), ("Esc", "key"), (" back  ", "")]
        move = "Tab" if page.fields else "j k"
        pieces += [(move, "key"), (" move  ", "")]
        if page.name == "link":
            pieces += [("r", "key"), (" listen again  ", "")]
        pieces += [("Ctrl+Q", "key"), (" leave", "")]
        self.query_one("#keys", BarLine).show(pieces)

    async def on_line_list_selected(self, event: LineList.Selected) -> None:
        """An option was chosen."""
        options = self._run.page.options
        if event.line_list.id == "options" and event.index < len(options):
            await self._take(options[event.index].value)

    async def on_line_input_submitted(self, event: LineInput.Submitted) -> None:
        """To the next field unless this one is wrong, or on."""
        inputs = self._inputs()
        here = inputs.index(event.line_input)
        if here + 1 < len(inputs):
            problem = self._run.objection(self._run.page.fields[here].name, event.value)
            self._complain(problem)
            if not problem:
                inputs[here + 1].focus()
        else:
            await self._take(None)

    async def _take(self, option: str | None) -> None:
        """Hand on what was chosen or typed, once at a time, off the key's own handler."""
        if self._is_busy:
            return
        self._is_busy = True
        self._complain("")
        self.query_one("#keys", BarLine).show([("One moment …", "dim")])
        self.run_worker(self._carry_out(option), exclusive=True)

    async def _carry_out(self, option: str | None) -> None:
        page = self._run.page
        try:
            if option is None:
                inputs = self._inputs()
                names = [field.name for field in page.fields]
                values = {name: entry.value for name, entry in zip(names, inputs, strict=True)}
                outcome = await self._run.enter(values)
            else:
                outcome = await self._run.choose(option)
        finally:
            self._is_busy = False
        if outcome in (DONE, DEMO):
            self.dismiss(outcome)
        elif self._run.page.name == page.name:
            self._complain(outcome)
            self._show_keys()
            self._begin_again()
        else:
            await self._show(outcome)

    def _begin_again(self) -> None:
        """To the first field; what nobody can see to correct is typed anew."""
        inputs = self._inputs()
        if inputs and all(field.is_secret for field in self._run.page.fields):
            for entry in inputs:
                entry.value = ""
        if inputs:
            inputs[0].focus()

    def action_field(self, step: int) -> None:
        """To another field."""
        inputs = self._inputs()
        if self.focused in inputs:
            inputs[(inputs.index(self.focused) + step) % len(inputs)].focus()

    async def action_back(self) -> None:
        """One step back; never out."""
        if not self._is_busy and self._run.back():
            await self._show()

    def action_leave(self) -> None:
        """Out; nothing is kept that was not written."""
        self.dismiss("")
