"""Who hears whom how loudly."""

from __future__ import annotations

from random import Random

import pytest

from meshtui.model.link import RadioSettings
from meshtui.sim.propagation import AirSettings, Propagation, noise_dbm, sensitivity_dbm

CLEAR = AirSettings(shadowing_db=0.0)


@pytest.mark.parametrize(
    ("spreading_factor", "bandwidth_khz", "expected_dbm"),
    [(11, 250, -131.5), (12, 125, -137.0), (7, 125, -124.5), (7, 500, -118.5)],
)
def test_the_sensitivity_is_that_of_the_data_sheets(
    spreading_factor: int, bandwidth_khz: float, expected_dbm: float
) -> None:
    radio = RadioSettings(spreading_factor, bandwidth_khz)

    assert sensitivity_dbm(radio, AirSettings()) == pytest.approx(expected_dbm, abs=0.1)


def test_the_noise_grows_with_the_bandwidth() -> None:
    narrow = noise_dbm(RadioSettings(bandwidth_khz=125), AirSettings())

    assert noise_dbm(RadioSettings(bandwidth_khz=250), AirSettings()) == pytest.approx(
        narrow + 3.01, abs=0.01
    )


def test_ten_times_the_distance_costs_as_much_as_the_settings_say() -> None:
    waves = Propagation(CLEAR, RadioSettings(), seed=1)

    near, far = (waves.power_dbm(0, 1, (0, 0), (metres, 0)) for metres in (100.0, 1000.0))

    assert near - far == pytest.approx(27.0)
    assert near == pytest.approx(14 - 40 - 54)
    assert waves.power_dbm(0, 1, (0, 0), (waves.range_m, 0)) == pytest.approx(waves.sensitivity_dbm)


def test_two_places_hear_each_other_equally_in_every_run_of_a_seed() -> None:
    waves = Propagation(AirSettings(), RadioSettings(), seed=5)
    again = Propagation(AirSettings(), RadioSettings(), seed=5)
    other = Propagation(AirSettings(), RadioSettings(), seed=6)
    pair = ((0.0, 0.0), (500.0, 70.0))

    assert waves.power_dbm(3, 8, *pair) == waves.power_dbm(8, 3, *reversed(pair))
    assert waves.power_dbm(3, 8, *pair) == again.power_dbm(3, 8, *pair)
    assert waves.power_dbm(3, 8, *pair) != other.power_dbm(3, 8, *pair)


def test_shadows_scatter_as_widely_as_asked() -> None:
    waves = Propagation(AirSettings(shadowing_db=4.0), RadioSettings(), seed=2)
    clear = Propagation(CLEAR, RadioSettings(), seed=2).power_dbm(0, 1, (0, 0), (100, 0))
    shadows = [waves.power_dbm(0, n, (0, 0), (100, 0)) - clear for n in range(1, 4000)]
    mean = sum(shadows) / len(shadows)

    assert mean == pytest.approx(0, abs=0.3)
    assert (sum(s * s for s in shadows) / len(shadows)) ** 0.5 == pytest.approx(4.0, rel=0.05)


def test_the_grid_of_cells_forgets_nobody() -> None:
    random = Random(3)
    waves = Propagation(AirSettings(), RadioSettings(), seed=3)
    places = [(random.uniform(-9e4, 9e4), random.uniform(-9e4, 9e4)) for _ in range(150)]

    audible = waves.audible(places)

    for one, here in enumerate(places):
        heard = {
            other: power
            for other, there in enumerate(places)
            if other != one
            and (power := waves.power_dbm(one, other, here, there)) >= waves.weakest_dbm
        }
        assert audible[one] == heard


def test_who_moves_is_heard_where_it_is() -> None:
    random = Random(4)
    waves = Propagation(AirSettings(), RadioSettings(), seed=4)
    places = [(random.uniform(0, 5e4), random.uniform(0, 5e4)) for _ in range(60)]
    audible = waves.audible(places)
    for moved in (7, 21):
        places[moved] = (random.uniform(0, 5e4), random.uniform(0, 5e4))

    waves.move(audible, places, [7, 21])

    assert audible == waves.audible(places)
