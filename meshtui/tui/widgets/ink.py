"""Widgets that draw lines of text in named inks, so that colours come from the theme alone.

An ink says what a text is (dim, good, bad, a name), never which colour it has.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from rich.segment import Segment
from textual.strip import Strip

from meshtui.tui.widgets.line_list import LineList
from meshtui.tui.widgets.painted import PaintedWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.style import Style

Ink: TypeAlias = Literal["plain", "dim", "name", "good", "warn", "bad", "head", "lit", "here"]
Part: TypeAlias = "tuple[str, Ink]"

INKS = frozenset(
    {"ink--plain", "ink--dim", "ink--name", "ink--good", "ink--warn", "ink--bad"}
    | {"ink--head", "ink--lit", "ink--here", "ink--cursor"}
)

_INK_RULES = """
    & > .ink--plain { color: $foreground; }
    & > .ink--dim { color: $muted; }
    & > .ink--name { color: $primary; }
    & > .ink--good { color: $success; }
    & > .ink--warn { color: $warning; }
    & > .ink--bad { color: $error; text-style: bold; }
    & > .ink--head { color: $muted; text-style: bold; }
    & > .ink--lit { color: $accent; text-style: bold reverse; }
    & > .ink--here { color: $primary; text-style: bold reverse underline; }
    & > .ink--cursor { background: $selection; }
"""


class InkedList(LineList):
    """A virtual list whose rows are made of inked parts."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(INKS)
    DEFAULT_CSS = "InkedList {" + _INK_RULES + "}"

    def __init__(
        self,
        *,
        follow: bool = False,
        show_cursor: bool | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        """Begin empty; see `LineList`."""
        super().__init__(follow=follow, show_cursor=show_cursor, id=id, classes=classes)
        self._inked: dict[tuple[str, bool], Style] = {}

    def line(self, parts: Iterable[Part], width: int, *, is_cursor: bool = False) -> Strip:
        """Make one line; under the cursor it is drawn as such over its whole width."""
        if is_cursor and self.app.native_ansi_color:
            # the list reverses this line: one colour of text makes one colour of ground
            return Strip([Segment("".join(text for text, _ in parts))]).adjust_cell_length(width)
        if not is_cursor:
            return Strip(_segments(parts, self._style))
        over = self._style("cursor")
        strip = Strip(_segments(parts, lambda ink: self._style(ink, over)))
        return strip.adjust_cell_length(width, over)

    def colours_changed(self) -> None:
        """Inks are found anew."""
        super().colours_changed()
        self._inked.clear()

    def _style(self, ink: str, over: Style | None = None) -> Style:
        """An ink's style, under the cursor's where that is given; kept until colours change."""
        key = (ink, over is not None)
        style = self._inked.get(key)
        if style is None:
            style = self.get_component_rich_style(f"ink--{ink}", partial=True)
            style = self._inked[key] = style if over is None else style + over
        return style


class LineView(PaintedWidget):
    """A few lines drawn by a function of the width; `redraw` after what they show has changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(INKS)
    DEFAULT_CSS = "LineView { height: 1; width: 1fr; " + _INK_RULES + "}"
    ALLOW_SELECT = False

    def __init__(
        self,
        render_lines: Callable[[int], list[list[Part]]],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        """Keep what draws the lines."""
        super().__init__(id=id, classes=classes)
        self._render_lines = render_lines
        self._lines: list[list[Part]] | None = None

    def redraw(self) -> None:
        """Draw anew if the lines have changed."""
        lines = self._render_lines(self.size.width)
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def on_resize(self) -> None:
        """Another width, other lines."""
        self.redraw()

    def colours_changed(self) -> None:
        """The lines are made again."""
        super().colours_changed()
        self._lines = None

    def render_line(self, y: int) -> Strip:
        """Give one line to Textual."""
        width = self.size.width
        if self._lines is None:
            self._lines = self._render_lines(width)
        parts = self._lines[y] if y < len(self._lines) else []
        base = self.base_style

        def style(ink: str) -> Style:
            return base + self.get_component_rich_style(f"ink--{ink}", partial=True)

        return Strip(_segments(parts, style)).adjust_cell_length(width, base)


def _segments(parts: Iterable[Part], style: Callable[[str], Style]) -> list[Segment]:
    """Join neighbours of one ink: each change of colour costs the terminal some forty bytes.

    Text that is not ASCII stays apart, so that whoever measures it otherwise loses no column.
    """
    return [
        Segment("".join(text for text, _ in run), style(ink))
        for (ink, _), run in groupby(
            (part for part in parts if part[0]), key=lambda part: (part[1], part[0].isascii())
        )
    ]
