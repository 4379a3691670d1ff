"""A packet of a recording as one line for people, foreign text harmless."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from meshtui.model.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.packet_row import PacketRow

_NAME_LIMIT: Final = 40
_TEXT_LIMIT: Final = 200
_ID_CHARS: Final = 16


def packet_line(row: PacketRow, name_of: Callable[[str], str]) -> str:
    """Show when, where, what, from whom to whom, how well heard, and what it says."""
    summary = row.summary
    ends = [_end(node, name_of) for node in (summary.source, summary.destination)]
    parts = [
        f"#{row.number}",
        moment(row.at.unix_ms),
        row.direction,
        clean_line(row.link_id, _NAME_LIMIT),
        clean_line(row.network, _NAME_LIMIT),
        clean_line(summary.kind, _NAME_LIMIT),
        " > ".join(ends) if any(ends) else "",
        f"{len(row.payload)} B",
        "" if row.rssi_dbm is None else f"{row.rssi_dbm} dBm",
        "" if row.snr_db is None else f"{row.snr_db:g} dB",
        _way(summary.hops),
        clean_line(row.endpoint, 3 * _NAME_LIMIT),
        summary.verdict.value,
        clean_line(summary.reason, _NAME_LIMIT),
        _quoted(summary.text),
        clean(summary.detail, limit=_TEXT_LIMIT),
    ]
    return "  ".join(part for part in parts if part)


def moment(at_ms: int) -> str:
    """Show a moment in local time, to the millisecond; `-` where none is known."""
    if not at_ms:
        return "-"
    try:
        local = dt.datetime.fromtimestamp(at_ms / 1000, tz=dt.UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return str(at_ms)
    return f"{local:%Y-%m-%d %H:%M:%S}.{at_ms % 1000:03d}"


def _end(node: str, name_of: Callable[[str], str]) -> str:
    if not node:
        return "?"
    name = clean_line(name_of(node), _NAME_LIMIT)
    shown = clean_line(node, _NAME_LIMIT if node.startswith("#") else _ID_CHARS)
    return f"{shown} ({name})" if name else shown


def _way(relays: int | None) -> str:
    if not relays:
        return "" if relays is None else "direct"
    return "1 relay" if relays == 1 else f"{relays} relays"


def _quoted(text: str) -> str:
    return f'"{clean(text, limit=_TEXT_LIMIT)}"' if text else ""
