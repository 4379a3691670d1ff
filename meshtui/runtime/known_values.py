"""What the networks say that a filter's values can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.packet import Verdict
from meshtui.networks.registry import NETWORKS, known_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence


def known_values(field_name: str) -> Sequence[str]:
    """See `runtime.api.MeshApi.known_values`."""
    if field_name == "net":
        return tuple(NETWORKS)
    if field_name == "type":
        return tuple(kind for name in NETWORKS for kind in known_kinds(name))
    if field_name == "verdict":
        return tuple(verdict.value for verdict in Verdict)
    return ()
