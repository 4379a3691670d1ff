"""Prepared lines of text with a few looks: details, help, warnings. Never markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from meshtui.tui.text.format import wrap
from meshtui.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

LOOKS = ("plain", "title", "dim", "key", "good", "bad", "warn")


class TextLines(LineList):
    """A scrolling text; each line a tuple of (text, look) pieces, wrapped if it is one piece."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines--{look}" for look in LOOKS}
    DEFAULT_CSS = """
    TextLines .lines--plain { color: $foreground; }
    TextLines .lines--title { color: $primary; text-style: bold; }
    TextLines .lines--dim { color: $muted; }
    TextLines .lines--key { color: $accent; }
    TextLines .lines--good { color: $success; }
    TextLines .lines--bad { color: $error; text-style: bold; }
    TextLines .lines--warn { color: $warning; }
    """

    def __init__(self, *, id: str | None = None, can_focus: bool = False) -> None:  # noqa: A002
        """Begin empty."""
        super().__init__(show_cursor=False, id=id)
        self.can_focus = can_focus
        self._content: list[tuple[tuple[str, str], ...]] = []

    def show(self, lines: Sequence[Sequence[tuple[str, str]]], *, stays: bool = False) -> None:
        """Show other lines, from the first one; or where the reader is, if it `stays` the text."""
        before, content = self._content, [tuple(line) for line in lines]
        if content == before:
            return
        self._content = content
        if stays and len(content) == len(before):
            pairs = enumerate(zip(before, content, strict=True))
            self.changed([row for row, (old, new) in pairs if old != new])
        else:
            self.set_rows(len(content), self._render_text, cursor=None if stays else 0)

    @property
    def text(self) -> str:
        """All of it, without looks."""
        return "\n".join("".join(text for text, _ in line) for line in self._content)

    def lines_needed(self, width: int) -> int:
        """How high it would be at a width."""
        return sum(len(self._render_text(row, width, False)) for row in range(len(self._content)))

    def action_cursor_by(self, rows: int) -> None:
        """There is no cursor to see: the text moves."""
        self._wheel(rows)

    def _render_text(self, row: int, width: int, _is_cursor: bool) -> list[Strip]:  # noqa: FBT001
        *heads, (text, look) = self._content[row]
        indent = sum(cell_len(head) for head, _ in heads) or len(text) - len(text.lstrip(" "))
        before = [Segment(head, self._look(head_look)) for head, head_look in heads]
        if not before:
            before = [Segment(" " * indent)]
        style = self._look(look)
        first, *more = wrap(text.strip(" ") if not heads else text, max(width - indent - 1, 8))
        lines = [Strip([*before, Segment(first, style)])]
        lines.extend(Strip([Segment(" " * indent), Segment(line, style)]) for line in more)
        return lines

    def _look(self, look: str) -> Style:
        return self.get_component_rich_style(f"lines--{look}", partial=True)
