"""How long a LoRa packet is on the air, and how much of an hour may be spent sending.

Law: in no window of `window_s` does what was spent with leave exceed the allowance, nor what was
spent on relaying its share of that.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from meshtui.mesh.steady import SteadyClock

if TYPE_CHECKING:
    from meshtui.model.link import RadioSettings

_BUCKETS = 120
_ROUNDING_S = 1e-6  # so that the moment named by `wait_s` suffices in floating point
_MICROS = 1_000_000  # sums are kept in whole microseconds, so that they do not drift


def time_on_air_ms(payload_bytes: int, radio: RadioSettings) -> float:
    """Reckon the time on air of one packet, as its maker gives it (SX126x data sheet, 6.1.4).

    Explicit header, CRC on, and low data rate optimisation where a symbol is longer than 16 ms,
    as every gateway of this kind sets them.

    Args:
        payload_bytes: 0 or more; above 255 no radio takes it, but the formula goes on.
    """
    base, fixed_bits, bits_a_block, block_ms, symbol_ms = _constants(
        radio.spreading_factor, radio.bandwidth_khz, radio.coding_rate, radio.preamble_symbols
    )
    blocks = -(-(8 * payload_bytes + fixed_bits) // bits_a_block)
    return base * symbol_ms + (blocks * block_ms if blocks > 0 else 0.0)


@lru_cache(maxsize=64)
def _constants(
    spreading_factor: int, bandwidth_khz: float, coding_rate: int, preamble_symbols: int
) -> tuple[float, int, int, float, float]:
    """Reckon what does not depend on the payload: symbols, bits, bits, ms, ms."""
    symbol_ms = (1 << spreading_factor) / bandwidth_khz
    is_slow = symbol_ms > 16.0
    is_short = spreading_factor <= 6  # its first block holds less, and its sync word is longer
    base = preamble_symbols + (6.25 if is_short else 4.25) + 8
    fixed_bits = 16 + 20 - 4 * spreading_factor + (0 if is_short else 8)
    bits_a_block = 4 * (spreading_factor - 2 * is_slow)
    return base, fixed_bits, bits_a_block, coding_rate * symbol_ms, symbol_ms


@dataclass(slots=True)
class _Bucket:
    """What was spent within one slice of time, in microseconds."""

    number: int
    spent: int = 0
    relayed: int = 0


class DutyCycle:
    """The ledger of one radio over a rolling window.

    Packets are booked in 120 slices of the window by when they end, and a slice is forgotten as a
    whole when its last moment has left the window. So up to 1/120 of the window passes before an
    allowance is there again: the price of a ledger that stays small.
    """

    def __init__(self, limit: float, window_s: float = 3600.0, relay_share: float = 0.5) -> None:
        """Begin with nothing spent.

        Args:
            limit: The part of every window that may be spent sending, above 0 and up to 1;
                1 = all of it, so there is nothing to wait for.
            relay_share: The part of the allowance that relaying may use; the rest is kept for
                what is ours, which may use all of it.
        """
        self._is_free = limit >= 1.0
        self._window_s = window_s
        self._width_s = window_s / _BUCKETS
        self._allowed = int(limit * window_s * _MICROS)
        self._allowed_relays = int(self._allowed * relay_share)
        self._buckets: deque[_Bucket] = deque()  # oldest first
        self._spent = 0
        self._relayed = 0
        self._clock = SteadyClock()

    def __len__(self) -> int:
        """Count the slices kept."""
        return len(self._buckets)

    @property
    def relay_allowance_s(self) -> float:
        """How much of every window relaying may use."""
        return self._allowed_relays / _MICROS

    def wait_s(self, airtime_s: float, now_s: float, *, is_own: bool) -> float:
        """Say how long a packet of `airtime_s` must wait; 0 = it may go now.

        Infinite where it is longer than all that is allowed, and so may never go.
        """
        at_s = self._advance(now_s)
        airtime = _micros(airtime_s)
        excess = 0 if self._is_free else self._spent + airtime - self._allowed
        excess_relays = 0 if is_own else self._relayed + airtime - self._allowed_relays
        if excess <= 0 and excess_relays <= 0:
            return 0.0
        for bucket in self._buckets:
            excess -= bucket.spent
            excess_relays -= bucket.relayed
            if (excess <= 0 or self._is_free) and (excess_relays <= 0 or is_own):
                return max(0.0, self._free_at_s(bucket) - at_s)
        return math.inf

    def spend(self, airtime_s: float, now_s: float, *, is_own: bool) -> None:
        """Book a packet that begins now. It is booked with or without leave."""
        self._book(airtime_s, self._advance(now_s) + airtime_s, is_own=is_own)

    def restore(self, airtime_s: float, age_s: float, now_s: float, *, is_own: bool) -> None:
        """Book what an earlier life sent; oldest first, and before what this one sends.

        Args:
            age_s: Since its end; below 0 counts as 0, so that nothing is free too soon.
        """
        self._book(airtime_s, self._advance(now_s) - max(0.0, age_s), is_own=is_own)
        self._advance(now_s)  # it may be too old to count

    def _book(self, airtime_s: float, end_s: float, *, is_own: bool) -> None:
        airtime = _micros(airtime_s)
        number = math.floor(end_s / self._width_s)
        if not self._buckets or self._buckets[-1].number < number:
            self._buckets.append(_Bucket(number))
        bucket = self._buckets[-1]  # a shorter packet may end in an earlier slice: later is safe
        bucket.spent += airtime
        self._spent += airtime
        if not is_own:
            bucket.relayed += airtime
            self._relayed += airtime

    def used(self, now_s: float) -> float:
        """Say how much of the allowance is used up, 0..1."""
        self._advance(now_s)
        return min(1.0, self._spent / self._allowed) if self._allowed else 1.0

    def _advance(self, now_s: float) -> float:
        """Forget what has left the window; returns the ledger's own time."""
        at_s = self._clock.read(now_s)
        while self._buckets and self._free_at_s(self._buckets[0]) <= at_s + _ROUNDING_S:
            gone = self._buckets.popleft()
            self._spent -= gone.spent
            self._relayed -= gone.relayed
        return at_s

    def _free_at_s(self, bucket: _Bucket) -> float:
        return (bucket.number + 1) * self._width_s + self._window_s


def _micros(seconds: float) -> int:
    return math.ceil(seconds * _MICROS)
