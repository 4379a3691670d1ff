"""Which packets passed here lately: bounded in age and number.

Law: within `max_age_s` a key is new once, unless more than `limit` newer keys have pushed it out.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable


class SeenCache:
    """A set that forgets, oldest first."""

    def __init__(self, max_age_s: float = 300.0, limit: int = 20_000) -> None:
        """Remember at most `limit` keys, each for `max_age_s` seconds."""
        self._max_age_s = max_age_s
        self._limit = limit
        # In order of addition, so the oldest is first; a dict looks for its first entry among all
        # that were taken away before it.
        self._seen: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """Count what is remembered, expired or not."""
        return len(self._seen)

    def has(self, key: Hashable, now_s: float) -> bool:
        """Tell whether `key` was added in the last `max_age_s` seconds."""
        added_s = self._seen.get(key)
        return added_s is not None and now_s - added_s < self._max_age_s

    def add(self, key: Hashable, now_s: float) -> bool:
        """Remember `key` and tell whether it is new. A known key keeps its first time."""
        if self.has(key, now_s):
            return False
        self._seen.pop(key, None)
        self._seen[key] = now_s
        if len(self._seen) > self._limit:
            self._seen.popitem(last=False)
        return True

    def expire(self, now_s: float) -> int:
        """Forget what is too old; returns how many were forgotten."""
        count = 0
        while self._seen:
            key, added_s = next(iter(self._seen.items()))
            if now_s - added_s < self._max_age_s:
                break
            del self._seen[key]
            count += 1
        return count
