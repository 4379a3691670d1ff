"""A clock that goes faster than the machine's: hours of radio in seconds of a test."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from meshtui.model.ids import Instant

if TYPE_CHECKING:
    from asyncio import Event


class QuickClock:
    """So many of its seconds pass in one of ours."""

    def __init__(self, speed: float = 10.0) -> None:
        self._speed = speed
        self._start_s = time.monotonic()
        self._start_unix_ms = time.time_ns() // 1_000_000

    def now(self) -> Instant:
        passed_s = (time.monotonic() - self._start_s) * self._speed
        return Instant(self._start_s + passed_s, self._start_unix_ms + int(passed_s * 1000))

    async def wait(self, wake: Event, until_s: float | None) -> None:
        delay_s = None
        if until_s is not None:
            delay_s = max(0.0, until_s - self.now().mono_s) / self._speed
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await wake.wait()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)
