"""The private keys that follow from an identity, one a network, for reading recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.secret import SecretBytes

if TYPE_CHECKING:
    from meshtui.crypto.keys import Identity

LABEL = "me"


def own_keys(identity: Identity) -> tuple[tuple[str, SecretBytes], ...]:
    """Derive them, as `KeyMaterial.identities` wants them."""
    from meshtui.networks.jsonmesh.identity import derive_key
    from meshtui.networks.meshcore.identity import key_of

    return (
        (LABEL, key_of(identity).private),
        (LABEL, SecretBytes(derive_key(identity).reveal)),
    )
