"""Counters of the packet capture service: as a row for scripts, as a small table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.cli.lines import clock_time
from meshtui.cli.output import align, cell
from meshtui.model.text import clean_line

if TYPE_CHECKING:
    from meshtui.cli.rows import Row
    from meshtui.model.publishing import OutputStatus, PublisherStatus, PublishingStatus

_COLUMNS: Final = ("name", "where", "state", "published", "queued", "dropped", "reason")
_NODE_ID_CHARS: Final = 12
_MAX_NAME: Final = 40


def counters_row(status: PublishingStatus, at_ms: int) -> Row:
    """Return where the service stands, as `capture --json` prints it."""
    return {
        "event": "counters",
        "ts": at_ms,
        "captured": status.captured,
        "filtered": status.kept_back,
        "missed": status.missed,
        "radio": {
            "link": status.link_id,
            "state": "up" if status.is_radio_up else "down",
            "node_id": status.node_id,
            "name": status.name,
        },
        "brokers": [_broker_row(publisher) for publisher in status.publishers],
        "output": None if status.output is None else _output_row(status.output),
    }


def counters_text(status: PublishingStatus, at_ms: int) -> str:
    """Show the same to a person, in some lines that a terminal can be given."""
    counts = f"captured {status.captured}, filtered {status.kept_back}, missed {status.missed}"
    lines = [f"{clock_time(at_ms)}  {counts}; {_radio(status)}"]
    if status.publishers:
        rows = [_broker_row(publisher) for publisher in status.publishers]
        cells = [[cell(row[column]) for column in _COLUMNS] for row in rows]
        lines += align([[column.upper() for column in _COLUMNS], *cells])
    if status.output is not None:
        lines.append(_output_line(status.output))
    return "\n".join(lines)


def _radio(status: PublishingStatus) -> str:
    if not status.link_id:
        return "no radio"
    name = clean_line(status.name, _MAX_NAME)
    who = f"{name} {status.node_id[:_NODE_ID_CHARS]}".strip() or "not known yet"
    return f"radio {clean_line(status.link_id)} {'up' if status.is_radio_up else 'down'}, {who}"


def _broker_row(publisher: PublisherStatus) -> Row:
    token = publisher.token
    return {
        "name": publisher.name,
        "where": publisher.where,
        "state": publisher.state.value,
        "reason": publisher.reason,
        "published": publisher.published,
        "queued": publisher.queued,
        "dropped": publisher.dropped,
        "held_back": publisher.held_back,
        "connects": publisher.connects,
        "failures": publisher.failures,
        "last_publish_ts": publisher.last_published_ms or None,
        "token_expires_ts": None if token is None else token.expires_ms,
    }


def _output_row(output: OutputStatus) -> Row:
    return {
        "path": output.path,
        "written": output.written,
        "lost": output.lost,
        "reason": output.reason,
    }


def _output_line(output: OutputStatus) -> str:
    trouble = f": {clean_line(output.reason)}" if output.reason else ""
    return f"{clean_line(output.path)}  written {output.written}, lost {output.lost}{trouble}"
