"""An application that holds one pane and writes down what it says upwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.tui.keys_in_turn import KeysInTurn
from meshtui.tui.state.directory import Directory
from meshtui.tui.text.glyphs import UNICODE
from meshtui.tui.themes import DEFAULT, load_themes
from meshtui.tui.widgets.pane import Desk, Pane

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from tests.support.fake_mesh import FakeMesh


def desk_of(mesh: FakeMesh, saved: dict[str, str] | None = None) -> Desk:
    """Make a desk whose choices go into `saved`."""
    kept = {} if saved is None else saved
    directory = Directory(mesh.myself())
    directory.load(mesh.known.values())
    return Desk(
        mesh,
        UNICODE,
        lambda: mesh.now_ms,
        kept,
        kept.__setitem__,
        directory,
        known_values=mesh.known_values,
    )


class PaneHost(KeysInTurn[None]):
    """Shows one pane, feeds it what the mesh emits, and keeps its messages."""

    CSS = "Screen { overflow: hidden; }"

    def __init__(self, mesh: FakeMesh, make: Callable[[Desk], Pane], desk: Desk | None = None):
        super().__init__()
        for theme in load_themes(None).themes.values():
            self.register_theme(theme)
        self.theme = DEFAULT
        self.mesh = mesh
        self.subscription = mesh.subscribe()
        self.pane = make(desk or desk_of(mesh))
        self.submitted: list[object] = []
        self.notices: list[str] = []
        self.copied: list[str] = []
        self.opened: list[object] = []
        self.sheets: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    async def on_mount(self) -> None:
        await self.pane.load()
        self.pane.take_focus()

    async def feed(self) -> None:
        """Hand what the mesh has emitted to the pane."""
        if self.subscription._queue:
            events = await self.subscription.next_batch()
            for event in events:
                self.pane.desk.directory.apply(event)
            self.pane.consume(events)

    async def on_pane_submit(self, message: Pane.Submit) -> None:
        self.submitted.append(message.command)
        await self.mesh.submit(message.command)
        await self.feed()

    def on_pane_notice(self, message: Pane.Notice) -> None:
        self.notices.append(message.text)

    def on_pane_copy(self, message: Pane.Copy) -> None:
        self.copied.append(message.text)

    def on_pane_review_key(self, message: Pane.ReviewKey) -> None:
        self.opened.append(("key", message.node_id))

    def on_pane_show_sheet(self, message: Pane.ShowSheet) -> None:
        self.sheets.append("\n".join("".join(text for text, _ in line) for line in message.lines))

    def on_pane_open_conversation(self, message: Pane.OpenConversation) -> None:
        self.opened.append(message.conversation)

    def on_pane_open_pane(self, message: Pane.OpenPane) -> None:
        self.opened.append((message.pane_id, message.hint))

    def on_key(self, event) -> None:
        if event.key == "escape":
            self.pane.step_back()

    def screen_text(self) -> str:
        """What is on the screen, as plain lines."""
        strips = self.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)
