"""Watches the packet capture service for the command line: counters, and when it is enough."""

from __future__ import annotations

import contextlib
import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

from meshtui.cli.capture_rows import counters_row, counters_text
from meshtui.cli.output import Exit
from meshtui.cli.stream import LineStream
from meshtui.errors import LocalProtocolError, TransportError
from meshtui.model.publishing import PublisherState
from meshtui.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from meshtui.cli.output import Output
    from meshtui.model.publishing import PublisherStatus, PublishingStatus
    from meshtui.runtime.api import MeshApi, PublishingApi
    from meshtui.runtime.clock import Clock

POLL_S: Final = 0.1
# What is enough was only captured: a broker may still be logging in, which takes 15 s at most.
SETTLE_S: Final = 15.0
LAST_WORDS_S: Final = 2.0
_SWITCHED_OFF: Final = frozenset({PublisherState.OFF, PublisherState.BROKEN})
_ON_THE_WAY: Final = frozenset(
    {PublisherState.WAITING, PublisherState.CONNECTING, PublisherState.UP}
)

_log = logging.getLogger(__name__)


class CaptureWatch:
    """One run of the command."""

    def __init__(
        self,
        output: Output,
        *,
        count: int | None = None,
        timeout_s: float | None = None,
        every_s: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """End after `count` packets or `timeout_s`; counters come every `every_s`; None = never."""
        self._output = output
        self._count = count
        self._timeout_s = timeout_s
        self._every_s = every_s
        self._clock = clock or SystemClock()
        self._service: PublishingApi | None = None
        self._stream: LineStream | None = None
        self._radio_said = ("", False)

    async def follow(self, hub: MeshApi) -> int:
        """Let the links open, and watch until it is enough.

        Returns:
            0; 4 where the time was over before there were `count` packets.

        Raises:
            BrokenPipeError: Nobody reads the counters any more.
            LocalProtocolError: None of the links leads to a radio that can be listened to.
            TransportError: The time is over, and the radio or all brokers were never reached.
        """
        service = self._service = hub.publishing()
        if service is None:
            raise LocalProtocolError("the packet capture service is not set up")
        if not service.status().network:
            raise LocalProtocolError(service.status().problem)
        hub.open_links()
        code = await self._watch(hub, service)
        if self._stream is not None:
            await self._unless_full(self._stream.flush())
        return code

    def say_last(self) -> None:
        """Write the counters as they are at the end, unless nobody reads."""
        if self._service is None:
            return
        line = self._line(self._service.status())
        if self._stream is not None:
            self._stream.write_last(line, LAST_WORDS_S)  # behind what it has not written yet
            return

        def write() -> None:
            with contextlib.suppress(OSError):
                self._output.write_unbuffered(line)

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        thread.join(LAST_WORDS_S)

    async def _watch(self, hub: MeshApi, service: PublishingApi) -> int:
        now_s = start_s = self._clock.now().mono_s
        told_s = start_s
        enough_s: float | None = None
        while self._timeout_s is None or now_s < start_s + self._timeout_s:
            status = service.status()
            self._say_radio(hub, status)
            if self._every_s is not None and now_s >= told_s + self._every_s:
                told_s = now_s
                await self._tell(status)
            if self._count is not None and status.captured >= self._count:
                enough_s = now_s if enough_s is None else enough_s
                if _is_settled(status) or now_s >= enough_s + SETTLE_S:
                    return Exit.DONE
            await self._clock.sleep(POLL_S)
            now_s = self._clock.now().mono_s
        return self._verdict(hub, service.status())

    async def _tell(self, status: PublishingStatus) -> None:
        """Write the counters."""
        if self._stream is None:
            self._stream = LineStream(self._output.write_unbuffered)
        await self._unless_full(self._stream.put(self._line(status)))

    async def _unless_full(self, writing: Awaitable[None]) -> None:
        """Await it; where there is no room, counters are lost, and nothing else.

        Raises:
            BrokenPipeError: The reader is gone.
        """
        try:
            await writing
        except BrokenPipeError:
            raise
        except OSError as error:
            self._stream = None  # its thread has ended
            _log.warning("Counters are not written: %s", error.strerror)

    def _verdict(self, hub: MeshApi, status: PublishingStatus) -> int:
        """Say what it means that the time is over."""
        if not status.node_id:
            raise TransportError(_radio_reason(hub, status) or status.problem)
        usable = [each for each in status.publishers if each.state not in _SWITCHED_OFF]
        if usable and not any(each.connects for each in usable):
            raise TransportError(
                "; ".join(f"{each.name}: {_broker_reason(each)}" for each in usable)
            )
        is_enough = self._count is None or status.captured >= self._count
        return Exit.DONE if is_enough else Exit.TIMED_OUT

    def _say_radio(self, hub: MeshApi, status: PublishingStatus) -> None:
        """Tell when the radio comes and goes, and what is odd about it."""
        is_up = status.is_radio_up and bool(status.node_id)
        reason = _radio_reason(hub, status)
        (before, was_up), self._radio_said = self._radio_said, (reason, is_up)
        if reason and reason != before:
            # an open link may have a remark, such as who else has the port open
            _log.warning("Radio: %s" if status.is_radio_up else "No radio: %s", reason)
        if is_up and not was_up:
            _log.info("Connected to the radio %s (%s)", status.name or "?", status.link_id)

    def _line(self, status: PublishingStatus) -> str:
        at_ms = self._clock.now().unix_ms
        text = partial(counters_text, status, at_ms)
        return self._output.line_of(counters_row(status, at_ms), text)


def _radio_reason(hub: MeshApi, status: PublishingStatus) -> str:
    """Say why there is no radio; empty = it may come in a moment."""
    reasons = [link.reason for link in hub.links() if link.link_id == status.link_id]
    if not reasons:
        return status.problem
    return f"{status.link_id}: {reasons[0]}" if reasons[0] else ""


def _broker_reason(publisher: PublisherStatus) -> str:
    """Say why a broker was not reached; what an attempt that goes on was preceded by is past."""
    is_trying = publisher.state is PublisherState.CONNECTING and not publisher.failures
    return "no answer yet" if is_trying else publisher.reason


def _is_settled(status: PublishingStatus) -> bool:
    """No broker that is there, or may be in a moment, waits for something."""
    return not any(_is_waiting(publisher) for publisher in status.publishers)


def _is_waiting(publisher: PublisherStatus) -> bool:
    return publisher.queued > 0 and not publisher.is_paused and publisher.state in _ON_THE_WAY
