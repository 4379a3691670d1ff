"""The one place that reads a clock, and the one way to wait for time to pass."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from meshtui.model.ids import Instant

if TYPE_CHECKING:
    from asyncio import Event


class Clock(Protocol):
    """Time as the runtime sees it; tests wind their own."""

    def now(self) -> Instant:
        """Read both clocks."""
        ...

    async def wait(self, wake: Event, until_s: float | None) -> None:
        """Return when `wake` is set or `until_s` (as `Instant.mono_s`; None = never) has come."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when that much time has passed."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(time.monotonic(), time.time_ns() // 1_000_000)

    async def wait(self, wake: Event, until_s: float | None) -> None:
        """Return when `wake` is set or `until_s` has come."""
        delay = None if until_s is None else max(0.0, until_s - time.monotonic())
        try:
            async with asyncio.timeout(delay):
                await wake.wait()
        except TimeoutError:
            pass

    async def sleep(self, seconds: float) -> None:
        """Return when that much time has passed."""
        await asyncio.sleep(seconds)
