"""Greets what is at the other end of a link that was just opened, where its network allows that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from meshtui.errors import LinkLostError
from meshtui.model.packet import Frame, Transmit
from meshtui.model.text import clean_line
from meshtui.networks.registry import load_network
from meshtui.transports.registry import load_transport

if TYPE_CHECKING:
    from meshtui.networks.base import Probe
    from meshtui.transports.base import Link, LinkSpec

GREET_S = 4.0
MAX_READS: Final = 1_000
MAX_ANSWER_CHARS: Final = 120


def probe_for(spec: LinkSpec) -> Probe | None:
    """Say how to greet the radio a link leads to; None = it must only be listened to."""
    if not spec.network:
        return None
    return load_network(spec.network).probe(load_transport(spec.scheme).kind)


async def greet(link: Link, probe: Probe) -> str:
    """Say which radio answered, fit to be shown; empty = none did within four seconds.

    Raises:
        LinkLostError: The link is gone.
    """
    for payload in probe.hello:
        await link.send(Transmit(link.link_id, payload))
    reads: list[bytes] = []
    try:
        async with asyncio.timeout(GREET_S):
            async for arrivals in link.arrivals():
                reads += [item.payload for item in arrivals if isinstance(item, Frame)]
                said = probe.recognise(reads)
                if said:
                    return clean_line(said, MAX_ANSWER_CHARS)
                if len(reads) > MAX_READS:
                    return ""
    except TimeoutError:
        return ""
    msg = "the link was closed"
    raise LinkLostError(msg)
