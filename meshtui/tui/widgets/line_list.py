"""A virtual list of rows, each one or more lines high; only what changed is painted.

No widget per row and no table of heights: a window is filled from an anchor, either downwards from
the topmost row or, while following, upwards from the last one. Appending and jumping cost a
screenful, however long the list is. What was painted is kept, and only spans of lines that differ
from it are given to the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from meshtui.tui.terminal import scroll_up
from meshtui.tui.widgets.line_diff import differing_spans, lines_moved_up
from meshtui.tui.widgets.line_window import LineWindow
from meshtui.tui.widgets.painted import PaintedWidget, RowCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual import events

Rendered: TypeAlias = "Strip | Sequence[Strip]"
RenderRow: TypeAlias = "Callable[[int, int, bool], Rendered]"
"""(index, width, is under a visible cursor) → the row's line or lines, at most `width` cells."""

_WHEEL_LINES = 3


class LineList(PaintedWidget, can_focus=True):
    """Rows drawn on demand, with a cursor, and a tail that can be followed.

    The owner tells what changed (`set_rows`, `grow`, `prepend`, `drop_first`, `changed`); the
    list asks back for the rows it shows. Styles are the owner's: `Strip`s come ready.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LineList { height: 1fr; width: 1fr; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "cursor_by(1)", "Down", show=False),
        Binding("up,k", "cursor_by(-1)", "Up", show=False),
        Binding("home,g", "cursor_to(0)", "First", show=False),
        Binding("end,G", "cursor_last", "Last", show=False),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("enter", "select", "Choose", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor moved to a row (-1 = the list is empty)."""

        line_list: LineList
        index: int

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    @dataclass
    class Selected(Message):
        """Enter or a click on a row."""

        line_list: LineList
        index: int

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    @dataclass
    class TopReached(Message):
        """The first row came into sight: the owner may `prepend` older ones."""

        line_list: LineList

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    @dataclass
    class Moved(Message):
        """Other rows are on the screen, or there are more of them beyond it."""

        line_list: LineList

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    def __init__(
        self,
        *,
        follow: bool = False,
        show_cursor: bool | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        """Begin empty.

        Args:
            follow: Stick to the last row until the user moves away from it, and again when back.
            show_cursor: Whether the cursor's row is drawn as such; None = while focused.
        """
        super().__init__(id=id, classes=classes)
        self._follows = follow
        self._is_following = follow
        self._show_cursor = show_cursor
        self._render_row: RenderRow = _no_row
        self._cursor = -1
        self._window = LineWindow(lambda row: len(self._lines(row)))
        self._cache = RowCache()
        self._painted: list[Strip] = []
        self._shown: list[int] = []
        self._extent = (-1, -1, 0)
        self._is_due = False
        self._laid_out = Size(0, 0)

    # -- the owner's side --------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._window.count

    @property
    def cursor(self) -> int:
        """The row under the cursor; -1 in an empty list."""
        return self._cursor

    @property
    def is_following(self) -> bool:
        """New rows at the end move the window."""
        return self._is_following

    @property
    def visible_rows(self) -> tuple[int, int]:
        """The first and last row of which a line is on the screen; (0, -1) where none is."""
        shown = [row for row in self._shown if row >= 0]
        return (shown[0], shown[-1]) if shown else (0, -1)

    def set_rows(self, count: int, render: RenderRow, *, cursor: int | None = None) -> None:
        """Show other rows: a new source, sort order or filter.

        Args:
            cursor: Row to put the cursor on; None = the same index where there is one, or the
                end of a list that follows.
        """
        self._window.count, self._render_row = count, render
        self._cache.forget()
        if cursor is None:
            cursor = count - 1 if self._is_following else min(max(self._cursor, 0), count - 1)
        self._set_cursor(min(cursor, count - 1))
        self._reveal()
        if not self._is_following and self.size:
            self._window.fill()
        self._repaint()

    def grow(self, new_count: int) -> None:
        """Rows were appended; those there were are unchanged."""
        was_at_end = self._cursor >= self._window.count - 1
        self._window.count = new_count
        if self._is_following and was_at_end:
            self._set_cursor(new_count - 1)
        elif self._cursor < 0:
            self._set_cursor(0)
        self._repaint()

    def prepend(self, added: int) -> None:
        """Rows were put before the first one; what is on the screen stays where it is."""
        self._cache.forget()
        self._shift(added)
        self._window.count += added

    def drop_first(self, dropped: int) -> None:
        """Rows were taken from the beginning (a bounded list); what is on the screen stays."""
        self._window.count = max(self._window.count - dropped, 0)
        self._cache.drop_first(dropped)
        self._shift(-dropped)

    def changed(self, rows: Iterable[int] | None = None) -> None:
        """Rows look different now, same number, same places; None = all of them."""
        self._cache.forget(rows)
        self._repaint()

    def move_to(self, row: int, *, to_top: bool = False) -> None:
        """Put the cursor on a row and bring it into sight, at the top where asked."""
        if not self._window.count:
            return
        row = min(max(row, 0), self._window.count - 1)
        self._is_following = self._follows and row == self._window.count - 1 and not to_top
        self._set_cursor(row)
        if to_top:
            self._window.to_row(row)
            self._stop_at_end()
            self._is_following = False
        else:
            self._reveal()
        self._repaint()

    def follow_end(self) -> None:
        """Go to the last row and stay there."""
        self._is_following = self._follows
        self.move_to(self._window.count - 1)

    def pause_following(self) -> None:
        """Hold the window still though rows arrive."""
        self._pin_window()
        self._is_following = False

    # -- keys and mouse ----------------------------------------------------------------------

    def action_cursor_by(self, rows: int) -> None:
        """Move the cursor."""
        self.move_to(self._cursor + rows)

    def action_cursor_to(self, row: int) -> None:
        """Jump to a row."""
        self.move_to(row)

    def action_cursor_last(self) -> None:
        """Jump to the end."""
        self.follow_end()

    def action_page(self, pages: float) -> None:
        """Move by screenfuls."""
        self._pin_window()
        lines = int(self.size.height * pages) or 1
        self._window.scroll(lines)
        self._stop_at_end()
        rows = [row for row in self._window_rows() if row >= 0]
        if not rows:
            return
        at_edge = (lines > 0 and self._cursor >= rows[-1]) or (lines < 0 and self._window.top == 0)
        if at_edge:
            self.move_to(self._window.count - 1 if lines > 0 else 0)
        else:
            self.move_to(rows[-1] if lines > 0 else rows[0])

    def action_select(self) -> None:
        """Choose the row under the cursor."""
        if self._cursor >= 0:
            self.post_message(self.Selected(self, self._cursor))

    def on_click(self, event: events.Click) -> None:
        """Move to the row; a second click chooses it."""
        line = event.get_content_offset(self)
        if line is None or not 0 <= line.y < len(self._shown) or self._shown[line.y] < 0:
            return
        row = self._shown[line.y]
        if row == self._cursor and event.chain > 1:
            self.action_select()
        self.move_to(row)

    def on_mouse_scroll_down(self) -> None:
        """Roll on."""
        self._wheel(_WHEEL_LINES)

    def on_mouse_scroll_up(self) -> None:
        """Roll back."""
        self._wheel(-_WHEEL_LINES)

    def on_focus(self) -> None:
        """The cursor shows."""
        self._repaint()

    def on_blur(self) -> None:
        """The cursor hides."""
        self._repaint()

    def on_resize(self) -> None:
        """Wrap anew, around the same rows."""
        if self.size == self._laid_out:
            self._repaint()  # it was out of sight, no more
            return
        self._laid_out = self.size
        self._window.height = self.size.height
        self._cache.forget()
        if not self._is_following and self._window.top > self._cursor >= 0:
            self._window.to_row(self._cursor)
        self._window.skip = 0
        self._painted = []
        self._reveal()
        if not self._is_following and self.size:
            self._window.fill()
        self._repaint()

    # -- painting ----------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Give a painted line to Textual."""
        if not self._painted and self.size:
            self._shown, self._painted = self._compose_window()
        if y < len(self._painted):
            return self._painted[y].adjust_cell_length(self.size.width, self.base_style)
        return Strip.blank(self.size.width, self.base_style)

    def colours_changed(self) -> None:
        """Everything is drawn again."""
        super().colours_changed()
        self._cache.forget()
        self._painted = []

    def on_show(self) -> None:
        """What came while nobody looked is drawn now."""
        self._repaint()

    def _repaint(self) -> None:
        """Compare what should be shown with what is, once the present messages are done."""
        if self._is_due or not self.is_mounted:
            return
        self._is_due = True
        self.call_later(self._repaint_now)

    def _repaint_now(self) -> None:
        self._is_due = False
        if not self.size:
            return
        if not self.is_in_sight:
            if self._painted:
                self._painted = []
                self.refresh()
            return
        before = self._painted
        before_that = self._extent
        self._shown, self._painted = self._compose_window()
        if len(before) != len(self._painted):
            self.refresh()
        else:
            moved = lines_moved_up(before, self._painted)
            if moved and scroll_up(self, moved):
                blank = Strip.blank(self.size.width)
                before = [*before[moved:], *[blank] * moved]
            self._refresh_differences(before)
        self._extent = (*self.visible_rows, self._window.count)
        if self._extent != before_that:
            self.post_message(self.Moved(self))
            if self._window.count and self._shown[0] == 0 and before_that[0] != 0:
                self.post_message(self.TopReached(self))

    def _refresh_differences(self, before: list[Strip]) -> None:
        width, plain = self.size.width, self.base_style
        regions = [
            Region(start, y, end - start, 1)
            for y, (old, new) in enumerate(zip(before, self._painted, strict=True))
            if old is not new
            for start, end in differing_spans(old, new, width, plain)
        ]
        if regions:
            self.refresh(*regions)

    def _compose_window(self) -> tuple[list[int], list[Strip]]:
        height = self._window.height = self.size.height
        if self._is_following:
            self._window.to_end()
        rows: list[int] = []
        strips: list[Strip] = []
        row, skip = self._window.top, self._window.skip
        while row < self._window.count and len(strips) < height:
            lines = self._lines(row)[skip:]
            rows.extend([row] * len(lines))
            strips.extend(lines)
            row, skip = row + 1, 0
        blank = [Strip.blank(self.size.width, self.base_style)] * (height - len(strips))
        return (rows + [-1] * len(blank))[:height], (strips + blank)[:height]

    def _window_rows(self) -> list[int]:
        return self._compose_window()[0]

    def _lines(self, row: int) -> tuple[Strip, ...]:
        has_cursor = self.has_focus if self._show_cursor is None else self._show_cursor
        key = (row, has_cursor and row == self._cursor)
        lines = self._cache.get(key)
        if lines is None:
            rendered = self._render_row(row, self.size.width, key[1])
            strips = (rendered,) if isinstance(rendered, Strip) else rendered
            width, base = self.size.width, self.base_style
            if key[1] and self.app.native_ansi_color:
                # sixteen colours hold no quiet one for the cursor
                base += Style(reverse=True)
            lines = tuple(strip.adjust_cell_length(width).apply_style(base) for strip in strips)
            self._cache.put(key, lines)
        return lines

    # -- where the window stands -------------------------------------------------------------

    def _pin_window(self) -> None:
        if self._is_following:
            self._window.to_end()
            self._is_following = False

    def _set_cursor(self, row: int) -> None:
        if row != self._cursor:
            self._cursor = row
            if self.is_mounted:
                self.post_message(self.Highlighted(self, row))

    def _shift(self, by: int) -> None:
        self._window.top = max(self._window.top + by, 0)
        if self._cursor >= 0:
            self._set_cursor(min(max(self._cursor + by, 0), self._window.count - 1 + max(by, 0)))
        self._repaint()

    def _reveal(self) -> None:
        """Move the window as little as possible so that the cursor's row is in it."""
        self._window.top = min(self._window.top, max(self._window.count - 1, 0))
        if not self._is_following and self._cursor >= 0 and self.size:
            self._window.reveal(self._cursor)

    def _stop_at_end(self) -> None:
        """Follow again where the end has come into sight."""
        if self._window.fill():
            self._is_following = self._follows

    def _wheel(self, lines: int) -> None:
        self._pin_window()
        self._window.scroll(lines)
        self._stop_at_end()
        rows = [row for row in self._window_rows() if row >= 0]
        if rows:
            self._set_cursor(min(max(self._cursor, rows[0]), rows[-1]))
        self._repaint()


def _no_row(_index: int, _width: int, _is_cursor: bool) -> Rendered:  # noqa: FBT001
    return Strip.blank(0)


def segments(*parts: tuple[str, Style]) -> Strip:
    """Make a line from texts and their styles; empty ones are left out."""
    return Strip([Segment(text, style) for text, style in parts if text])
