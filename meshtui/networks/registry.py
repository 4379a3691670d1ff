"""Networks by name; one line for a new one. Loaded when first asked for.

What a network calls its packets stands in a file `kinds.py` beside it, which loads nothing large.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.networks.base import Network

NETWORKS = {
    "jsonmesh": "meshtui.networks.jsonmesh.network:JSONMESH",
    "meshcore": "meshtui.networks.meshcore.network:MESHCORE",
}


def load_network(name: str) -> Network:
    """Return the network called `name`.

    Raises:
        ConfigError: There is none of that name.
    """
    try:
        module, _, attribute = NETWORKS[name].partition(":")
    except KeyError:
        msg = f"unknown network {name!r}; one of {', '.join(NETWORKS)}"
        raise ConfigError(msg) from None
    return cast("Network", getattr(import_module(module), attribute))


def known_kinds(name: str) -> Sequence[str]:
    """Return what packets of the network called `name` may be called; others may yet come."""
    folder = NETWORKS[name].rpartition(".")[0]
    return cast("Sequence[str]", import_module(f"{folder}.kinds").KINDS)
