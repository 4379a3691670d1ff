"""What we wait to be acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PENDING_ACKS: Final = 8


@dataclass(frozen=True, slots=True)
class PendingAck:
    """A text of ours that its reader will acknowledge.

    Attributes:
        sent_at_s: Monotonic.
    """

    ack: bytes
    peer: bytes
    sent_at_s: float


class AckTable:
    """The last eight; a ninth takes the place of the oldest, as in the firmware."""

    def __init__(self) -> None:
        """Begin with none."""
        self._pending: dict[bytes, PendingAck] = {}

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._pending)

    def expect(self, pending: PendingAck) -> None:
        """Wait for one more."""
        self._pending.pop(pending.ack, None)
        self._pending[pending.ack] = pending
        if len(self._pending) > PENDING_ACKS:
            del self._pending[next(iter(self._pending))]

    def has(self, ack: bytes) -> bool:
        """Tell whether this would acknowledge something."""
        return ack in self._pending

    def take(self, ack: bytes) -> PendingAck | None:
        """Return what this acknowledges, once; None = nothing of ours."""
        return self._pending.pop(ack, None)

    def forget(self, ack: bytes) -> None:
        """Wait no longer for it."""
        self._pending.pop(ack, None)
