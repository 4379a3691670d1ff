"""The line a filter is typed into: valid or not while typing, with proposals under it.

Tab and Shift+Tab walk the proposals for what stands at the cursor. The owner reads the filter and
answers with `show_verdict`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from textual.containers import Vertical
from textual.message import Message

from meshtui.model.filter_completion import Completion, complete
from meshtui.model.text import clean
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual import events
    from textual.app import ComposeResult

    from meshtui.errors import FilterError
    from meshtui.model.filter_fields import FilterField
    from meshtui.tui.widgets.ink import Ink, Part

    FieldTable: TypeAlias = Mapping[str, FilterField[Any]]

MAX_TYPED = 1_000
_MAX_SHOWN = 40


class FilterInput(LineInput):
    """The input itself. Tab is handled at once, so that no key typed after it overtakes it."""

    DEFAULT_CSS = """
    FilterInput { height: 1; background: $bar; }
    FilterInput.-invalid .line-input--prompt { color: $error; text-style: bold; }
    FilterInput.-valid .line-input--prompt { color: $success; text-style: bold; }
    """

    def __init__(
        self,
        fields: FieldTable,
        seen: Callable[[str], Iterable[str]],
        on_proposals: Callable[[], None],
    ) -> None:
        """Propose from these fields and seen values; tell when the proposals are others."""
        super().__init__(prompt=" / ", placeholder="all", max_length=MAX_TYPED)
        self.proposals = Completion(0, 0, ())
        self.chosen = -1
        self._fields = fields
        self._seen = seen
        self._on_proposals = on_proposals

    def propose(self) -> None:
        """Find what could stand at the cursor."""
        self.proposals = complete(self.line.text, self.line.cursor, self._fields, self._seen)
        self.chosen = -1
        self._on_proposals()

    def walk(self, step: int) -> None:
        """Put the next (1) or previous (-1) proposal in place of what is at the cursor."""
        candidates = self.proposals.candidates
        if not candidates:
            return
        self.chosen = (self.chosen + step) % len(candidates)
        candidate, start = candidates[self.chosen], self.proposals.start
        is_word = candidate in {"&&", "||", "in"}
        lead = " " if is_word and self.line.text[:start][-1:].strip() else ""
        self.line.replace(start, self.proposals.end, lead + candidate)
        if len(candidates) > 1:
            # the next Tab replaces this proposal by the following one
            self.proposals = Completion(start, self.line.cursor, candidates)
            self._on_proposals()
        else:
            self.propose()
        self.post_message(self.Changed(self, self.line.text))
        self.draw()

    def on_key(self, event: events.Key) -> None:
        """Catch Tab before the focus moves."""
        step = {"tab": 1, "shift+tab": -1}.get(event.key)
        if step is not None:
            event.stop()
            event.prevent_default()
            self.walk(step)
            return
        super().on_key(event)

    def _edited(self, *, is_text_changed: bool = True) -> None:
        self.propose()
        super()._edited(is_text_changed=is_text_changed)


class FilterLine(Vertical):
    """Input and a line of hints; hidden until `open`."""

    DEFAULT_CSS = """
    FilterLine { height: 2; dock: bottom; display: none; background: $bar; }
    FilterLine.-open { display: block; }
    FilterLine LineView { background: $bar; }
    """

    @dataclass
    class Typed(Message):
        """The filter reads differently now."""

        text: str

    class Accepted(Message):
        """Enter: the filter stays and the list takes the keys."""

    def __init__(self, fields: FieldTable, seen: Callable[[str], Iterable[str]]) -> None:
        """Propose from these fields, and from the values `seen` of one."""
        super().__init__()
        self._problem: FilterError | None = None
        self._hints = LineView(self._hint_parts)
        self._input = FilterInput(fields, seen, self._hints.redraw)

    def compose(self) -> ComposeResult:
        """Input above, hints below."""
        yield self._input
        yield self._hints

    @property
    def text(self) -> str:
        """What is typed."""
        return self._input.value

    @property
    def is_open(self) -> bool:
        """It is on the screen."""
        return self.has_class("-open")

    def open(self, text: str) -> None:
        """Show it with a text, ready to type."""
        self.add_class("-open")
        self._input.value = text
        self._input.propose()
        self._input.focus()

    def close(self) -> None:
        """Take it off the screen."""
        self.remove_class("-open")

    def show_verdict(self, problem: FilterError | None, note: str = "") -> None:
        """Colour it, and say what is wrong or how much passes."""
        self._problem = problem
        self._input.set_class(problem is not None, "-invalid")
        self._input.set_class(problem is None and bool(self.text.strip()), "-valid")
        self._input.note = note
        self._input.draw()
        self._hints.redraw()

    def on_line_input_changed(self, message: LineInput.Changed) -> None:
        """Tell the owner what is typed by now."""
        message.stop()
        self.post_message(self.Typed(self.text))

    def on_line_input_submitted(self, message: LineInput.Submitted) -> None:
        """Enter."""
        message.stop()
        self.post_message(self.Accepted())

    def _hint_parts(self, width: int) -> list[list[Part]]:
        candidates = self._input.proposals.candidates
        is_unfinished = self._problem is not None and self._problem.end >= len(self.text)
        if self._problem is not None and not (is_unfinished and candidates):
            where = f" at {self._problem.start + 1}: "
            return [[(where + clean(str(self._problem), limit=width), "bad")]]
        parts: list[Part] = [(" Tab ", "dim")] if candidates else []
        for index, candidate in enumerate(candidates[:_MAX_SHOWN]):
            ink: Ink = "lit" if index == self._input.chosen else "dim"
            parts += [(clean(candidate, limit=30), ink), (" ", "dim")]
        return [parts]
