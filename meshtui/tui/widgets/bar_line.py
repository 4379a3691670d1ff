"""One-line bars: the status line on top, the key line at the bottom, a banner between.

Only a sentence that does not fit makes one grow, so that its end, which says what to do, is read.
Each keeps the strip it painted and repaints only when it would look different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from meshtui.tui.text.format import fit, wrap
from meshtui.tui.widgets.painted import PaintedWidget

if TYPE_CHECKING:
    from collections.abc import Sequence


MAX_LINES: Final = 3


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
        self._above: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """What it says, without styles; lines, left and right joined by two spaces."""
        sides = ("".join(text for text, _ in side) for side in (self._left, self._right))
        return "  ".join(part for part in (*(text for text, _ in self._above), *sides) if part)

    def show(self, left: Sequence[tuple[str, str]], right: Sequence[tuple[str, str]] = ()) -> None:
        """Say something else: pieces of (text, component word), the word as `dim` or empty."""
        self._show((), tuple(left), tuple(right))

    def say(self, text: str, word: str, width: int) -> None:
        """Say a sentence instead, in up to three lines of `width`."""
        lines = wrap(text, width - 2)
        above, rest = lines[: MAX_LINES - 1], lines[MAX_LINES - 1 :]
        if not rest:
            rest = [above.pop()]
        self._show(tuple((line, word) for line in above), ((" ".join(rest), word),), ())

    def _show(
        self,
        above: tuple[tuple[str, str], ...],
        left: tuple[tuple[str, str], ...],
        right: tuple[tuple[str, str], ...],
    ) -> None:
        if (above, left, right) == (self._above, self._left, self._right):
            return
        if len(above) != len(self._above):
            self.styles.height = len(above) + 1
        self._above, self._left, self._right = above, left, right
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Give a line to Textual."""
        if y < len(self._above):
            return self._strip((self._above[y],), ())
        return self._strip(self._left, self._right)

    def _strip(
        self, left_pieces: Sequence[tuple[str, str]], right_pieces: Sequence[tuple[str, str]]
    ) -> Strip:
        width = self.size.width
        right = self._segments(right_pieces)
        taken = sum(cell_len(segment.text) for segment in right) + (2 if right else 1)
        room, left = width - taken, []
        for segment in self._segments(left_pieces):
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
