"""What is typed to set a radio is read the same for every kind of radio, or refused in words."""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.node import Position
from meshtui.networks.meshcore.device_arguments import (
    PRESETS,
    Preset,
    hash_size_of,
    hash_size_words,
    multi_acks_words,
    name_of,
    place_of,
    power_of,
    preset_of,
    region_of,
    scope_words,
    tuning_words,
)


def test_a_preset_is_named_or_written_out() -> None:
    assert preset_of(" EU ") is PRESETS["eu"]
    assert preset_of("868.3 125 9 5") == Preset(868_300, 125_000, 9, 5)
    words = tuning_words(preset_of("869.618 62.5 8 8").settings)
    assert words == "869.618 MHz, 62.5 kHz, SF8, CR 4/8"


@pytest.mark.parametrize(
    "argument", ["", "mars", "869 62.5 8", "1 2 3 4 5", "149 62.5 8 8", "869 62.5 8.5 8"]
)
def test_what_is_no_preset_is_refused(argument: str) -> None:
    with pytest.raises(LocalProtocolError):
        preset_of(argument)


def test_a_power_is_a_whole_number_that_the_board_allows() -> None:
    assert (power_of("22 dBm", 22), power_of("-9"), power_of("30")) == (22, -9, 30)
    for argument, most_dbm in (("23", 22), ("31", 30), ("-10", 30), ("1.5", 30), ("", 30)):
        with pytest.raises(LocalProtocolError):
            power_of(argument, most_dbm)


def test_a_name_is_stripped_and_fits() -> None:
    assert name_of(" Älice ") == "Älice"
    for argument in ("", "é" * 16, "a\0b"):
        with pytest.raises(LocalProtocolError, match="1 to 31 bytes"):
            name_of(argument)


def test_a_position_may_have_a_comma_and_be_taken_back() -> None:
    assert place_of("48.5, -11.25") == place_of("48.5 -11.25") == Position(48.5, -11.25)
    assert place_of(" OFF ") is None
    for argument in ("", "48", "91 0", "0 181", "nan 0"):
        with pytest.raises(LocalProtocolError):
            place_of(argument)


def test_a_region_gets_its_sign_and_off_is_none() -> None:
    assert (region_of("europe"), region_of("#europe"), region_of("$x")) == (
        "#europe",
        "#europe",
        "$x",
    )
    assert region_of(" ") == ""
    assert region_of("off") is region_of("none") is region_of("*") is None
    with pytest.raises(LocalProtocolError):
        region_of("x" * 30)


def test_words_say_how_it_stands() -> None:
    assert hash_size_words(hash_size_of("1")).startswith("repeaters name themselves by 1 byte in")
    assert hash_size_words(hash_size_of("2")).startswith("repeaters name themselves by 2 bytes in")
    assert multi_acks_words(is_on=False).endswith("sent once")
    assert "#europe" in scope_words("#europe")
