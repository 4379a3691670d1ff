"""One-line bars: the status line on top, the key line at the bottom, a banner between.

Each keeps the strip it painted and repaints only when it would look different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from meshtui.tui.text.format import fit
from meshtui.tui.widgets.painted import PaintedWidget

if TYPE_CHECKING:
    from collections.abc import Sequence


class BarLine(PaintedWidget):
    """A line of styled pieces on the left and on the right; the left gives way."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bar--title",
        "bar--dim",
        "bar--key",
        "bar--good",
        "bar--bad",
        "bar--warn",
        "bar--accent",
    }
    DEFAULT_CSS = """
    BarLine { height: 1; width: 1fr; background: $bar; color: $foreground; }
    BarLine .bar--title { color: $primary; text-style: bold; }
    BarLine .bar--dim { color: $muted; }
    BarLine .bar--key { color: $accent; }
    BarLine .bar--good { color: $success; }
    BarLine .bar--bad { color: $error; text-style: bold; }
    BarLine .bar--warn { color: $warning; }
    BarLine .bar--accent { color: $accent; text-style: bold; }
    """

    def __init__(
        self,
        *,
        ellipsis: str = "…",
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        """Begin empty."""
        super().__init__(id=id, classes=classes)
        self.ellipsis = ellipsis
        self._left: tuple[tuple[str, str], ...] = ()
        self._right: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """What it says, without styles; left and right joined by two spaces."""
        sides = ("".join(text for text, _ in side) for side in (self._left, self._right))
        return "  ".join(side for side in sides if side)

    def show(self, left: Sequence[tuple[str, str]], right: Sequence[tuple[str, str]] = ()) -> None:
        """Say something else: pieces of (text, component word), the word as `dim` or empty."""
        if (tuple(left), tuple(right)) != (self._left, self._right):
            self._left, self._right = tuple(left), tuple(right)
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one line
        """Give the line to Textual."""
        width = self.size.width
        right = self._segments(self._right)
        taken = sum(cell_len(segment.text) for segment in right) + (2 if right else 1)
        room, left = width - taken, []
        for segment in self._segments(self._left):
            if room <= 0:
                break
            text = segment.text
            if cell_len(text) > room:
                text = fit(text, room, self.ellipsis)
            room -= cell_len(text)
            left.append(Segment(text, segment.style))
        gap = " " * (max(room, 0) + bool(right))
        strip = Strip([Segment(" "), *left, Segment(gap), *right])
        return strip.adjust_cell_length(width).apply_style(self.base_style)

    def _segments(self, pieces: Sequence[tuple[str, str]]) -> list[Segment]:
        return [
            Segment(
                text,
                self.get_component_rich_style(f"bar--{word}", partial=True)
                if word
                else self.base_style,
            )
            for text, word in pieces
            if text
        ]
