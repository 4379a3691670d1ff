"""What the profile can open packets with: its channels, its contacts, its own key."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from meshtui.cli.profile import load_profile
from meshtui.networks.base import KeyMaterial
from meshtui.runtime.own_keys import own_keys
from meshtui.runtime.packet_reader import fitting_only

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from meshtui.cli.output import Output
    from meshtui.model.message import Channel
    from meshtui.model.node import Node

_MAX_CONTACTS: Final = 2_000


def profile_keys(args: argparse.Namespace, given: KeyMaterial, output: Output) -> KeyMaterial:
    """Add the profile's keys to those given; asks for the key file's password where it has one.

    Raises:
        ConfigError: A setting is wrong, or a password is needed and nobody can be asked.
        KeystoreError: The key file cannot be opened.
        StoreError: The database cannot be read.
    """
    from meshtui.cli.mesh import load_identity

    profile = load_profile(args, output=output)
    identities = given.identities
    if profile.paths.keys_file.exists():
        identities += own_keys(load_identity(profile))
    channels, contacts = list(given.channels), list(given.contacts)
    if profile.paths.database_file.exists():
        from meshtui.store.database import Database
        from meshtui.store.reader import StoreReader

        database = Database.open(profile.paths.database_file, read_only=True)
        try:
            reader = StoreReader(database)
            stored = KeyMaterial(
                tuple((each.name, each.secret) for each in _joined(reader.channels())),
                (),
                tuple(_known(node for node, _ in reader.nodes())),
            )
        finally:
            database.close()
        # what is stored was judged by its own network once; what fits none is no reason to stop
        stored = fitting_only(stored)
        channels += stored.channels
        contacts += stored.contacts
    return KeyMaterial(tuple(channels), identities, tuple(contacts))


def _joined(channels: Iterable[Channel]) -> Iterator[Channel]:
    return (channel for channel in channels if channel.is_joined)


def _known(nodes: Iterable[Node]) -> Iterator[tuple[str, bytes]]:
    with_key = (node for node in nodes if node.public_key)
    for node in itertools.islice(with_key, _MAX_CONTACTS):
        yield node.name, bytes.fromhex(node.public_key)
