"""`NETWORK+replay://FILE`: a recording as a link. What was heard then is heard again now.

It passes through the whole program: nodes, routes, messages and packets, best in a profile made for
it. What the recording holds of other networks, and what was sent, is left out; what is sent now is
refused. At its end the link says so, and stays open and silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.capture.index import open_index
from meshtui.capture.source import open_file
from meshtui.errors import DecodeError, LinkLostError, TransportError
from meshtui.model.link import LinkKind
from meshtui.model.packet import Frame, Refused, RxMeta
from meshtui.transports.base import OptionSpec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from meshtui.capture.index import CaptureIndex
    from meshtui.capture.packet import CapturedPacket
    from meshtui.capture.source import Source
    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.link import LinkSetup
    from meshtui.model.packet import Subscribe, Transmit, Unsubscribe
    from meshtui.transports.base import Arrival, Link, LinkSpec

AT_A_TIME: Final = 100
WAIT_S: Final = 0.25
"""A pipe that is silent is waited for so long at a time."""

LONGEST_PAUSE_S: Final = 60.0
"""However long nothing was heard: what comes next comes after a minute at the latest."""

_FASTEST: Final = 10_000.0
_PLAYING: Final = "a recording"


class ReplayLink:
    """Gives what a recording holds, at its pace; whoever reads it drives it."""

    def __init__(
        self, spec: LinkSpec, now: Callable[[], Instant], index: CaptureIndex, source: Source
    ) -> None:
        """Own an opened recording; nothing is read yet."""
        self._spec = spec
        self._now = now
        self._index = index
        self._source = source
        self._speed = _speed(spec)
        self._refusals: list[Arrival] = []
        self._stirred = asyncio.Event()
        self._is_closed = self._is_playing = False
        self._heard = self._left_out = 0
        self._remark = _PLAYING
        # whoever reads the file is a thread, which outlives the await that is cancelled
        self._reading = threading.Lock()
        self._is_shut = False

    @property
    def link_id(self) -> LinkId:
        """As in its `LinkSpec`."""
        return self._spec.link_id

    @property
    def remark(self) -> str:
        """Say that it is none of the living, and when it is over."""
        return self._remark

    async def arrivals(self) -> AsyncIterator[Sequence[Arrival]]:
        """What was heard, when its time has come, and what is refused."""
        last_ms, self._is_playing = 0, True
        try:
            async for batch in self._batches():
                for packet in batch:
                    wait_s = self._pause_s(last_ms, packet.unix_ms)
                    last_ms = max(last_ms, packet.unix_ms)
                    until_s = self._now().mono_s + wait_s
                    while await self._is_stirred(until_s if wait_s else None):
                        if self._is_closed:
                            return
                        yield self._take_refusals()
                    self._heard += 1
                    yield [self._frame_of(packet)]
            if not self._is_closed:
                self._remark = self._said_at_end()
                yield []
            while await self._is_stirred(math.inf) and not self._is_closed:
                yield self._take_refusals()
        finally:
            asyncio.get_running_loop().run_in_executor(None, self._shut)

    async def send(self, transmit: Transmit) -> None:
        """Refuse it.

        Raises:
            LinkLostError: The link is closed.
        """
        if self._is_closed:
            raise LinkLostError("closed")
        self._refusals.append(Refused(transmit, "a recording takes nothing", self._now()))
        self._stirred.set()

    async def subscribe(self, request: Subscribe | Unsubscribe) -> None:
        """Do nothing: everything is delivered."""

    def settle(self, frames: Sequence[Frame]) -> None:
        """Do nothing: nothing is delivered twice."""

    async def aclose(self) -> None:
        """Stop playing."""
        self._is_closed = True
        self._stirred.set()
        if not self._is_playing:
            self._shut()

    async def _batches(self) -> AsyncIterator[Sequence[CapturedPacket]]:
        """Packets of our network that were heard, as they are found."""
        played, more = 0, True
        while more or played < len(self._index):
            more, batch = await asyncio.to_thread(self._read_on, played, more=more)
            played += len(batch)
            networks = {"", self._spec.network}
            ours = [each for each in batch if each.direction != "tx" and each.network in networks]
            self._left_out += len(batch) - len(ours)
            yield ours

    def _said_at_end(self) -> str:
        left_out = f", {self._left_out:,} sent or of other networks" if self._left_out else ""
        return f"{_PLAYING}, at its end: {self._heard:,} heard{left_out}"

    def _read_on(self, played: int, *, more: bool) -> tuple[bool, Sequence[CapturedPacket]]:
        """Decode some packets, in a thread; returns whether there may be more to find."""
        with self._reading:
            if self._is_shut:
                return False, ()
            if played >= len(self._index):
                more = self._index.advance(WAIT_S)
            return more, list(self._index.packets(played, played + AT_A_TIME))

    def _shut(self) -> None:
        with self._reading:
            if not self._is_shut:
                self._is_shut = True
                self._source.close()

    async def _is_stirred(self, until_s: float | None) -> bool:
        """Wait until a moment (None = it is now), or until something else is to be told."""
        if until_s is None:
            return self._stirred.is_set()
        left_s = None if until_s == math.inf else max(0.0, until_s - self._now().mono_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await self._stirred.wait()
        return self._stirred.is_set()

    def _take_refusals(self) -> Sequence[Arrival]:
        self._stirred.clear()
        refusals, self._refusals = self._refusals, []
        return refusals

    def _pause_s(self, last_ms: int, next_ms: int) -> float:
        if not self._speed or not 0 < last_ms < next_ms:
            return 0.0
        return min((next_ms - last_ms) / 1000 / self._speed, LONGEST_PAUSE_S)

    def _frame_of(self, packet: CapturedPacket) -> Frame:
        rx = RxMeta(packet.rssi_dbm, packet.snr_db)
        return Frame(self.link_id, packet.payload, self._now(), rx, packet.endpoint)


@dataclass(frozen=True, slots=True)
class ReplayTransport:
    """Opens recordings as links."""

    schemes: tuple[str, ...] = ("replay",)
    kind: LinkKind = LinkKind.DATAGRAM
    options: tuple[OptionSpec, ...] = (
        OptionSpec("speed", "times as fast as it was heard; 0 = at once", "1"),
    )

    def check(self, spec: LinkSpec) -> None:
        """Refuse a speed that is none; the file is looked at when the link opens."""
        _speed(spec)

    async def open(
        self,
        spec: LinkSpec,
        setup: LinkSetup,  # noqa: ARG002 - nobody is there to be told
        now: Callable[[], Instant],
    ) -> Link:
        """Open the file.

        Raises:
            TransportError: It is not there, or no recording.
        """
        path = f"{spec.host}{spec.path}"
        try:
            source, index = await asyncio.to_thread(_opened, path)
        except (OSError, ValueError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or "it cannot be the name of a file"
            msg = f"{path}: {why}"
            raise TransportError(msg, is_final=True) from None
        except DecodeError as error:
            msg = f"{path}: {error.detail or error}"
            raise TransportError(msg, is_final=True) from None
        return ReplayLink(spec, now, index, source)


REPLAY = ReplayTransport()


def _opened(path: str) -> tuple[Source, CaptureIndex]:
    source = open_file(Path(path).expanduser())
    try:
        return source, open_index(source)
    except BaseException:
        source.close()
        raise


def _speed(spec: LinkSpec) -> float:
    text = spec.options.get("speed", "1")
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= _FASTEST:
        msg = f"link URL: speed={text[:20]}: a number from 0 to {_FASTEST:g}"
        raise TransportError(msg, is_final=True)
    return speed
