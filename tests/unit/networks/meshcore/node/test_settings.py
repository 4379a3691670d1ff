"""What nodes are set to when nobody says otherwise."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.node.settings import (
    LoopDetect,
    NodeSettings,
    mesh_radio,
    repeater_settings,
    room_settings,
)
from meshtui.networks.meshcore.payloads.advert import AdvertType


@pytest.mark.parametrize(("spreading", "preamble"), [(7, 32), (8, 32), (9, 16), (12, 16)])
def test_fast_settings_have_the_long_preamble(spreading, preamble) -> None:
    assert mesh_radio(spreading).preamble_symbols == preamble


def test_the_radio_is_that_of_europe() -> None:
    radio = NodeSettings().radio

    assert (radio.frequency_mhz, radio.bandwidth_khz) == (869.618, 62.5)
    assert (radio.spreading_factor, radio.coding_rate) == (8, 8)
    assert (radio.duty_cycle, radio.max_frame_bytes) == (0.5, 255)


def test_a_repeater_passes_on_and_a_room_does_not() -> None:
    repeater, room = repeater_settings("r"), room_settings("room")

    assert (repeater.role, repeater.forwards) == (AdvertType.REPEATER, True)
    assert (room.role, room.forwards) == (AdvertType.ROOM, False)
    assert (repeater.flood_max, repeater.flood_max_unscoped, repeater.flood_max_advert) == (
        64,
        64,
        8,
    )


def test_no_path_is_long_enough_for_a_loop_that_is_not_looked_for() -> None:
    assert min(LoopDetect.OFF.value) > 64


def test_passwords_are_not_shown() -> None:
    assert "password'" not in repr(repeater_settings("r"))
    assert "hidden" in repr(repeater_settings("r"))
