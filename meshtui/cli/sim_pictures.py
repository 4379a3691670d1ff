"""What a simulated mesh came to, in tables and drawings of characters, or as SVG."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Final

from rich.columns import Columns
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from meshtui.cli.sim_map import draw_map
from meshtui.model.text import clean
from meshtui.sim.outcome import quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType

    from meshtui.sim.outcome import Outcome
    from meshtui.sim.radio_scenario import RadioScenario

WIDTH: Final = 100
_BLOCKS: Final = " ▏▎▍▌▋▊▉█"
_EDGES_S: Final = (1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300)


class Picture:
    """The report of a scenario."""

    def __init__(self, scenario: RadioScenario, totals: Sequence[Outcome]) -> None:
        """Take what each variant came to."""
        self._scenario = scenario
        self._totals = totals

    def text(self, *, is_terminal: bool) -> str:
        """Render for the terminal; plain characters where there is none."""
        width = shutil.get_terminal_size((WIDTH, 40)).columns if is_terminal else WIDTH
        buffer = io.StringIO()
        console = Console(
            file=buffer,
            width=width,
            force_terminal=is_terminal,
            color_system="auto",
            emoji=False,
            markup=False,
        )
        console.print(self._content(width))
        return buffer.getvalue()

    def svg(self) -> str:
        """Render as one SVG picture."""
        console = Console(file=io.StringIO(), width=WIDTH, record=True, emoji=False, markup=False)
        console.print(self._content(WIDTH))
        return console.export_svg(title=clean(self._scenario.title))

    def _content(self, width: int) -> RenderableType:
        parts: list[RenderableType] = [self._table()]
        drawings = [
            Panel(_histogram(total), title=total.variant or "latency", width=width // 2 - 1)
            for total in self._totals
            if total.latencies_s
        ]
        if drawings:
            parts.append(Text("\nHow long messages took to arrive\n", style="bold"))
            parts.append(Columns(drawings, padding=(0, 1)))
        parts.append(Text("\nThe mesh: ● a node, lines are links\n", style="bold"))
        parts.append(draw_map(self._scenario, width))
        return Group(*parts)

    def _table(self) -> Table:
        first = self._totals[0]
        title = clean(
            f"{self._scenario.title} · {first.nodes} nodes, {first.mean_degree:.1f} in reach, "
            f"{len(first.seeds)} x {first.hours / len(first.seeds):g} h"
        )
        table = Table(title=title, title_justify="left", title_style="bold")
        table.add_column("")
        for total in self._totals:
            table.add_column(total.variant or "as it is", justify="right")
        for label, show in _ROWS:
            cells = [show(total) for total in self._totals]
            if any(cell != "-" for cell in cells):
                table.add_row(label, *cells)
        return table


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _seconds(values: Sequence[float], part: float) -> str:
    found = quantile(values, part)
    return "-" if found is None else f"{found:.1f} s"


def _each(part: float, whole: float) -> str:
    return f"{part / whole:.1f}" if whole else "-"


_ROWS: Final[tuple[tuple[str, Callable[[Outcome], str]], ...]] = (
    ("direct messages", lambda one: str(one.messages) if one.messages else "-"),
    ("  delivered", lambda one: _percent(one.delivered, one.messages)),
    ("  acknowledged", lambda one: _percent(one.acked, one.messages)),
    ("  attempts", lambda one: _each(one.attempts, one.messages)),
    ("forum messages", lambda one: str(one.forum_messages) if one.forum_messages else "-"),
    ("  readers reached", lambda one: _percent(one.reached, one.expected)),
    ("latency, half within", lambda one: _seconds(one.latencies_s, 0.5)),
    ("latency, 95 % within", lambda one: _seconds(one.latencies_s, 0.95)),
    ("acknowledged, half within", lambda one: _seconds(one.rtts_s, 0.5)),
    (
        "relays passed",
        lambda one: _each(sum(h * n for h, n in one.hops.items()), one.hops.total()),
    ),
    ("sent for messages", lambda one: f"{one.on_air} packets"),
    ("  for each delivered", lambda one: _each(one.on_air, one.delivered + one.reached)),
    ("sent of presence", lambda one: f"{one.sent['presence']} packets"),
    ("airtime a node", lambda one: _percent(one.airtime_s, one.node_s)),
    ("busiest hour of a node", lambda one: f"{100 * one.duty_most:.2f} %"),
    ("receptions", lambda one: str(one.heard)),
    ("  lost to collisions", lambda one: _percent(one.collisions, one.heard + one.collisions)),
    ("  lost while sending", lambda one: _percent(one.deaf, one.heard + one.deaf)),
    ("not sent: queue full", lambda one: str(one.overflow) if one.overflow else "-"),
    ("not sent: too long", lambda one: str(one.too_long) if one.too_long else "-"),
    ("shown twice", lambda one: str(one.copies) if one.copies else "-"),
    ("speed", lambda one: f"{one.virtual_s / max(one.wall_s, 1e-9):,.0f} x real time"),
)


def _histogram(total: Outcome) -> Text:
    """Draw how many messages took how long."""
    edges = (*_EDGES_S, float("inf"))
    counts = [0] * len(edges)
    for latency_s in total.latencies_s:
        counts[next(n for n, edge in enumerate(edges) if latency_s <= edge)] += 1
    most = max(counts)
    text = Text()
    for edge, count in zip(edges, counts, strict=True):
        label = f"≤ {edge:>3} s" if edge != float("inf") else "longer "
        bar = _bar(count / most if most else 0, 24)
        text.append(f"{label} ").append(bar, style="cyan").append(f" {count}\n")
    return text


def _bar(part: float, cells: int) -> str:
    eighths = round(part * cells * 8)
    return _BLOCKS[8] * (eighths // 8) + (_BLOCKS[eighths % 8] if eighths % 8 else "")
