"""Our own radios as lines."""

from __future__ import annotations

from dataclasses import replace

from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.link import RadioSettings
from meshtui.model.node import Position
from meshtui.tui.text.devices import device_lines, is_nearly_full, radio_words
from tests.support.two_networks import DEVICE

EVIL = "\x1b[2J\u202e"


def shown(*devices, verbs=()) -> str:
    return "\n".join("".join(text for text, _ in line) for line in device_lines(devices, verbs))


def test_without_a_radio_it_is_said() -> None:
    assert "No radio of ours" in shown()


def test_what_a_radio_does_not_say_is_left_out() -> None:
    from meshtui.model.device import Device

    text = shown(Device(NetworkName("meshcore"), LinkId("usb"), NodeId("")))

    assert "(no name)" in text
    assert "battery" not in text
    assert "contacts" not in text
    assert "clock" not in text


def test_a_table_is_nearly_full_from_nine_tenths_on() -> None:
    assert is_nearly_full(replace(DEVICE, contacts=315, max_contacts=350))
    assert not is_nearly_full(replace(DEVICE, contacts=314, max_contacts=350))
    assert not is_nearly_full(replace(DEVICE, contacts=314, max_contacts=None))
    assert "314\n" in shown(replace(DEVICE, contacts=314, max_contacts=None))


def test_a_way_out_is_named_only_where_there_is_one() -> None:
    assert "nearly full; /contacts-cleanup helps" in shown(DEVICE, verbs={"contacts-cleanup"})
    assert "nearly full\n" in shown(DEVICE)
    assert "95 s behind; /sync-time helps" in shown(DEVICE, verbs={"sync-time"})
    assert "5 s off" in shown(replace(DEVICE, clock_skew_s=5))
    ahead = replace(DEVICE, clock_skew_s=90)
    assert "90 s ahead\n" in shown(ahead)
    assert "90 s ahead; /reboot it, or wait" in shown(ahead, verbs={"sync-time", "reboot"})


def test_a_radio_that_is_away_is_not_shown_as_if_it_were_there() -> None:
    lines = device_lines((DEVICE,), (), {DEVICE.link_id: f"un{EVIL}plugged"})
    text = "\n".join("".join(text for text, _ in line) for line in lines)

    assert "It is away (un" in text
    assert "this is what it said last" in text
    assert "\x1b" not in text
    assert "away" not in shown(DEVICE)


def test_a_radio_that_does_not_say_its_channel_is_described_by_the_rest() -> None:
    assert radio_words(RadioSettings()) == "SF11 250 kHz 4/5"


def test_several_radios_stand_one_below_the_other_and_give_no_orders() -> None:
    odd = replace(DEVICE, name=EVIL, model=EVIL, firmware=EVIL, facts=((EVIL, EVIL),))

    text = shown(DEVICE, replace(odd, position=Position(1.0, -2.0), battery_mv=3_300))

    assert "Hill radio" in text
    assert "1.0000 N 2.0000 W" in text
    assert "3.30 V" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
