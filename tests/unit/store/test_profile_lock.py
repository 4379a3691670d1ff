from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import StoreError
from meshtui.store.profile_lock import ProfileLock, holder_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "m.db"


def content(database: Path) -> str:
    return database.with_name("m.db.lock").read_text()


def test_a_lock_names_its_process_while_held_and_nobody_afterwards(database: Path) -> None:
    lock = ProfileLock.take(database)
    assert content(database) == f"{os.getpid()}\n"

    lock.release()

    assert content(database) == ""
    assert not lock.was_left_unclean


def test_a_lock_held_is_not_given_twice(database: Path) -> None:
    lock = ProfileLock.take(database)

    with pytest.raises(StoreError, match=f"in use by process {os.getpid()}; .* --home"):
        ProfileLock.take(database)
    lock.release()

    ProfileLock.take(database).release()


@pytest.mark.parametrize("left", ["1234\n", "rubbish \x1b[2J", "x" * 10_000])
def test_a_number_left_behind_tells_of_an_unclean_end(database: Path, left: str) -> None:
    database.with_name("m.db.lock").write_text(left)

    lock = ProfileLock.take(database)

    assert lock.was_left_unclean
    lock.release()
    assert content(database) == ""


def test_a_log_left_behind_tells_of_an_unclean_end(database: Path) -> None:
    database.with_name("m.db-wal").touch()

    lock = ProfileLock.take(database)

    assert lock.was_left_unclean
    lock.release()


@pytest.mark.parametrize("left", ["", "1234\n"])
def test_giving_up_leaves_word_of_an_earlier_unclean_end_only(database: Path, left: str) -> None:
    database.with_name("m.db.lock").write_text(left)

    ProfileLock.take(database).abandon()

    again = ProfileLock.take(database)
    assert again.was_left_unclean is bool(left)
    again.release()


def test_a_link_in_the_locks_place_is_not_followed(database: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    database.with_name("m.db.lock").symlink_to(precious)

    with pytest.raises(StoreError, match=r"m\.db\.lock"):
        ProfileLock.take(database)

    assert precious.read_text() == "data"


def test_who_has_a_profile_can_be_seen_from_outside_without_a_trace(database: Path) -> None:
    assert holder_of(database) == ""
    assert not database.with_name("m.db.lock").exists()

    lock = ProfileLock.take(database)
    assert holder_of(database) == f"process {os.getpid()}"

    lock.release()
    assert holder_of(database) == ""


@pytest.mark.parametrize("left", ["1234\n", "rubbish"])
def test_who_looks_leaves_the_word_of_an_unclean_end(database: Path, left: str) -> None:
    database.with_name("m.db.lock").write_text(left)

    assert holder_of(database) == ""
    assert content(database) == left
