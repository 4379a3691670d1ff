"""The packet inspector without a mesh: one recording, one pane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from textual.screen import Screen

from meshtui.model.text import clean_line
from meshtui.tui.app import MeshtuiApp
from meshtui.tui.command import bindings_of
from meshtui.tui.commands import EVERYWHERE
from meshtui.tui.panes.recording import RecordingPane
from meshtui.tui.text.glyphs import glyph_set
from meshtui.tui.text.help import help_lines
from meshtui.tui.widgets.bar_line import BarLine
from meshtui.tui.widgets.pane import Desk, Pane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from meshtui.runtime.api import MeshApi, Paths, Preferences, RecordingApi

_COMMANDS = tuple(
    command
    for command in EVERYWHERE
    if command.name in {"help", "back", "quit-safely", "toggle-mouse"}
)
_NOTICE_S = 6.0


class InspectScreen(Screen[None]):
    """Status line, the pane, key line."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(_COMMANDS)
    DEFAULT_CSS = """
    InspectScreen { background: $background; color: $foreground; overflow: hidden; }
    """

    def __init__(self, desk: Desk, recording: RecordingApi, filter_text: str = "") -> None:
        """Hold the pane, and begin with a filter."""
        super().__init__()
        self._first_filter = filter_text
        self.desk = desk
        self.recording = recording
        self.pane = RecordingPane(desk, recording)
        self._notice: tuple[str, bool] | None = None
        self._notice_end: Timer | None = None

    def compose(self) -> ComposeResult:
        """Two lines and the pane between."""
        ellipsis = self.desk.glyphs.ellipsis
        yield BarLine(id="status", ellipsis=ellipsis)
        yield self.pane
        yield BarLine(id="keys", ellipsis=ellipsis)

    async def on_mount(self) -> None:
        """Read what is there."""
        await self.pane.load()
        self.pane.take_focus()
        if self._first_filter:
            self.pane.apply_filter(self._first_filter)
        self.restate()

    def restate(self) -> None:
        """Say anew what the lines say."""
        if not self.is_mounted:
            return
        left = [(self.pane.title(), "title")]
        if status := self.pane.status():
            left.append((f"  {status}", "dim"))
        name = f"{clean_line(self.recording.title, 40)} {self.recording.form} "
        self.query_one("#status", BarLine).show(left, [(name, "dim")])
        self._show_keys()

    def tell(self, text: str, *, is_error: bool = False) -> None:
        """Say something on the bottom line for a few seconds."""
        self._notice = (text, is_error)
        self._show_keys()
        if self._notice_end is not None:
            self._notice_end.stop()
        self._notice_end = self.set_timer(_NOTICE_S, self._drop_notice)

    def on_pane_notice(self, event: Pane.Notice) -> None:
        """A word for the bottom line."""
        self.tell(event.text, is_error=event.is_error)

    def on_pane_copy(self, event: Pane.Copy) -> None:
        """To the clipboard by OSC 52."""
        self.app.copy_to_clipboard(event.text)
        self.tell(f"Copied the {event.what} (OSC 52)")

    def on_pane_restated(self) -> None:
        """The lines around say something else."""
        self.restate()

    def action_help(self) -> None:
        """Keys of the inspector."""
        from meshtui.tui.screens.sheet import Sheet

        sheet = Sheet("Keys of the inspector", help_lines("packets", self.desk.glyphs))
        sheet.set_class(self.desk.glyphs.name == "plain", "-plain")
        self.app.push_screen(sheet)

    def action_back(self) -> None:
        """One step back, never out."""
        self.pane.step_back()

    def action_quit_safely(self) -> None:
        """Nothing is lost."""
        self.app.exit(0)

    async def action_toggle_mouse(self) -> None:
        """Let the terminal have the mouse, or take it."""
        await self.app.run_action("app.toggle_mouse")

    def _drop_notice(self) -> None:
        self._notice = None
        self._show_keys()

    def _show_keys(self) -> None:
        line = self.query_one("#keys", BarLine)
        if self._notice is not None:
            text, is_error = self._notice
            line.show([(text, "bad" if is_error else "good")])
            return
        pieces: list[tuple[str, str]] = []
        room = self.size.width
        for key, word in self.pane.context_keys():
            room -= cell_len(key) + cell_len(word) + 3
            if room < 0:
                break
            pieces += [(key, "key"), (f" {word}  ", "")]
        line.show(pieces)


class InspectApp(MeshtuiApp):
    """The application around one recording: the same themes, terminal and end."""

    def __init__(
        self,
        recording: RecordingApi,
        preferences: Preferences,
        paths: Paths | None = None,
        exports_dir: Path | None = None,
        now_ms: Callable[[], int] | None = None,
        remember: Callable[[str, str], None] | None = None,
        filter_text: str = "",
        known_values: Callable[[str], Sequence[str]] = lambda _: (),
    ) -> None:
        """Prepare the application.

        Args:
            filter_text: A filter to begin with, known to be one.
            known_values: What a field of a filter may hold, see `MeshApi`.
            exports_dir: Where lists are written to; None = where it was started.
        """
        super().__init__(_no_mesh, preferences, paths, remember=remember, now_ms=now_ms)
        self._recording = recording
        self._filter_text = filter_text
        self._exports_dir = exports_dir
        self._known_values = known_values

    async def open_mesh(self) -> None:
        """Show the recording instead."""
        preferences = self._preferences
        desk = Desk(
            # no action of this pane asks a mesh
            api=cast("MeshApi", None),
            glyphs=glyph_set(preferences.glyphs),
            now_ms=self._now_ms,
            saved=preferences.saved,
            remember=self._remember,
            exports_dir=self._exports_dir,
            known_values=self._known_values,
        )
        await self.push_screen(InspectScreen(desk, self._recording, self._filter_text))


async def _no_mesh() -> MeshApi:
    msg = "a recording has no mesh"
    raise RuntimeError(msg)
