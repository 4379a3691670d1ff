"""Verbs that set our own radio: what is written, and what is refused before it is."""

from __future__ import annotations

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.networks.meshcore.companion.answers import DefaultFloodScope, Err
from meshtui.networks.meshcore.companion.commands import (
    Bare,
    SetAdvertLatLon,
    SetAdvertName,
    SetDefaultFloodScope,
    SetOtherParams,
    SetPathHashMode,
    SetRadioParams,
    SetRadioTxPower,
)
from tests.support.fake_companion import Desk

EUROPE = bytes.fromhex("E81567C824FA51C46542C62B813DA68E")


@pytest.fixture
def desk() -> Desk:
    return Desk().connect()


@pytest.mark.parametrize(
    ("verb", "argument", "command"),
    [
        ("set-name", " Älice ", SetAdvertName("Älice")),
        ("set-position", "48.5, -11.25", SetAdvertLatLon(48.5, -11.25)),
        ("set-position", "off", SetAdvertLatLon(0.0, 0.0)),
        ("set-radio", "EU", SetRadioParams(869_618, 62_500, 8, 8)),
        ("set-radio", "us", SetRadioParams(910_525, 62_500, 7, 5)),
        ("set-radio", "868.3 125 9 5", SetRadioParams(868_300, 125_000, 9, 5)),
        ("set-power", "22 dBm", SetRadioTxPower(22)),
        ("set-path-hash-mode", "3", SetPathHashMode(0, 2)),
        ("set-multi-acks", "on", SetOtherParams(0, 0, 0, 1)),
        ("scope", "#europe", SetDefaultFloodScope("#europe", EUROPE)),
        ("scope", "europe", SetDefaultFloodScope("#europe", EUROPE)),
        ("scope", "off", SetDefaultFloodScope()),
    ],
)
def test_a_setting_is_written_as_the_firmware_reads_it(
    desk: Desk, verb: str, argument: str, command
) -> None:
    told = desk.answer(desk.ask(verb, argument=argument))

    assert command in desk.radio.asked
    assert not told.is_error


@pytest.mark.parametrize(
    ("verb", "argument"),
    [
        ("set-name", ""),
        ("set-name", "é" * 16),
        ("set-name", "a\0b"),
        ("set-position", "91 0"),
        ("set-position", "48"),
        ("set-position", "nan 0"),
        ("set-radio", "mars"),
        ("set-radio", "869 62.5 13 5"),
        ("set-radio", "869 62.5 8"),
        ("set-power", "23"),
        ("set-power", "loud"),
        ("set-path-hash-mode", "4"),
        ("set-path-hash-mode", "1.5"),
        ("set-multi-acks", "maybe"),
        ("scope", "#" + "x" * 40),
    ],
)
def test_what_cannot_be_is_refused_before_it_is_written(
    desk: Desk, verb: str, argument: str
) -> None:
    asked = len(desk.radio.asked)

    with pytest.raises(LocalProtocolError):
        desk.ask(verb, argument=argument)

    assert len(desk.radio.asked) == asked


def test_a_setting_is_read_back(desk: Desk) -> None:
    desk.ask("set-name", argument="Alice 2")

    assert desk.port.device is not None
    assert desk.port.device.name == "Alice 2"


def test_a_refused_setting_is_told_in_the_radios_words(desk: Desk) -> None:
    desk.radio.rules[SetRadioTxPower] = lambda _: [Err(6)]

    assert desk.answer(desk.ask("set-power", argument="10")).text == (
        "the radio says: it does not allow this value"
    )


def test_the_region_in_force_is_shown(desk: Desk) -> None:
    desk.radio.rules[Bare] = lambda _: [DefaultFloodScope("#europe", EUROPE)]
    limited = desk.answer(desk.ask("scope"))
    desk.radio.rules[Bare] = lambda _: [DefaultFloodScope()]
    free = desk.answer(desk.ask("scope"))

    assert "#europe" in limited.text
    assert free.text == "no limit is set"


def test_another_hash_size_is_a_fact(desk: Desk) -> None:
    desk.ask("set-path-hash-mode", argument="2")

    assert desk.port.device is not None
    assert ("path hash", "2 bytes a hop") in desk.port.device.facts


def test_acknowledgements_need_a_radio_that_said_how_it_is_set() -> None:
    with pytest.raises(LocalProtocolError):
        Desk().ask("set-multi-acks", argument="on")
