"""Settings by name."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.node.config_words import GETTERS, SETTERS, read_number
from meshtui.networks.meshcore.node.settings import repeater_settings

START = repeater_settings("Hill")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("name", "Peak", "Peak"),
        ("owner.info", "x" * 200, "x" * 120),
        ("repeat", "off", "off"),
        ("repeat", "on", "on"),
        ("radio", "868.0,125,9,5", "868.000,125,9,5"),
        ("lat", "-12.5", "-12.500000"),
        ("lon", "179.25", "179.250000"),
        ("loop.detect", "strict", "strict"),
        ("tx", "14", "14"),
        ("flood.max", "3", "3"),
        ("txdelay", "1.5", "1.5"),
        ("direct.txdelay", "0", "0"),
        ("rxdelay", "10", "10"),
        ("multi.acks", "1", "1"),
        ("path.hash.mode", "2", "2"),
        ("advert.interval", "4", "4"),
        ("flood.advert.interval", "12", "12"),
    ],
)
def test_what_is_set_is_got(name, value, shown) -> None:
    changed = SETTERS[name](START, value)

    assert changed is not None
    assert GETTERS[name](changed) == shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "x" * 32),
        ("repeat", "maybe"),
        ("radio", "868,125,9"),
        ("radio", "868,125,9,x"),
        ("radio", "868,125,13,5"),
        ("radio", "868,125,9,4"),
        ("radio", "868,5,9,5"),
        ("radio", "50,125,9,5"),
        ("lat", "91"),
        ("lon", "181"),
        ("lat", "north"),
        ("lon", "nan"),
        ("guest.password", "x" * 16),
        ("loop.detect", "sometimes"),
        ("tx", "99"),
        ("flood.max", "65"),
        ("txdelay", "-1"),
        ("txdelay", "inf"),
        ("path.hash.mode", "3"),
    ],
)
def test_what_makes_no_sense_is_not_set(name, value) -> None:
    assert SETTERS[name](START, value) is None


def test_a_guests_password_is_set_but_cannot_be_got() -> None:
    changed = SETTERS["guest.password"](START, "friends")

    assert changed is not None
    assert changed.guest_password.reveal == b"friends"
    assert "guest.password" not in GETTERS


def test_another_spreading_factor_has_its_preamble() -> None:
    changed = SETTERS["radio"](START, "869.618,62.5,10,8")

    assert changed is not None
    assert changed.radio.preamble_symbols == 16


@pytest.mark.parametrize("getter", GETTERS.values())
def test_everything_can_be_got_of_a_fresh_repeater(getter) -> None:
    assert isinstance(getter(START), str)


@pytest.mark.parametrize(("text", "number"), [("1.5", 1.5), ("x", None), ("inf", None), ("", None)])
def test_a_number_is_finite(text, number) -> None:
    assert read_number(text) == number
