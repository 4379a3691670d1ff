"""One line to type over the panes, in the open or unseen. Esc takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from meshtui.tui.widgets.bar_line import BarLine
from meshtui.tui.widgets.line_input import LineInput
from meshtui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

MAX_TYPED = 1_000
MAX_WIDTH = 72


class Prompt(ModalScreen["str | None"]):
    """Asks for one line; returns it, or None for Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "put_away", "Close", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Prompt { align: center middle; background: $background 0%; }
    Prompt > Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 100%;
        background: $surface; border: solid $rule;
    }
    Prompt.-plain > Vertical { border: ascii $rule; }
    Prompt TextLines { height: auto; max-height: 8; background: $surface; }
    Prompt LineInput { background: $surface; padding: 0 1; margin: 1 0; }
    """

    def __init__(self, title: str, words: str, placeholder: str, *, is_secret: bool) -> None:
        """Prepare a prompt; `words` say what is asked for, cleaned."""
        super().__init__()
        self._heading = title
        self._words = words
        self._input = LineInput(
            prompt="> ", placeholder=placeholder, is_secret=is_secret, max_length=MAX_TYPED
        )

    def compose(self) -> ComposeResult:
        """Title, words, input, keys."""
        with Vertical():
            yield BarLine(id="prompt-title")
            yield TextLines(id="prompt-words")
            yield self._input
            yield BarLine(id="prompt-keys")

    def on_mount(self) -> None:
        """Fill in, and take the keys."""
        self.query_one("#prompt-title", BarLine).show([(self._heading, "title")])
        keys = [("Enter", "key"), (" go on  ", ""), ("Esc", "key"), (" take it back", "")]
        self.query_one("#prompt-keys", BarLine).show(keys)
        self.query_one(TextLines).show([((f" {self._words}", "plain"),)])
        self._input.focus()
        self._fit()

    def on_resize(self, _event: events.Resize) -> None:
        """As high as the words."""
        self._fit()

    def on_line_input_submitted(self, event: LineInput.Submitted) -> None:
        """That is it."""
        event.stop()
        self.dismiss(event.value)

    def action_put_away(self) -> None:
        """Nothing."""
        self.dismiss(None)

    def _fit(self) -> None:
        words = self.query_one(TextLines)
        words.styles.height = max(words.lines_needed(min(self.size.width, MAX_WIDTH) - 2), 1)
