"""Counters arranged for reading: groups of figures, shares, and the units they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.runtime.api import MetricRow

_TITLES = {
    "received": "Received, by type",
    "sent": "Sent, by type",
    "hops": "Hops of messages received",
    "delivery": "Own messages",
    "rtt_ms": "Until acknowledged",
    "relayed": "Relayed for others",
    "reassembly": "Long messages, put together",
    "airtime_s": "Time on the air",
    "dropped": "Dropped, by reason",
    "security": "Security",
    "frames": "Frames",
    "bytes": "Bytes",
}
_ORDER = tuple(_TITLES)
_COUNTED = frozenset({"received", "sent", "hops", "dropped", "delivery", "security", "reassembly"})
_SUMMARY_LABELS = ("average", "mean", "p95")
_ORDERED_GROUPS = frozenset({"hops"})


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: `share` is of its group, 0 to 1, or None where shares mean nothing."""

    label: str
    value: float
    share: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """Figures that belong together."""

    title: str
    figures: tuple[Figure, ...]


def metric_groups(rows: Iterable[MetricRow]) -> tuple[FigureGroup, ...]:
    """Arrange counters; unknown groups come last, under their own name."""
    grouped: dict[str, list[MetricRow]] = {}
    for row in rows:
        grouped.setdefault(row.name, []).append(row)
    names = sorted(grouped, key=lambda name: (_rank(name), name))
    made = (FigureGroup(_title(name), _figures(name, grouped[name])) for name in names)
    return tuple(group for group in made if group.figures)


def total_of(rows: Iterable[MetricRow], name: str) -> float:
    """Sum one group's counters."""
    return sum(row.value for row in rows if row.name == name)


def value_of(rows: Iterable[MetricRow], name: str, label: str) -> float | None:
    """Look one figure up."""
    return next((row.value for row in rows if (row.name, row.label) == (name, label)), None)


def _rank(name: str) -> int:
    family = name.partition("/")[0]
    if family == "latency_ms":
        family = "rtt_ms"
    return _ORDER.index(family) if family in _ORDER else len(_ORDER)


def _title(name: str) -> str:
    family, _, medium = name.partition("/")
    if family == "latency_ms":
        return f"Latency over {medium}" if medium else "Latency"
    return _TITLES.get(name, name)


def _figures(name: str, rows: list[MetricRow]) -> tuple[Figure, ...]:
    if name.partition("/")[0].endswith("_ms"):
        return tuple(
            Figure(row.label, row.value, unit="ms") for row in rows if row.label in _SUMMARY_LABELS
        )
    total = sum(row.value for row in rows) if name in _COUNTED else 0.0
    ordered = rows if name in _ORDERED_GROUPS else sorted(rows, key=lambda row: -row.value)
    return tuple(
        Figure(
            _label(row.label),
            row.value,
            row.value / total if total else None,
            _unit(row),
        )
        for row in ordered
    )


def _unit(row: MetricRow) -> str:
    if row.name.endswith("_s"):
        return "s"
    return "%" if row.label.endswith("_percent") else ""


def _label(label: str) -> str:
    return label.removesuffix("_percent").replace("_", " ")
