"""Alt and a key, from the bytes a terminal sends to what happens."""

from __future__ import annotations

import time

import pytest
from textual import constants
from textual._xterm_parser import XTermParser

from tests.support.mesh_scenes import seeded_mesh
from tests.support.tui_app import app_on, settle, text_of


def read_keys(typed: str) -> list:
    """What Textual makes of bytes, once it is sure that no more of them follow."""
    parser = XTermParser()
    keys = list(parser.feed(typed))
    time.sleep(constants.ESCAPE_DELAY + 0.01)
    return [*keys, *parser.tick()]


@pytest.mark.parametrize(("digit", "pane"), [("1", "chat"), ("2", "nodes"), ("5", "metrics")])
async def test_alt_and_a_digit_goes_to_a_pane_from_the_message_line(digit: str, pane: str) -> None:
    async with app_on(seeded_mesh()).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key in read_keys(f"\x1b{digit}"):
            pilot.app.post_message(key)
        await settle(pilot, 4)

        assert pilot.app.screen.pane_shown == pane
        assert pilot.app.screen.chat.composer.value == ""


async def test_alt_and_a_letter_is_a_command_and_never_text() -> None:
    async with app_on(seeded_mesh()).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key in [*read_keys("\x1bk"), *read_keys("\x1bx")]:
            pilot.app.post_message(key)
        await settle(pilot)

        assert pilot.app.screen.chat.composer.value == ""
        assert "No key has changed" in text_of(pilot.app)
