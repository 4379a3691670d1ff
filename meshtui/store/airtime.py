"""How long radios were on the air lately, by link and minute: the duty cycle of the next life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import LinkId
from meshtui.model.restored import Spent
from meshtui.store.columns import of_int, of_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from meshtui.model.event import FrameSent
    from meshtui.model.ids import NetworkName

COUNTS_MS = 3_600_000
"""The hour of the duty cycle. So far ahead may also be what was sent before a clock was set back:
it counts as just sent. What is further ahead was the mistake of a clock, and is forgotten."""

_MINUTE_MS = 60_000
_KEPT_MIN = 120
_AHEAD_MIN = COUNTS_MS // _MINUTE_MS
_ADD = """
INSERT INTO airtime (network, link_id, minute, own_ms, relayed_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (network, link_id, minute) DO UPDATE SET
  own_ms = own_ms + excluded.own_ms, relayed_ms = relayed_ms + excluded.relayed_ms
"""
_PRUNE = "DELETE FROM airtime WHERE minute < ? OR minute > ?"
_LOAD = """
SELECT link_id, CAST(minute AS INTEGER), CAST(own_ms AS INTEGER), CAST(relayed_ms AS INTEGER)
FROM airtime
WHERE network = ? AND minute BETWEEN ? AND ? ORDER BY minute, link_id
"""


def add(connection: sqlite3.Connection, sent: Iterable[FrameSent]) -> None:
    """Count what radios sent; what is far from the last of it is forgotten."""
    rows = [_values(event) for event in sent]
    if not rows:
        return
    connection.executemany(_ADD, rows)
    _, _, minute, _, _ = rows[-1]
    connection.execute(_PRUNE, (minute - _KEPT_MIN, minute + _AHEAD_MIN))


def lately(
    connection: sqlite3.Connection, network: NetworkName, now_ms: int | None
) -> Mapping[LinkId, Sequence[Spent]]:
    """Return what radios spent in the last hour, oldest first; None = in all that is kept.

    Whole minutes, each told as if all of it had ended with the minute.
    """
    first, last = of_int(-(2**63)), of_int(2**63)
    if now_ms is not None:
        first, last = (of_int((now_ms + off) // _MINUTE_MS) for off in (-COUNTS_MS, COUNTS_MS))
    spent: dict[LinkId, list[Spent]] = {}
    for link_id, minute, own_ms, relayed_ms in connection.execute(
        _LOAD, (of_text(network), first, last)
    ):
        ended_at_ms = (minute + 1) * _MINUTE_MS
        for airtime_ms, is_own in ((own_ms, True), (relayed_ms, False)):
            if airtime_ms > 0:
                of_link = spent.setdefault(LinkId(to_text(link_id)), [])
                of_link.append(Spent(ended_at_ms, airtime_ms / 1000, is_own))
    return spent


def _values(event: FrameSent) -> tuple[str | bytes, str | bytes, int, int, int]:
    ended_at_ms = of_int(event.at.unix_ms + event.airtime_ms)
    return (
        of_text(event.network),
        of_text(event.transmit.link_id),
        ended_at_ms // _MINUTE_MS,
        of_int(event.airtime_ms) if event.is_own else 0,
        0 if event.is_own else of_int(event.airtime_ms),
    )
