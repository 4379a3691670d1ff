"""Ciphertexts accepted before, for good: millions on disk, only the fresh ones in memory."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING, Any

from meshtui.store.columns import of_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meshtui.model.ids import NetworkName
    from meshtui.store.database import Database

_log = logging.getLogger(__name__)

_HAS = "SELECT 1 FROM digest WHERE network = ? AND digest = ?"
_STORED = "SELECT digest FROM digest WHERE network = ? AND digest IN ({})"
_ASKED_AT_ONCE = 500
_FRESH = 1_024
"""So many digests may be added before those that reached the disk are let go."""


def insert(connection: sqlite3.Connection, digests: Iterable[tuple[NetworkName, bytes]]) -> None:
    """Keep digests; those kept before stay."""
    connection.executemany(
        "INSERT OR IGNORE INTO digest VALUES (?, ?)",
        [(of_text(network), digest) for network, digest in digests],
    )


class StoredDigests:
    """A network's `DigestMemory` over the database; for the event loop, a few microseconds each.

    The writer puts digests on disk together with what they stand for; `add` only bridges the
    time until then.
    """

    def __init__(self, database: Database, network: NetworkName) -> None:
        """Use a connection of the database.

        Raises:
            StoreError: It could not be had.
        """
        self._network = of_text(network)
        self._connection, self._lock = database.lookups()
        self._fresh: set[bytes] = set()
        self._full_at = _FRESH
        self._is_readable = True

    def has(self, digest: bytes) -> bool:
        """Tell whether a digest was added before, in this life or an earlier one.

        A database that cannot be read says no: then nothing can be written either, and what
        cannot be written is neither shown nor acknowledged.
        """
        return digest in self._fresh or self._is_stored(digest)

    def add(self, digest: bytes) -> None:
        """Remember it from now on in this process."""
        self._fresh.add(digest)
        if len(self._fresh) >= self._full_at:
            # all at once: one by one, this would cost more than all the rest of a message
            self._fresh -= self._stored_of(list(self._fresh))
            self._full_at = len(self._fresh) + _FRESH

    def _stored_of(self, digests: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for start in range(0, len(digests), _ASKED_AT_ONCE):
            asked = digests[start : start + _ASKED_AT_ONCE]
            sql = _STORED.format(", ".join("?" * len(asked)))
            found.update(digest for (digest,) in self._ask(sql, (self._network, *asked)))
        return found

    def _is_stored(self, digest: bytes) -> bool:
        return bool(self._ask(_HAS, (self._network, digest)))

    def _ask(self, sql: str, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        try:
            with self._lock:
                rows = self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            if self._is_readable:  # said once, not for every frame
                _log.warning("digests cannot be read: %s", error)
            self._is_readable = False
            return ()
        self._is_readable = True
        return rows
