"""Ciphertexts accepted before, for good: millions on disk, only the fresh ones in memory."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

from meshtui.store.columns import of_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.ids import NetworkName
    from meshtui.store.database import Database

_log = logging.getLogger(__name__)

_HAS = "SELECT 1 FROM digest WHERE network = ? AND digest = ?"
_FRESH = 4_096
"""Digests kept in memory before those that reached the disk are let go."""


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
        self._fresh: dict[bytes, None] = {}
        self._is_readable = True

    def has(self, digest: bytes) -> bool:
        """Tell whether a digest was added before, in this life or an earlier one.

        A database that cannot be read says no: then nothing can be written either, and what
        cannot be written is neither shown nor acknowledged.
        """
        return digest in self._fresh or self._is_stored(digest)

    def add(self, digest: bytes) -> None:
        """Remember it from now on in this process."""
        self._fresh[digest] = None
        if len(self._fresh) > _FRESH:
            # two for one: memory shrinks to what the disk still lacks
            self._let_go_of_oldest()
            self._let_go_of_oldest()

    def _let_go_of_oldest(self) -> None:
        oldest = next(iter(self._fresh))
        del self._fresh[oldest]
        if not self._is_stored(oldest):
            self._fresh[oldest] = None

    def _is_stored(self, digest: bytes) -> bool:
        try:
            with self._lock:
                row = self._connection.execute(_HAS, (self._network, digest)).fetchone()
        except sqlite3.Error as error:
            if self._is_readable:  # said once, not for every frame
                _log.warning("digests cannot be read: %s", error)
            self._is_readable = False
            return False
        self._is_readable = True
        return row is not None
