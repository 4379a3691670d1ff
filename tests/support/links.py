"""Opening links in tests, and reading them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from meshtui.errors import LinkLostError
from meshtui.model.link import LinkSetup
from meshtui.model.packet import Frame, Refused, Subscribe, Transmit, Transmitted
from meshtui.runtime.clock import SystemClock
from meshtui.transports.registry import load_transport
from meshtui.transports.url import parse_link_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from meshtui.transports.base import Link


class OpenLink:
    """A link being read: what arrived is in lists."""

    def __init__(self, link: Link, *, settles: bool) -> None:
        self.link = link
        self.frames: list[Frame] = []
        self.transmitted: list[Transmit] = []
        self.refused: list[Refused] = []
        self.lost: str | None = None
        self.is_ended = False
        self._settles = settles

    @property
    def payloads(self) -> list[bytes]:
        return [frame.payload for frame in self.frames]

    async def read(self) -> None:
        try:
            async for batch in self.link.arrivals():
                frames = [item for item in batch if isinstance(item, Frame)]
                self.frames += frames
                self.transmitted += [i.transmit for i in batch if isinstance(i, Transmitted)]
                self.refused += [item for item in batch if isinstance(item, Refused)]
                if self._settles:
                    self.link.settle(frames)
        except LinkLostError as error:
            self.lost = str(error)
        self.is_ended = True

    async def send(self, payload: bytes, endpoint: str = "", **how) -> None:
        how.setdefault("is_confirmed", True)
        await self.link.send(Transmit(self.link.link_id, payload, endpoint, **how))


async def open_link(
    url: str, *topics: str, client_id: str = "", will: Transmit | None = None
) -> Link:
    _, spec = parse_link_url(url)
    setup = LinkSetup(client_id, will, tuple(Subscribe(spec.link_id, topic) for topic in topics))
    return await load_transport(spec.scheme).open(spec, setup, SystemClock().now)


@contextlib.asynccontextmanager
async def opened(
    url: str, *topics: str, client_id: str = "", will: Transmit | None = None, settles: bool = True
) -> AsyncIterator[OpenLink]:
    """A link that is read for the length of a block and then closed."""
    link = await open_link(url, *topics, client_id=client_id, will=will)
    reading = OpenLink(link, settles=settles)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(reading.read())
        try:
            yield reading
        finally:
            await link.aclose()
            task.cancel()
