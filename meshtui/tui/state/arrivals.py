"""Long messages on their way: a fold of what is told of their chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from meshtui.model.event import ReassemblyProgressed

if TYPE_CHECKING:
    from meshtui.model.event import Event
    from meshtui.model.ids import LinkId

ArrivalKey: TypeAlias = "tuple[LinkId, str]"

SHOWN_MS: Final = 6_000
"""How long it is said that one was given up."""
FORGOTTEN_MS: Final = 15 * 60 * 1000
"""After so long without a chunk one is no longer shown, should nobody have given it up."""
MAX_ARRIVALS: Final = 64


@dataclass(frozen=True, slots=True)
class Arrival:
    """One long message that is not whole.

    Attributes:
        source: Who sends it, where that is known; else empty.
        reason: Why it was given up; empty while chunks are waited for.
        at_ms: When the last was heard of it.
    """

    source: str
    have: int
    total: int
    reason: str
    at_ms: int

    @property
    def until_ms(self) -> int:
        """When it goes out of sight by itself."""
        return self.at_ms + (SHOWN_MS if self.reason else FORGOTTEN_MS)


class Arrivals:
    """What is not whole yet, and for some seconds what was given up. `apply` is idempotent."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._found: dict[ArrivalKey, Arrival] = {}

    def apply(self, event: Event) -> bool:
        """Fold one event in; tell whether anything changed."""
        if not isinstance(event, ReassemblyProgressed):
            return False
        key = event.link_id, event.chunk_id
        known = self._found.pop(key, None)
        if event.have >= event.total and not event.reason:
            return known is not None
        if event.reason and not event.have:
            return known is not None  # refused at its first chunk: nobody was told of it
        source = event.source or (known.source if known else "")
        arrival = Arrival(source, event.have, event.total, event.reason, event.at.unix_ms)
        self._found[key] = arrival
        if len(self._found) > MAX_ARRIVALS:
            del self._found[next(iter(self._found))]
        return arrival != known

    def shown(self, now_ms: int) -> tuple[Arrival, ...]:
        """Return those worth a line, the latest first; those whose time is over are forgotten."""
        kept = {key: found for key, found in self._found.items() if now_ms < found.until_ms}
        self._found = kept
        return tuple(reversed(kept.values()))

    def next_end_ms(self) -> int:
        """When the next goes out of sight by itself; 0 = there is none."""
        return min((found.until_ms for found in self._found.values()), default=0)
