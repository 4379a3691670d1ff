"""MeshCore as a network: opens sessions, reads recordings."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from meshtui.errors import ConfigError, CryptoError, DecodeError
from meshtui.model.link import LinkKind
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.companion.verbs import VERBS
from meshtui.networks.meshcore.dissector import MeshcoreDissector
from meshtui.networks.meshcore.identity import key_of, parse_node_id, parse_private_key
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.listener import AirListener
from meshtui.networks.meshcore.nodes import NodeBook
from meshtui.networks.meshcore.probe import probe_of
from meshtui.networks.meshcore.session import MeshcoreSession
from meshtui.networks.meshcore.settings import read_settings
from meshtui.networks.meshcore.station import NETWORK, Station

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.crypto.keys import Identity
    from meshtui.model.link import LinkInfo
    from meshtui.model.restored import Restored
    from meshtui.networks.base import DigestMemory, Dissector, KeyMaterial, Network, Probe, Session
    from meshtui.networks.meshcore.port import Port


class MeshcoreNetwork:
    """Binary packets over LoRa: Ed25519, X25519, AES-128."""

    name = NETWORK

    def paces(self, kind: LinkKind) -> bool:
        """A companion radio paces itself; a modem sends at once what it is given.

        Raises:
            ConfigError: This network does not go over such links.
        """
        if kind is LinkKind.BROKER:
            msg = "MeshCore does not go over brokers; write meshcore+serial, +tcp, +ble or +kiss"
            raise ConfigError(msg)
        return kind is LinkKind.MODEM

    def probe(self, kind: LinkKind) -> Probe | None:
        """A companion radio answers who it is."""
        return probe_of(kind)

    def prepare(self) -> None:
        """Nothing here takes long the first time."""

    def open_session(
        self,
        identity: Identity,
        options: Mapping[str, object],
        restored: Restored,
        digests: DigestMemory,
        entropy: Callable[[int], bytes],
    ) -> Session:
        """Derive our key, or take the one given, and start.

        Args:
            options: Those of `settings.Settings`, and `private_key`: a key in hex to be used
                instead of the derived one.

        Raises:
            ConfigError: That key is none.
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
        for node_id in restored.contacts:
            with contextlib.suppress(DecodeError):
                keyring.prefer(parse_node_id(node_id))
        station = Station(key, read_settings(options), keyring, nodes, digests, entropy)
        listener = AirListener(station)

        def make_port(link: LinkInfo) -> Port:
            # only what a link needs is loaded
            if link.kind is LinkKind.MODEM:
                from meshtui.networks.meshcore.modem_port import ModemPort

                spent = restored.airtime.get(link.link_id, ())
                return ModemPort(link.link_id, station, listener, spent)
            from meshtui.networks.meshcore.companion.port import CompanionPort

            return CompanionPort(link.link_id, station, listener)

        return MeshcoreSession(station, listener, restored, make_port, VERBS)

    def open_dissector(self, keys: KeyMaterial) -> Dissector:
        """Check the keys and start."""
        return MeshcoreDissector(keys)


MESHCORE: Network = MeshcoreNetwork()


def _own_key(identity: Identity, options: Mapping[str, object]) -> KeyPair:
    given = options.get("private_key")
    if not isinstance(given, SecretBytes):
        return key_of(identity)
    try:
        return parse_private_key(given.reveal.decode("ascii", "replace"))
    except CryptoError as error:
        msg = f"meshcore.private_key_file: {error.detail}"
        raise ConfigError(msg) from None
