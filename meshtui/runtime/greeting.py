"""Greets what is at the other end of a link that was just opened, where its network allows that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import LinkLostError
from meshtui.model.packet import Frame, Transmit
from meshtui.model.text import clean_line
from meshtui.networks.registry import load_network
from meshtui.transports.registry import load_transport

if TYPE_CHECKING:
    from meshtui.networks.base import Finding, Probe
    from meshtui.transports.base import Link, LinkSpec

GREET_S = 4.0
LISTEN_S = 3.0
MAX_HEARD_BYTES: Final = 4_096
MAX_READS: Final = 1_000
MAX_ANSWER_CHARS: Final = 120
_PACKETS: Final = (b"RSSI:", b"{", b"MCHK|", b"MREQ|", b"\xca", b"\xcb")


def probe_for(spec: LinkSpec) -> Probe | None:
    """Say how to greet the radio a link leads to; None = it must only be listened to."""
    if not spec.network:
        return None
    return load_network(spec.network).probe(load_transport(spec.scheme).kind)


@dataclass(frozen=True, slots=True)
class Greeted:
    """A radio that answered; all fit to be shown.

    Attributes:
        findings: What else its answer tells.
    """

    said: str
    findings: tuple[Finding, ...]


async def greet(link: Link, probe: Probe) -> Greeted | None:
    """Say which radio answered; None = none did within four seconds.

    Raises:
        LinkLostError: The link is gone.
    """
    for payload in probe.hello:
        await link.send(Transmit(link.link_id, payload))
    reads: list[bytes] = []
    now_s = 0
    try:
        async with asyncio.timeout(GREET_S):
            async for arrivals in link.arrivals():
                frames = [item for item in arrivals if isinstance(item, Frame)]
                reads += [frame.payload for frame in frames]
                now_s = frames[-1].received_at.unix_ms // 1000 if frames else now_s
                said = probe.recognise(reads)
                if said:
                    found = [_cleaned(each) for each in probe.examine(reads, now_s)]
                    return Greeted(clean_line(said, MAX_ANSWER_CHARS), tuple(found))
                if len(reads) > MAX_READS:
                    return None
    except TimeoutError:
        return None
    msg = "the link was closed"
    raise LinkLostError(msg)


async def hears_packet(link: Link) -> bool:
    """Listen for some seconds, sending nothing; tells whether a packet of a line gateway came.

    Raises:
        LinkLostError: The link is gone.
    """
    heard = bytearray()
    try:
        async with asyncio.timeout(LISTEN_S):
            async for arrivals in link.arrivals():
                heard += b"".join(item.payload for item in arrivals if isinstance(item, Frame))
                if has_packet(heard):
                    return True
                if len(heard) > MAX_HEARD_BYTES:
                    return False
    except TimeoutError:
        return False
    msg = "the link was closed"
    raise LinkLostError(msg)


def has_packet(heard: bytes | bytearray) -> bool:
    """Tell whether one of the whole lines looks like a packet; the first may lack its beginning."""
    return any(line.startswith(_PACKETS) for line in bytes(heard).split(b"\n")[:-1])


def _cleaned(finding: Finding) -> Finding:
    return replace(finding, detail=clean_line(finding.detail, MAX_ANSWER_CHARS))
