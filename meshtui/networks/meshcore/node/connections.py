"""Rooms that we keep telling that we are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_CONNECTIONS: Final = 16
_LOST_AFTER: Final = 2.5  # intervals without an answer


@dataclass(slots=True)
class Connection:
    """One of them; times are monotonic seconds.

    Attributes:
        ack: What answers the last sign of life; empty = it was answered.
    """

    peer: bytes
    interval_s: float
    next_ping_s: float
    heard_at_s: float
    ack: bytes = b""

    @property
    def lost_at_s(self) -> float:
        """When it counts as lost."""
        return self.heard_at_s + self.interval_s * _LOST_AFTER


class Connections:
    """At most sixteen; the one longest unheard makes room."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_peer: dict[bytes, Connection] = {}

    def __len__(self) -> int:
        """Count them."""
        return len(self._by_peer)

    @property
    def next_deadline_s(self) -> float | None:
        """When one is to be pinged or is lost."""
        times = [min(one.next_ping_s, one.lost_at_s) for one in self._by_peer.values()]
        return min(times, default=None)

    def start(self, peer: bytes, interval_s: float, now_s: float) -> None:
        """Keep one alive, or change how often."""
        interval_s = max(1.0, interval_s)
        self._by_peer[peer] = Connection(peer, interval_s, now_s + interval_s, now_s)
        if len(self._by_peer) > MAX_CONNECTIONS:
            oldest = min(self._by_peer.values(), key=lambda one: one.heard_at_s)
            del self._by_peer[oldest.peer]

    def stop(self, peer: bytes) -> None:
        """Keep it alive no longer."""
        self._by_peer.pop(peer, None)

    def get(self, peer: bytes) -> Connection | None:
        """Return the connection to a peer."""
        return self._by_peer.get(peer)

    def heard(self, peer: bytes, now_s: float) -> None:
        """Something of it was heard: the next sign of life can wait."""
        one = self._by_peer.get(peer)
        if one is not None:
            one.heard_at_s = now_s
            one.next_ping_s = now_s + one.interval_s

    def acknowledged(self, ack: bytes, now_s: float) -> bytes | None:
        """Return whose sign of life this answers; None = nobody's."""
        for one in self._by_peer.values():
            if one.ack and one.ack == ack:
                one.ack = b""
                self.heard(one.peer, now_s)
                return one.peer
        return None

    def due(self, now_s: float) -> list[Connection]:
        """Return which to ping now, and wait an interval again for each."""
        due = [one for one in self._by_peer.values() if now_s >= one.next_ping_s]
        for one in due:
            one.next_ping_s = now_s + one.interval_s
        return due

    def take_lost(self, now_s: float) -> list[bytes]:
        """Forget which are lost, and return them."""
        lost = [one.peer for one in self._by_peer.values() if now_s >= one.lost_at_s]
        for peer in lost:
            del self._by_peer[peer]
        return lost
