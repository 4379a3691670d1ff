"""What the packets shown are made of: bars and a curve, in two columns where there is room."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from meshtui.model.text import clean_line
from meshtui.tui.state.packet_stats import histogram
from meshtui.tui.text.format import duration, fit, fit_right, size_words
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.strip import Strip

    from meshtui.tui.state.packet_stats import PacketStatistics
    from meshtui.tui.text.glyphs import Glyphs
    from meshtui.tui.widgets.ink import Part
    from meshtui.tui.widgets.packet_list import Names

    Block = list[list[Part]]

_TWO_COLUMNS = 76
_MOST_LINES = 8
_COUNT, _SHARE = 7, 6
_MAX_NAME = 40
_ID = 10


class StatsView(InkedList):
    """Draws a `PacketStatistics`."""

    def __init__(self, names: Names, glyphs: Glyphs) -> None:
        """Begin empty."""
        super().__init__(show_cursor=False, id="stats")
        self._names = names
        self._glyphs = glyphs
        self._counts: PacketStatistics | None = None
        self._page: list[tuple[list[Part], list[Part]]] = []

    def show(self, counts: PacketStatistics) -> None:
        """Show these counts; the place in the page stays."""
        self._counts = counts
        self._lay_out()

    def action_cursor_by(self, rows: int) -> None:
        """There is no cursor to see: the page moves."""
        self._wheel(rows)

    def on_resize(self) -> None:
        """One column or two."""
        self._lay_out()

    def _lay_out(self) -> None:
        counts, width = self._counts, self.size.width
        if counts is None or not width:
            return
        columns = 2 if width >= _TWO_COLUMNS else 1
        sides: tuple[Block, Block] = ([], [])
        for block in self._blocks(counts, width // columns):
            shorter = 1 if columns == 2 and len(sides[1]) < len(sides[0]) else 0
            sides[shorter].extend([*block, []])
        height = max(map(len, sides))
        for side in sides:
            side.extend([[]] * (height - len(side)))
        self._page = [*((line, []) for line in self._rates(counts, width))]
        self._page += list(zip(*sides, strict=True))
        self.set_rows(len(self._page), self._draw_pair, cursor=max(self.cursor, 0))

    def _blocks(self, counts: PacketStatistics, width: int) -> list[Block]:
        kinds: Counter[str] = Counter()
        for name, count in counts.by_kind.items():
            kinds[name.partition(" ")[2] or name] += count
        talkers = self._named(counts.by_talker.most_common(_MOST_LINES))
        blocks = [
            self._bars("Types", kinds.most_common(_MOST_LINES), width),
            self._bars("Who sent most", talkers, width),
            self._bars("Relays so far", _spread(counts.by_hops, 1), width),
            self._bars("SNR, dB", _spread(counts.by_snr_db, 3), width),
            self._bars("RSSI, dBm", _spread(counts.by_rssi_dbm, 10), width),
            self._bars("Copies received of a packet", _spread(counts.copies_spread(), 1), width),
            self._bars("What became of them", counts.by_verdict.most_common(_MOST_LINES), width),
            self._bars("Networks", counts.by_network.most_common(4), width),
        ]
        return [block for block in blocks if block]

    def _named(self, talkers: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Say who is meant; those of one name are told apart by their ids, which may hold it."""
        names = {who: self._names.name_of(who) for who, _ in talkers}
        often = Counter(names.values())
        for who, name in names.items():
            if often[name] > 1:
                names[who] = who if name in who else f"{name} {who[:_ID]}"
        return [(names[who], count) for who, count in talkers]

    def _bars(self, title: str, figures: Iterable[tuple[str, int]], width: int) -> Block:
        shown = list(figures)
        if not shown:
            return []
        total, most = sum(n for _, n in shown) or 1, max(n for _, n in shown) or 1
        label = min(max(len(name) for name, _ in shown) + 1, max(width // 2 - 4, 8))
        room = max(width - label - _COUNT - _SHARE - 5, 3)
        block: Block = [[(f" {title}", "head")]]
        for name, count in shown:
            bar = self._glyphs.bar[-1] * (-(-count * room // most))
            words = fit(clean_line(name, _MAX_NAME), label, self._glyphs.ellipsis)
            block.append(
                [
                    (f"  {words}", "plain"),
                    (fit_right(f"{count:,}", _COUNT), "name"),
                    (fit_right(f"{count * 100 / total:.0f} %", _SHARE), "dim"),
                    (f" {bar}", "name"),
                ]
            )
        return block

    def _rates(self, counts: PacketStatistics, width: int) -> Block:
        span_s = counts.span_s
        said = f" {counts.packets:,} packets, {size_words(counts.bytes)}"
        if span_s > 0:
            said += f" in {duration(span_s * 1000)}: {counts.packets / span_s:.1f} a second"
        if counts.distinct:
            said += f"; {counts.copies:,} of {counts.copies + counts.distinct:,} are copies"
        rates, each_s = counts.rates(max(width - 4, 10))
        most = max(rates, default=0)
        block: Block = [[(fit(said, width, self._glyphs.ellipsis), "plain")]]
        if len(rates) > 2 and most:
            curve = "".join(self._level(count, most) for count in rates)
            each = f" packets in {duration(each_s * 1000)} each, at most {most:,}"
            block += [[(f"  {curve}", "name")], [(fit(each, width), "dim")]]
        return [*block, []]

    def _level(self, count: int, most: int) -> str:
        if not count:
            return " "
        levels = self._glyphs.bar
        return levels[min(count * len(levels) // (most + 1), len(levels) - 1)]

    def _draw_pair(self, index: int, width: int, _is_cursor: bool) -> Strip:  # noqa: FBT001
        left, right = self._page[index] if index < len(self._page) else ([], [])
        strip = self.line(left, width)
        if not right:
            return strip
        half = strip.adjust_cell_length(width // 2, self.base_style)
        return type(strip).join([half, self.line(right, width)])


def _spread(counts: Counter[int], step: int) -> Sequence[tuple[str, int]]:
    steps = histogram(counts, _MOST_LINES, step)
    return [(f"{low}" if low == high else f"{low} to {high}", n) for low, high, n in steps]
