"""The arriving half of a link: a queue of what came, until the link has ended."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from meshtui.errors import LinkLostError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from meshtui.transports.base import Arrival


class Arriving:
    """What links inherit. They append to `_arrivals`, set `_ready`, and say how they ended."""

    def __init__(self) -> None:
        """Begin with nothing arrived."""
        self._arrivals: deque[Arrival] = deque()
        self._ready = asyncio.Event()
        self._is_closed = False
        self._lost = ""  # why the link is gone

    async def arrivals(self) -> AsyncIterator[Sequence[Arrival]]:
        """What has arrived, in order, as many at once as there are.

        Raises:
            LinkLostError: The link is gone, and all that arrived before was handed out.
        """
        while True:
            await self._ready.wait()
            if self._arrivals:
                yield self._take_all()
            elif self._is_closed:
                return
            elif self._lost:
                raise LinkLostError(self._lost)
            else:
                self._ready.clear()

    def _take_all(self) -> Sequence[Arrival]:
        batch = list(self._arrivals)
        self._arrivals.clear()
        self._taken()
        return batch

    def _taken(self) -> None:
        """Everything that had arrived is handed out: there is room again."""
