"""The JSON mesh as a network: opens sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.crypto.secp256k1 import public_key_of
from meshtui.model.link import LinkKind
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.seal import Sealer
from meshtui.networks.jsonmesh.session import JsonmeshSession
from meshtui.networks.jsonmesh.settings import read_settings
from meshtui.networks.jsonmesh.station import NETWORK, Station

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
        Session,
    )


class JsonmeshNetwork:
    """JSON over secp256k1 and AES-GCM."""

    name = NETWORK

    def probe(self, kind: LinkKind) -> None:
        """What a gateway is sent goes on the air, so it is only listened to."""

    def prepare(self) -> None:
        """Learn the model that short texts are packed by: some 30 ms, ten times that on a Pi."""
        from meshtui.networks.jsonmesh.packing import pack_text

        pack_text("a", "")

    def paces(self, kind: LinkKind) -> bool:
        """Gateways pass on what they are given at once, so every radio is ours to pace."""
        return kind is not LinkKind.BROKER

    def open_session(
        self,
        identity: Identity,
        options: Mapping[str, object],
        restored: Restored,
        digests: DigestMemory,
        entropy: Callable[[int], bytes],
    ) -> Session:
        """Derive our key and start; options are those of `settings.Settings`."""
        private_key = derive_key(identity)
        public_key = public_key_of(private_key)
        node_id = node_id_of(public_key)
        sealer = Sealer(private_key, public_key, node_id)
        station = Station(node_id, public_key, sealer, read_settings(options), digests, entropy)
        return JsonmeshSession(station, restored)

    def open_observer(self) -> Observer | None:
        """Nobody collects what this network's radios hear: its brokers have it anyway."""
        return None

    def open_dissector(self, keys: KeyMaterial) -> Dissector:
        """Check the keys and start."""
        from meshtui.networks.jsonmesh.dissector import JsonmeshDissector

        return JsonmeshDissector(keys)


JSONMESH: Network = JsonmeshNetwork()
