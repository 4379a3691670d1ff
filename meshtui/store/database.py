"""One SQLite file: opening, locking, migrating, and the two doors `writing` and `reading`.

A file has one writer connection and one reader connection (WAL: neither waits for the other), each
behind its own lock so that any thread may use them. Without a path there is one connection in
memory for both. Whatever goes wrong is a `StoreError` that names the file and says what to do.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING

from meshtui.store.connection import (
    READER,
    WRITER,
    connect,
    failure,
    require_plain_file,
    translated,
)
from meshtui.store.migrate import check_schema, migrate
from meshtui.store.profile_lock import ProfileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Database:
    """An open database. Make one with `open`."""

    def __init__(self, path: Path | None, lock: ProfileLock | None) -> None:
        """Hold what is common; connections are added by `open`."""
        self._path = path
        self._lock = lock
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._extra: list[sqlite3.Connection] = []
        self._writer_lock = threading.RLock()
        self._reader_lock = self._writer_lock if path is None else threading.RLock()

    @classmethod
    def open(cls, path: Path | None, *, read_only: bool = False, busy_s: float = 5.0) -> Database:
        """Open the file, making or migrating it first; None = a fresh database in memory.

        Args:
            read_only: Do not lock the profile, so another process may be using it; do not make
                or migrate anything.
            busy_s: How long to wait for another program's lock.

        Raises:
            StoreError: It cannot be opened; nothing was changed.
        """
        if path is None:
            database = cls(None, None)
            with translated("the database in memory"):
                database._open_in_memory()
            return database
        require_plain_file(path, must_exist=read_only)
        lock = None if read_only else ProfileLock.take(path)
        database = cls(path, lock)
        try:
            with translated(path):
                if lock is not None:
                    database._writer = connect(path, WRITER, busy_s)
                    migrate(database._writer, path, check=lock.was_left_unclean)
                database._reader = connect(path, READER, busy_s)
                check_schema(database._reader, path)
        except BaseException:
            database._abandon()
            raise
        return database

    @property
    def path(self) -> Path | None:
        """Where it is; None = in memory."""
        return self._path

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: everything in the block, durably, or nothing.

        Raises:
            StoreError: Nothing was written; the next block may succeed.
        """
        with self._writer_lock, translated(self._path):
            connection = self._writer
            if connection is None:
                raise failure(self._path, "not open for writing")
            _roll_back(connection)  # where an earlier attempt to do so failed
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # what failed first is what to report
                    _roll_back(connection)
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Several queries that see one state of the database.

        Raises:
            StoreError: It could not be read.
        """
        with self._reader_lock, translated(self._path):
            connection = self._reader
            if connection is None:
                raise failure(self._path, "closed")
            if connection.in_transaction:  # in memory, within `writing`
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                with contextlib.suppress(sqlite3.Error):  # nothing was written
                    connection.execute("ROLLBACK")

    def lookups(self) -> tuple[sqlite3.Connection, threading.RLock]:
        """Lend a connection for single SELECTs on the event loop, and the lock to hold for each.

        It waits for neither `writing` nor `reading`, except in memory. It is closed by `close`.

        Raises:
            StoreError: It could not be opened.
        """
        if self._reader is None:
            raise failure(self._path, "closed")
        if self._path is None:
            return self._reader, self._reader_lock
        with translated(self._path):
            connection = connect(self._path, READER, 1.0)
        self._extra.append(connection)
        return connection, threading.RLock()

    def close(self) -> None:
        """Close; what was written stays. Closing twice is harmless."""
        with self._writer_lock, self._reader_lock:
            if self._reader is None:
                return
            with translated(self._path):
                for connection in self._connections():
                    connection.close()
            self._writer = self._reader = None
            self._extra.clear()
            if self._lock is not None:
                self._lock.release()

    def _connections(self) -> list[sqlite3.Connection]:
        # the writer last: the last connection to go tidies the write-ahead log up
        own = {id(c): c for c in (self._reader, self._writer) if c is not None}
        return [*self._extra, *own.values()]

    def _abandon(self) -> None:
        """Give up an opening that failed; the next one checks the file again."""
        for connection in self._connections():
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        if self._lock is not None:
            self._lock.abandon()

    def _open_in_memory(self) -> None:
        connection = connect(None, WRITER, 0.0)
        migrate(connection, None)
        self._writer = self._reader = connection


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
