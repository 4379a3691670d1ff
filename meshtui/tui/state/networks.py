"""What networks are called, in full and where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.model.link import LinkKind
from meshtui.model.text import clean
from meshtui.model.verb import VerbTarget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.ids import NetworkName
    from meshtui.model.link import LinkInfo
    from meshtui.model.verb import Verb

TITLES: Final = {"jsonmesh": "JSON mesh", "meshcore": "MeshCore", "meshtastic": "Meshtastic"}
_RENAME: Final = "set-name"
_SHORT: Final = {"jsonmesh": "json", "meshcore": "mc", "meshtastic": "mt"}


def network_title(network: NetworkName) -> str:
    """`MeshCore`; an unknown network by its own name, cleaned."""
    return TITLES.get(network, clean(str(network), limit=20))


def network_short(network: NetworkName) -> str:
    """`mc`, for a narrow column."""
    return _SHORT.get(network, clean(str(network), limit=6))


def named_network(word: str, known: Iterable[NetworkName]) -> NetworkName | None:
    """The network a person means by its name, title or short form; None where none of `known`."""
    wanted = word.casefold()
    for network in known:
        words = (str(network), network_title(network).replace(" ", ""), network_short(network))
        if wanted in {each.casefold() for each in words}:
            return network
    return None


def takes_our_name(network: NetworkName, links: Iterable[LinkInfo], verbs: Iterable[Verb]) -> bool:
    """Tell whether we are a node there by the name of our settings.

    A companion radio is the node itself: its name is its own, and a verb changes it.
    """
    if not any((verb.name, verb.target) == (_RENAME, VerbTarget.RADIO) for verb in verbs):
        return True
    return any(link.network == network and link.kind is LinkKind.MODEM for link in links)
