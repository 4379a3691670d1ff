"""What widgets share that paint lines of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.style import Style
    from textual.strip import Strip
    from textual.theme import Theme

_MOST_ROWS = 512

Key: TypeAlias = "tuple[int, bool]"
"""(row, is under a visible cursor)."""


class PaintedWidget(Widget):
    """A widget that knows the style behind its lines, and whether anybody sees them.

    Styles are found anew whenever a widget gets or loses the keys; what was painted stays good
    unless the theme or what stands behind the lines is another.
    """

    _base: Style | None = None
    _theme: Theme | None = None

    @property
    def base_style(self) -> Style:
        """What stands behind every line, kept: to find it means to ask all that is around us."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    @property
    def is_in_sight(self) -> bool:
        """Neither it nor anything around it is taken off the screen."""
        return all(node.display for node in self.ancestors_with_self)

    def watch_has_focus(self, _has_focus: bool) -> None:  # noqa: FBT001 - Textual calls it
        """Our rules never ask who has the keys: to find all styles anew would hold a key up."""

    def notify_style_update(self) -> None:
        """Styles were found anew."""
        super().notify_style_update()
        before, self._base = (self._theme, self._base), None
        self._theme = self.app.current_theme
        if before != (self._theme, self.base_style):
            self.colours_changed()

    def colours_changed(self) -> None:
        """Forget what was painted in the colours before."""


class RowCache:
    """Rows as they were drawn; bounded."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: dict[Key, tuple[Strip, ...]] = {}

    def get(self, key: Key) -> tuple[Strip, ...] | None:
        """A row, if it was drawn."""
        return self._rows.get(key)

    def put(self, key: Key, lines: tuple[Strip, ...]) -> None:
        """Keep a row."""
        if len(self._rows) >= _MOST_ROWS:
            self._rows.clear()
        self._rows[key] = lines

    def forget(self, rows: Iterable[int] | None = None) -> None:
        """Have these drawn anew; None = all."""
        if rows is None:
            self._rows.clear()
            return
        for row in rows:
            self._rows.pop((row, False), None)
            self._rows.pop((row, True), None)

    def drop_first(self, dropped: int) -> None:
        """Rows went in front. The first that is left may look at the one before it: it is drawn."""
        self._rows = {
            (row - dropped, has_cursor): lines
            for (row, has_cursor), lines in self._rows.items()
            if row > dropped
        }
