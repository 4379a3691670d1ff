"""The chat in a real terminal: `python -m tests.support.pty_chat FILE COUNT`.

Messages come one by one; what the application believes to be on the screen is written to FILE, and
the stream is marked where the messages begin and end.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.runtime.api import Preferences
from meshtui.tui.app import MeshtuiApp
from meshtui.tui.bridge import REFRESH_S
from tests.support.hostile_texts import HOSTILE
from tests.support.mesh_scenes import ALICE, BOB, CAROL, PARIS, seeded_mesh
from tests.support.tui_app import text_of

if TYPE_CHECKING:
    from tests.support.fake_mesh import FakeMesh

BEGIN, END = "\x1b]2;begin\x07", "\x1b]2;end\x07"
SENDERS = (ALICE, BOB, CAROL)


class PtyChat(MeshtuiApp):
    """Drives itself, marks the stream and leaves."""

    def __init__(self, mesh: FakeMesh, report: Path, texts: list[str]) -> None:
        async def start() -> FakeMesh:
            return mesh

        super().__init__(start, Preferences("harbour", "unicode", {}), now_ms=lambda: mesh.now_ms)
        self.mesh, self.report, self.texts = mesh, report, texts

    def on_ready(self) -> None:
        self.run_worker(self.drive())

    async def drive(self) -> None:
        await asyncio.sleep(4 * REFRESH_S)
        self._driver.write(BEGIN)
        for number, text in enumerate(self.texts):
            self.mesh.say(SENDERS[number % 3], text, PARIS, hops=number % 4)
            await asyncio.sleep(1.4 * REFRESH_S)
        self._driver.write(END)
        self.report.write_text(text_of(self), encoding="utf-8")
        self.exit()


def main(report: str, count: str) -> None:
    mesh = seeded_mesh()
    for number in range(40):
        mesh.say(SENDERS[number % 3], f"line {number}", PARIS)
    talk = mesh.talks[PARIS]
    mesh.talks[PARIS] = replace(talk, unread=0, mentions=0, last_read=1_000)
    words = [("word " * (1 + number * 7 % 23)).strip() for number in range(int(count))]
    PtyChat(mesh, Path(report), words if int(count) else HOSTILE[:40]).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
