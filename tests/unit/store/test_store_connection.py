from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import StoreError
from meshtui.store import connection
from meshtui.store.connection import READER, connect, translated
from meshtui.store.database import Database
from meshtui.store.reader import StoreReader
from tests.support.open_store import PARIS, OpenStore, received

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "m.db"
    store = OpenStore.at(path)
    store.writer.apply([received("m")])
    store.database.close()
    return path


@pytest.fixture
def _read_only_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLite does where it cannot put its shared index beside the file."""
    plain = connection._connect

    def picky(uri: str, *rest: object) -> sqlite3.Connection:
        if "immutable=1" not in uri:
            raise sqlite3.OperationalError("unable to open database file")
        return plain(uri, *rest)

    monkeypatch.setattr(connection, "_connect", picky)


@pytest.mark.usefixtures("_read_only_disk")
def test_a_database_on_a_read_only_disk_can_be_read(path: Path) -> None:
    with closing(Database.open(path, read_only=True)) as database:
        assert len(StoreReader(database).history(PARIS)) == 1


@pytest.mark.usefixtures("_read_only_disk")
def test_a_file_somebody_writes_to_is_never_taken_for_unchanging(path: Path) -> None:
    path.with_name("m.db-wal").touch()

    with pytest.raises(StoreError, match=r"m\.db"):
        Database.open(path, read_only=True)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_BUSY, "another program"),
        (sqlite3.SQLITE_IOERR_WRITE, "check the disk"),
        (sqlite3.SQLITE_READONLY, "check its permissions"),
        (sqlite3.SQLITE_CORRUPT, 'sqlite3 "/a/m.db" .recover'),
        (sqlite3.SQLITE_ERROR, "no such thing"),
    ],
)
def test_an_error_names_the_file_and_says_what_to_do(code: int, words: str) -> None:
    error = sqlite3.OperationalError("no such thing")
    error.sqlite_errorcode = code

    with pytest.raises(StoreError) as caught, translated("/a/m.db"):
        raise error

    assert str(caught.value).startswith("/a/m.db: ")
    assert words in str(caught.value)
    assert caught.value.__cause__ is error


def test_a_reading_connection_refuses_to_write(path: Path) -> None:
    with (
        closing(connect(path, READER, 1.0)) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader.execute("DELETE FROM message")
