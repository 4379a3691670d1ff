"""NO_COLOR means none: not even greys."""

from __future__ import annotations

from tests.support.mesh_scenes import seeded_mesh
from tests.support.tui_app import app_on, settle


async def test_no_color_takes_the_terminals_own_colours(monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_on(seeded_mesh(), theme="amber")

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)

        assert app.theme == "terminal"
        assert app.native_ansi_color


async def test_a_terminal_of_sixteen_colours_gets_its_own(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.delenv("COLORTERM", raising=False)
    app = app_on(seeded_mesh(), theme="amber")

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)

        assert app.theme == "terminal"
