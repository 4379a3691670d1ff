"""Counters arranged for reading."""

from __future__ import annotations

from meshtui.runtime.api import MetricRow
from meshtui.tui.state.metrics import metric_groups, total_of, value_of

ROWS = [
    MetricRow("zebra", "x", 1),
    MetricRow("dropped", "seen", 30),
    MetricRow("dropped", "ttl", 10),
    MetricRow("received", "ack", 1),
    MetricRow("received", "text", 3),
    MetricRow("hops", "1", 6),
    MetricRow("hops", "2", 2),
    MetricRow("latency_ms/mqtt", "<=50", 7),
    MetricRow("latency_ms/mqtt", "average", 41.5),
    MetricRow("latency_ms/mqtt", "p95", 50),
    MetricRow("relayed", "success_percent", 97.0),
]


def test_groups_come_in_reading_order_and_unknown_ones_last() -> None:
    titles = [group.title for group in metric_groups(ROWS)]

    assert titles == [
        "Received, by type",
        "Hops of messages received",
        "Latency over mqtt",
        "Relayed for others",
        "Dropped, by reason",
        "zebra",
    ]


def test_figures_of_the_radio_have_their_units_and_shares() -> None:
    rows = [
        MetricRow("airtime_s", "sent", 12.5),
        MetricRow("reassembly", "whole", 3),
        MetricRow("reassembly", "timeout", 1),
    ]

    long, air = metric_groups(rows)

    assert [(f.label, f.share) for f in long.figures] == [("whole", 0.75), ("timeout", 0.25)]
    assert [(f.label, f.value, f.unit) for f in air.figures] == [("sent", 12.5, "s")]


def test_counted_things_have_shares_of_their_group_biggest_first() -> None:
    dropped = metric_groups(ROWS)[4]

    assert [(f.label, f.value, f.share) for f in dropped.figures] == [
        ("seen", 30, 0.75),
        ("ttl", 10, 0.25),
    ]


def test_latency_is_told_as_average_and_p95_in_ms() -> None:
    latency = metric_groups(ROWS)[2]

    assert [(f.label, f.value, f.unit) for f in latency.figures] == [
        ("average", 41.5, "ms"),
        ("p95", 50, "ms"),
    ]


def test_single_figures_and_totals_are_found() -> None:
    assert total_of(ROWS, "dropped") == 40
    assert value_of(ROWS, "relayed", "success_percent") == 97.0
    assert value_of(ROWS, "relayed", "nothing") is None
