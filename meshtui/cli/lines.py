"""Rows of events as lines for people: time, what happened, and the point of it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from meshtui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT_LIMIT = 2_000


def clock_time(at_ms: object) -> str:
    """Show a moment in local time; dates before 1970 or after year 9999 as they are."""
    if not isinstance(at_ms, int) or not at_ms:
        return "-"
    try:
        moment = dt.datetime.fromtimestamp(at_ms / 1000, tz=dt.UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return str(at_ms)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def event_line(row: Mapping[str, object]) -> str:
    """Show an event's row in one line, fit for a terminal."""
    kind = str(row["event"])
    return f"{clock_time(row['ts'])}  {kind:<10}  {clean(_point(kind, row), limit=_TEXT_LIMIT)}"


def message_line(row: Mapping[str, object], at_ms: int) -> str:
    """Show a message of a history; its further lines are indented."""
    text = clean(str(row["text"]), keep_newlines=True, limit=_TEXT_LIMIT).replace("\n", "\n    ")
    state = f"  ({row['state']})" if "state" in row else ""
    return f"{clock_time(at_ms)}  {clean(str(row['from']))}: {text}{state}"


def _point(kind: str, row: Mapping[str, object]) -> str:
    if kind == "message":
        return f"{row['from']} > {row['to']}: {row['text']}"
    if kind == "packet":
        dissection = row["dissection"]
        summary = dissection["summary"] if isinstance(dissection, dict) else ""
        return f"{row['direction']} {row['verdict']} {summary}"
    if kind == "reassembly":
        return _chunks(row)
    if kind == "node":
        online = {True: "online", False: "offline"}.get(row["online"] is True, "")
        word = online if row["online"] is not None else "heard"
        return f"{row['node_id']} {row['name']} {word}"
    told = {
        "delivery": ("id", "state", "attempt", "rtt_ms", "reason"),
        "route": ("node_id", "hops", "via", "latency_ms", "rssi", "confidence"),
        "relay": ("id", "to", "ttl", "hops", "links"),
        "drop": ("reason", "detail", "from", "id"),
        "link": ("link", "state", "reason"),
        "security": ("kind", "node_id", "detail"),
        "answer": ("verb", "node_id", "text", "rows", "rtt_ms"),
        "device": ("name", "model", "firmware", "contacts", "max_contacts", "battery_mv"),
    }.get(kind, tuple(key for key in row if key not in {"event", "ts", "network", "link"}))
    return " ".join(_said(key, row[key]) for key in told if row[key] not in (None, "", []))


def _chunks(row: Mapping[str, object]) -> str:
    whose = f" from {row['from']}" if row["from"] else ""
    end = f" given up: {row['reason']}" if row["reason"] else ""
    return f"{row['have']} of {row['total']} chunks{whose}{end} ({row['id']})"


def _said(key: str, value: object) -> str:
    shown = ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
    return (
        shown if key in {"id", "state", "reason", "kind", "node_id", "link"} else f"{key}={shown}"
    )
