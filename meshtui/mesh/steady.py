"""A clock that only goes on, made of one that may step."""

from __future__ import annotations

import math


class SteadyClock:
    """Law: what `read` returns never falls.

    A clock that steps back is taken to stand still for that moment and to go on from there, so a
    span measured here is never longer than it was, and a deadline comes no later for it.
    """

    def __init__(self) -> None:
        """Begin at whatever the first reading says."""
        self._latest_s = -math.inf
        self._offset_s = 0.0

    def read(self, now_s: float) -> float:
        """Turn a reading of the outer clock into steady time."""
        at_s = now_s + self._offset_s
        if at_s < self._latest_s:
            self._offset_s += self._latest_s - at_s
            at_s = self._latest_s
        self._latest_s = at_s
        return at_s

    def outer(self, at_s: float) -> float:
        """Say what the outer clock will read at a steady time."""
        return at_s - self._offset_s
