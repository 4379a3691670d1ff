"""A map of a simulated mesh in characters: links in Braille dots, nodes on top of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from meshtui.sim.world import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meshtui.sim.propagation import Place
    from meshtui.sim.radio_scenario import RadioScenario

MAX_LINKS: Final = 1_200  # more would be a black spot
_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_MAX_ROWS: Final = 30


def draw_map(scenario: RadioScenario, width: int) -> Text:
    """Draw where the nodes are, and who reads whom."""
    propagation, places = lay_out(scenario, scenario.seed)
    audible = propagation.audible(places)
    links = [
        (one, other)
        for one, table in enumerate(audible)
        for other, power_dbm in table.items()
        if one < other and power_dbm >= propagation.sensitivity_dbm
    ]
    canvas = _Canvas(places, width - 2)
    for one, other in links if len(links) <= MAX_LINKS else ():
        canvas.line(places[one], places[other])
    for place in places:
        canvas.mark(place)
    return canvas.text()


class _Canvas:
    """Cells of two by four dots."""

    def __init__(self, places: Sequence[Place], columns: int) -> None:
        self._left = min(x for x, _ in places)
        self._top = max(y for _, y in places)
        width_m = max(max(x for x, _ in places) - self._left, 1.0)
        height_m = max(self._top - min(y for _, y in places), 1.0)
        rows = min(_MAX_ROWS, max(1, round(columns / 2 * height_m / width_m)))
        columns = (
            min(columns, max(1, round(rows * 2 * width_m / height_m))) if rows > 1 else columns
        )
        self._cells = [[0] * columns for _ in range(rows)]
        self._marks: set[tuple[int, int]] = set()
        self._x_dots = (2 * columns - 1) / width_m
        self._y_dots = (4 * rows - 1) / height_m

    def line(self, one: Place, other: Place) -> None:
        for x, y in _between(*self._dot(one), *self._dot(other)):
            self._cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]

    def mark(self, place: Place) -> None:
        x, y = self._dot(place)
        self._marks.add((y // 4, x // 2))

    def text(self) -> Text:
        text = Text()
        for row, cells in enumerate(self._cells):
            for column, dots in enumerate(cells):
                if (row, column) in self._marks:
                    text.append("●", style="bold green")
                else:
                    text.append(chr(0x2800 | dots) if dots else " ", style="bright_black")
            text.append("\n")
        return text

    def _dot(self, place: Place) -> tuple[int, int]:
        x, y = place
        return round((x - self._left) * self._x_dots), round((self._top - y) * self._y_dots)


def _between(x: int, y: int, to_x: int, to_y: int) -> Iterator[tuple[int, int]]:
    """List the dots of a straight line."""
    steps = max(abs(to_x - x), abs(to_y - y), 1)
    for step in range(steps + 1):
        yield x + round(step * (to_x - x) / steps), y + round(step * (to_y - y) / steps)
