"""A clock that tests wind by hand."""

from __future__ import annotations

import asyncio

from meshtui.model.ids import Instant

START = Instant(mono_s=1_000.0, unix_ms=1_700_000_000_000)


class FakeClock:
    """Stands still until `wind`; sleepers wake when their time has come."""

    def __init__(self, start: Instant = START) -> None:
        self._now = start
        self._sleepers: list[tuple[float, asyncio.Timeout]] = []

    def now(self) -> Instant:
        return self._now

    async def wait(self, wake: asyncio.Event, until_s: float | None) -> None:
        if until_s is not None and until_s <= self._now.mono_s:
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(None) as scope:
                sleeper = (float("inf") if until_s is None else until_s, scope)
                self._sleepers.append(sleeper)
                try:
                    await wake.wait()
                finally:
                    self._sleepers.remove(sleeper)
        except TimeoutError:
            pass

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.Event(), self._now.mono_s + seconds)

    def advance(self, seconds: float) -> None:
        """Move time on and let sleepers wake at the next turn of the loop."""
        self._now = Instant(self._now.mono_s + seconds, self._now.unix_ms + round(seconds * 1000))
        due = [scope for until_s, scope in self._sleepers if until_s <= self._now.mono_s]
        for scope in due:
            scope.reschedule(asyncio.get_running_loop().time())

    async def wind(self, seconds: float, turns: int = 20) -> None:
        """Move time on and let the loop turn until what woke has settled."""
        self.advance(seconds)
        for _ in range(turns):
            await asyncio.sleep(0)
