"""Search in 100,000 stored messages beside SQL's LIKE."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.store.database import Database
from meshtui.store.reader import StoreReader
from tests.bench.big_profile import RARE_WORD, fill
from tests.bench.measure import seconds, take_turns

if TYPE_CHECKING:
    from tests.bench.measure import Table

MESSAGES = 100_000


def report(table: Table) -> None:
    """Measure and add rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "meshtui.db"
        filled_s = seconds(lambda: fill(path, MESSAGES))
        database = Database.open(path)
        reader = StoreReader(database)
        with closing(sqlite3.connect(path)) as plain:

            def like() -> None:
                sql = "SELECT * FROM message WHERE text LIKE ? ORDER BY id DESC LIMIT 50"
                plain.execute(sql, (f"%{RARE_WORD}%",)).fetchall()

            contenders = {"search": lambda: reader.search(RARE_WORD), "like": like}
            taken = take_turns(contenders, rounds=5)
        database.close()
    table.head(f"Store: {MESSAGES:,} messages")
    table.add("written, 1,000 a transaction", f"{MESSAGES / filled_s:,.0f} msg/s")
    table.add(
        "search a rare word | LIKE",
        f"{taken['search'] * 1000:.1f} ms",
        f"{taken['like'] * 1000:.1f} ms",
        f"{taken['like'] / taken['search']:.0f} x",
        "faster than LIKE",
    )
