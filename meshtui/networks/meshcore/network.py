"""MeshCore as a network: opens sessions, reads recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import ConfigError
from meshtui.model.ids import NetworkName
from meshtui.model.link import LinkKind
from meshtui.networks.meshcore.dissector import MeshcoreDissector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meshtui.crypto.keys import Identity
    from meshtui.model.restored import Restored
    from meshtui.networks.base import (
        DigestMemory,
        Dissector,
        KeyMaterial,
        Network,
        Observer,
        Probe,
        Session,
    )


class MeshcoreNetwork:
    """Binary packets over LoRa: Ed25519, X25519, AES-128."""

    name = NetworkName("meshcore")

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
        from meshtui.networks.meshcore.probe import probe_of

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
        """Derive our key, or take the one given, and start; loads what no recording needs.

        Args:
            options: Those of `settings.Settings`, and `private_key`: a key in hex to be used
                instead of the derived one.

        Raises:
            ConfigError: That key is none.
        """
        from meshtui.networks.meshcore.opening import open_meshcore_session

        return open_meshcore_session(identity, options, restored, digests, entropy)

    def open_observer(self) -> Observer | None:
        """Observers publish to analyzers over MQTT; loads what only they need."""
        from meshtui.networks.meshcore.observing.observer import MeshcoreObserver

        return MeshcoreObserver()

    def open_dissector(self, keys: KeyMaterial) -> Dissector:
        """Check the keys and start."""
        return MeshcoreDissector(keys)


MESHCORE: Network = MeshcoreNetwork()
