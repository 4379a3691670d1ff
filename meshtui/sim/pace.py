"""Virtual time that keeps pace with a clock."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.runtime.clock import Clock
    from meshtui.sim.engine import Engine

MAX_STEP_S: Final = 60.0  # after a nap of the machine, time goes on in steps


class Pace:
    """Winds an engine as time goes by, and does at its time what comes from outside."""

    def __init__(self, engine: Engine, clock: Clock, start_s: float, speed: float = 1.0) -> None:
        """Prepare.

        Args:
            start_s: What the clock showed when the engine stood at 0.
            speed: So many virtual seconds pass in a real one.
        """
        self._engine = engine
        self._clock = clock
        self._start_s = start_s
        self._speed = speed
        self._wake = asyncio.Event()
        self._deeds: deque[Callable[[], None]] = deque()
        self._is_over = False

    def do(self, deed: Callable[[], None]) -> None:
        """Do something as soon as virtual time has caught up."""
        self._deeds.append(deed)
        self._wake.set()

    def end(self) -> None:
        """Let `run` return."""
        self._is_over = True
        self._wake.set()

    async def run(self, tidy: Callable[[], None]) -> None:
        """Live until `end`; `tidy` is called now and then."""
        engine = self._engine
        while not self._is_over:
            self._wake.clear()
            target_s = (self._clock.now().mono_s - self._start_s) * self._speed
            engine.run_until(min(target_s, engine.now_s + MAX_STEP_S))
            while self._deeds:
                self._deeds.popleft()()
            tidy()
            next_s = engine.next_at_s
            until_s = None if next_s is None else self._start_s + next_s / self._speed
            await self._clock.wait(self._wake, until_s)
