"""Counters since the profile was made: what came and went, how far, how fast, what was dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.text import clean_line
from meshtui.tui.state.metrics import metric_groups
from meshtui.tui.text.format import duration, fit, fit_right
from meshtui.tui.widgets.ink import InkedList
from meshtui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.strip import Strip

    from meshtui.model.event import Event
    from meshtui.tui.state.metrics import Figure, FigureGroup
    from meshtui.tui.widgets.ink import Part
    from meshtui.tui.widgets.pane import Desk

_EVERY_S = 2.0
_TWO_COLUMNS = 76
_LABEL, _VALUE, _BAR = 16, 10, 8


class MetricsPane(Pane):
    """Groups of figures, in two columns where there is room; read again while events come."""

    pane_id = "metrics"

    def __init__(self, desk: Desk) -> None:
        """Begin empty."""
        super().__init__(desk)
        self.list = InkedList(show_cursor=False, id="metrics-list")
        self._groups: tuple[FigureGroup, ...] = ()
        self._lines: list[tuple[list[Part], list[Part]]] = []
        self._is_stale = True

    def compose(self) -> ComposeResult:
        """One list."""
        yield self.list

    async def load(self) -> None:
        """Read the counters."""
        await self._read()
        self.set_interval(_EVERY_S, self._read_if_shown)

    def consume(self, events: Sequence[Event]) -> None:
        """Something happened: the counters are others now."""
        self._is_stale = self._is_stale or bool(events)

    def context_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter now."""
        return (("j k", "scroll"), ("3", "routes"), ("4", "packets"))

    def take_focus(self) -> None:
        """The list has the keys."""
        self.list.focus()

    async def on_show(self) -> None:
        """Fresh figures at once."""
        await self._read()

    def on_resize(self) -> None:
        """One column or two."""
        self._lay_out()

    async def _read_if_shown(self) -> None:
        if self._is_stale and self.list.size:
            await self._read()

    async def _read(self) -> None:
        self._is_stale = False
        groups = metric_groups(await self.desk.api.metrics())
        if groups != self._groups:
            self._groups = groups
            self._lay_out()

    def _lay_out(self) -> None:
        width = self.list.size.width
        columns = 2 if width >= _TWO_COLUMNS else 1
        blocks = [self._block(group, width // columns) for group in self._groups]
        left: list[list[Part]] = []
        right: list[list[Part]] = []
        for block in blocks:
            shorter = right if columns == 2 and len(right) < len(left) else left
            shorter += block
        height = max(len(left), len(right))
        left += [[]] * (height - len(left))
        right += [[]] * (height - len(right))
        self._lines = list(zip(left, right, strict=True))
        if not self._groups:
            self._lines = [([(" Nothing was counted yet.", "dim")], [])]
        self.list.set_rows(len(self._lines), self._draw_row, cursor=max(self.list.cursor, 0))

    def _block(self, group: FigureGroup, width: int) -> list[list[Part]]:
        title: list[Part] = [(f" {clean_line(group.title, 60)}", "head")]
        return [title, *(self._figure(figure, width) for figure in group.figures), []]

    def _figure(self, figure: Figure, width: int) -> list[Part]:
        label = fit(
            f"   {clean_line(figure.label, 60)}",
            max(width - _VALUE - _BAR - 8, _LABEL),
            self.desk.glyphs.ellipsis,
        )
        value = duration(figure.value) if figure.unit == "ms" else _number(figure)
        parts: list[Part] = [(label, "plain"), (fit_right(value, _VALUE), "name")]
        if figure.share is not None:
            bar = self.desk.glyphs.bar[-1] * round(figure.share * _BAR)
            parts += [(fit_right(f"{figure.share * 100:.0f} %", 6), "dim"), (f" {bar}", "name")]
        return parts

    def _draw_row(self, index: int, width: int, _is_cursor: bool) -> Strip:  # noqa: FBT001
        left, right = self._lines[index] if index < len(self._lines) else ([], [])
        strip = self.list.line(left, width)
        if not right:
            return strip
        half = strip.adjust_cell_length(width // 2, self.list.rich_style)
        return type(strip).join([half, self.list.line(right, width)])


def _number(figure: Figure) -> str:
    places = 0 if float(figure.value).is_integer() else 1
    return f"{figure.value:,.{places}f} {figure.unit}".rstrip()
