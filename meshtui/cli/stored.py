"""Reading the profile's database beside whoever is using it, without a link or a key."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from meshtui.cli.output import Output
from meshtui.cli.profile import find_paths, load_profile
from meshtui.errors import KeystoreError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping

    from meshtui.model.ids import NodeId
    from meshtui.store.reader import StoreReader


def my_node_id(args: argparse.Namespace) -> NodeId | None:
    """Say who this profile is, as far as the key file tells without its password."""
    from meshtui.cli.identity import public_identity

    try:
        paths = find_paths(args.home, args.config, os.environ)
        myself = public_identity(paths.keys_file)
    except KeystoreError:
        return None
    return None if myself is None else myself.node_id


def are_several(rows: Iterable[Mapping[str, object]]) -> bool:
    """Tell whether rows are of more than one network, which a table must then say."""
    return len({row["network"] for row in rows}) > 1


@contextlib.contextmanager
def open_store(args: argparse.Namespace) -> Iterator[tuple[StoreReader | None, Output]]:
    """Open the database for reading; None where this profile has none yet, which is no error.

    Raises:
        ConfigError: A setting is wrong.
        StoreError: The database is damaged or newer than this program.
    """
    output = Output(as_json=args.json)
    path = load_profile(args, output=output).paths.database_file
    if not path.exists():
        output.say(f"nothing stored yet in {path}")
        yield None, output
        return
    from meshtui.store.database import Database
    from meshtui.store.reader import StoreReader

    database = Database.open(path, read_only=True)
    try:
        yield StoreReader(database), output
    finally:
        database.close()
