"""Whether to pass a packet on: flood with a hop limit, no loops, nothing stale.

Order of the rules, each with its word: `ttl`, `loop`, `stale`, `size`. Duplicates and rates are
judged before (`mesh.dedupe`, `mesh.ratelimit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.model.ids import NodeId

MAX_TTL = 10
CLOCK_IS_SET_AFTER_MS = 1_704_067_200_000  # 2024-01-01: a machine without a clock wakes in 1970


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """What we relay.

    Attributes:
        stale_ms: A sender's clock further than this from ours is not relayed: an old packet
            cannot be thrown at the mesh again later. It never decides what is delivered here.
        max_bytes: Bigger packets are not carried for others.
    """

    max_ttl: int = MAX_TTL
    stale_ms: int = 10 * 60 * 1000
    max_bytes: int = 128 * 1024

    def remaining_ttl(self, ttl: int, hop_count: int) -> int:
        """Clamp a claimed hop limit so that no packet travels further than `max_ttl` in all."""
        return min(ttl, self.max_ttl - hop_count)

    def refusal(
        self,
        me: NodeId,
        *,
        ttl: int,
        hop_count: int,
        route: tuple[NodeId, ...],
        sent_at_ms: int,
        now_ms: int,
        size_bytes: int,
    ) -> str:
        """Say why a packet is not passed on, in one word; empty = pass it on."""
        if self.remaining_ttl(ttl, hop_count) <= 0:
            return "ttl"
        if me in route:
            return "loop"
        if now_ms > CLOCK_IS_SET_AFTER_MS and abs(sent_at_ms - now_ms) > self.stale_ms:
            return "stale"
        if size_bytes > self.max_bytes:
            return "size"
        return ""
