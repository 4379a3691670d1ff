"""Which packets were handled: what alone keeps a flood from going round for ever."""

from __future__ import annotations

from collections import deque
from typing import Final

SEEN_HASHES: Final = 160


class SeenRing:
    """The last 160 packet hashes, without a time-out: the firmware's ring, no more and no less."""

    __slots__ = ("_hashes", "_order")

    def __init__(self) -> None:
        """Begin with none."""
        self._hashes: set[bytes] = set()
        self._order: deque[bytes] = deque()

    def __len__(self) -> int:
        """Count the hashes kept."""
        return len(self._order)

    def __contains__(self, packet_hash: bytes) -> bool:
        """Tell whether it was handled."""
        return packet_hash in self._hashes

    def add(self, packet_hash: bytes) -> bool:
        """Take a hash; False = it was there. The oldest makes room."""
        if packet_hash in self._hashes:
            return False
        self._hashes.add(packet_hash)
        self._order.append(packet_hash)
        if len(self._order) > SEEN_HASHES:
            self._hashes.discard(self._order.popleft())
        return True
