"""Keeps one link open: opens it, reads it, writes it, and opens it again when it is lost.

It never gives up. Where trying again cannot help until the user changes something, it still
looks once a minute, and its link says why it is down.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import TYPE_CHECKING, Protocol

from meshtui.errors import LinkLostError, TransportError
from meshtui.mesh.backoff import Backoff
from meshtui.model.link import LinkKind, LinkState
from meshtui.model.packet import Refused, Transmit, Transmitted
from meshtui.runtime.bugs import log_bug
from meshtui.runtime.inbox import LinkClosed, LinkOpened
from meshtui.runtime.outbox import Outbox
from meshtui.runtime.suspects import Suspects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.model.link import LinkInfo, LinkSetup
    from meshtui.model.packet import Frame
    from meshtui.runtime.clock import Clock
    from meshtui.runtime.inbox import Input
    from meshtui.runtime.outbox import Outgoing
    from meshtui.transports.base import Arrival, Link, LinkSpec, Transport

OPEN_TIMEOUT_S = 20.0  # a transport promises 15
FLUSH_TIMEOUT_S = 2.0
FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 60.0
# A link that lived shorter than this did not prove itself: the back-off goes on growing.
STEADY_S = 10.0
# So many short lives in a row are no accident.
SHORT_LIVES = 3
_HINT = "is this identity in use elsewhere?"
_HINTS = {
    LinkKind.STREAM: "is a plug loose?",
    LinkKind.PIECES: "is it almost out of reach?",
    LinkKind.MODEM: "is a plug loose?",
}

_log = logging.getLogger(__name__)


class LinkPort(Protocol):
    """What a runner needs of the hub."""

    def setup(self, link: LinkInfo) -> LinkSetup:
        """Say what the link needs before it opens."""
        ...

    def report(self, link: LinkInfo) -> None:
        """Show where the link stands, at once."""
        ...

    async def put(self, inputs: Sequence[Input]) -> None:
        """Take what happened, in order; waits while there is too much."""
        ...


class LinkRunner:
    """One configured link, for as long as the hub lives."""

    def __init__(
        self,
        info: LinkInfo,
        spec: LinkSpec,
        transport: Transport,
        port: LinkPort,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        """Run nothing yet; `chance` returns a number from 0 up to 1."""
        self._info = info
        self._spec = spec
        self._transport = transport
        self._port = port
        self._clock = clock
        self._backoff = Backoff(chance, first_s=FIRST_RETRY_S, ceiling_s=LONGEST_RETRY_S)
        self._link: Link | None = None
        self._outbox = Outbox()
        self._suspects = Suspects(clock)
        self._is_sending = False
        self._progress = asyncio.Event()
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._opening: asyncio.Timeout | None = None
        self._short_lives = 0

    @property
    def info(self) -> LinkInfo:
        """The link as it stands."""
        return self._info

    def offer(self, item: Outgoing) -> Refused | None:
        """Take something to send, or say why not.

        While the link is down it is dropped without a word: the session hears `link_down`, and
        all that was not taken waits for `link_up`.
        """
        if self._link is None:
            return None
        if isinstance(item, Transmit) and (reason := self._suspects.verdict(item.endpoint)):
            return Refused(item, reason, self._clock.now())
        if self._outbox.offer(item):
            return None
        if isinstance(item, Transmit):
            return Refused(item, "too much is waiting for this link", self._clock.now())
        _log.error("%s: a subscription found no room", self._info.link_id)
        return None

    def settle(self, frames: Sequence[Frame]) -> None:
        """What these frames caused is on disk. Frames of an earlier connection are ignored."""
        if self._link is not None:
            self._link.settle(frames)

    async def run(self) -> None:
        """Keep the link open until `stop`."""
        while not self._stopping.is_set():
            retry_s = await self._live_once()
            if self._stopping.is_set():
                break
            until = self._clock.now()
            self._report(
                LinkState.DOWN,
                self._info.reason,
                retry_at_ms=until.unix_ms + round(retry_s * 1000),
            )
            await self._clock.wait(self._wake, until.mono_s + retry_s)
            self._wake.clear()
        self._report(LinkState.DOWN, "closed")

    def retry(self) -> None:
        """Try again now, where the link is down and waits for its next attempt."""
        if self._info.retry_at_ms:
            self._wake.set()

    async def stop(self) -> None:
        """Send what waits, for at most two seconds, and close the link."""
        self._stopping.set()
        self._wake.set()
        if self._opening is not None:
            self._opening.reschedule(asyncio.get_running_loop().time())
        link = self._link
        if link is None:
            return
        try:
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                while self._link is link and (self._outbox or self._is_sending):
                    self._progress.clear()
                    await self._progress.wait()
        except TimeoutError:
            _log.warning("%s: %d unsent at the end", self._info.link_id, len(self._outbox))
        await link.aclose()

    async def _live_once(self) -> float:
        """Open the link and serve it until it ends; returns when to try again, in seconds."""
        self._report(LinkState.CONNECTING, self._info.reason)
        try:
            link = await self._open()
        except TransportError as error:
            self._report(LinkState.DOWN, str(error))
            return LONGEST_RETRY_S if error.is_final else self._backoff.next_delay_s()
        began_s = self._clock.now().mono_s
        reason = await self._serve(link)
        if self._clock.now().mono_s - began_s >= STEADY_S:
            self._backoff.reset()
            self._short_lives = 0
        else:
            self._short_lives += 1
        if self._short_lives >= SHORT_LIVES:
            reason += f"; it does so again and again: {_HINTS.get(self._info.kind, _HINT)}"
        self._report(LinkState.DOWN, reason)
        return self._backoff.next_delay_s()

    async def _open(self) -> Link:
        setup = self._port.setup(self._info)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S) as self._opening:
                return await self._transport.open(self._spec, setup, self._clock.now)
        except TimeoutError:
            msg = f"no answer within {OPEN_TIMEOUT_S:.0f} s"
            raise TransportError(msg) from None
        except TransportError:
            raise
        except Exception as error:  # noqa: BLE001 - must not take the other links down with it
            log_bug(_log, f"opening {self._info.link_id}", error)
            msg = f"could not be opened ({type(error).__name__})"
            raise TransportError(msg) from None
        finally:
            self._opening = None

    async def _serve(self, link: Link) -> str:
        """Read and write until the link ends; returns why it did."""
        self._link = link
        self._report(LinkState.UP, link.remark)
        await self._port.put([LinkOpened(self._info)])
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(self._write(link))
            reason = await self._read(link)
            writer.cancel()
        self._link = None
        self._is_sending = False
        self._outbox.clear()
        self._suspects.connection_died()
        self._progress.set()
        self._report(LinkState.DOWN, reason)
        await link.aclose()
        await self._port.put([LinkClosed(self._info.link_id)])
        return reason

    async def _read(self, link: Link) -> str:
        try:
            async for arrivals in link.arrivals():
                self._note(arrivals)
                await self._port.put(arrivals)
                # a radio may have handed a private key out: it is not kept until the next comes
                del arrivals
                if link.remark != self._info.reason:
                    self._report(LinkState.UP, link.remark)
        except LinkLostError as error:
            return str(error)
        return "closed"

    def _note(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            if isinstance(arrival, Transmitted | Refused):
                self._suspects.confirmed(arrival.transmit)
                self._progress.set()

    async def _write(self, link: Link) -> None:
        try:
            while True:
                item = await self._outbox.take()
                self._is_sending = True
                if isinstance(item, Transmit):
                    await self._transmit(link, item)
                else:
                    await link.subscribe(item)
                self._is_sending = False
                self._progress.set()
        except LinkLostError:
            return  # the reader hears it too, after all that arrived before

    async def _transmit(self, link: Link, transmit: Transmit) -> None:
        """Send; what was on its way when the last connection died goes alone, to know it again."""
        is_suspect = self._suspects.is_suspect(transmit)
        if is_suspect:
            await self._suspects.all_confirmed()
        self._suspects.sent(transmit)
        await link.send(transmit)
        if is_suspect:
            await self._suspects.all_confirmed()

    def _report(self, state: LinkState, reason: str = "", retry_at_ms: int = 0) -> None:
        changed = dataclasses.replace(
            self._info, state=state, reason=reason, retry_at_ms=retry_at_ms
        )
        if changed != self._info:
            self._info = changed
            self._port.report(changed)
