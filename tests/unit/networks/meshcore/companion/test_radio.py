"""What is known of a radio: how it is tuned, its tables, the ways it uses."""

from __future__ import annotations

import pytest

from meshtui.model.event import NodeHeard, RouteChanged
from meshtui.networks.meshcore.companion.commands import AppStart
from meshtui.networks.meshcore.companion.forms import Path
from meshtui.networks.meshcore.companion.pushes import SendConfirmed
from tests.support.fake_companion import BOB, HILL, NOW, Desk, contact


@pytest.mark.parametrize(
    "wrong",
    [
        {"spreading_factor": 13},
        {"coding_rate": 4},
        {"bandwidth_hz": 0},
        {"bandwidth_hz": 2**32 - 1},
    ],
)
def test_a_tuning_that_cannot_be_is_not_shown(wrong: dict[str, int]) -> None:
    desk = Desk()
    desk.radio.rules[AppStart] = lambda _: [desk.radio.self_info()._replace(**wrong)]

    desk.connect()

    assert desk.port.device is not None
    assert desk.port.device.radio is None
    assert desk.port.is_ready


def test_a_short_spreading_factor_has_a_long_preamble() -> None:
    desk = Desk()
    desk.connect()
    assert desk.port.device is not None
    short = desk.port.device.radio
    desk.disconnect()
    desk.radio.rules[AppStart] = lambda _: [desk.radio.self_info()._replace(spreading_factor=10)]
    desk.connect()
    long = desk.port.device.radio

    assert short is not None
    assert long is not None
    assert (short.preamble_symbols, long.preamble_symbols) == (32, 16)


def test_a_position_of_zeros_is_none() -> None:
    desk = Desk().connect()

    assert desk.port.device is not None
    assert desk.port.device.position is None


def test_a_key_of_zeros_is_no_contact_and_the_radio_is_none_of_its_own() -> None:
    desk = Desk()
    desk.radio.contacts[bytes(32)] = contact(bytes(32))
    desk.radio.contacts[desk.radio.key] = contact(desk.radio.key, "me")

    desk.connect()

    assert desk.of(NodeHeard) == []


def test_a_radios_favourites_are_tried_before_strangers_of_their_hash() -> None:
    desk = Desk()
    twins = [BOB.public_key[:1] + bytes((number,)) * 31 for number in range(8)]
    desk.radio.contacts = {twin: contact(twin) for twin in twins}
    desk.radio.contacts[BOB.public_key] = contact()._replace(flags=1)

    desk.connect()

    assert desk.keyring.peers_of(BOB.public_key[0]) == (BOB.public_key, *twins)


def test_a_contact_told_twice_is_told_once() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()

    desk.ask("contacts")

    assert len(desk.of(NodeHeard)) == 1


def test_what_was_announced_later_is_not_overwritten_by_an_old_entry() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()
    old = contact(name="Old name")._replace(last_advert=NOW - 9_999, lastmod=NOW)
    desk.radio.contacts[BOB.public_key] = old

    desk.ask("contacts")

    assert desk.of(NodeHeard)[-1].node.name == "Bob"


def test_a_clock_far_ahead_does_not_bar_later_adverts() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()._replace(last_advert=2**32 - 1)

    desk.connect()

    assert desk.of(NodeHeard)[-1].node.claimed_at_s <= NOW + 60


def test_a_way_that_brings_acknowledgements_is_trusted_more() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact(path=Path(1, b"\xaa"))
    desk.connect()
    before = desk.of(RouteChanged)[-1].route
    desk.send(BOB.public_key)

    desk.push(SendConfirmed((1).to_bytes(4, "little"), 275))

    after = desk.of(RouteChanged)[-1].route
    assert after.confidence > before.confidence
    assert (before.source, after.source) == ("radio", "acked")


def test_a_way_that_brings_none_is_trusted_less_and_then_given_up() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact(path=Path(1, b"\xaa"))
    desk.connect()
    before = desk.of(RouteChanged)[-1].route
    desk.send(BOB.public_key)

    desk.wind(60.0)

    assert desk.of(RouteChanged)[-1].route.confidence < before.confidence
    assert not desk.port._radio.contacts[BOB.public_key].out_path.is_known


def test_a_table_longer_than_the_radio_says_is_cut() -> None:
    desk = Desk()
    for number in range(100):
        key = bytes((number + 1,)) * 32
        desk.radio.contacts[key] = contact(key, node_type=1)
    desk.radio.contacts[HILL.public_key] = contact(HILL.public_key)

    desk.connect()

    assert len(desk.port._radio.contacts) <= 20


@pytest.mark.parametrize(
    ("firmware", "version"),
    [
        ("v1.17.1", (1, 17, 1)),
        ("v1.16.0-5abc", (1, 16, 0)),
        ("1.9 (dev)", (1, 9)),
        ("dev", None),
        ("", None),
        ("v1.²", None),
    ],
)
def test_a_version_is_read_where_it_is_one(firmware: str, version: tuple[int, ...] | None) -> None:
    desk = Desk()
    desk.radio.firmware = firmware

    desk.connect()

    assert desk.port._radio.version == version
