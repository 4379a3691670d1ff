"""Starts our side of MeshCore: our key, what was known before, a port for each link."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from meshtui.errors import ConfigError, CryptoError, DecodeError
from meshtui.model.link import LinkKind
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.companion.verbs import VERBS
from meshtui.networks.meshcore.identity import key_of, parse_node_id, parse_private_key
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.listener import AirListener
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.session import MeshcoreSession
from meshtui.networks.meshcore.settings import read_settings
from meshtui.networks.meshcore.station import Station

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.crypto.keys import Identity
    from meshtui.model.ids import NodeId
    from meshtui.model.link import LinkInfo
    from meshtui.model.restored import Restored
    from meshtui.networks.base import DigestMemory, Session
    from meshtui.networks.meshcore.port import Port


def open_meshcore_session(
    identity: Identity,
    options: Mapping[str, object],
    restored: Restored,
    digests: DigestMemory,
    entropy: Callable[[int], bytes],
) -> Session:
    """Derive our key, or take the one given, and start.

    Raises:
        ConfigError: The key in `options` is none.
    """
    key = _own_key(identity, options)
    keyring = Keyring()
    keyring.add_own("us", key)
    nodes = NodeBook(restored.nodes, restored.contacts)
    # the last added stay where there are too many: those heard last, and whom we write with
    known = [node.node_id for node in reversed(restored.nodes)]
    for node_id in (*known, *restored.contacts):
        with contextlib.suppress(DecodeError):  # of one that is known by its first digits only
            keyring.add_contact(parse_node_id(node_id))
    for node_id in (*_of_radios(restored), *restored.contacts):
        with contextlib.suppress(DecodeError):
            keyring.prefer(parse_node_id(node_id))
    station = Station(key, read_settings(options), keyring, nodes, digests, entropy)
    for node_id in restored.friends:
        station.befriend(node_id)
    listener = AirListener(station)

    def make_port(link: LinkInfo) -> Port:
        # only what a link needs is loaded
        if link.kind is LinkKind.MODEM:
            from meshtui.networks.meshcore.modem_port import ModemPort

            spent = restored.airtime.get(link.link_id, ())
            return ModemPort(link.link_id, station, listener, spent)
        if link.kind is LinkKind.DATAGRAM:
            from meshtui.networks.meshcore.listening_port import ListeningPort

            return ListeningPort(link.link_id, station, listener)
        from meshtui.networks.meshcore.companion.port import CompanionPort

        return CompanionPort(link.link_id, station, listener)

    return MeshcoreSession(station, listener, restored, make_port, VERBS)


def _of_radios(restored: Restored) -> Iterator[NodeId]:
    """Name who stands in the contact table of a radio of ours."""
    return (node.node_id for node in restored.nodes if node.is_contact)


def _own_key(identity: Identity, options: Mapping[str, object]) -> KeyPair:
    given = options.get("private_key")
    if not isinstance(given, SecretBytes):
        return key_of(identity)
    try:
        return parse_private_key(given.reveal.decode("ascii", "replace"))
    except CryptoError as error:
        msg = f"meshcore.private_key_file: {error.detail}"
        raise ConfigError(msg) from None
