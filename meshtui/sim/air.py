"""The virtual air: radios that send, hear and disturb each other. Pure, synchronous, exact in time.

What a receiver does with signals that overlap:

- It locks on to a signal in its preamble, whose last five symbols must be undisturbed, and then
  stays with it until its end.
- A signal it is locked on to is lost when another comes that is not weaker by `capture_db`.
- A louder one takes the receiver over only while the first is still in its preamble.
- While a radio sends it hears nothing, and what it was receiving is lost.
- Signals below the sensitivity are never heard, yet disturb if they are loud enough to.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from meshtui.mesh.airtime import time_on_air_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.link import RadioSettings

HOUR_S: Final = 3600.0
LOCK_SYMBOLS: Final = 5  # of the preamble that a receiver needs
SENSE_SYMBOLS: Final = 2  # a channel activity detection takes so long; who began since is unheard
_NEVER: Final = float("inf")


@dataclass(slots=True, eq=False)
class Flight:
    """A packet on the air.

    Attributes:
        hearers: Who is receiving it undisturbed so far, and how loudly in dBm.
    """

    sender: int
    payload: bytes
    begin_s: float
    lock_s: float
    end_s: float
    hearers: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class AirCounts:
    """What happened on the air.

    Attributes:
        heard: Receptions.
        collisions: Receptions lost to another signal.
        deaf: Receptions lost because the receiver was sending.
    """

    sent: int = 0
    heard: int = 0
    collisions: int = 0
    deaf: int = 0


class DutyMeter:
    """How much of an hour a radio spends sending, and the most it ever spent."""

    __slots__ = ("_last", "_sum_s", "airtime_s", "most_s", "packets")

    def __init__(self) -> None:
        """Start with silence."""
        self.airtime_s = 0.0
        self.packets = 0
        self.most_s = 0.0
        self._sum_s = 0.0
        self._last: deque[tuple[float, float]] = deque()

    def add(self, begin_s: float, airtime_s: float) -> None:
        """Note a transmission."""
        self.airtime_s += airtime_s
        self.packets += 1
        last = self._last
        last.append((begin_s, airtime_s))
        self._sum_s += airtime_s
        while last[0][0] <= begin_s - HOUR_S:
            self._sum_s -= last.popleft()[1]
        self.most_s = max(self.most_s, self._sum_s)


class VirtualAir:
    """One channel, shared by all radios."""

    def __init__(
        self,
        radio: RadioSettings,
        audible: Sequence[dict[int, float]],
        sensitivity_dbm: float,
        capture_db: float = 6.0,
    ) -> None:
        """Begin in silence.

        Args:
            audible: For each radio, who notices it and how loudly in dBm (`Propagation.audible`).
                It is read anew with every transmission and may change in place.
        """
        self.radio = radio
        self.counts = AirCounts()
        self.meters = [DutyMeter() for _ in audible]
        self._audible = audible
        self._sensitivity_dbm = sensitivity_dbm
        self._capture_db = capture_db
        symbol_s = (1 << radio.spreading_factor) / (radio.bandwidth_khz * 1000)
        self.sense_s: Final = SENSE_SYMBOLS * symbol_s
        self._lock_s = max(1, radio.preamble_symbols - LOCK_SYMBOLS) * symbol_s
        self._airtimes_s: dict[int, float] = {}
        self._silent = Flight(-1, b"", -_NEVER, -_NEVER, -_NEVER)
        radios = len(audible)
        self._held = [self._silent] * radios  # what each receiver is locked on to
        self._held_dbm = [0.0] * radios
        self._busy_until_s = [-_NEVER] * radios  # sending, or not on this channel
        self._signals: list[list[tuple[float, float, float]]] = [[] for _ in range(radios)]

    def airtime_s(self, size: int) -> float:
        """Reckon how long a packet of so many bytes is on the air."""
        found = self._airtimes_s.get(size)
        if found is None:
            found = self._airtimes_s[size] = time_on_air_ms(size, self.radio) / 1000
        return found

    def silent_from_s(self, radio: int, now_s: float) -> float:
        """Tell when what this radio hears on the air will be over; `now_s` = it hears nothing.

        It cannot hear what began while it was listening.
        """
        began_s, weakest = now_s - self.sense_s, self._sensitivity_dbm
        until_s = now_s
        for end_s, power_dbm, begin_s in self._signals[radio]:
            if end_s > until_s and power_dbm >= weakest and begin_s <= began_s:
                until_s = end_s
        return until_s

    def switch(self, radio: int, now_s: float, *, is_on: bool) -> None:
        """Let a radio be on this channel or not: without power, or tuned elsewhere, it is not.

        It hears nobody then, and nobody hears what it begins; what it was sending is heard to its
        end.
        """
        self._busy_until_s[radio] = now_s if is_on else _NEVER
        self._held[radio].hearers.pop(radio, None)
        self._held[radio] = self._silent

    def begin(self, sender: int, payload: bytes, now_s: float) -> Flight:
        """Begin to send, without looking; call `finish` with the result at its `end_s`."""
        airtime_s = self.airtime_s(len(payload))
        end_s, lock_s = now_s + airtime_s, now_s + self._lock_s
        flight = Flight(sender, payload, now_s, lock_s, end_s)
        if self._held[sender].hearers.pop(sender, None) is not None:
            self.counts.deaf += 1
        self._held[sender] = self._silent
        is_here = self._busy_until_s[sender] != _NEVER
        if is_here:
            self._busy_until_s[sender] = end_s
        self.meters[sender].add(now_s, airtime_s)
        self.counts.sent += 1
        signals_of, weakest = self._signals, self._sensitivity_dbm
        for radio, power_dbm in self._audible[sender].items() if is_here else ():
            signals = signals_of[radio]
            if signals:
                signals[:] = [signal for signal in signals if signal[0] > now_s]
            self._reach(flight, radio, power_dbm, is_readable=power_dbm >= weakest)
            signals.append((end_s, power_dbm, now_s))
        return flight

    def finish(self, flight: Flight) -> dict[int, float]:
        """End a transmission; returns who has received it, and how loudly in dBm."""
        hearers, flight.hearers = flight.hearers, {}  # who answers at once takes nothing away
        self.counts.heard += len(hearers)
        return hearers

    def _reach(self, flight: Flight, radio: int, power_dbm: float, *, is_readable: bool) -> None:
        """Let a new signal reach one receiver."""
        begin_s, lock_s = flight.begin_s, flight.lock_s
        held = self._held[radio]
        is_free = True
        if held.end_s > begin_s:
            margin_db = power_dbm - self._held_dbm[radio]
            if margin_db > -self._capture_db and held.hearers.pop(radio, None) is not None:
                self.counts.collisions += 1
            if held.end_s > lock_s:
                is_free = begin_s < held.lock_s and margin_db >= self._capture_db
        if not is_readable:
            return
        if self._busy_until_s[radio] > lock_s:
            self.counts.deaf += self._busy_until_s[radio] != _NEVER
        elif not is_free:
            self.counts.collisions += 1
        else:
            self._held[radio] = flight
            self._held_dbm[radio] = power_dbm
            harmful_dbm = power_dbm - self._capture_db
            for end_s, other_dbm, _ in self._signals[radio]:
                if other_dbm > harmful_dbm and end_s > lock_s:
                    self.counts.collisions += 1
                    return
            flight.hearers[radio] = power_dbm
