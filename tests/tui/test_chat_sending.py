"""What is typed is sent once: while the disk is full, while the mesh is slow, after a refusal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from meshtui.errors import NotKeptYetError, StoreError
from meshtui.model.command import SendText
from tests.support.mesh_scenes import PARIS, WEATHER, seeded_mesh
from tests.support.tui_app import app_on, settle, text_of

if TYPE_CHECKING:
    from tests.support.fake_mesh import FakeMesh

SMALL = (80, 24)


class Held:
    """Lets texts wait on their way to the mesh, or not pass."""

    def __init__(self, mesh: FakeMesh) -> None:
        self.open = asyncio.Event()
        self.error: Exception | None = None
        self.texts: list[str] = []
        self._submit = mesh.submit
        mesh.submit = self.submit  # type: ignore[method-assign]

    async def submit(self, command) -> None:
        if isinstance(command, SendText):
            self.texts.append(command.text)
            await self.open.wait()
            if self.error is not None:
                raise self.error
        await self._submit(command)


async def opened(pilot, conversation=PARIS) -> None:
    await settle(pilot)
    pilot.app.screen.chat.open_conversation(conversation)
    await settle(pilot)


async def test_a_text_on_its_way_is_not_sent_again_by_a_second_enter() -> None:
    mesh = seeded_mesh()
    held = Held(mesh)

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"hello", "enter", "enter", *"next")
        held.open.set()
        await settle(pilot)

        assert held.texts == ["hello"]
        assert pilot.app.screen.chat.composer.value == "next"


async def test_a_text_that_waits_for_the_disk_leaves_the_line_and_is_asked_about_at_the_end() -> (
    None
):
    mesh = seeded_mesh()
    held = Held(mesh)
    held.open.set()
    held.error = NotKeptYetError("the disk is full; free some space")

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        said = text_of(pilot.app)
        line = pilot.app.screen.chat.composer.value
        await pilot.press("escape", "q")
        await settle(pilot)
        asked = text_of(pilot.app)

    assert line == ""
    assert "Your text waits, and is sent once this is mended: the disk is full" in said
    assert "would be lost" in asked


async def test_a_text_that_was_kept_after_all_is_not_asked_about() -> None:
    mesh = seeded_mesh()
    held = Held(mesh)
    held.open.set()
    held.error = NotKeptYetError("the disk is full; free some space")
    sent: list[SendText] = []
    mesh_submit = mesh.submit

    async def noting(command) -> None:
        if isinstance(command, SendText):
            sent.append(command)
        await mesh_submit(command)

    mesh.submit = noting  # type: ignore[method-assign]
    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        held.error = None
        await held.submit(sent[0])
        await settle(pilot)

        assert not pilot.app.screen.chat.has_unsent()


async def test_a_refused_text_comes_back_but_not_into_what_is_typed_by_then() -> None:
    mesh = seeded_mesh()
    held = Held(mesh)
    held.error = StoreError("the disk is full; free some space")

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"hello", "enter", *"next")
        held.open.set()
        await settle(pilot)
        said = text_of(pilot.app)
        line = pilot.app.screen.chat.composer.value
        await pilot.press(*["backspace"] * 4, "up")
        recalled = pilot.app.screen.chat.composer.value

    assert line == "next"
    assert "Not sent: hello" in said
    assert recalled == "hello"


async def test_a_refused_text_waits_in_the_chat_it_was_for() -> None:
    mesh = seeded_mesh()
    held = Held(mesh)
    held.error = StoreError("the disk is full; free some space")

    async with app_on(mesh).run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press(*"hello", "enter")
        await opened(pilot, WEATHER)
        held.open.set()
        await settle(pilot)
        there = pilot.app.screen.chat.composer.value
        await opened(pilot)

        assert there == ""
        assert pilot.app.screen.chat.composer.value == "hello"
