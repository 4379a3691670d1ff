"""Which packets were handled, and which are ours.

The first alone keeps a flood from going round for ever.
"""

from __future__ import annotations

from collections import deque
from typing import Final

SEEN_HASHES: Final = 160
MAX_SEALED: Final = 2_048
_MARK_BYTES: Final = 18  # the proof, into which all of it goes, and the first block


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


class OwnSealed:
    """What we sealed lately, to know it when somebody sends it back to us.

    The secret is the same both ways and proves nothing of who is at which end: with the two hashes
    changed about, our own text or path would open as our peer's.
    """

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self._marks: dict[bytes, None] = {}

    def note(self, sealed: bytes) -> None:
        """Remember what we sealed; the oldest is forgotten past the limit."""
        self._marks[sealed[:_MARK_BYTES]] = None
        if len(self._marks) > MAX_SEALED:
            del self._marks[next(iter(self._marks))]

    def has(self, sealed: bytes) -> bool:
        """Tell whether it is ours."""
        return sealed[:_MARK_BYTES] in self._marks
