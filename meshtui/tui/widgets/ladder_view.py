"""A message drawn as a ladder: a column for each station, an arrow for each frame."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from meshtui.model.packet import Verdict
from meshtui.model.text import clean_line
from meshtui.tui.state.ladder import EVERYBODY, ME, UNKNOWN
from meshtui.tui.text.format import clock_exact, fit
from meshtui.tui.widgets.ink import InkedList
from meshtui.tui.widgets.packet_list import snr_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.state.ladder import Ladder, Step
    from meshtui.tui.text.glyphs import Glyphs
    from meshtui.tui.widgets.ink import Ink, Part
    from meshtui.tui.widgets.packet_list import Names

_NARROWEST, _WIDEST = 8, 22
_SMALL_LABEL, _LARGE_LABEL, _ROOMY = 24, 40, 110
_MAX_NAME = 30
_WORDS = {ME: "me", UNKNOWN: "?", EVERYBODY: "all"}


class LadderView(InkedList):
    """Draws a `Ladder`; left and right roll over stations for which there is no room."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "roll(1)", "Right", show=False),
        Binding("left,h", "roll(-1)", "Left", show=False),
    ]

    def __init__(self, names: Names, glyphs: Glyphs) -> None:
        """Begin empty."""
        super().__init__(show_cursor=True, id="ladder")
        self.ladder: Ladder | None = None
        self._names = names
        self._glyphs = glyphs
        self._first = 0

    def show(self, ladder: Ladder, row: PacketRow) -> None:
        """Show a message, the cursor on one of its frames."""
        if self.ladder is None or self.ladder.stations[:1] != ladder.stations[:1]:
            self._first = 0
        self.ladder = ladder
        numbers = [step.row.number for step in ladder.steps]
        cursor = numbers.index(row.number) if row.number in numbers else 0
        self.set_rows(len(numbers), self._draw_step, cursor=cursor)

    def current(self) -> PacketRow | None:
        """The frame under the cursor."""
        steps = self.ladder.steps if self.ladder is not None else ()
        return steps[self.cursor].row if 0 <= self.cursor < len(steps) else None

    def header(self, width: int) -> list[list[Part]]:
        """The names of the stations over their lines."""
        if self.ladder is None:
            return [[]]
        spacing, stations = self._layout(width)
        parts: list[Part] = [(" " * _time_width(width), "head")]
        network = self.ladder.steps[0].row.network
        for station in stations:
            name = fit(self._called(station, network), spacing - 1, self._glyphs.ellipsis).rstrip()
            left = max((spacing - cell_len(name)) // 2, 0)
            parts.append((fit(" " * left + name, spacing), "name"))
        hidden = len(self.ladder.stations) - len(stations)
        if hidden:
            parts.append((f"{self._glyphs.ellipsis} {hidden} more: h l", "dim"))
        return [parts]

    def action_roll(self, by: int) -> None:
        """Show other stations."""
        if self.ladder is not None:
            room = len(self._layout(self.size.width)[1])
            last = max(len(self.ladder.stations) - room, 0)
            self._first = min(max(self._first + by, 0), last)
            self.changed()
            self.post_message(self.Moved(self))

    def _called(self, station: str, network: str) -> str:
        word = _WORDS.get(station)
        return (
            clean_line(self._names.hop_name(network, station), _MAX_NAME) if word is None else word
        )

    def _layout(self, width: int) -> tuple[int, Sequence[str]]:
        """Cells of a station, and the stations there is room for."""
        stations = self.ladder.stations if self.ladder is not None else ()
        room = max(width - _time_width(width) - _label_width(width), _NARROWEST)
        spacing = min(max(room // max(len(stations), 1), _NARROWEST), _WIDEST)
        return spacing, stations[self._first : self._first + room // spacing]

    def _draw_step(self, index: int, width: int, is_cursor: bool) -> Strip:  # noqa: FBT001
        steps = self.ladder.steps if self.ladder is not None else ()
        if index >= len(steps):
            return self.line([], width)
        step = steps[index]
        spacing, stations = self._layout(width)
        ink = _ink(step)
        drawn = self._arrow(step, stations, spacing)
        parts: list[Part] = [(fit(self._time(index), _time_width(width)), "dim")]
        parts += [(sign, "dim" if sign == self._glyphs.vertical else ink) for sign in drawn]
        parts.append((f" {self._label(step, is_full=width >= _ROOMY)}", ink))
        return self.line(parts, width, is_cursor=is_cursor)

    def _time(self, index: int) -> str:
        steps = self.ladder.steps if self.ladder is not None else ()
        row, first = steps[index].row, steps[0].row
        if index == 0:
            return clock_exact(row.at.unix_ms)[: 12 if self.size.width >= _ROOMY else 8]
        return f"{row.at.mono_s - first.at.mono_s:+.3f} s"

    def _arrow(self, step: Step, stations: Sequence[str], spacing: int) -> list[str]:
        """The signs between and on the lines of the stations; a hop on the way is a knot."""
        signs = [" "] * (spacing * len(stations))
        places = {station: place * spacing + spacing // 2 for place, station in enumerate(stations)}
        for place in places.values():
            signs[place] = self._glyphs.vertical
        way = [station for station in step.stations if station in places]
        line = "-" if step.is_back else self._glyphs.horizontal
        for one, other in pairwise(way):
            low, high = sorted((places[one], places[other]))
            for at in range(low, high + 1):
                if step.is_back and at % 2 and at not in (low, high):
                    continue  # what comes back is dashed
                signs[at] = line
        for station in way:
            signs[places[station]] = self._glyphs.online
        if len(way) > 1:
            tip, before = places[way[-1]], places[way[-2]]
            signs[tip] = ">" if tip > before else "<"
        return signs

    def _label(self, step: Step, *, is_full: bool) -> str:
        row, summary = step.row, step.row.summary
        words = [f"#{row.number}"] if is_full else []
        words.append(clean_line(summary.kind, 12))
        if row.snr_db is not None:
            words.append(f"{snr_figure(row.snr_db)} dB")
        if row.rssi_dbm is not None and (is_full or row.snr_db is None):
            words.append(f"{row.rssi_dbm} dBm")
        if not summary.path and summary.hops:
            words.append(f"via {summary.hops}")
        words.append(clean_line(summary.reason, 16) or summary.verdict.value)
        return " ".join(words)


def _time_width(width: int) -> int:
    return 13 if width >= _ROOMY else 9


def _label_width(width: int) -> int:
    return _LARGE_LABEL if width >= _ROOMY else _SMALL_LABEL


def _ink(step: Step) -> Ink:
    if step.row.summary.verdict in {Verdict.REJECTED, Verdict.UNREADABLE}:
        return "bad"
    if step.is_back:
        return "good"
    if step.row.summary.verdict is Verdict.DROPPED:
        return "warn"
    return "name" if step.row.direction == "tx" else "plain"
