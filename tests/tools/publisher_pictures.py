"""Pictures of the publishers: a service with brokers in every state (see `make_screenshots`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.fake_publishing import ten_brokers
from tests.support.mesh_scenes import seeded_mesh
from tests.support.tui_app import app_on, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

SMALL, LARGE = (80, 24), (140, 40)


async def take_publishers(save: Callable[[Pilot[int], str], None]) -> None:
    """Take the brokers, and the message that one of them gets next."""
    mesh = seeded_mesh()
    mesh.service = ten_brokers(mesh.now_ms)
    app = app_on(mesh)
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press("f10", "j")
        for size, suffix in ((SMALL, "80x24"), (LARGE, "140x40")):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            save(pilot, f"publishers-{suffix}")
            await pilot.press("enter")
            await settle(pilot)
            save(pilot, f"publishers-message-{suffix}")
            await pilot.press("escape")
