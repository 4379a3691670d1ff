"""How far and in which direction: enough for a node list, on a round Earth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.model.node import Position

EARTH_RADIUS_KM = 6371.0
_WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def distance_km(start: Position, end: Position) -> float:
    """Great-circle distance; within 0.5 % of the ellipsoid's."""
    lat_1, lat_2 = math.radians(start.lat), math.radians(end.lat)
    half_lat = (lat_2 - lat_1) / 2
    half_lng = math.radians(end.lng - start.lng) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(half_lng) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def bearing_deg(start: Position, end: Position) -> float:
    """Initial course from `start` to `end`, clockwise from north, 0 to below 360."""
    lat_1, lat_2 = math.radians(start.lat), math.radians(end.lat)
    lng = math.radians(end.lng - start.lng)
    east = math.sin(lng) * math.cos(lat_2)
    north = math.cos(lat_1) * math.sin(lat_2) - math.sin(lat_1) * math.cos(lat_2) * math.cos(lng)
    return math.degrees(math.atan2(east, north)) % 360.0


def wind(degrees: float) -> str:
    """Name a course by the nearest of eight winds."""
    return _WINDS[round(degrees / 45.0) % len(_WINDS)]
