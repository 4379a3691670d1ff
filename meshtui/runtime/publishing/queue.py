"""What waits for one broker: bounded in messages and bytes, the oldest make room."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meshtui.transports.mqtt_feed import Publication

MAX_MESSAGES: Final = 10_000
MAX_BYTES: Final = 16 * 1024 * 1024
BATCH_MESSAGES: Final = 256
BATCH_BYTES: Final = 64 * 1024


class MessageQueue:
    """Messages of packets, in order. Those of several brokers share their messages, not copies."""

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        """Begin empty."""
        self.max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: deque[Publication] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        """Messages that wait."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[Publication]:
        """What waits, in the order in which it leaves."""
        return iter(self._waiting)

    def put(self, message: Publication) -> int:
        """Add one at the end; returns how many of the oldest were lost for it."""
        self._waiting.append(message)
        self._bytes += len(message.payload)
        return self._make_room()

    def take(self) -> list[Publication]:
        """Take what is to leave together: in order, not more than a connection swallows at once."""
        batch: list[Publication] = []
        size = 0
        while self._waiting and len(batch) < BATCH_MESSAGES and size < BATCH_BYTES:
            message = self._waiting.popleft()
            size += len(message.payload)
            batch.append(message)
        self._bytes -= size
        return batch

    def put_back(self, batch: Sequence[Publication]) -> int:
        """Put what did not leave before everything else again; returns how many were lost."""
        self._waiting.extendleft(reversed(batch))
        self._bytes += sum(len(message.payload) for message in batch)
        return self._make_room()

    def clear(self) -> int:
        """Throw everything away; returns how many that were."""
        count = len(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return count

    def _make_room(self) -> int:
        lost = 0
        while len(self._waiting) > self.max_messages or self._bytes > self._max_bytes:
            self._bytes -= len(self._waiting.popleft().payload)
            lost += 1
        return lost
