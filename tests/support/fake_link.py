"""A link and a transport that do what a test says."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from meshtui.errors import LinkLostError, TransportError
from meshtui.model.ids import Instant, LinkId, NetworkName
from meshtui.model.link import LinkInfo, LinkKind
from meshtui.model.packet import Frame, Subscribe, Transmit, Transmitted, Unsubscribe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import Arrival, LinkSpec

FAKENET = NetworkName("fakenet")


def fake_info(name: str = "fake") -> LinkInfo:
    return LinkInfo(LinkId(name), FAKENET, LinkKind.DATAGRAM, name, f"fakenet+fake://{name}")


class FakeLink:
    """Keeps what is sent; delivers what a test says."""

    remark = ""

    def __init__(self, link_id: LinkId, now: Callable[[], Instant], *, is_prompt: bool) -> None:
        self.link_id = link_id
        self.sent: list[Transmit] = []
        self.subscribed: list[Subscribe | Unsubscribe] = []
        self.settled: list[int] = []
        self.is_closed = False
        self.may_send = asyncio.Event()
        self.may_send.set()
        self._now = now
        self._is_prompt = is_prompt
        self._arrivals: deque[Arrival] = deque()
        self._ready = asyncio.Event()
        self._lost = ""
        self._receipt = 0

    def deliver(self, *payloads: bytes, endpoint: str = "") -> None:
        for payload in payloads:
            self._receipt += 1
            self.push(
                Frame(self.link_id, payload, self._now(), endpoint=endpoint, receipt=self._receipt)
            )

    def confirm(self, transmit: Transmit) -> None:
        self.push(Transmitted(transmit, self._now()))

    def push(self, arrival: Arrival) -> None:
        self._arrivals.append(arrival)
        self._ready.set()

    def lose(self, reason: str = "pulled") -> None:
        self._lost = reason
        self._ready.set()

    async def arrivals(self) -> AsyncIterator[Sequence[Arrival]]:
        while True:
            await self._ready.wait()
            if self._arrivals:
                batch = list(self._arrivals)
                self._arrivals.clear()
                yield batch
            elif self._lost:
                raise LinkLostError(self._lost)
            elif self.is_closed:
                return
            else:
                self._ready.clear()

    async def send(self, transmit: Transmit) -> None:
        await self.may_send.wait()
        if self._lost or self.is_closed:
            raise LinkLostError(self._lost or "closed")
        self.sent.append(transmit)
        if self._is_prompt:
            self.confirm(transmit)

    async def subscribe(self, request: Subscribe | Unsubscribe) -> None:
        self.subscribed.append(request)

    def settle(self, frames: Sequence[Frame]) -> None:
        self.settled += [frame.receipt for frame in frames]

    async def aclose(self) -> None:
        self.is_closed = True
        self._ready.set()


class FakeTransport:
    """Opens `FakeLink`s, or fails with what `failures` holds, first come first served."""

    schemes = ("fake",)
    kind = LinkKind.DATAGRAM
    options = ()

    def check(self, spec: LinkSpec) -> None:
        pass

    def __init__(self, *failures: TransportError, is_prompt: bool = True) -> None:
        self.failures = deque(failures)
        self.links: list[FakeLink] = []
        self.setups: list[LinkSetup] = []
        self.may_open = asyncio.Event()
        self.may_open.set()
        self._is_prompt = is_prompt

    @property
    def link(self) -> FakeLink:
        """The link opened last."""
        return self.links[-1]

    async def open(self, spec: LinkSpec, setup: LinkSetup, now: Callable[[], Instant]) -> FakeLink:
        self.setups.append(setup)
        await self.may_open.wait()
        if self.failures:
            raise self.failures.popleft()
        self.links.append(FakeLink(spec.link_id, now, is_prompt=self._is_prompt))
        return self.links[-1]
