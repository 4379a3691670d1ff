"""Where the nodes of a radio scenario are, and how they move."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from meshtui.sim.propagation import Place, Propagation
    from meshtui.sim.radio_scenario import ListedNode, Mobility, Placement, RadioScenario

_SCALING_ROUNDS: Final = 12
_SETTLING_ROUNDS: Final = 300
_STREET: Final = 0.06  # width of a city's block, as a part of the city
_RANDOM_RULES: Final = frozenset({"disc", "city"})
_OUTSIDE: Final = 5  # every so many nodes of a city are anywhere in it
_CLUSTER: Final = 0.12  # how far a quarter scatters around its centre


def place_nodes(scenario: RadioScenario, propagation: Propagation, random: Random) -> list[Place]:
    """Place every node, in metres from the origin.

    Raises:
        ConfigError: The rule gives no mesh whose nodes all reach each other.
    """
    placement = scenario.place
    units = _DRAWINGS[placement.rule](placement, random)
    scale = _scale(placement, units, propagation)
    fixed = {index: node.place_m for index, node in enumerate(scenario.listed) if node.place_m}
    for _ in range(_SETTLING_ROUNDS if placement.is_connected else 1):
        places = [fixed.get(index, (x * scale, y * scale)) for index, (x, y) in enumerate(units)]
        audible = propagation.audible(places)
        groups = components(audible, propagation.sensitivity_dbm)
        lost = [index for group in groups[1:] for index in group if index not in fixed]
        if not lost or not placement.is_connected or placement.rule not in _RANDOM_RULES:
            return places
        again = _DRAWINGS[placement.rule](placement, random)
        for index in lost:
            units[index] = again[index]
        scale = _scale(placement, units, propagation, scale)
    msg = (
        "place: not all nodes reach each other; raise mean_degree, or say connected = false "
        "to live with that"
    )
    raise ConfigError(msg)


def mean_degree(audible: Sequence[dict[int, float]], sensitivity_dbm: float) -> float:
    """Count how many others a node reads, on average."""
    links = sum(power >= sensitivity_dbm for table in audible for power in table.values())
    return links / max(1, len(audible))


def components(audible: Sequence[dict[int, float]], sensitivity_dbm: float) -> list[list[int]]:
    """Group the nodes that reach each other, the largest group first."""
    left = set(range(len(audible)))
    groups = []
    while left:
        start = min(left)
        left.remove(start)
        group, border = [start], [start]
        while border:
            for other, power in audible[border.pop()].items():
                if power >= sensitivity_dbm and other in left:
                    left.remove(other)
                    group.append(other)
                    border.append(other)
        groups.append(sorted(group))
    return sorted(groups, key=len, reverse=True)


def degrees_of(place: Place, origin: tuple[float, float] | None) -> tuple[float, float] | None:
    """Say where a place is, in degrees; None where the scenario has no origin."""
    if origin is None:
        return None
    lat, lng = origin
    east_m, north_m = place
    return lat + north_m / 111_320, lng + east_m / (
        111_320 * max(0.01, math.cos(math.radians(lat)))
    )


class Walkers:
    """Nodes that move: some at random, within the bounds of the mesh, some from point to point."""

    def __init__(
        self,
        mobility: Mobility,
        listed: Sequence[ListedNode],
        places: list[Place],
        nodes: int,
        random: Random,
    ) -> None:
        """Choose who of the first `nodes` walks; `places` is changed in place by `step`."""
        self._speed_m_s = mobility.speed_m_s
        self._places = places
        self._random = random
        self._guided = {
            index: ((0.0, *places[index]), *node.waypoints)
            for index, node in enumerate(listed)
            if node.waypoints
        }
        others = [index for index in range(nodes) if index not in self._guided]
        wanted = min(len(others), round(mobility.share * nodes))
        self._goals: dict[int, Place] = {
            index: places[index] for index in sorted(random.sample(others, wanted))
        }
        self._low = (min(x for x, _ in places), min(y for _, y in places))
        self._high = (max(x for x, _ in places), max(y for _, y in places))

    def __bool__(self) -> bool:
        """Tell whether anybody moves."""
        return bool(self._goals or self._guided)

    def step(self, now_s: float, seconds: float) -> list[int]:
        """Move on; returns who has moved."""
        moved = []
        for index, points in self._guided.items():
            place = _along(points, now_s / 60)
            if place != self._places[index]:
                self._places[index] = place
                moved.append(index)
        for index in self._goals:
            self._places[index] = self._walk(index, self._speed_m_s * seconds)
            moved.append(index)
        return moved

    def _walk(self, index: int, metres: float) -> Place:
        here, goal = self._places[index], self._goals[index]
        distance_m = math.dist(here, goal)
        if distance_m <= metres:
            uniform = self._random.uniform
            self._goals[index] = (
                uniform(self._low[0], self._high[0]),
                uniform(self._low[1], self._high[1]),
            )
            return goal
        part = metres / distance_m
        return here[0] + part * (goal[0] - here[0]), here[1] + part * (goal[1] - here[1])


def _along(points: Sequence[tuple[float, float, float]], minute: float) -> Place:
    """Find where a guided walker is between its points."""
    for (from_min, x, y), (to_min, to_x, to_y) in pairwise(points):
        if minute < to_min:
            part = (minute - from_min) / (to_min - from_min)
            return x + part * (to_x - x), y + part * (to_y - y)
    return points[-1][1:]


def _disc(placement: Placement, random: Random) -> list[Place]:
    return [_in_disc(random, 1.0) for _ in range(placement.nodes)]


def _in_disc(random: Random, radius: float) -> Place:
    angle, distance = random.random() * math.tau, radius * math.sqrt(random.random())
    return distance * math.cos(angle), distance * math.sin(angle)


def _grid(placement: Placement, random: Random) -> list[Place]:
    del random
    columns = math.ceil(math.sqrt(placement.nodes))
    return [(float(n % columns), float(n // columns)) for n in range(placement.nodes)]


def _line(placement: Placement, random: Random) -> list[Place]:
    del random
    return [(float(n), 0.0) for n in range(placement.nodes)]


def _city(placement: Placement, random: Random) -> list[Place]:
    """Scatter nodes around the centres of quarters, along the streets between blocks."""
    centres = [_in_disc(random, 1.0) for _ in range(placement.clusters)]
    places = []
    for number in range(placement.nodes):
        if number % _OUTSIDE:
            x, y = centres[number % len(centres)]
            x, y = x + random.gauss(0, _CLUSTER), y + random.gauss(0, _CLUSTER)
        else:
            x, y = _in_disc(random, 1.0)
        if random.random() < 0.5:
            x = round(x / _STREET) * _STREET
        else:
            y = round(y / _STREET) * _STREET
        places.append((x, y))
    return places


def _listed(placement: Placement, random: Random) -> list[Place]:
    del random
    return [(0.0, 0.0)] * placement.nodes


_DRAWINGS: Final[dict[str, Callable[[Placement, Random], list[Place]]]] = {
    "disc": _disc,
    "grid": _grid,
    "line": _line,
    "city": _city,
    "list": _listed,
}


def _scale(
    placement: Placement, units: list[Place], propagation: Propagation, scale: float = 0.0
) -> float:
    """Find how many metres a unit is: the spacing, or what gives the mean degree."""
    if placement.spacing_m:
        return placement.spacing_m
    if not placement.mean_degree:
        return 1.0
    wanted = min(placement.mean_degree, placement.nodes - 1)
    # more than the truth, so that few are near while the scale is still wrong
    scale = scale or propagation.range_m * math.sqrt(placement.nodes / (wanted + 1))
    low, high = 0.0, math.inf
    for _ in range(_SCALING_ROUNDS):
        places = [(x * scale, y * scale) for x, y in units]
        degree = mean_degree(propagation.audible(places), propagation.sensitivity_dbm)
        if abs(degree - wanted) <= 0.02 * wanted:
            break
        low, high = (scale, high) if degree > wanted else (low, scale)
        guess = scale * math.sqrt(max(degree, wanted / 16) / wanted)
        scale = guess if low < guess < high else (low + min(high, 4 * scale)) / 2
    return scale
