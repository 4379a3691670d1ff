"""A link over a stream of bytes: what a serial port and a TCP connection have in common.

asyncio's transport does the moving; this keeps what arrived until it is taken, and reports what
has left. Nothing here knows a line: pieces end where reading ended.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from meshtui.errors import LinkLostError
from meshtui.model.packet import Frame, Transmitted
from meshtui.transports.arriving import Arriving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.packet import Subscribe, Transmit, Unsubscribe

# What one read brings is taken in one turn of the loop: of the smallest frames there are hundreds
# in this many, and each costs up to 50 us.
MAX_FRAME_BYTES: Final = 512
# Unread arrivals; past either, nothing is read until they are taken.
MAX_UNREAD_BYTES: Final = 64 * 1024
MAX_UNREAD: Final = 1_000
CLOSE_TIMEOUT_S: Final = 2.0


class StreamLink(Arriving, asyncio.Protocol):
    """One open stream, both the link and the protocol of its asyncio transport.

    It is a link from the moment `connection_made` was called.
    """

    def __init__(
        self,
        link_id: LinkId,
        now: Callable[[], Instant],
        lost_words: Callable[[Exception | None], str],
        remark: str = "",
    ) -> None:
        """Begin without a connection.

        Args:
            lost_words: Says for a person why the stream ended; None = the far end closed it.
        """
        super().__init__()
        self._link_id = link_id
        self._now = now
        self._lost_words = lost_words
        self._remark = remark
        self._transport: asyncio.Transport | None = None
        self._unread_bytes = 0
        self._on_way: Transmit | None = None
        self._changed = asyncio.Event()
        self._is_paused = False
        self._is_gone = False

    @property
    def link_id(self) -> LinkId:
        """As in its `LinkSpec`."""
        return self._link_id

    @property
    def remark(self) -> str:
        """Something odd the user should know, or empty."""
        return self._remark

    async def send(self, transmit: Transmit) -> None:
        """Hand bytes to the system; waits while it has not taken those before.

        Raises:
            LinkLostError: The link is gone.
        """
        await self._until(lambda: self._on_way is None and len(self._arrivals) < MAX_UNREAD)
        if self._transport is None or self._is_closed or self._lost:
            raise LinkLostError(self._lost or "closed")
        self._on_way = transmit
        if transmit.payload:
            self._transport.write(transmit.payload)
        # Where writing failed its buffer is empty, too; `connection_lost` follows.
        if self._transport.get_write_buffer_size() == 0 and not self._transport.is_closing():
            self.resume_writing()

    async def subscribe(self, request: Subscribe | Unsubscribe) -> None:
        """Do nothing: everything is delivered."""

    def settle(self, frames: Sequence[Frame]) -> None:
        """Do nothing: nothing is delivered twice."""

    async def aclose(self) -> None:
        """Let what was handed over leave, for at most two seconds, then close."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._until(lambda: self._on_way is None)
                self._end()
                if self._transport is not None:
                    self._transport.close()
                    await self._until(lambda: self._is_gone, even_closed=True)
        except TimeoutError:
            pass
        finally:
            self.abort()
        if self._transport is not None:
            # An aborted transport says so in the loop's next turn; then its port is free.
            await self._until(lambda: self._is_gone, even_closed=True)

    def abort(self) -> None:
        """Close at once; what has not left is lost."""
        self._end()
        if self._transport is not None and not self._is_gone:
            self._transport.abort()

    # --- what asyncio tells us ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = cast("asyncio.Transport", transport)
        # We hear of every write that did not leave at once, and of the moment it has.
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Queue what was read; at the limit, leave the rest where it is."""
        at = self._now()
        for start in range(0, len(data), MAX_FRAME_BYTES):
            piece = bytes(data[start : start + MAX_FRAME_BYTES])
            self._arrivals.append(Frame(self._link_id, piece, at))
        self._unread_bytes += len(data)
        self._ready.set()
        if self._unread_bytes >= MAX_UNREAD_BYTES or len(self._arrivals) >= MAX_UNREAD:
            self._pause()

    def resume_writing(self) -> None:
        """Report the transmission that has left now."""
        if self._on_way is not None:
            self._arrivals.append(Transmitted(self._on_way, self._now()))
            self._on_way = None
            self._ready.set()
            self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hear that the stream is over."""
        self._is_gone = True
        self._on_way = None
        if not self._is_closed:
            self._lost = self._lost_words(exc)
        self._ready.set()
        self._changed.set()

    # --- our own ---

    def _pause(self) -> None:
        if not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def _taken(self) -> None:
        self._unread_bytes = 0
        self._resume()

    def _resume(self) -> None:
        self._changed.set()
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def _end(self) -> None:
        self._is_closed = True
        self._ready.set()
        self._changed.set()

    async def _until(self, is_so: Callable[[], bool], *, even_closed: bool = False) -> None:
        """Wait until something is so, or the stream is over."""
        while not is_so() and not self._lost and (even_closed or not self._is_closed):
            self._changed.clear()
            await self._changed.wait()
