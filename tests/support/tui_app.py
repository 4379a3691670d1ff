"""The application on a fake mesh, and what is on its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.runtime.api import Preferences
from meshtui.tui.app import MeshtuiApp
from meshtui.tui.bridge import REFRESH_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.pilot import Pilot

    from meshtui.runtime.api import SetupApi
    from tests.support.fake_mesh import FakeMesh


def app_on(
    mesh: FakeMesh,
    *,
    glyphs: str = "unicode",
    theme: str = "",
    setup: SetupApi | None = None,
    remember: Callable[[str, str], None] | None = None,
) -> MeshtuiApp:
    """An application that opens `mesh`."""

    async def start() -> FakeMesh:
        return mesh

    preferences = Preferences(theme, glyphs, {})
    return MeshtuiApp(
        start, preferences, setup=setup, remember=remember, now_ms=lambda: mesh.now_ms
    )


def lines_of(app: App) -> list[str]:
    """The text on the screen, line by line."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def text_of(app: App) -> str:
    """The text on the screen."""
    return "\n".join(lines_of(app))


async def settle(pilot: Pilot, times: int = 2) -> None:
    """Let messages, workers and one batch of events come to rest."""
    for _ in range(times):
        await pilot.pause()
    await pilot.pause(REFRESH_S + 0.02)
