"""How often strangers may make us answer."""

from __future__ import annotations


class Window:
    """At most so many in a window of time, which begins with the first: as the firmware counts."""

    __slots__ = ("_begun_s", "_count", "_limit", "_span_s")

    def __init__(self, limit: int, span_s: float) -> None:
        """Begin with none granted."""
        self._limit = limit
        self._span_s = span_s
        self._begun_s = -span_s
        self._count = 0

    def allow(self, now_s: float) -> bool:
        """Grant one, or not."""
        # a clock that steps back opens a new window: it can only be generous once
        if not self._begun_s <= now_s < self._begun_s + self._span_s:
            self._begun_s = now_s
            self._count = 0
        self._count += 1
        return self._count <= self._limit
