"""What happens to the hub, in one bounded queue.

Links wait while it is full: a flood is left with its broker, not in our memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from meshtui.model.packet import Frame, Refused, Transmitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.command import Command
    from meshtui.model.ids import LinkId
    from meshtui.model.link import LinkInfo


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A link is up."""

    link: LinkInfo


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """A link is gone; nothing of it follows until it is up again."""

    link_id: LinkId


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A front end's command; `reply` is set once what it caused is on disk."""

    command: Command
    reply: asyncio.Future[None]


@dataclass(frozen=True, slots=True, eq=False)
class Farewell:
    """The end: last words of all sessions."""

    reply: asyncio.Future[None]


Input: TypeAlias = Frame | Transmitted | Refused | LinkOpened | LinkClosed | Asked | Farewell


class Inbox:
    """A queue of inputs; `ready` is set while there are any."""

    def __init__(self, limit: int = 2_000) -> None:
        """Let `put` wait from `limit` inputs on."""
        self.ready = asyncio.Event()
        self._limit = limit
        self._inputs: deque[Input] = deque()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._inputs)

    async def put(self, inputs: Sequence[Input]) -> None:
        """Add inputs in one piece; waits while the queue is full."""
        while len(self._inputs) >= self._limit:
            self._has_room.clear()
            await self._has_room.wait()
        self.put_now(inputs)

    def put_now(self, inputs: Sequence[Input]) -> None:
        """Add inputs of the hub's own, of which there are few, whatever the queue holds."""
        self._inputs.extend(inputs)
        if self._inputs:
            self.ready.set()

    def refuse_commands(self, error: Exception) -> None:
        """Answer commands that wait with an error; who takes one out finds its reply done."""
        for each in self._inputs:
            if isinstance(each, Asked) and not each.reply.done():
                each.reply.set_exception(error)

    def pop(self) -> Input:
        """Take the oldest; there must be one."""
        oldest = self._inputs.popleft()
        if not self._inputs:
            self.ready.clear()
        if len(self._inputs) < self._limit:
            self._has_room.set()
        return oldest
