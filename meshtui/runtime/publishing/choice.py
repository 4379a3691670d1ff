"""Which of our radios the packet capture service listens to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import LinkId, NetworkName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.model.link import LinkInfo
    from meshtui.networks.base import Observer


def choose_radio(
    wanted: str,
    links: Iterable[LinkInfo],
    observer_of: Callable[[NetworkName], Observer | None],
) -> tuple[NetworkName, LinkId, Observer | None]:
    """Find the radio to listen to.

    Args:
        wanted: Its link id; empty = the first whose network has observers.

    Returns:
        Its network, its link and how what it hears is published; None = there is none.
    """
    for link in links:
        if wanted and link.link_id != wanted:
            continue
        observer = observer_of(link.network)
        if observer is not None:
            return link.network, link.link_id, observer
    return NetworkName(""), LinkId(wanted), None
