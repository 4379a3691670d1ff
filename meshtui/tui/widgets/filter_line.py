"""The line a filter is typed into: valid, doubtful or not while typing, with proposals under it.

Tab and Shift+Tab walk the proposals for what stands at the cursor. The owner reads the filter and
answers with `show_verdict`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from textual.containers import Vertical
from textual.message import Message

from meshtui.errors import FilterError
from meshtui.model.filter_completion import Completion, complete
from meshtui.model.filter_doubt import FilterDoubt, doubt_of
from meshtui.model.text import clean, clean_line
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual import events
    from textual.app import ComposeResult

    from meshtui.model.filter_fields import FilterField
    from meshtui.tui.widgets.ink import Ink, Part

    FieldTable: TypeAlias = Mapping[str, FilterField[Any]]
    Values: TypeAlias = Callable[[str], Iterable[str]]

MAX_TYPED = 1_000
_MAX_SHOWN = 40


class FilterInput(LineInput):
    """The input itself. Tab is handled at once, so that no key typed after it overtakes it."""

    DEFAULT_CSS = """
    FilterInput { height: 1; background: $bar; }
    FilterInput.-invalid .line-input--prompt { color: $error; text-style: bold; }
    FilterInput.-valid .line-input--prompt { color: $success; text-style: bold; }
    FilterInput.-doubtful .line-input--prompt { color: $warning; text-style: bold; }
    """

    def __init__(
        self,
        fields: FieldTable,
        seen: Values,
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

    def __init__(self, fields: FieldTable, seen: Values, known: Values) -> None:
        """Propose from these fields, and from the values of one that are `seen` here, or `known`.

        Args:
            known: See `MeshApi.known_values`.
        """
        super().__init__()
        self._problem: FilterError | FilterDoubt | None = None
        self._is_insisting = False
        self._seen, self._known = seen, known
        self._hints = LineView(self._hint_parts)
        self._input = FilterInput(fields, self._proposed, self._hints.redraw)

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

    def insist(self) -> bool:
        """Say what is wrong, though it could become right with what is typed next.

        Returns:
            False where it is right already.
        """
        self._is_insisting = isinstance(self._problem, FilterError)
        self._hints.redraw()
        return self._is_insisting

    def doubt_about(self, text: str) -> FilterDoubt | None:
        """Say which value of a filter nothing has, as far as anybody knows."""
        return doubt_of(text, self._known, self._seen)

    def show_verdict(self, problem: FilterError | FilterDoubt | None, note: str = "") -> None:
        """Colour it, and say what is wrong or doubtful, or how much passes."""
        self._problem, self._is_insisting = problem, False
        is_doubtful = isinstance(problem, FilterDoubt)
        self._input.set_class(problem is not None and not is_doubtful, "-invalid")
        self._input.set_class(is_doubtful, "-doubtful")
        self._input.set_class(problem is None and bool(self.text.strip()), "-valid")
        self._input.note = note
        self._input.draw()
        self._hints.redraw()

    def status_of(self, text: str) -> str:
        """Say in a status line which filter is in force, and what is doubtful about it; cleaned.

        Empty while it is typed, and where there is none.
        """
        if self.is_open or not text.strip():
            return ""
        said = f"filter: {clean_line(text.strip(), 60)}"
        if isinstance(self._problem, FilterDoubt):
            said += f" ({clean_line(str(self._problem), 120)})"
        return said

    def on_line_input_changed(self, message: LineInput.Changed) -> None:
        """Tell the owner what is typed by now."""
        message.stop()
        self.post_message(self.Typed(self.text))

    def on_line_input_submitted(self, message: LineInput.Submitted) -> None:
        """Enter."""
        message.stop()
        self.post_message(self.Accepted())

    def _proposed(self, field_name: str) -> Iterable[str]:
        return (*self._seen(field_name), *self._known(field_name))

    def _hint_parts(self, width: int) -> list[list[Part]]:
        candidates = self._input.proposals.candidates
        is_unfinished = self._problem is not None and self._problem.end >= len(self.text)
        may_become_right = is_unfinished and candidates and not self._is_insisting
        if self._problem is not None and not may_become_right:
            where = f" at {self._problem.start + 1}: "
            ink: Ink = "warn" if isinstance(self._problem, FilterDoubt) else "bad"
            return [[(where + clean(str(self._problem), limit=width), ink)]]
        parts: list[Part] = [(" Tab ", "dim")] if candidates else []
        for index, candidate in enumerate(candidates[:_MAX_SHOWN]):
            ink = "lit" if index == self._input.chosen else "dim"
            parts += [(clean(candidate, limit=30), ink), (" ", "dim")]
        return [parts]
