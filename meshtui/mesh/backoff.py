"""How long to wait before the next attempt: doubling, capped, spread by chance.

Randomness comes from outside, so that a test can name every delay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Backoff:
    """Delays of one series of attempts; `reset` after a success."""

    def __init__(
        self,
        chance: Callable[[], float],
        *,
        first_s: float = 1.0,
        ceiling_s: float = 60.0,
        spread: float = 0.5,
    ) -> None:
        """Start a series.

        Args:
            chance: Returns a number from 0 up to 1.
            spread: Share of each delay that is left to chance, 0..1: many clients that lost one
                broker at the same moment must not return at the same moment.
        """
        self._chance = chance
        self._first_s = first_s
        self._ceiling_s = ceiling_s
        self._spread = spread
        self._failures = 0

    @property
    def failures(self) -> int:
        """Attempts that failed since the last success."""
        return self._failures

    def next_delay_s(self) -> float:
        """Note a failure and say how long to wait now; never more than the ceiling."""
        doublings = min(self._failures, 32)  # 2 ** 32 seconds is past any ceiling
        whole_s = min(self._ceiling_s, self._first_s * 2.0**doublings)
        self._failures += 1
        return whole_s * (1.0 - self._spread * self._chance())

    def reset(self) -> None:
        """Note a success: the next delay is the first again."""
        self._failures = 0
