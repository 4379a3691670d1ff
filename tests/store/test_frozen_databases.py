"""Databases written by earlier schemas, as they were; each must open, convert and read alike.

`schema_N.db` is frozen when schema N is released and never written again.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from meshtui.errors import StoreError
from meshtui.model.ids import LinkId, NetworkName
from meshtui.model.message import Channel, Delivery, DeliveryState, NotifyLevel
from meshtui.model.node import Node, NodeMarks, NodeRole, PinState, Position, Route
from meshtui.model.restored import Spent
from meshtui.model.secret import SecretBytes
from meshtui.store import migrate
from meshtui.store.digests import StoredDigests
from tests.support.open_store import (
    ALICE,
    BOB,
    ME,
    NETWORK,
    PARIS,
    WITH_ALICE,
    OpenStore,
    received,
)

MESHCORE = NetworkName("meshcore")
HERE = Path(__file__).parent
FROZEN = sorted(HERE.glob("schema_*.db"))


@pytest.fixture(params=FROZEN, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "meshtui.db"
    shutil.copy(request.param, path)
    return path


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def test_every_schema_released_is_frozen_here() -> None:
    assert [path.stem for path in FROZEN] == [
        f"schema_{number}" for number in range(1, migrate.newest_version() + 1)
    ]


def test_messages_chats_and_outbox_outlive_every_version(path: Path) -> None:
    store = OpenStore.at(path)
    channel, direct = store.reader.history(PARIS), store.reader.history(WITH_ALICE)
    conversations = {c.conversation_id: c for c in store.reader.conversations()}

    assert [(m.text, m.hops, m.route) for m in channel] == [("hello Paris", 1, (ALICE, BOB))]
    assert [m.text for m in direct] == ["odd \ud800\0 text", "still open", "done"]
    assert (direct[0].body, direct[0].is_late) == ('{"x":1}', True)
    assert direct[2].delivery == Delivery(DeliveryState.DELIVERED, 2, 170, "", 1)
    assert [m.message_id for m in store.reader.restored(NETWORK).outbox] == ["m4"]
    assert (conversations[PARIS].draft, conversations[PARIS].mentions) == ("half a", 1)
    assert conversations[PARIS].notify is NotifyLevel.MENTIONS
    assert (conversations[WITH_ALICE].title, conversations[WITH_ALICE].unread) == ("Alice", 0)
    assert [m.message_id for m in store.reader.search("par")] == ["m1"]
    store.database.close()


def test_nodes_routes_channels_and_digests_outlive_every_version(path: Path) -> None:
    version = version_of(path)
    confidence = 0.5 if version < 2 else 0.9
    store = OpenStore.at(path)
    alice = Node(
        NETWORK,
        ALICE,
        "02" * 33,
        PinState.VERIFIED,
        "03" * 33,
        "Alice",
        NodeRole.RELAY,
        Position(48.5, 2.25),
        True,
        2000,
        1,
        -90,
        1.5,
        LinkId("mqtt"),
        frozenset({"ack"}),
        True,
        version >= 3,
        1_700_000_000 if version >= 3 else 0,
    )

    assert store.reader.nodes() == [
        (alice, NodeMarks()),
        (Node(NETWORK, BOB), NodeMarks(is_blocked=True, note="spam")),
    ]
    assert store.reader.routes() == [
        Route(NETWORK, ALICE, LinkId("mqtt"), 2, (BOB,), 2000, -80, 12, "claimed", confidence)
    ]
    assert store.reader.restored(NETWORK).channels == (
        Channel(NETWORK, "paris", True, "All about Paris", ALICE, True, 900),
    )
    digests = StoredDigests(store.database, NETWORK)
    assert digests.has(b"digest-1")
    assert digests.has(b"digest-2")
    store.database.close()


def test_what_was_kept_before_signatures_were_known_is_unsigned(path: Path) -> None:
    version = version_of(path)
    store = OpenStore.at(path)

    (signed,) = store.writer.apply([received("new", is_signed=True)])

    assert [m.is_signed for m in store.reader.history(PARIS)] == [version >= 2, True]
    assert signed.message.is_signed
    store.database.close()


def test_whom_a_message_was_for_is_known_since_it_is_kept(path: Path) -> None:
    version = version_of(path)
    store = OpenStore.at(path)

    store.writer.apply([received("new", conversation=WITH_ALICE, recipient=BOB)])

    kept = [m.recipient for m in store.reader.history(WITH_ALICE) if not m.is_own]
    assert kept == [ME if version >= 4 else None, BOB]
    store.database.close()


def test_what_radios_spent_outlives_every_version_that_knew_radios(path: Path) -> None:
    version = version_of(path)
    store = OpenStore.at(path)

    airtime = store.reader.restored(NETWORK, now_ms=60_000).airtime

    spent = [Spent(60_000, 1.5), Spent(60_000, 0.25, is_own=False)]
    assert airtime == ({} if version < 2 else {LinkId("lora"): spent})
    store.database.close()


def test_channel_keys_outlive_every_version_that_knew_them(path: Path) -> None:
    has_keys = version_of(path) >= 3
    store = OpenStore.at(path)

    channels = store.reader.restored(MESHCORE).channels

    hill = Channel(MESHCORE, "hill", True, secret=SecretBytes(bytes(range(16))))
    assert channels == ((Channel(MESHCORE, "#test", True), hill) if has_keys else ())
    store.database.close()


def test_an_old_database_takes_new_messages(path: Path) -> None:
    store = OpenStore.at(path)

    (event,) = store.writer.apply([received("new", "brand new")])

    assert event.message.order == 6
    assert store.reader.search("brand")[0].order == 6
    store.database.close()


def add_version(monkeypatch: pytest.MonkeyPatch, script: str) -> int:
    newest = migrate.newest_version()
    scripts = [*migrate._scripts(), (newest + 1, script)]
    monkeypatch.setattr(migrate, "_scripts", lambda: scripts)
    return newest


def test_the_file_is_copied_before_it_is_converted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OpenStore.at(path).database.close()
    newest = add_version(monkeypatch, "ALTER TABLE node ADD COLUMN colour TEXT;")

    OpenStore.at(path).database.close()

    backup = path.with_name(f"meshtui.db.backup-v{newest}")
    assert version_of(path) == newest + 1
    assert version_of(backup) == newest
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM message").fetchone() == (5,)


def test_a_reader_does_not_convert(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from meshtui.store.database import Database

    add_version(monkeypatch, "ALTER TABLE node ADD COLUMN colour TEXT;")

    with pytest.raises(StoreError, match="older meshtui"):
        Database.open(path, read_only=True)


def test_a_conversion_that_fails_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OpenStore.at(path).database.close()
    with monkeypatch.context() as patch:
        add_version(patch, "DELETE FROM message; INSERT INTO no_such_table VALUES (1);")
        with pytest.raises(StoreError, match="no_such_table"):
            OpenStore.at(path)

    store = OpenStore.at(path)

    assert len(store.reader.history(WITH_ALICE)) == 3
    store.database.close()


def test_without_room_for_the_copy_nothing_is_converted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OpenStore.at(path).database.close()
    newest = add_version(monkeypatch, "DROP TABLE route;")
    path.with_name(f"meshtui.db.backup-v{newest}").mkdir()

    with pytest.raises(StoreError, match="backup"):
        OpenStore.at(path)

    assert version_of(path) == newest
