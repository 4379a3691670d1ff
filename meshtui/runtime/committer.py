"""Carries a slice out: disk first, then screen, links and brokers."""

from __future__ import annotations

import asyncio
import logging
from itertools import groupby
from typing import TYPE_CHECKING

from meshtui.errors import NotKeptYetError, StoreError
from meshtui.model.event import StoreFailed
from meshtui.model.packet import Subscribe, Transmit, Unsubscribe
from meshtui.runtime.bugs import log_bug

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from meshtui.model.event import Event
    from meshtui.model.ids import LinkId
    from meshtui.runtime.bus import Bus
    from meshtui.runtime.clock import Clock
    from meshtui.runtime.inbox import Inbox
    from meshtui.runtime.keeping import Writer
    from meshtui.runtime.link_runner import LinkRunner
    from meshtui.runtime.outbox import Outgoing
    from meshtui.runtime.slices import Slice

FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 10.0

_log = logging.getLogger(__name__)


class Committer:
    """The only caller of the store's writer.

    While the store fails, the slice is kept and tried again; nothing of it is shown, sent or
    confirmed, and nothing later overtakes it. Whoever asked for something in it is told so, and
    whoever asked for something later is refused, so that nothing is asked for twice.
    """

    def __init__(
        self,
        writer: Writer,
        pool: Executor,
        bus: Bus,
        runners: Mapping[LinkId, LinkRunner],
        inbox: Inbox,
        clock: Clock,
    ) -> None:
        """Carry out nothing yet."""
        self._writer = writer
        self._pool = pool
        self._bus = bus
        self._runners = runners
        self._inbox = inbox
        self._clock = clock
        self._failure: StoreError | None = None
        self._giving_up = asyncio.Event()

    @property
    def failure(self) -> StoreError | None:
        """Why the store does not write at the moment; None = it does."""
        return self._failure

    def give_up_on_failure(self) -> None:
        """The end is near: from now on a failing slice is tried once and let go."""
        self._giving_up.set()

    async def commit(self, todo: Slice) -> None:
        """Carry a slice out."""
        events: list[Event] = []
        outgoing: list[Outgoing] = []
        for output in todo.outputs:
            if isinstance(output, Transmit | Subscribe | Unsubscribe):
                outgoing.append(output)
            else:
                events.append(output)
        stored = await self._keep(events, todo) if events else events
        if stored is None:
            return
        self._bus.publish(stored)
        self._hand_out(outgoing)
        self._settle(todo)
        for reply in todo.replies:
            if not reply.done():
                reply.set_result(None)
        await asyncio.sleep(0)

    async def _keep(self, events: Sequence[Event], todo: Slice) -> Sequence[Event] | None:
        """Put events on disk, however long it takes; None = given up at the end."""
        loop = asyncio.get_running_loop()
        delay_s = FIRST_RETRY_S
        while True:
            try:
                stored = await loop.run_in_executor(self._pool, self._apply, events)
            except StoreError as error:
                self._fail(error, todo)
            else:
                self._failure = None
                return stored
            if self._giving_up.is_set():
                return None
            await self._clock.wait(self._giving_up, self._clock.now().mono_s + delay_s)
            delay_s = min(delay_s * 2, LONGEST_RETRY_S)

    def _apply(self, events: Sequence[Event]) -> Sequence[Event]:
        """Write a batch, in the worker thread; an event that breaks the writer is left out."""
        try:
            return self._writer.apply(events)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one hostile event must not stop all others
            log_bug(_log, "writing a batch", error)
        kept: list[Event] = []
        for event in events:
            try:
                kept += self._writer.apply([event])
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - it is left out, the others are kept
                log_bug(_log, f"writing {type(event).__name__}", error)
        return kept

    def _fail(self, error: StoreError, todo: Slice) -> None:
        if self._failure is None or str(self._failure) != str(error):
            self._bus.publish([StoreFailed(str(error), self._clock.now())])
            _log.error("the store does not write: %s", error)
        self._failure = error
        for reply in todo.replies:
            if not reply.done():
                reply.set_exception(NotKeptYetError(str(error)))
        self._inbox.refuse_commands(error)

    def _hand_out(self, outgoing: Sequence[Outgoing]) -> None:
        refusals = [
            refused
            for item in outgoing
            if (refused := self._runners[item.link_id].offer(item)) is not None
        ]
        self._inbox.put_now(refusals)

    def _settle(self, todo: Slice) -> None:
        for link_id, frames in groupby(todo.frames, key=lambda frame: frame.link_id):
            self._runners[link_id].settle(list(frames))
