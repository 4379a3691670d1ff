"""Measured values."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.node.lpp import temperature, voltage


@pytest.mark.parametrize(
    ("millivolts", "expected"),
    [(4100, "0174019a"), (0, "01740000"), (-5, "01740000"), (10_000_000, "0174ffff")],
)
def test_a_voltage_is_in_hundredths(millivolts, expected) -> None:
    assert voltage(millivolts).hex() == expected


@pytest.mark.parametrize(("celsius", "expected"), [(27.2, "02670110"), (-4.1, "0267ffd7")])
def test_a_temperature_is_in_tenths(celsius, expected) -> None:
    assert temperature(celsius, 2).hex() == expected
