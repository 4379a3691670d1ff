"""Who hears whom how loudly: a log-distance path with shadowing, and the noise of a receiver.

Nothing fades: a pair of places has one loss, the same both ways and in every run with the seed.
That makes the model a means to compare ways of working, not to predict a real hill.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from meshtui.model.link import RadioSettings

Place = tuple[float, float]  # metres east and north of the scenario's origin

THERMAL_DBM_PER_HZ: Final = -174.0
SNR_LIMITS_DB: Final[Mapping[int, float]] = {
    5: -2.5,
    6: -5.0,
    7: -7.5,
    8: -10.0,
    9: -12.5,
    10: -15.0,
    11: -17.5,
    12: -20.0,
}
_QUANTILES: Final = 4_096
_NORMAL: Final = tuple(NormalDist().inv_cdf((n + 0.5) / _QUANTILES) for n in range(_QUANTILES))
_LOUDEST_SHADOW: Final = _NORMAL[-1]  # about 3.7 standard deviations
_MASK: Final = 0xFFFFFFFF_FFFFFFFF


@dataclass(frozen=True, slots=True)
class AirSettings:
    """How waves travel.

    Attributes:
        tx_dbm: What every radio sends with.
        loss_1m_db: Lost over the first metre; 31 in free space at 868 MHz, more with clutter.
        db_per_decade: Lost with every tenfold of the distance; 20 in free space.
        shadowing_db: Standard deviation of what stands between two places.
        noise_figure_db: What a receiver adds to the thermal noise.
        capture_db: A signal survives others that are weaker by this much.
    """

    tx_dbm: float = 14.0
    loss_1m_db: float = 40.0
    db_per_decade: float = 27.0
    shadowing_db: float = 3.0
    noise_figure_db: float = 6.0
    capture_db: float = 6.0


def noise_dbm(radio: RadioSettings, air: AirSettings) -> float:
    """Reckon the noise in the radio's band."""
    return THERMAL_DBM_PER_HZ + 10 * math.log10(radio.bandwidth_khz * 1000) + air.noise_figure_db


def sensitivity_dbm(radio: RadioSettings, air: AirSettings) -> float:
    """Reckon the weakest signal that can be read."""
    return noise_dbm(radio, air) + SNR_LIMITS_DB[radio.spreading_factor]


class Propagation:
    """The power with which places hear each other."""

    def __init__(self, air: AirSettings, radio: RadioSettings, seed: int) -> None:
        """Fix the physics; the seed makes the shadows."""
        self.air = air
        self.sensitivity_dbm = sensitivity_dbm(radio, air)
        self.noise_dbm = noise_dbm(radio, air)
        self.weakest_dbm = self.sensitivity_dbm - air.capture_db  # below it nothing can harm
        self._seed = _mixed(seed & _MASK)
        self._per_log = air.db_per_decade / math.log(10) / 2

    @property
    def range_m(self) -> float:
        """How far a signal can be read where no shadow falls."""
        return self._distance_m(self.sensitivity_dbm)

    def power_dbm(self, one: int, other: int, here: Place, there: Place) -> float:
        """Reckon what one node hears of another; the same both ways."""
        square_m2 = (here[0] - there[0]) ** 2 + (here[1] - there[1]) ** 2
        loss_db = self.air.loss_1m_db + self._per_log * math.log(max(square_m2, 1.0))
        return self.air.tx_dbm - loss_db + self._shadow_db(one, other)

    def audible(self, places: Sequence[Place]) -> list[dict[int, float]]:
        """For each node, what others hear of it in dBm; those left out cannot even be harmed."""
        tables: list[dict[int, float]] = [{} for _ in places]
        cells = _Cells(places, self._farthest_m())
        for one, here in enumerate(places):
            for other in cells.near(here):
                if other > one:
                    self._pair(tables, one, other, places)
        return [dict(sorted(table.items())) for table in tables]

    def move(
        self, tables: list[dict[int, float]], places: Sequence[Place], moved: Iterable[int]
    ) -> None:
        """Bring what `audible` gave up to date after some nodes have moved."""
        cells = _Cells(places, self._farthest_m())
        for one in moved:
            for other in tables[one]:
                tables[other].pop(one, None)
            tables[one].clear()
            for other in cells.near(places[one]):
                if other != one:
                    self._pair(tables, one, other, places)

    def _pair(
        self, tables: list[dict[int, float]], one: int, other: int, places: Sequence[Place]
    ) -> None:
        power_dbm = self.power_dbm(one, other, places[one], places[other])
        if power_dbm >= self.weakest_dbm:
            tables[one][other] = tables[other][one] = power_dbm

    def _shadow_db(self, one: int, other: int) -> float:
        low, high = (one, other) if one < other else (other, one)
        mixed = _mixed(self._seed ^ (low << 20 | high))
        return _NORMAL[mixed % _QUANTILES] * self.air.shadowing_db

    def _farthest_m(self) -> float:
        return self._distance_m(self.weakest_dbm - _LOUDEST_SHADOW * self.air.shadowing_db)

    def _distance_m(self, power_dbm: float) -> float:
        budget_db = self.air.tx_dbm - power_dbm - self.air.loss_1m_db
        return float(10 ** (budget_db / self.air.db_per_decade))


class _Cells:
    """Places in a grid, so that nobody asks those too far away."""

    def __init__(self, places: Sequence[Place], width_m: float) -> None:
        self._width_m = max(width_m, 1.0)
        self._cells: dict[tuple[int, int], list[int]] = {}
        for index, place in enumerate(places):
            self._cells.setdefault(self._cell(place), []).append(index)

    def near(self, place: Place) -> list[int]:
        """List who is in the nine cells around a place, in order."""
        column, row = self._cell(place)
        found: list[int] = []
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                found += self._cells.get((x, y), ())
        return sorted(found)

    def _cell(self, place: Place) -> tuple[int, int]:
        return int(place[0] // self._width_m), int(place[1] // self._width_m)


def _mixed(value: int) -> int:
    """Scatter the bits of a number (splitmix64)."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
