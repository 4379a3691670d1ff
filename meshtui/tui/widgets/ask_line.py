"""A line at the foot of a pane that asks for one thing: what to look for, a file, a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message

from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult

    from meshtui.tui.widgets.ink import Part

MAX_TYPED = 500


class AskInput(LineInput):
    """The input; Tab walks what is offered."""

    DEFAULT_CSS = "AskInput { height: 1; background: $bar; }"

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__(prompt=" ", max_length=MAX_TYPED)
        self.offered: Sequence[str] = ()

    def on_key(self, event: events.Key) -> None:
        """Catch Tab before the focus moves."""
        step = {"tab": 1, "shift+tab": -1}.get(event.key)
        if step is not None:
            event.stop()
            event.prevent_default()
            if self.offered:
                place = self.offered.index(self.value) + step if self.value in self.offered else 0
                self.value = self.offered[place % len(self.offered)]
            return
        super().on_key(event)


class AskLine(Vertical):
    """Input and a line of hints; hidden until `ask`."""

    DEFAULT_CSS = """
    AskLine { height: 2; dock: bottom; display: none; background: $bar; }
    AskLine.-open { display: block; }
    AskLine LineView { background: $bar; }
    """

    @dataclass
    class Answered(Message):
        """Enter."""

        text: str
        take: Callable[[str], None]

    def __init__(self) -> None:
        """Begin hidden."""
        super().__init__()
        self._input = AskInput()
        self._hint = ""
        self._hints = LineView(self._hint_parts)
        self._take: Callable[[str], None] | None = None

    def compose(self) -> ComposeResult:
        """Input above, hints below."""
        yield self._input
        yield self._hints

    @property
    def is_open(self) -> bool:
        """It is on the screen."""
        return self.has_class("-open")

    def ask(
        self,
        prompt: str,
        hint: str,
        take: Callable[[str], None],
        *,
        text: str = "",
        offered: Sequence[str] = (),
    ) -> None:
        """Ask for one thing.

        Args:
            hint: What may be typed; cleaned.
            take: Gets what was typed, by the owner's hand: see `Answered`.
            offered: What Tab walks through.
        """
        self._take, self._hint = take, hint
        self._input.prompt = f" {prompt}: "
        self._input.offered = offered
        self._input.value = text
        self._hints.redraw()
        self.add_class("-open")
        self._input.focus()

    def close(self) -> None:
        """Take it off the screen."""
        self.remove_class("-open")

    def on_line_input_changed(self, message: LineInput.Changed) -> None:
        """Nothing follows from a letter."""
        message.stop()

    def on_line_input_submitted(self, message: LineInput.Submitted) -> None:
        """Enter."""
        message.stop()
        if self._take is not None:
            self.post_message(self.Answered(message.value, self._take))

    def _hint_parts(self, _width: int) -> list[list[Part]]:
        return [[(f" {self._hint}", "dim")]]
