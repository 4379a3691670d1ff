"""Counters on disk: what the pure fold `mesh.metrics` says is kept, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.mesh.metrics import Metrics
from meshtui.model.event import LinkChanged
from meshtui.store.columns import of_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from meshtui.mesh.metrics import Row
    from meshtui.model.event import Event
    from meshtui.model.ids import LinkId


def load(connection: sqlite3.Connection) -> Sequence[Row]:
    """Return the stored counters."""
    rows = connection.execute("SELECT name, label, value FROM metric")
    return [(to_text(name), to_text(label), value) for name, label, value in rows]


class StoredMetrics:
    """The fold, and which of its rows are on disk already."""

    def __init__(self) -> None:
        """Start from disk at the first `write`."""
        self._fold: Metrics | None = None
        self._stored: dict[tuple[str, str], float] = {}
        self._links: dict[LinkId, LinkChanged] = {}

    def write(self, connection: sqlite3.Connection, events: Sequence[Event]) -> None:
        """Count events and write what changed. Where the transaction fails, call `forget`."""
        fold = self._fold
        if fold is None:
            rows = load(connection)
            fold = self._fold = Metrics.of(rows)
            self._stored = {(name, label): value for name, label, value in rows}
            for link in self._links.values():
                fold.take(link)
        for event in events:
            fold.take(event)
            if isinstance(event, LinkChanged):
                self._links[event.link.link_id] = event
        changed = [row for row in fold.rows() if self._stored.get(row[:2]) != row[2]]
        connection.executemany(
            "INSERT OR REPLACE INTO metric VALUES (?, ?, ?)",
            [(of_text(name), of_text(label), value) for name, label, value in changed],
        )
        self._stored.update({(name, label): value for name, label, value in changed})

    def forget(self) -> None:
        """Go back to what is on disk, so that the same events may be counted again."""
        self._fold = None
