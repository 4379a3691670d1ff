"""Distance and bearing against figures from elsewhere."""

from __future__ import annotations

import pytest

from meshtui.model.node import Position
from meshtui.tui.state.geo import bearing_deg, distance_km, wind

PARIS = Position(48.8566, 2.3522)
LONDON = Position(51.5074, -0.1278)


def test_paris_to_london_is_344_km_north_west() -> None:
    assert distance_km(PARIS, LONDON) == pytest.approx(343.6, abs=1.0)
    assert wind(bearing_deg(PARIS, LONDON)) == "NW"


def test_a_place_is_no_distance_from_itself_and_half_the_world_is_the_most() -> None:
    assert distance_km(PARIS, PARIS) == 0.0
    assert distance_km(Position(90, 0), Position(-90, 0)) == pytest.approx(20015, abs=1)


@pytest.mark.parametrize(
    ("degrees", "name"), [(0, "N"), (22, "N"), (23, "NE"), (90, "E"), (337, "NW"), (359, "N")]
)
def test_a_course_has_the_name_of_the_nearest_wind(degrees: float, name: str) -> None:
    assert wind(degrees) == name
