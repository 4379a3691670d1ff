"""Two joined links in one process: what goes in at one end comes out at the other.

Opening `loopback://NAME` twice joins the two; each end is a datagram link without loss. For tests
and demonstrations.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meshtui.errors import LinkLostError, TransportError
from meshtui.model.link import LinkKind
from meshtui.model.packet import Frame, Transmitted
from meshtui.transports.arriving import Arriving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.link import LinkSetup
    from meshtui.model.packet import Subscribe, Transmit, Unsubscribe
    from meshtui.transports.base import Arrival, Link, LinkSpec, OptionSpec

MAX_QUEUED = 1_000


class LoopbackLink(Arriving):
    """One end of a pair."""

    def __init__(self, link_id: LinkId, now: Callable[[], Instant]) -> None:
        """Begin alone; frames sent before the other end opens are lost, as on the air."""
        super().__init__()
        self._link_id = link_id
        self._now = now
        self._peer: LoopbackLink | None = None
        self.has_room = asyncio.Event()
        self.has_room.set()

    @property
    def link_id(self) -> LinkId:
        """As in its `LinkSpec`."""
        return self._link_id

    @property
    def remark(self) -> str:
        """Nothing is odd about it."""
        return ""

    @property
    def is_open(self) -> bool:
        """Neither closed nor lost."""
        return not (self._is_closed or self._lost)

    def join(self, peer: LoopbackLink) -> None:
        """Become the other end of `peer`."""
        self._peer, peer._peer = peer, self

    def lose(self, reason: str) -> None:
        """End without a word, as a cable does that is pulled."""
        self._lost = reason
        self._wake()

    async def send(self, transmit: Transmit) -> None:
        """Put a frame into the other end's queue; waits while that is full.

        Raises:
            LinkLostError: This end or the other is gone.
        """
        peer = self._peer
        if peer is not None:
            while self.is_open and peer.is_open and not peer.has_room.is_set():
                await peer.has_room.wait()
        if not self.is_open:
            raise LinkLostError(self._lost or "closed")
        if peer is not None and peer.is_open:
            frame = Frame(peer.link_id, transmit.payload, self._now(), endpoint=transmit.endpoint)
            peer.push(frame)
        self.push(Transmitted(transmit, self._now()))

    async def subscribe(self, request: Subscribe | Unsubscribe) -> None:
        """Do nothing: everything is delivered."""

    def settle(self, frames: Sequence[Frame]) -> None:
        """Do nothing: nothing is delivered twice."""

    async def aclose(self) -> None:
        """End; the other end hears it."""
        self._is_closed = True
        self._wake()
        if self._peer is not None and self._peer.is_open:
            self._peer.lose("the other end has closed")

    def _taken(self) -> None:
        self.has_room.set()

    def push(self, arrival: Arrival) -> None:
        """Queue what has arrived."""
        self._arrivals.append(arrival)
        if len(self._arrivals) >= MAX_QUEUED:
            self.has_room.clear()
        self._ready.set()

    def _wake(self) -> None:
        self._ready.set()
        self.has_room.set()


@dataclass(frozen=True, slots=True)
class LoopbackTransport:
    """Joins the links that open the same name."""

    schemes: tuple[str, ...] = ("loopback",)
    kind: LinkKind = LinkKind.DATAGRAM
    options: tuple[OptionSpec, ...] = ()
    waiting: dict[str, LoopbackLink] = field(default_factory=dict)

    def check(self, spec: LinkSpec) -> None:
        """Refuse what names nothing."""
        if not spec.host:
            msg = "loopback://NAME: the name is missing"
            raise TransportError(msg, is_final=True)

    async def open(
        self,
        spec: LinkSpec,
        setup: LinkSetup,  # noqa: ARG002 - nobody is there to be told
        now: Callable[[], Instant],
    ) -> Link:
        """Open one end; the second to open a name joins the first.

        Raises:
            TransportError: The URL names nothing.
        """
        self.check(spec)
        link = LoopbackLink(spec.link_id, now)
        peer = self.waiting.pop(spec.host, None)
        if peer is not None and peer.is_open:
            link.join(peer)
        else:
            self.waiting[spec.host] = link
        return link


LOOPBACK = LoopbackTransport()
