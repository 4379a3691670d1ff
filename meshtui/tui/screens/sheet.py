"""A sheet of text over the panes: help, details, a safety number to compare. Esc puts it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from meshtui.tui.widgets.bar_line import BarLine
from meshtui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

MAX_WIDTH = 84


class Sheet(ModalScreen[str]):
    """Shows lines; returns the answer's word, or an empty one for Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "put_away", "Close", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Sheet { align: center middle; background: $background 0%; }
    Sheet > Vertical {
        width: 84; max-width: 100%; height: auto; max-height: 100%;
        background: $surface; border: solid $rule;
    }
    Sheet.-plain > Vertical { border: ascii $rule; }
    Sheet TextLines { height: auto; max-height: 100h; background: $surface; }
    """

    def __init__(
        self,
        title: str,
        lines: Sequence[Sequence[tuple[str, str]]],
        answers: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        """Prepare a sheet.

        Args:
            answers: (key, what it does, word returned), for questions.
        """
        super().__init__()
        self._heading = title
        self._text = [tuple(line) for line in lines]
        self._answers = tuple(answers)

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical():
            yield BarLine(id="sheet-title")
            yield TextLines(id="sheet-text", can_focus=True)
            yield BarLine(id="sheet-keys")

    def on_mount(self) -> None:
        """Fill in."""
        self.query_one("#sheet-title", BarLine).show([(self._heading, "title")])
        keys: list[tuple[str, str]] = []
        for key, what, _ in self._answers:
            keys += [(key, "key"), (f" {what}  ", "")]
        keys += [("Esc", "key"), (" close", "")]
        self.query_one("#sheet-keys", BarLine).show(keys)
        text = self.query_one(TextLines)
        text.show(self._text)
        text.focus()
        self._fit()

    def restate(self, lines: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Show other lines from now on."""
        self._text = [tuple(line) for line in lines]
        if self.is_mounted:
            self.query_one(TextLines).show(self._text)
            self._fit()

    def on_resize(self) -> None:
        """As high as the text, within the window."""
        self._fit()

    def on_key(self, event: events.Key) -> None:
        """Take an answer."""
        for key, _, word in self._answers:
            if event.key == key:
                event.stop()
                self.dismiss(word)

    def action_put_away(self) -> None:
        """No answer."""
        self.dismiss("")

    def _fit(self) -> None:
        text = self.query_one(TextLines)
        width = min(self.size.width, MAX_WIDTH) - 2
        lines = text.lines_needed(width)
        text.styles.height = max(min(lines, self.size.height - 4), 1)
