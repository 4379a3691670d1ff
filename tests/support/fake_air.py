"""A toy air for `session_driver.World`: who is in reach, a time on air, and what gets lost.

air = FakeAir(world)
alice.tune(air); bob.tune(air)          # a line gateway on a radio each
air.reach(alice, bob)                   # without any `reach`, everybody hears everybody
air.lose = lambda frame, to: b"MCHK" in frame
world.wind(60)

Nothing collides and nobody waits for a free channel: that is the simulator's business.
"""

from __future__ import annotations

import heapq
from itertools import count, pairwise
from typing import TYPE_CHECKING

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.link import LinkInfo, LinkKind, RadioSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.ids import LinkId
    from tests.support.session_driver import SessionDriver, World


class FakeAir:
    """One channel."""

    def __init__(self, world: World, radio: RadioSettings | None = None) -> None:
        self.world = world
        self.radio = radio or RadioSettings(duty_cycle=1.0)
        self.sent: list[tuple[float, SessionDriver, bytes]] = []
        self.lose: Callable[[bytes, SessionDriver], bool] = lambda frame, to: False
        self.rssi_dbm, self.snr_db = -92, 7.5
        self._pairs: set[frozenset[str]] | None = None
        self._radios: dict[str, tuple[SessionDriver, LinkId]] = {}
        self._due: list[tuple[float, int, bytes, SessionDriver, LinkId]] = []
        self._number = count()
        world.airs.append(self)

    def join(self, station: SessionDriver, link_id: LinkId) -> LinkInfo:
        """Give a station a radio here."""
        self._radios[station.node_id] = (station, link_id)
        url = f"jsonmesh+serial:///dev/{link_id}"
        return LinkInfo(
            link_id, station.session.myself.network, LinkKind.STREAM, link_id, url, radio=self.radio
        )

    def leave(self, station: SessionDriver) -> None:
        self._radios.pop(station.node_id, None)

    def reach(self, *stations: SessionDriver) -> None:
        """Let each hear the next in line, both ways."""
        self._pairs = self._pairs or set()
        for one, other in pairwise(stations):
            self._pairs.add(frozenset((one.node_id, other.node_id)))

    def transmit(self, sender: SessionDriver, line: bytes) -> None:
        """Put a line on the air; it arrives when its time on air is over."""
        frame = line.removesuffix(b"\n")
        assert len(frame) <= self.radio.max_frame_bytes, f"{len(frame)} bytes do not fit a packet"
        assert b"\n" not in frame
        self.sent.append((self.world.now.mono_s, sender, frame))
        at_s = self.world.now.mono_s + time_on_air_ms(len(frame), self.radio) / 1000
        for node_id, (station, link_id) in self._radios.items():
            if station is sender or not self._is_heard(sender.node_id, node_id):
                continue
            if not self.lose(frame, station):
                heapq.heappush(self._due, (at_s, next(self._number), frame, station, link_id))

    @property
    def next_s(self) -> float | None:
        return self._due[0][0] if self._due else None

    def step(self) -> bool:
        """Deliver one frame whose time has come; False = there is none."""
        if not self._due or self._due[0][0] > self.world.now.mono_s:
            return False
        _, _, frame, station, link_id = heapq.heappop(self._due)
        prefix = b"RSSI:%d|SNR:%.1f|" % (self.rssi_dbm, self.snr_db)
        station.hear(prefix + frame + b"\n", "", link_id)
        return True

    def frames(self, of: SessionDriver | None = None) -> list[bytes]:
        """List what was sent."""
        return [frame for _, sender, frame in self.sent if of is None or sender is of]

    def _is_heard(self, one: str, other: str) -> bool:
        return self._pairs is None or frozenset((one, other)) in self._pairs
