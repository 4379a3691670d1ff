"""Reading recorded packets with keys that somebody named: no session, no link, no store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.registry import load_network

if TYPE_CHECKING:
    from meshtui.networks.base import Dissector, KeyMaterial


def open_dissector(network: str, keys: KeyMaterial) -> Dissector:
    """Return a reader of one network's packets.

    Raises:
        ConfigError: There is no such network, or a key is none of its keys.
    """
    return load_network(network).open_dissector(keys)
