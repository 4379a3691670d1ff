from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from meshtui.errors import StoreError
from meshtui.model.message import DeliveryState
from meshtui.store.database import Database
from meshtui.store.digests import StoredDigests
from meshtui.store.reader import StoreReader
from tests.support.open_store import NETWORK, PARIS, WITH_ALICE, OpenStore

ROOT = Path(__file__).parents[2]
ROUNDS = 12


def start(path: Path, life: str) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.store.applies_until_killed", str(path), life],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "open\n"
    return program


def kill_after(program: subprocess.Popen[str], lines: int) -> list[str]:
    """Let it acknowledge some batches, kill it, and return all it has acknowledged."""
    assert program.stdout is not None
    names = [program.stdout.readline().strip() for _ in range(lines)]
    program.kill()
    names += [line.strip() for line in program.stdout if line.endswith("\n")]
    program.wait()
    program.stdout.close()
    return names


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    dice = random.Random(11)
    acknowledged: list[str] = []

    for life in range(ROUNDS):
        program = start(path, str(life))
        acknowledged += kill_after(program, dice.randrange(0, 60))

    store = OpenStore.at(path)
    received = {message.message_id for message in store.reader.history(PARIS, limit=10**6)}
    own = {m.message_id: m for m in store.reader.history(WITH_ALICE, limit=10**6)}
    digests = StoredDigests(store.database, NETWORK)
    nodes = {node.node_id for node, _ in store.reader.nodes()}
    assert acknowledged
    for name in acknowledged:
        assert f"r-{name}" in received
        delivery = own[f"q-{name}"].delivery
        assert delivery is not None
        assert delivery.state is DeliveryState.DELIVERED
        assert digests.has(name.encode())
        assert digests.has(b"seen" + name.encode())
        assert name in nodes
    # a batch is there as a whole or not at all
    assert {name.removeprefix("r-") for name in received} == nodes
    assert {name.removeprefix("q-") for name in own} == nodes
    assert len(store.reader.search("hello", limit=10**6)) == len(received)
    store.database.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_another_process_on_the_profile_is_named_and_its_death_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    program = start(path, "a")
    try:
        with pytest.raises(StoreError, match=f"in use by process {program.pid};"):
            Database.open(path)
        with closing(Database.open(path, read_only=True)):
            pass
    finally:
        acknowledged = kill_after(program, 5)

    with closing(Database.open(path, read_only=True)) as database:
        assert len(StoreReader(database).history(PARIS)) >= len(acknowledged)
    OpenStore.at(path).database.close()
