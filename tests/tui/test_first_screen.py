"""What is on the screen first, and what waits for it."""

from __future__ import annotations

from tests.support.mesh_scenes import seeded_mesh
from tests.support.tui_app import app_on, settle, text_of


async def test_links_are_opened_once_and_when_the_stored_chats_are_on_the_screen() -> None:
    mesh = seeded_mesh()
    app = app_on(mesh)
    screens: list[str] = []
    mesh.open_links = lambda: screens.append(text_of(app))

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        shown = text_of(app)

    assert len(screens) == 1
    assert screens[0].splitlines()[1:6] == shown.splitlines()[1:6] != [" " * 80] * 5
