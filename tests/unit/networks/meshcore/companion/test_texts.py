"""How long a text may be, and what it costs."""

from __future__ import annotations

import pytest

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.networks.meshcore.companion.forms import Path
from tests.support.fake_companion import BOB, PUBLIC, Desk, contact


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.knows("Public", PUBLIC)
    desk.radio.contacts[BOB.public_key] = contact(path=Path(2, b"\xaa\xbb"))
    return desk.connect()


@pytest.mark.parametrize("text", ["x" * 160, "é" * 80, ""])
def test_a_direct_text_has_160_bytes(desk: Desk, text: str) -> None:
    assert desk.port.objection(desk.conversation(BOB.public_key), text) == ""


def test_a_longer_one_is_refused_with_both_numbers(desk: Desk) -> None:
    objection = desk.port.objection(desk.conversation(BOB.public_key), "é" * 81)

    assert "162 bytes" in objection
    assert "160 fit" in objection


def test_a_channels_text_shares_its_room_with_our_name(desk: Desk) -> None:
    conversation = desk.conversation("Public")

    assert desk.port.objection(conversation, "x" * 153) == ""
    assert "153 fit beside your name" in desk.port.objection(conversation, "x" * 154)


def test_a_text_with_a_nul_would_be_cut_off(desk: Desk) -> None:
    assert "NUL" in desk.port.objection(desk.conversation("Public"), "a\0b")


def test_the_radio_does_not_write_to_itself(desk: Desk) -> None:
    assert desk.port.objection(desk.conversation(desk.radio.key), "hi")


def test_a_text_costs_what_the_firmware_puts_on_the_air(desk: Desk) -> None:
    # the golden packet of "Hello everyone" on Public, written by somebody with a name of 5 bytes
    golden = bytes.fromhex(
        "150011582E4A729A3BBEB392F3206C0E70F53BA6E007D217EFCBD51C2D10B93080D77AAEFC"
    )

    cost = desk.port.cost(desk.conversation("Public"), "Hello everyone", desk.now)

    assert cost is not None
    assert desk.port.device is not None
    assert desk.port.device.radio is not None
    assert (cost.packets, cost.frame_bytes) == (1, len(golden))
    assert cost.airtime_ms == time_on_air_ms(len(golden), desk.port.device.radio)


def test_a_direct_text_costs_its_path_too(desk: Desk) -> None:
    golden = bytes.fromhex("0A00818A0491903DEFB1A2BD7E016A74706210A58A31")

    cost = desk.port.cost(desk.conversation(BOB.public_key), "direct now", desk.now)

    assert cost is not None
    assert cost.frame_bytes == len(golden) + 2


def test_nothing_is_reckoned_before_the_radio_says_how_it_is_set() -> None:
    desk = Desk()

    assert desk.port.cost(desk.conversation("Public"), "x", desk.now) is None
