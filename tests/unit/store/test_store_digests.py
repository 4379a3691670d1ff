from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.event import DigestSeen
from meshtui.model.ids import NetworkName
from meshtui.store import digests
from meshtui.store.digests import StoredDigests
from tests.support.open_store import NETWORK, OpenStore

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_digest_is_known_at_once_and_in_the_next_life(tmp_path: Path) -> None:
    store = OpenStore.at(tmp_path / "m.db")
    first = StoredDigests(store.database, NETWORK)
    first.add(b"12345678")
    assert first.has(b"12345678")
    assert not first.has(b"87654321")
    store.writer.apply([DigestSeen(NETWORK, b"12345678")])
    store.database.close()

    again = OpenStore.at(tmp_path / "m.db")

    assert StoredDigests(again.database, NETWORK).has(b"12345678")
    assert not StoredDigests(again.database, NetworkName("meshcore")).has(b"12345678")
    again.database.close()


def test_memory_holds_only_what_the_disk_lacks(
    store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_FRESH", 10)
    memory = StoredDigests(store.database, NETWORK)
    unwritten = [b"lost%04d" % number for number in range(15)]
    for digest in unwritten:
        memory.add(digest)

    for number in range(100):
        digest = b"kept%04d" % number
        memory.add(digest)
        store.writer.apply([DigestSeen(NETWORK, digest)])

    assert len(memory._fresh) <= 10 + 2 * len(unwritten)
    assert all(memory.has(digest) for digest in unwritten)
    assert all(memory.has(b"kept%04d" % number) for number in range(100))


def test_a_database_that_cannot_be_read_is_reported_once_and_never_raises(
    store: OpenStore, caplog: pytest.LogCaptureFixture
) -> None:
    memory = StoredDigests(store.database, NETWORK)
    store.database.close()

    assert not memory.has(b"12345678")
    assert not memory.has(b"12345678")
    assert len(caplog.records) == 1


def test_asking_does_not_wait_for_a_batch_being_written(tmp_path: Path) -> None:
    store = OpenStore.at(tmp_path / "m.db")
    memory = StoredDigests(store.database, NETWORK)

    with store.database.writing() as connection:
        connection.execute("INSERT INTO digest VALUES ('jsonmesh', x'00')")
        assert not memory.has(b"\0")

    assert memory.has(b"\0")
    store.database.close()
