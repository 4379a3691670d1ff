"""Telemetry: what can be read is read, and the rest ends it."""

from __future__ import annotations

import pytest

from meshtui.errors import EncodeError
from meshtui.networks.meshcore.payloads.lpp import (
    GPS,
    LPP_TYPES,
    Reading,
    battery_lpp,
    decode_lpp,
    encode_lpp,
)


def test_the_radios_own_telemetry_is_what_another_implementation_read() -> None:
    readings, end = decode_lpp(bytes.fromhex("0174019C016700FF"))

    assert [(each.channel, each.name, each.text) for each in readings] == [
        (1, "voltage", "4.12 V"),
        (1, "temperature", "25.5 °C"),
    ]
    assert end == 8


def test_values_below_zero_are_read() -> None:
    ((reading,), _) = decode_lpp(bytes.fromhex("0267FFEC"))

    assert reading.values == (-2.0,)
    assert reading.text == "-2 °C"


def test_a_position_has_an_altitude_of_another_scale() -> None:
    position = Reading(3, GPS, (51.5, -0.125, 12.5))

    ((read,), _) = decode_lpp(encode_lpp([position]))

    assert read.values == position.values


@pytest.mark.parametrize("code", LPP_TYPES)
def test_every_type_is_written_as_it_was_read(code: int) -> None:
    kind = LPP_TYPES[code]
    data = bytes((9, code)) + bytes(range(1, kind.size + 1))

    readings, end = decode_lpp(data)

    assert end == len(data)
    assert encode_lpp(readings) == data


def test_an_unknown_type_ends_the_reading() -> None:
    readings, end = decode_lpp(bytes.fromhex("0174019C504F4E470000"))

    assert len(readings) == 1
    assert end == 4


def test_padding_is_no_reading() -> None:
    data = bytes.fromhex("0174019C") + bytes(12)

    readings, end = decode_lpp(data)

    assert len(readings) == 1
    assert end == len(data)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01\x74", b"\x01\x74\x01"])
def test_what_is_cut_off_is_no_reading(data: bytes) -> None:
    assert decode_lpp(data)[0] == []


@pytest.mark.parametrize(
    "reading",
    [Reading(1, 103, (9_999.0,)), Reading(1, 77, (1.0,)), Reading(1, 103, (1.0, 2.0))],
)
def test_a_value_that_does_not_fit_is_refused(reading: Reading) -> None:
    with pytest.raises(EncodeError):
        encode_lpp([reading])


@pytest.mark.parametrize(
    ("millivolts", "expected"),
    [
        (4100, "0174019a"),
        (3909, "01740186"),
        (0, "01740000"),
        (-5, "01740000"),
        (10**7, "0174ffff"),
    ],
)
def test_a_battery_is_told_in_hundredths_of_a_volt(millivolts: int, expected: str) -> None:
    assert battery_lpp(millivolts).hex() == expected
