from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import StoreError
from meshtui.store import migrate
from meshtui.store.database import Database
from meshtui.store.reader import StoreReader
from meshtui.store.writer import StoreWriter
from tests.support.open_store import PARIS, OpenStore, received

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with some messages, closed cleanly."""
    path = tmp_path / "profile" / "meshtui.db"
    store = OpenStore.at(path)
    for start in range(0, 300, 100):
        store.writer.apply([received(str(n), f"text {n}") for n in range(start, start + 100)])
    store.database.close()
    return path


def refusal(path: Path, **how: bool) -> str:
    with pytest.raises(StoreError) as caught:
        Database.open(path, **how)
    assert str(path) in str(caught.value)
    return str(caught.value)


def sql(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def test_a_database_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "meshtui.db"
    store = OpenStore.at(path)
    store.writer.apply([received("m")])

    assert path.parent.stat().st_mode & 0o777 == 0o700
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
    assert modes == dict.fromkeys(
        ["meshtui.db", "meshtui.db-wal", "meshtui.db-shm", "meshtui.db.lock"], 0o600
    )
    store.database.close()


def test_a_file_of_no_bytes_is_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    path.touch()

    OpenStore.at(path).database.close()


def test_every_commit_reaches_the_disk_and_what_is_deleted_leaves_it(path: Path) -> None:
    store = OpenStore.at(path)

    with store.database.writing() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
    store.database.close()


def test_a_second_writer_is_told_who_has_the_profile_and_readers_are_let_in(path: Path) -> None:
    first = OpenStore.at(path)

    assert f"in use by process {os.getpid()}" in refusal(path)
    with closing(Database.open(path, read_only=True)) as second:
        first.writer.apply([received("fresh")])
        assert OpenStore(second, first.writer, first.reader).reader.history(PARIS)[-1].order == 301
    first.database.close()
    OpenStore.at(path).database.close()


def test_a_reader_cannot_write(path: Path) -> None:
    with closing(Database.open(path, read_only=True)) as database:
        with pytest.raises(StoreError, match="not open for writing"), database.writing():
            pass
        with pytest.raises(StoreError), database.reading() as connection:
            connection.execute("DELETE FROM message")


def test_reading_what_is_not_there_makes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none" / "m.db"

    assert "nothing is stored yet" in refusal(path, read_only=True)
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "not a file"),
        (os.mkfifo, "not a file"),
        (lambda path: path.write_bytes(b"not a database, " * 500), "damaged"),
        (lambda path: path.write_bytes(b"SQLite format 3\0"), "damaged"),
        (lambda path: sql(path, "CREATE TABLE other (a)"), "another program"),
        (lambda path: sql(path, "PRAGMA user_version = 1"), "another program"),
    ],
    ids=["folder", "pipe", "text", "header only", "foreign", "foreign version"],
)
def test_what_is_not_ours_is_refused_and_left_alone(tmp_path: Path, make, words: str) -> None:
    path = tmp_path / "m.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""

    assert words in refusal(path)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "file" in refusal(tmp_path / "file" / "m.db")


def test_a_newer_schema_is_refused_untouched(path: Path) -> None:
    sql(path, "PRAGMA user_version = 999")

    assert "newer meshtui (schema 999" in refusal(path)
    assert "newer meshtui" in refusal(path, read_only=True)


@pytest.mark.parametrize("version", [-1, 0])
def test_a_version_that_cannot_be_is_damage(path: Path, version: int) -> None:
    sql(path, f"PRAGMA user_version = {version}")

    assert "damaged" in refusal(path)


def test_a_missing_table_is_damage_and_named(path: Path) -> None:
    sql(path, "DROP TABLE route")

    assert "no table route" in refusal(path)


def test_a_missing_column_is_a_store_error_that_names_the_file(path: Path) -> None:
    sql(path, "ALTER TABLE node DROP COLUMN caps")

    with (
        pytest.raises(StoreError, match=r"meshtui\.db: .*caps"),
        closing(Database.open(path)) as db,
    ):
        StoreReader(db).nodes()


def test_after_an_unclean_end_the_whole_file_is_looked_over(path: Path) -> None:
    content = bytearray(path.read_bytes())
    page = len(content) // 4096 // 2
    content[page * 4096 : page * 4096 + 100] = bytes(100)
    path.write_bytes(content)
    path.with_name("meshtui.db.lock").write_text("1234\n")

    words = refusal(path)

    assert "damaged" in words
    assert ".recover" in words
    assert "damaged" in refusal(path)  # and again, until somebody does something
    assert path.read_bytes() == content


def test_whatever_bytes_are_wrong_only_a_store_error_comes_out(path: Path) -> None:
    content = path.read_bytes()
    dice = random.Random(7)
    lengths = [0, 1, 100, 4096, 4097, len(content) // 2, len(content) - 1]
    variants = [content[:length] for length in lengths if length]
    for _ in range(25):
        flipped = bytearray(content)
        for _ in range(20):
            flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        variants.append(bytes(flipped))

    for variant in variants:
        path.write_bytes(variant)
        for side in ("-wal", "-shm"):
            path.with_name(path.name + side).unlink(missing_ok=True)
        with contextlib.suppress(StoreError):
            use_everything(path)


def use_everything(path: Path) -> None:
    with closing(Database.open(path)) as database:
        StoreWriter(database).apply([received("new")])
        reader = StoreReader(database)
        reader.conversations()
        reader.history(PARIS, limit=1_000)
        reader.search("text")


def test_the_log_of_another_database_makes_a_store_error_at_worst(
    path: Path, tmp_path: Path
) -> None:
    other = OpenStore.at(tmp_path / "other.db")
    other.writer.apply([received("foreign")])
    foreign_log = (tmp_path / "other.db-wal").read_bytes()
    other.database.close()
    path.with_name("meshtui.db-wal").write_bytes(foreign_log)

    with contextlib.suppress(StoreError):
        use_everything(path)


def test_a_search_index_out_of_step_is_built_anew(path: Path) -> None:
    sql(
        path,
        "DELETE FROM message_text_docsize; "
        "INSERT INTO message_text (message_text) VALUES ('delete-all')",
    )

    store = OpenStore.at(path)

    assert len(store.reader.search("text", limit=1_000)) == 300
    store.database.close()


def test_a_lock_of_another_program_is_waited_for_and_then_told(path: Path) -> None:
    store = OpenStore.at(path, busy_s=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program"):
            store.writer.apply([received("m")])
        other.execute("ROLLBACK")

    assert len(store.writer.apply([received("m")])) == 1
    store.database.close()


def test_closing_twice_is_harmless_and_using_it_afterwards_says_so(path: Path) -> None:
    store = OpenStore.at(path)
    store.database.close()
    store.database.close()

    with pytest.raises(StoreError, match="closed"):
        store.reader.nodes()
    with pytest.raises(StoreError):
        store.writer.apply([received("m")])
    with pytest.raises(StoreError, match="closed"):
        store.database.lookups()


@pytest.mark.parametrize("place", ["file", "memory"])
def test_threads_may_read_while_one_writes(tmp_path: Path, place: str) -> None:
    store = OpenStore.at(tmp_path / "m.db" if place == "file" else None)
    problems: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(60):
                page = store.reader.history(PARIS, limit=10_000)
                assert [m.order for m in page] == list(range(1, len(page) + 1))
                assert len(page) % 5 == 0  # whole batches only
                store.reader.conversations()
        except BaseException as error:  # noqa: BLE001 - handed to the test's thread
            problems.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for batch in range(40):
        store.writer.apply([received(f"{batch}-{n}") for n in range(5)])
    for reader in readers:
        reader.join()

    assert problems == []
    store.database.close()


def test_two_databases_in_memory_do_not_share(store: OpenStore) -> None:
    store.writer.apply([received("m")])
    other = OpenStore.at()

    assert other.reader.history(PARIS) == []
    other.database.close()


def test_a_path_of_odd_characters_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#100%25 é.db"
    store = OpenStore.at(path)
    store.writer.apply([received("m")])
    store.database.close()

    assert path.stat().st_size > 0
    assert len(list(tmp_path.iterdir())) == 2


def test_schema_files_are_numbered_without_gaps() -> None:
    numbers = [number for number, _ in migrate._scripts()]

    assert numbers == list(range(1, migrate.newest_version() + 1))
