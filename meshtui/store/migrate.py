"""Schema versions: numbered SQL files, applied in order, each with `PRAGMA user_version`.

A migration runs in one transaction, after a copy of the file was made beside it
(`NAME.backup-vN`). A file of a newer meshtui is refused untouched.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from functools import cache
from pathlib import Path

from meshtui.store.connection import damage, failure, translated

APPLICATION_ID = 0x4D455348
"""`MESH`, in the file's header: tells our databases from other programs'."""

_TABLES = frozenset(
    {"airtime", "channel", "conversation", "digest", "mark", "message", "message_text", "metric"}
    | {"node", "route"}
)


def migrate(connection: sqlite3.Connection, path: Path | None, *, check: bool = False) -> None:
    """Bring a database to the newest schema, a new one included.

    Args:
        path: For words and for the backup; None = in memory.
        check: The last writer did not end cleanly: look the whole file over.

    Raises:
        StoreError: Newer, damaged, or not ours; nothing was changed.
        sqlite3.Error: A migration failed; nothing was changed.
    """
    version = _version_of(connection, path)
    newest = newest_version()
    if check and version:
        _look_over(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")  # changes the file, so not before it is ours
    if 0 < version < newest and path is not None:
        _back_up(connection, path, version)
    for number, script in _scripts():
        if number > version:
            _apply(connection, number, script)
    if version:
        _mend_search(connection, check)


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """See that a database has the newest schema.

    Raises:
        StoreError: It has another, or lacks a table.
    """
    version = _version_of(connection, path)
    if version < newest_version():
        raise failure(path, "made by an older meshtui; start meshtui once to convert it")
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if missing := sorted(_TABLES - names):
        raise failure(path, damage(path, "no table " + ", ".join(missing)))


def newest_version() -> int:
    """Return the schema version this program writes."""
    return _scripts()[-1][0]


@cache
def _scripts() -> tuple[tuple[int, str], ...]:
    # not importlib.resources: its import alone takes longer than opening a database
    files = sorted(Path(__file__).with_name("schema").glob("*.sql"))
    return tuple((int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files)


def _version_of(connection: sqlite3.Connection, path: Path | None) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (entries,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (entries or version or application):
        raise failure(path, "this database belongs to another program; move it away")
    newest = newest_version()
    if version > newest:
        words = f"made by a newer meshtui (schema {version}, this one knows {newest})"
        raise failure(path, f"{words}; use that meshtui")
    if version < 0 or (entries and not version):
        raise failure(path, damage(path, f"schema version {version}"))
    return int(version)


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {APPLICATION_ID};\n"
            f"PRAGMA user_version = {number};\nCOMMIT;"
        )
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _look_over(connection: sqlite3.Connection, path: Path | None) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise failure(path, damage(path, str(verdict).splitlines()[-1]))


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    backup = path.with_name(f"{path.name}.backup-v{version}")
    try:
        backup.unlink(missing_ok=True)
        os.close(os.open(backup, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise failure(backup, f"the backup before converting failed: {error}") from error
    with translated(backup), contextlib.closing(sqlite3.connect(backup)) as copy:
        connection.backup(copy)


def _mend_search(connection: sqlite3.Connection, check: bool) -> None:  # noqa: FBT001
    """Build the search index anew where it does not cover the messages.

    Counting takes time, so it is done only where something may have gone wrong.
    """
    what = "count(*), max(id)" if check else "max(id)"
    indexed = connection.execute(f"SELECT {what} FROM message_text_docsize").fetchone()  # noqa: S608
    stored = connection.execute(f"SELECT {what} FROM message").fetchone()  # noqa: S608
    if indexed != stored:
        connection.execute("INSERT INTO message_text (message_text) VALUES ('rebuild')")
