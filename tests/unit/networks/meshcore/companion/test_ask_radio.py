"""Verbs about our own radio and its tables."""

from __future__ import annotations

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.errors import LocalProtocolError
from meshtui.model.event import DeviceChanged
from meshtui.networks.meshcore.companion.answers import (
    Err,
    Ok,
    StatsCore,
    StatsPackets,
    StatsRadio,
)
from meshtui.networks.meshcore.companion.commands import (
    GetContacts,
    GetStats,
    ImportContact,
    Reboot,
    SendSelfAdvert,
    SetDeviceTime,
)
from meshtui.networks.meshcore.companion.radio import with_favourite
from meshtui.networks.meshcore.contact_card import card_of, link_of
from tests.support.fake_companion import BOB, CAROL, HILL, NOW, Desk, contact
from tests.support.meshcore_air import advert_packet

DAY = 86_400
PACKETS = StatsPackets(2, 10, 5, 3, 2, 6, 4, 1)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    old = contact(HILL.public_key, "Hill", 2)
    desk.radio.contacts[BOB.public_key] = contact()
    desk.radio.contacts[HILL.public_key] = old._replace(
        last_advert=NOW - 90 * DAY, lastmod=NOW - 40 * DAY
    )
    return desk.connect()


def test_a_radio_tells_all_it_knows_of_itself(desk: Desk) -> None:
    told = desk.answer(desk.ask("info"))

    facts = dict(told.rows[0])
    assert facts["radio"] == "869.618 MHz, 62.5 kHz, SF8, CR 4/8"
    assert facts["contacts"] == "2 of 10"
    assert facts["battery"] == "4.12 V"


def test_battery_and_statistics_are_read_anew(desk: Desk) -> None:
    assert desk.answer(desk.ask("battery")).text == "4.12 V, 12 kB of 640 kB"
    assert desk.answer(desk.ask("stats")).text.startswith("uptime 1 h 1 min")


def test_statistics_are_kept_in_figures_by_the_names_of_other_programs(desk: Desk) -> None:
    desk.radio.rules[GetStats] = lambda each: [
        (StatsCore(0, 4100, 99, 2, 3), StatsRadio(1, -117, -87, 8.5, 12, 34), PACKETS)[each.kind]
    ]
    desk.ask("stats")

    assert desk.port.device is not None
    assert dict(desk.port.device.stats) == {
        "battery_mv": 4100,
        "uptime_secs": 99,
        "errors": 2,
        "queue_len": 3,
        "noise_floor": -117,
        "last_rssi": -87,
        "last_snr": 8.5,
        "tx_air_secs": 12,
        "rx_air_secs": 34,
        "recv": 10,
        "sent": 5,
        "flood_tx": 3,
        "direct_tx": 2,
        "flood_rx": 6,
        "direct_rx": 4,
        "recv_errors": 1,
    }
    assert desk.of(DeviceChanged)[-1].device == desk.port.device


def test_firmware_without_statistics_still_tells_its_battery(desk: Desk) -> None:
    plain = Desk()
    plain.radio.rules[GetStats] = lambda _: [Err(1)]
    plain.connect()

    assert plain.port.device is not None
    assert plain.port.device.stats == (("battery_mv", 4123),)


def test_figures_of_another_radio_are_forgotten(desk: Desk) -> None:
    desk.disconnect()
    desk.radio.rules[GetStats] = lambda _: [Err(1)]
    desk.radio.key = CAROL.public_key
    desk.connect()

    assert desk.port.device is not None
    assert dict(desk.port.device.stats).keys() == {"battery_mv"}


def test_clocks_are_compared_and_set(desk: Desk) -> None:
    right = desk.answer(desk.ask("sync-time"))
    desk.radio.time = NOW - 500
    set_now = desk.answer(desk.ask("sync-time"))
    desk.radio.time = NOW + 500
    ahead = desk.answer(desk.ask("sync-time"))

    assert "right" in right.text
    assert not set_now.is_error
    assert "500 s ahead" in ahead.text
    assert ahead.is_error


def test_a_clock_that_cannot_be_set_is_told(desk: Desk) -> None:
    desk.radio.time = NOW - 500
    desk.radio.rules[SetDeviceTime] = lambda _: [Err(6)]

    assert "behind" in desk.answer(desk.ask("sync-time")).text


def test_advertisements_are_sent_near_and_far(desk: Desk) -> None:
    desk.ask("advert")
    desk.ask("advert-flood")

    assert [each for each in desk.radio.asked if isinstance(each, SendSelfAdvert)] == [
        SendSelfAdvert(),
        SendSelfAdvert(1),
    ]


def test_a_reboot_needs_no_answer(desk: Desk) -> None:
    assert desk.answer(desk.ask("reboot")).text == "it starts anew"
    assert desk.radio.count(Reboot) == 1


def test_a_signed_card_is_imported_by_the_radio(desk: Desk) -> None:
    key = from_seed(b"dave".ljust(32, b"d"))
    card = card_of(advert_packet(key, "Dave", timestamp=NOW))

    def take(_) -> list[Ok]:
        desk.radio.contacts[key.public_key] = contact(key.public_key, "Dave")
        return [Ok()]

    desk.radio.rules[ImportContact] = take
    told = desk.answer(desk.ask("import", argument=card))

    assert told.text == "Dave is a contact"


def test_a_card_that_the_radio_swallows_without_effect_is_told(desk: Desk) -> None:
    key = from_seed(b"dave".ljust(32, b"d"))
    card = card_of(advert_packet(key, "Dave", timestamp=NOW))

    assert "table full" in desk.answer(desk.ask("import", argument=card)).text


def test_an_unsigned_card_becomes_a_contact_and_proves_nothing(desk: Desk) -> None:
    told = desk.answer(desk.ask("import", argument=link_of(CAROL.public_key, "Carol", 1)))

    assert desk.radio.contacts[CAROL.public_key].name == "Carol"
    assert "proves nothing" in told.text


def test_an_unsigned_card_changes_no_contact(desk: Desk) -> None:
    told = desk.answer(desk.ask("import", argument=link_of(BOB.public_key, "Mallory", 1)))

    assert desk.radio.contacts[BOB.public_key].name == "Bob"
    assert "already" in told.text


def test_cards_that_are_none_or_our_own_are_refused_at_once(desk: Desk) -> None:
    for card in ("", "https://x", "meshcore://zz", link_of(desk.radio.key, "Alice", 1)):
        with pytest.raises(LocalProtocolError):
            desk.ask("import", argument=card)


def test_our_own_card_is_exported(desk: Desk) -> None:
    assert desk.answer(desk.ask("export")).text.startswith("meshcore://1100")


def test_the_contact_table_is_read_anew_and_shown(desk: Desk) -> None:
    told = desk.answer(desk.ask("contacts"))

    assert told.text == "2 of 10 contacts"
    assert {dict(row)["name"] for row in told.rows} == {"Bob", "Hill"}


def test_a_table_that_cannot_be_read_is_an_error(desk: Desk) -> None:
    desk.radio.rules[GetContacts] = lambda _: [Err(4)]

    assert desk.answer(desk.ask("contacts")).is_error
    assert desk.answer(desk.ask("contacts-old", argument="30")).is_error


def test_slots_are_shown_without_their_keys(desk: Desk) -> None:
    (row,) = desk.answer(desk.ask("channels")).rows

    assert dict(row) == {"slot": "0", "name": "Public", "hash": "11"}


def test_contacts_long_unheard_are_listed_by_one_word_and_removed_by_another(desk: Desk) -> None:
    told = desk.answer(desk.ask("contacts-old", argument="30"))
    listed = len(desk.radio.contacts)
    removed = desk.answer(desk.ask("contacts-cleanup", argument="30"))

    assert [dict(row)["name"] for row in told.rows] == ["Hill"]
    assert "`contacts-cleanup 30` removes" in told.text
    assert listed == 2
    assert list(desk.radio.contacts) == [BOB.public_key]
    assert removed.text == "1 contacts removed, 1 are left"


def test_a_cleanup_spares_favourites(desk: Desk) -> None:
    old = desk.radio.contacts[HILL.public_key]
    desk.radio.contacts[HILL.public_key] = with_favourite(old, is_favourite=True)

    told = desk.answer(desk.ask("contacts-old", argument="30"))

    assert told.rows == ()
    assert told.text == "0 of 2 contacts were not heard for 30 days"


@pytest.mark.parametrize("verb", ["contacts-old", "contacts-cleanup"])
@pytest.mark.parametrize("argument", ["", "x", "0", "30 remove"])
def test_a_cleanup_of_no_number_of_days_is_refused_at_once(
    desk: Desk, verb: str, argument: str
) -> None:
    with pytest.raises(LocalProtocolError):
        desk.ask(verb, argument=argument)
