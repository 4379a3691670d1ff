"""Greeting a radio: in order, through silence and refusals, and with clocks that differ."""

from __future__ import annotations

import pytest

from meshtui.model.event import (
    ChannelChanged,
    DeviceChanged,
    NodeHeard,
    PacketDropped,
    RouteChanged,
)
from meshtui.model.link import LinkKind
from meshtui.model.node import NodeRole
from meshtui.networks.meshcore.companion.answers import (
    BareAnswer,
    ChannelMsg,
    Contact,
    ContactsStart,
    DeviceInfo,
    Err,
)
from meshtui.networks.meshcore.companion.codes import Answer, Command
from meshtui.networks.meshcore.companion.commands import (
    AppStart,
    Bare,
    DeviceQuery,
    GetChannel,
    GetContacts,
    GetStats,
    SetDeviceTime,
)
from meshtui.networks.meshcore.companion.forms import Path
from meshtui.networks.meshcore.companion.frames import code_of
from meshtui.networks.meshcore.companion.port import REFRESH_S
from meshtui.networks.meshcore.settings import Settings
from meshtui.networks.meshcore.told import duration
from tests.support.fake_companion import BOB, HILL, NOW, PUBLIC, Desk, contact


def order(desk: Desk) -> list[str]:
    return [Command(code_of(each)).name for each in desk.radio.asked]


@pytest.mark.parametrize("kind", [LinkKind.STREAM, LinkKind.PIECES])
def test_a_radio_is_greeted_in_order_over_any_link(kind: LinkKind) -> None:
    desk = Desk(kind).connect()

    assert list(dict.fromkeys(order(desk))) == [
        "DEVICE_QUERY",
        "APP_START",
        "GET_DEVICE_TIME",
        "GET_CHANNEL",
        "GET_CONTACTS",
        "SYNC_NEXT_MESSAGE",
        "GET_BATT_AND_STORAGE",
        "GET_STATS",
    ]
    assert desk.port.is_ready


def test_a_greeted_radio_is_described() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()

    desk.connect()

    device = desk.of(DeviceChanged)[-1].device
    assert (device.name, device.model, device.contacts) == ("Alice", "Heltec V3", 1)
    assert (device.max_contacts, device.max_channels, device.battery_mv) == (10, 3, 4123)
    assert ("noise floor", "-117 dBm") in device.facts
    assert desk.port.myself is not None
    assert desk.port.myself.node_id == desk.radio.key.hex()
    assert desk.port.myself.node_id in desk.station.own_ids


def test_the_pin_is_no_fact_for_anybody() -> None:
    desk = Desk().connect()

    assert "123456" not in repr(desk.events)


def test_contacts_become_nodes_and_ways() -> None:
    desk = Desk()
    desk.radio.contacts[HILL.public_key] = contact(HILL.public_key, "Hill", 2, Path(2, b"\xaa\xbb"))

    desk.connect()

    (heard,) = desk.of(NodeHeard)
    (route,) = desk.of(RouteChanged)
    assert (heard.node.name, heard.node.role, heard.node.is_contact) == (
        "Hill",
        NodeRole.RELAY,
        True,
    )
    assert heard.node.position is not None
    assert (route.route.via, route.route.hops, route.route.source) == (("aa", "bb"), 3, "radio")


def test_channel_slots_become_channels_and_a_key_of_zeros_is_none() -> None:
    desk = Desk()
    desk.radio.slots[1] = ("#test", b"k" * 16)
    desk.radio.slots[2] = ("zero", bytes(16))

    desk.connect()

    channels = {event.channel.name: event.channel for event in desk.of(ChannelChanged)}
    assert set(channels) == {"Public", "#test"}
    assert channels["Public"].secret is not None
    assert channels["Public"].secret.reveal == PUBLIC


def test_a_clock_that_is_behind_is_set() -> None:
    desk = Desk()
    desk.radio.time = 1000  # 1970

    desk.connect()

    assert desk.radio.time == NOW
    assert desk.port.device is not None
    assert desk.port.device.clock_skew_s == 0


def test_a_clock_that_is_ahead_is_told_and_never_set_back() -> None:
    desk = Desk()
    desk.radio.time = NOW + 3_600

    desk.connect()

    assert desk.radio.count(SetDeviceTime) == 0
    assert "3600 s ahead" in desk.news("clock")[0]
    assert desk.port.device is not None
    assert desk.port.device.clock_skew_s == 3_600


@pytest.mark.parametrize("skew_s", [-10, 0, 10])
def test_a_clock_that_is_about_right_is_left_alone(skew_s: int) -> None:
    desk = Desk()
    desk.radio.time = NOW + skew_s

    desk.connect()

    assert desk.radio.count(SetDeviceTime) == 0


def test_a_clock_is_not_set_where_the_user_does_not_want_it() -> None:
    desk = Desk(settings=Settings(sync_clock=False))
    desk.radio.time = NOW - 100

    desk.connect()

    assert desk.radio.time == NOW - 100


def test_a_radio_that_keeps_silent_is_greeted_until_it_answers() -> None:
    desk = Desk()
    desk.radio.is_silent = True
    desk.connect()

    desk.wind(60.0)
    asked = desk.radio.count(DeviceQuery)
    desk.radio.is_silent = False
    desk.wind(40.0)

    assert 3 <= asked <= 10
    assert "does not answer" in desk.news("radio")[0]
    assert desk.port.is_ready


def test_old_firmware_that_knows_no_device_query_is_greeted() -> None:
    desk = Desk()
    desk.radio.rules[DeviceQuery] = lambda _: [Err(1)]
    desk.radio.rules[GetStats] = lambda _: [Err(6)]

    desk.connect()

    assert desk.port.is_ready
    assert desk.port.device is not None
    assert desk.port.device.max_contacts is None
    assert desk.radio.count(GetStats) == 1


def test_firmware_older_than_a_field_is_greeted() -> None:
    desk = Desk()
    desk.radio.rules[DeviceQuery] = lambda _: [DeviceInfo(2, 50, 2)]

    desk.connect()

    assert desk.port.is_ready
    assert desk.radio.count(GetChannel) == 2


def test_a_radio_with_fewer_slots_than_it_says_is_greeted() -> None:
    desk = Desk()
    desk.radio.rules[DeviceQuery] = lambda _: [DeviceInfo(2, 50, 255)]

    desk.connect()

    assert desk.port.is_ready
    assert desk.radio.count(GetChannel) == 4


def test_a_radio_that_lost_self_info_to_a_reboot_is_greeted_again() -> None:
    desk = Desk()
    answers = iter([None])
    desk.radio.rules[AppStart] = lambda _: next(answers, [desk.radio.self_info()])

    desk.connect()
    before = desk.port.is_ready
    desk.wind(30.0)

    assert not before
    assert desk.port.is_ready


def test_only_what_changed_is_read_at_the_next_greeting() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()

    desk.disconnect()
    desk.connect()

    sinces = [each.since for each in desk.radio.asked if isinstance(each, GetContacts)]
    assert sinces == [None, NOW - 60]
    assert desk.port.device is not None
    assert desk.port.device.contacts == 1


def test_contacts_that_are_gone_since_then_are_noticed() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()
    desk.disconnect()

    desk.radio.contacts.clear()
    desk.connect()

    assert desk.of(NodeHeard)[-1].node.is_contact is False
    assert desk.port.device is not None
    assert desk.port.device.contacts == 0


def test_a_list_of_contacts_that_never_ends_stops_nothing() -> None:
    desk = Desk()
    endless: list[Contact] = [
        contact(bytes((1, number % 256, number // 256)) + bytes(29)) for number in range(10_000)
    ]
    desk.radio.rules[GetContacts] = lambda _: [ContactsStart(2**32 - 1), *endless]

    desk.connect()
    desk.wind(1.0)

    assert desk.port.is_ready
    assert len(desk.of(NodeHeard)) <= 40
    assert "contacts" in {drop.reason for drop in desk.of(PacketDropped)}
    assert "GET_BATT_AND_STORAGE" in order(desk)


def test_a_queue_of_messages_that_never_ends_leaves_room_for_others() -> None:
    desk = Desk()
    endless = ChannelMsg(0, 0, 0, 1, "Bob: again")
    desk.radio.rules[Bare] = lambda command: (
        [endless] if command.code == Command.SYNC_NEXT_MESSAGE else desk.radio._default(command)
    )

    desk.connect()
    request = desk.ask("info")

    assert desk.answer(request).is_error is False
    assert len(desk.messages) == 1


def test_what_changes_by_itself_is_asked_again() -> None:
    desk = Desk().connect()
    before = desk.radio.count(GetStats)

    desk.wind(REFRESH_S + 1)

    assert desk.radio.count(GetStats) == 2 * before


def test_a_table_that_is_nearly_full_is_told_once() -> None:
    desk = Desk()
    for number in range(9):
        key = bytes((number + 1,)) * 32
        desk.radio.contacts[key] = contact(key)

    desk.connect()
    desk.disconnect()
    desk.connect()

    assert len(desk.news("contacts-full")) == 1
    assert "9 of 10" in desk.news("contacts-full")[0]


@pytest.mark.parametrize("moment", [DeviceQuery, AppStart, Bare, GetChannel, GetContacts])
def test_a_link_lost_while_it_is_greeted_leaves_no_radio_ready(moment: type) -> None:
    desk = Desk()
    desk.radio.rules[moment] = lambda _: None
    desk.connect()

    desk.disconnect()

    assert not desk.port.is_ready
    assert desk.port.next_deadline_s is None
    assert len(desk.port._radio.scripts) == 0
    assert len(desk.port._radio.driver) == 0


def test_another_radio_on_the_same_link_has_its_own_tables() -> None:
    desk = Desk()
    desk.radio.contacts[BOB.public_key] = contact()
    desk.connect()
    desk.disconnect()

    desk.radio.key, desk.radio.contacts = HILL.public_key, {}
    desk.connect()

    assert desk.port.device is not None
    assert desk.port.device.node_id == HILL.public_key.hex()
    assert desk.port.device.contacts == 0


def test_an_answer_that_is_garbled_does_not_stop_the_greeting() -> None:
    desk = Desk()
    desk.radio.rules[GetChannel] = lambda _: [BareAnswer(Answer.CHANNEL_INFO)]

    desk.connect()

    assert desk.port.is_ready
    assert "malformed" in {drop.reason for drop in desk.of(PacketDropped)}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (65, "1 min 5 s"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_time_spans_are_written_as_people_say_them(seconds: int, words: str) -> None:
    assert duration(seconds) == words
