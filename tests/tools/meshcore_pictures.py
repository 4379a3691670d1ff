"""Pictures of MeshCore beside the JSON mesh, on a small mesh in memory (see `make_screenshots`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.command import Ask
from meshtui.model.event import Answered
from meshtui.model.ids import NodeId
from meshtui.model.packet import RxMeta
from tests.support.tui_app import app_on, settle
from tests.support.two_networks import MESHCORE, PUBLIC, RIDGE, USB, two_networks

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from tests.support.fake_mesh import FakeMesh

SMALL, LARGE = (80, 24), (140, 40)
_TRACE = (("66", "8.5"), ("7e", "4.25"), ("66", "-2"))


def _mesh() -> FakeMesh:
    mesh = two_networks()
    for name, text, hops, snr in (
        ("Ulla", "Does anybody hear the new repeater on the ridge?", 2, 4.5),
        ("dora", "Loud and clear down at the lake, 8 dB", 1, 8.0),
        ("Theo", "@[me] which region do you flood to?", 3, -6.25),
    ):
        mesh.say(NodeId(f"~{name}"), text, PUBLIC, hops=hops, rx=RxMeta(None, snr), link_id=USB)
    return mesh


def _answer_trace(mesh: FakeMesh) -> None:
    request = next(each for each in reversed(mesh.submitted) if isinstance(each, Ask))
    rows = [(("hop", hop), ("snr", f"{snr} dB")) for hop, snr in _TRACE]
    rows.append((("hop", "a1"), ("name", "us"), ("snr", "7.75 dB")))  # type: ignore[arg-type]
    mesh.emit(
        Answered(
            MESHCORE, request.request_id, "trace", RIDGE, mesh.at(),
            "4 hops there and back in 2300 ms", tuple(rows), 2_300,
        )
    )  # fmt: skip


async def take_meshcore(save: Callable[[Pilot[int], str], None]) -> None:
    """Take a channel, a menu, a trace, the radio, and both networks' nodes and ways."""
    for size, suffix in ((SMALL, "80x24"), (LARGE, "140x40")):
        mesh = _mesh()
        async with app_on(mesh).run_test(size=size) as pilot:
            await settle(pilot)
            pilot.app.screen.chat.open_conversation(PUBLIC)  # type: ignore[attr-defined]
            await settle(pilot)
            save(pilot, f"meshcore-chat-{suffix}")
            await pilot.press("f6")
            await settle(pilot)
            save(pilot, f"meshcore-nodes-{suffix}")
            pilot.app.screen.pane.receive_hint(str(RIDGE))  # type: ignore[attr-defined]
            await pilot.press("a")
            await settle(pilot)
            save(pilot, f"meshcore-ask-{suffix}")
            await pilot.press(*"trace", "enter")
            await settle(pilot)
            _answer_trace(mesh)
            await settle(pilot)
            save(pilot, f"meshcore-trace-{suffix}")
            await pilot.press("escape", "f7")
            await settle(pilot)
            save(pilot, f"meshcore-routes-{suffix}")
            await pilot.press("alt+r")
            await settle(pilot)
            save(pilot, f"meshcore-radio-{suffix}")
