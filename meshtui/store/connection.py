"""A single SQLite connection with our settings, and its errors in words for a person."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WORDS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; close that program",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; close that program",
    sqlite3.SQLITE_READONLY: "it cannot be written; check its permissions and its folder's",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check its permissions and its folder's",
    sqlite3.SQLITE_IOERR: "the disk reports an error; check the disk",
}
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@dataclass(frozen=True, slots=True)
class Role:
    """What a connection is for.

    Attributes:
        uri_mode: SQLite's `mode=`.
        pragmas: Run in this order when it opens.
    """

    uri_mode: str
    pragmas: tuple[str, ...]


WRITER = Role(
    "rw",
    (
        "PRAGMA trusted_schema = OFF",
        # a message reported as sent or shown as received survives a power cut
        "PRAGMA synchronous = FULL",
        # the key of a channel that was left, and a draft, are gone from the file's free pages too
        "PRAGMA secure_delete = ON",
        "PRAGMA journal_size_limit = 16777216",
        "PRAGMA temp_store = MEMORY",
    ),
)
READER = Role(
    "ro",
    ("PRAGMA trusted_schema = OFF", "PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY"),
)


def connect(path: Path | None, role: Role, busy_s: float) -> sqlite3.Connection:
    """Open a connection; transactions are begun and ended by hand. None = in memory.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    uri = "file::memory:" if path is None else f"{path.absolute().as_uri()}?mode={role.uri_mode}"
    try:
        return _connect(uri, role, busy_s)
    except sqlite3.OperationalError:
        if path is None or role is not READER or has_log(path):
            raise
        # on a read-only disk there is nowhere to put the shared index, and nobody who writes
        return _connect(uri + "&immutable=1", role, busy_s)


def has_log(path: Path) -> bool:
    """Tell whether a write-ahead log lies beside the file: in use, or not closed cleanly."""
    return path.with_name(path.name + "-wal").exists()


def _connect(uri: str, role: Role, busy_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=busy_s
    )
    try:
        for pragma in role.pragmas:
            connection.execute(pragma)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def require_plain_file(path: Path, *, must_exist: bool) -> None:
    """See that SQLite may be let loose on `path`; make it, readable by its owner only, if allowed.

    Raises:
        StoreError: It is missing, or something else than a file, or cannot be made.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if must_exist:
            raise failure(path, "nothing is stored yet; start meshtui once") from None
        _make(path)
        return
    except (OSError, ValueError) as error:
        raise failure(path, f"{error}") from error
    if not stat.S_ISREG(mode):
        raise failure(path, "this is not a file; move it away")
    if not must_exist and not os.access(path, os.W_OK):
        raise failure(path, _WORDS[sqlite3.SQLITE_READONLY])


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its side files the mode of this one
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise failure(path, f"cannot be made: {error.strerror}") from error


def failure(place: Path | str | None, words: str) -> StoreError:
    """Make an error that begins with the file it is about."""
    return StoreError(f"{place or 'the database in memory'}: {words}")


@contextlib.contextmanager
def translated(place: Path | str | None) -> Iterator[None]:
    """Turn what SQLite raises into a `StoreError` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(place, _in_words(place, error)) from error
    except UnicodeDecodeError as error:  # SQLite quotes a damaged schema in its own words
        raise failure(place, damage(place, "its schema is no text")) from error


def damage(place: object, detail: str) -> str:
    """Say that the file is damaged and how to go on."""
    return (
        f"the database is damaged ({detail}); put a backup in its place, or save what can be read "
        f'with: sqlite3 "{place}" .recover | sqlite3 NEW.db, or move it away to begin afresh'
    )


def _in_words(place: object, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return damage(place, str(error))
    words = _WORDS.get(code)
    return f"{words} ({error})" if words else str(error)
