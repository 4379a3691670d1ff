"""Token buckets, one a key, so that a flood from one source never starves another.

Law: over any span of t seconds a key is granted at most `burst + rate_per_s * t`. At most `limit`
keys are kept; the one unused for longest is forgotten first, which can only be generous to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

_ROUNDING = 1e-6  # so that the moment named by `free_at_s` suffices in floating point


class TokenBuckets:
    """A rate limit for each of many keys."""

    def __init__(self, rate_per_s: float, burst: float, limit: int = 10_000) -> None:
        """Grant `burst` at once and `rate_per_s` from then on, to each key."""
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._limit = limit
        self._buckets: dict[Hashable, tuple[float, float]] = {}  # key -> (tokens, at); LRU order

    def __len__(self) -> int:
        """Count the keys kept."""
        return len(self._buckets)

    def take(self, key: Hashable, now_s: float) -> bool:
        """Take one token of `key`; False = there is none, and nothing was taken."""
        tokens = self._tokens(key, now_s)
        self._buckets.pop(key, None)
        is_granted = tokens >= 1.0 - _ROUNDING
        self._buckets[key] = (tokens - 1.0 if is_granted else tokens, now_s)
        if len(self._buckets) > self._limit:
            del self._buckets[next(iter(self._buckets))]
        return is_granted

    def free_at_s(self, key: Hashable, now_s: float) -> float:
        """Say when the next token of `key` is there; `now_s` where one is."""
        missing = 1.0 - self._tokens(key, now_s)
        return now_s if missing <= 0 else now_s + missing / self._rate_per_s

    def _tokens(self, key: Hashable, now_s: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return self._burst
        tokens, at_s = bucket
        # a clock that steps back earns nothing and costs nothing
        return min(self._burst, tokens + max(0.0, now_s - at_s) * self._rate_per_s)
