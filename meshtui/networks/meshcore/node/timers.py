"""What a node does by the clock: delayed floods, its advertisements, and what its role has due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.node import adverts, routing

if TYPE_CHECKING:
    from meshtui.model.ids import Instant
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.host import Host
    from meshtui.networks.meshcore.node.outputs import NodeOutput


class Timers:
    """All deadlines of a node. Advertisements begin one interval after the first call."""

    def __init__(self, core: Core, host: Host) -> None:
        """Begin with nothing due."""
        self._core = core
        self._host = host
        self._near_at_s: float | None = None
        self._far_at_s: float | None = None

    @property
    def next_deadline_s(self) -> float | None:
        """The earliest, monotonic; None = nothing waits."""
        self._plan()
        times = (
            self._near_at_s,
            self._far_at_s,
            self._core.delayed.next_deadline_s,
            self._host.next_deadline_s,
        )
        return min((time for time in times if time is not None), default=None)

    def tick(self, now: Instant) -> list[NodeOutput]:
        """Do what is due."""
        core = self._core
        out = core.begin(now)
        now_s = now.mono_s
        for packet, rx in core.delayed.take_due(now_s):
            routing.handle(core, self._host, packet, rx)
        self._plan()
        settings = core.settings
        if self._far_at_s is not None and now_s >= self._far_at_s:
            adverts.announce(core, flood=True)
            self._far_at_s = now_s + settings.advert_flood_s
        if self._near_at_s is not None and now_s >= self._near_at_s:
            adverts.announce(core, flood=False)
            self._near_at_s = now_s + settings.advert_zero_hop_s
        self._host.tick()
        return out

    def _plan(self) -> None:
        """Follow changed settings; before the first call there is no time to count from."""
        core = self._core
        if core.stats.started_s is None:
            return
        self._near_at_s = _planned(
            self._near_at_s, core.settings.advert_zero_hop_s, core.now.mono_s
        )
        self._far_at_s = _planned(self._far_at_s, core.settings.advert_flood_s, core.now.mono_s)


def _planned(at_s: float | None, interval_s: float, now_s: float) -> float | None:
    """Return when something is due that comes every so often; None = never."""
    if interval_s <= 0:
        return None
    return now_s + interval_s if at_s is None else min(at_s, now_s + interval_s)
