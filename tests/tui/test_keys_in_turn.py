"""Keys that come in one burst, as over SSH, are carried out one after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual import events

from meshtui.model.command import SendText
from meshtui.model.verb import Verb, VerbTarget
from meshtui.tui import keys_in_turn
from meshtui.tui.keys_in_turn import KeysInTurn
from meshtui.tui.widgets.line_input import LineInput
from tests.support.fake_publishing import ten_brokers
from tests.support.mesh_scenes import example_frames, seeded_mesh
from tests.support.tui_app import app_on, settle

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from meshtui.tui.app import MeshtuiApp
    from tests.support.fake_mesh import FakeMesh

SIZE = (100, 30)


AHEAD = {
    ("slash", "hill"): "hill",
    ("ctrl+f", "hill"): "hill",
    ("i", "hello"): "hello",
    ("ctrl+k", "alice"): "alice",
    ("2", "slash", "dav"): "dav",
    ("2", "escape", "d", "hello"): "hello",
    ("2", "a", "trace"): "trace",
    ("3", "slash", "car"): "car",
    ("4", "slash", "type"): "type",
    ("4", "escape", "s", "hill"): "hill",
    ("4", "e", "x"): "jsonlx",
    ("6", "f", "type"): "type",
}
"""What stands in the input in the end, by the keys from the chat on."""


@pytest.fixture(autouse=True)
def patience(monkeypatch) -> None:
    """However busy the machine is, only one test is about losing it."""
    monkeypatch.setattr(keys_in_turn, "_PATIENCE_S", 60.0)


def mesh_of_all() -> FakeMesh:
    """Something for every pane."""
    mesh = seeded_mesh()
    mesh.service = ten_brokers(mesh.now_ms)
    mesh.known_verbs = (Verb("trace", "Trace the way", "Who relays.", VerbTarget.NODE),)
    return mesh


def burst(app: MeshtuiApp, *keys: str) -> None:
    """Type keys by name, and texts of lower-case letters, without waiting for any of them."""
    for key in keys:
        for name in [key] if key in {"escape", "enter", "slash", "up"} or "+" in key else key:
            text = {"slash": "/"}.get(name, name if len(name) == 1 else None)
            app.post_message(events.Key(name, text))


async def at_rest(app: MeshtuiApp, pilot: Pilot) -> None:
    """Wait until no key waits for its turn."""
    await pilot.pause()
    while app._waiting or app._is_taken or not app._message_queue.empty():
        await pilot.pause()
    await settle(pilot)


async def test_what_is_typed_ahead_of_an_input_is_text_in_it() -> None:
    mesh = mesh_of_all()
    app = app_on(mesh)
    found = {}
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        example_frames(mesh)
        await pilot.press("escape")
        for keys in AHEAD:
            burst(app, *keys)
            await at_rest(app, pilot)
            found[keys] = app.focused.value if isinstance(app.focused, LineInput) else None
            app.focused.value = ""
            if app.screen.is_modal:
                await app.pop_screen()
            await app.screen.open_pane("chat")
            app.screen.chat.close_finder()
            app.screen.chat.messages.focus()

    assert found == AHEAD


async def test_a_burst_goes_through_several_inputs_and_leaves_nothing_behind() -> None:
    mesh = mesh_of_all()
    app = app_on(mesh)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        example_frames(mesh)
        await settle(pilot)

        burst(
            app, "escape", "4", "slash", "type==text", "enter", "s", "hill", "enter", "2", "slash"
        )
        burst(app, "dav", "enter", "d", "hello", "enter")
        await at_rest(app, pilot)

        assert app.screen.panes["packets"].view.filter_text == "type==text"
        assert app.screen.panes["nodes"].filter_text == "dav"
        assert "hello" in [each.text for each in mesh.submitted if isinstance(each, SendText)]
        assert app._watch is None


async def test_what_is_typed_ahead_of_a_chat_that_opens_late_is_said_there(monkeypatch) -> None:
    mesh = seeded_mesh()
    shown = mesh.history
    app = app_on(mesh)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)

        async def slow(*args, **kwargs):
            await asyncio.sleep(0.1)
            return await shown(*args, **kwargs)

        monkeypatch.setattr(mesh, "history", slow)
        before = app.screen.chat.book.open_id
        burst(app, "alt+down", "hello", "enter")
        await at_rest(app, pilot)

        said = [each for each in mesh.submitted if isinstance(each, SendText)]
        assert [(each.text, each.conversation) for each in said] == [
            ("hello", app.screen.chat.book.open_id)
        ]
        assert app.screen.chat.book.open_id != before


async def test_keys_on_a_sheet_that_they_close_are_not_lost() -> None:
    app = app_on(mesh_of_all())
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)

        burst(app, "escape", "?", "escape", "?", "escape", "slash", "hill")
        await at_rest(app, pilot)

        assert app.focused.value == "hill"


async def test_a_paste_waits_for_the_input_that_a_key_opens() -> None:
    app = app_on(mesh_of_all())
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)

        burst(app, "escape", "slash")
        app.post_message(events.Paste("on the hill"))
        burst(app, "top")
        await at_rest(app, pilot)

        assert app.focused.value == "on the hilltop"


async def test_keys_do_not_wait_for_ever_for_one_whose_end_is_never_told(monkeypatch) -> None:
    app = app_on(mesh_of_all())
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("escape")
        await at_rest(app, pilot)
        monkeypatch.setattr(keys_in_turn, "_PATIENCE_S", 0.01)
        monkeypatch.setattr(KeysInTurn, "on_keys_in_turn_passed", lambda _, passed: passed.stop())

        burst(app, "slash")
        await settle(pilot)
        burst(app, "hill")
        while app.focused is not None and not app.focused.value:
            await pilot.pause()
        await settle(pilot)

        assert app.focused.value == "hill"


async def test_keys_after_one_that_lays_something_over_the_list_are_for_that() -> None:
    mesh = mesh_of_all()
    app = app_on(mesh)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        example_frames(mesh)
        await pilot.press("escape", "4")
        await settle(pilot)
        pane = app.screen.pane
        pane._list.move_to(1)
        await settle(pilot)

        burst(app, "S", "k", "S", "t", "j", "j", "t", "x", "k")
        await at_rest(app, pilot)

        assert pane._list.cursor == 1
        assert pane._columns.cursor == 2
