"""Figures about the mesh."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One figure: `("received", "text", 12)`, `("hops", "1", 40)`, `("latency_ms", "p95", 180)`."""

    name: str
    label: str
    value: float
