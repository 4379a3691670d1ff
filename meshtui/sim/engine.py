"""Time that passes as fast as it can be reckoned: a queue of what is due, and a clock.

The clock starts at 0 s, which is `START_UNIX_MS` for those who want a date. What is due at the same
moment happens in the order it was asked for, so a run with one seed is always the same run.
"""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from meshtui.model.ids import Instant

if TYPE_CHECKING:
    from collections.abc import Callable

START_UNIX_MS: Final = 1_800_000_000_000  # long after the protocol's "my clock is unset"


class Engine:
    """Calls what is due, in order of time."""

    def __init__(self, start_unix_ms: int = START_UNIX_MS) -> None:
        """Begin at 0 s with nothing due; `start_unix_ms` is what calendars show then."""
        self._start_unix_ms = start_unix_ms
        self.now_s = 0.0
        self.events = 0
        self._queue: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = count()
        self._instant = Instant(0.0, start_unix_ms)

    def at(self, at_s: float, deed: Callable[..., None], *args: Any) -> None:
        """Call `deed(*args)` at that time; what is in the past happens next."""
        heapq.heappush(self._queue, (at_s, next(self._numbers), deed, args))

    def after(self, delay_s: float, deed: Callable[..., None], *args: Any) -> None:
        """Call `deed(*args)` so many seconds from now."""
        heapq.heappush(self._queue, (self.now_s + delay_s, next(self._numbers), deed, args))

    def instant(self) -> Instant:
        """Read both clocks."""
        if self._instant.mono_s != self.now_s:
            self._instant = Instant(self.now_s, self._start_unix_ms + int(self.now_s * 1000))
        return self._instant

    @property
    def next_at_s(self) -> float | None:
        """When the next thing is due; None = nothing is."""
        return self._queue[0][0] if self._queue else None

    def run_until(self, until_s: float) -> None:
        """Let time pass up to that moment, and everything happen that is due by then."""
        queue, pop = self._queue, heapq.heappop
        begun = self.events
        done = 0
        try:
            while queue and queue[0][0] <= until_s:
                at_s, _, deed, args = pop(queue)
                if at_s > self.now_s:
                    self.now_s = at_s
                done += 1
                deed(*args)
        finally:
            self.events = begun + done
        self.now_s = max(self.now_s, until_s)
