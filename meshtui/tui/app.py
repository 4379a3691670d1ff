"""The Textual application: themes, glyphs, and which screen comes first. It forwards, no more."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING, Final

from meshtui.model.text import clean
from meshtui.tui.keys_in_turn import KeysInTurn
from meshtui.tui.state.directory import Directory
from meshtui.tui.terminal import (
    give_back_alt_digits,
    never_resume,
    outlive_the_terminal,
)
from meshtui.tui.text.glyphs import glyph_set
from meshtui.tui.themes import DEFAULT, SIXTEEN_COLOURS, load_themes
from meshtui.tui.widgets.pane import Desk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from textual.screen import Screen

    from meshtui.runtime.api import MeshApi, Paths, Preferences, SetupApi
    from meshtui.tui.screens.main import MainScreen

WANTS_DEMO: Final = 100
"""What `run` returns where the user chose to look around first."""


class MeshtuiApp(KeysInTurn[int], inherit_bindings=False):
    """Shows the first-run screen where there is no mesh yet, then the main screen."""

    TITLE = "meshtui"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        start: Callable[[], Awaitable[MeshApi]],
        preferences: Preferences,
        paths: Paths | None = None,
        setup: SetupApi | None = None,
        remember: Callable[[str, str], None] | None = None,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        """Prepare the application; nothing is opened before it runs.

        Args:
            start: Opens the mesh; awaited at once, or after the first run.
            paths: Where the user's own themes lie; None = only ours.
            setup: The first run; None = there is an identity already.
            remember: Keeps a choice such as `theme` beyond this run.
            now_ms: Our clock; None = the real one.
        """
        # Without this Textual answers NO_COLOR with greys, which are colours to a terminal.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self._start = start
        self._setup = setup
        self._preferences = preferences
        self._remember = remember or _forget
        self._now_ms = now_ms or _now_ms
        self._themes_dir: Path | None = paths.themes_dir if paths is not None else None
        self._exports_dir = paths.database_file.parent / "exports" if paths is not None else None
        self._has_mouse = True
        give_back_alt_digits()
        self._load_themes(preferences.theme)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Variables of ours that every theme sets; these serve until one is chosen."""
        names = {f"name-{index}": "ansi_default" for index in range(8)}
        ours = dict.fromkeys(("muted", "rule", "selection", "bar"), "ansi_default")
        return super().get_theme_variable_defaults() | names | ours

    async def run_to_end(self, interrupted: int) -> int | None:
        """Run until the user leaves; SIGTERM, or a terminal that hangs up, ends it too.

        Returns:
            What the screens returned, or `interrupted`.

        Raises:
            Exception: What ended the application (see `failure`).
        """
        loop = asyncio.get_running_loop()

        def end(*_: object) -> None:
            never_resume(self)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # who asks twice is not made to wait
            if not loop.is_closed():
                loop.call_soon_threadsafe(self.exit, interrupted)

        # Not the loop's own handlers: SIGCONT comes with SIGHUP, and must find that all is over.
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, end)
        self.driver_class = outlive_the_terminal(self.driver_class)
        result = await self.run_async()
        if self.failure is not None:
            raise self.failure
        return result if result is not None else self.return_code

    @property
    def failure(self) -> Exception | None:
        """What nobody foresaw and ended the application, if anything did."""
        return self._exception

    def _fatal_error(self) -> None:
        """Just leave: Textual would print the values of local variables, secrets among them."""
        self._close_messages_no_wait()

    async def on_mount(self) -> None:
        """Welcome a new user, or open the mesh."""
        if self._setup is None:
            await self.open_mesh()
        else:
            from meshtui.tui.screens.welcome import WelcomeScreen

            await self.push_screen(WelcomeScreen(self._setup), self._welcomed)

    async def _welcomed(self, outcome: str | None) -> None:
        if outcome == "done":
            await self.open_mesh()
        else:
            self.exit(WANTS_DEMO if outcome == "demo" else 0)

    async def open_mesh(self) -> None:
        """Start the mesh and show the main screen."""
        from meshtui.errors import MeshtuiError

        try:
            api = await self._start()
        except MeshtuiError as error:
            self.exit(1, message=clean(str(error)))
            return
        await self.show_mesh(api)

    async def show_mesh(self, api: MeshApi) -> None:
        """Show the main screen on a running mesh."""
        from meshtui.tui.screens.main import MainScreen

        glyphs = glyph_set(self._preferences.glyphs)
        desk = Desk(
            api=api,
            glyphs=glyphs,
            now_ms=self._now_ms,
            saved=self._preferences.saved,
            remember=self._remember,
            directory=Directory(api.myself(), glyphs.ellipsis),
            exports_dir=self._exports_dir,
            known_values=api.known_values,
        )
        screen: Screen[None] = MainScreen(desk)
        await self.push_screen(screen)
        # The chat as it was is on the screen before anything that takes time is begun.
        self.call_after_refresh(api.open_links)
        for problem in self.theme_problems[:1]:
            self.notify_line(clean(problem, limit=200))

    def notify_line(self, text: str) -> None:
        """Say something on the main screen's bottom line."""
        from meshtui.tui.screens.main import MainScreen

        if isinstance(self.screen, MainScreen):
            self.screen.tell(text, is_error=True)

    def action_set_glyphs(self, name: str = "") -> None:
        """Use a glyph set, or with an empty name the other one; the main screen is made anew."""
        from dataclasses import replace

        from meshtui.tui.screens.main import MainScreen

        screen = self.screen
        if not isinstance(screen, MainScreen):
            return
        other = "plain" if self._preferences.glyphs == "unicode" else "unicode"
        self._preferences = replace(self._preferences, glyphs=name or other)
        self._remember("glyphs", self._preferences.glyphs)
        # later, as ours: the command comes from the screen, which cannot wait for its own removal
        self.call_later(self._remake, screen)

    async def _remake(self, screen: MainScreen) -> None:
        """Put a new main screen in the place of this one."""
        if screen is not self.screen:
            return
        await screen.chat.save_draft()
        await self.pop_screen()
        await self.show_mesh(screen.desk.api)

    def action_toggle_mouse(self) -> None:
        """Give the mouse to the terminal, or take it back."""
        self._has_mouse = not self._has_mouse
        driver = self._driver
        if driver is not None:
            toggle = "_enable_mouse_support" if self._has_mouse else "_disable_mouse_support"
            getattr(driver, toggle, lambda: None)()
        tell = getattr(self.screen, "tell", None)
        if tell is not None:
            tell("Mouse on" if self._has_mouse else "Mouse off: your terminal selects and copies")

    def _load_themes(self, wanted: str) -> None:
        found = load_themes(self._themes_dir)
        problems = list(found.problems)
        for theme in found.themes.values():
            self.register_theme(theme)
        if wanted and wanted not in found.themes:
            names = ", ".join(sorted(found.themes))
            problems.append(
                f"theme: no theme is called {clean(wanted, limit=40)}; there are {names}"
            )
        self.theme_problems = tuple(problems)
        known = wanted if wanted in found.themes else ""
        self.theme = SIXTEEN_COLOURS if self.no_color else _fitting_theme(known)


def _fitting_theme(wanted: str) -> str:
    """The user's choice; else ours, or the terminal's own colours where it has only sixteen."""
    term = os.environ.get("TERM", "")
    has_few = term in ("linux", "vt100", "vt220", "xterm", "screen", "ansi")
    is_truecolor = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    if has_few and not is_truecolor:
        return SIXTEEN_COLOURS
    return wanted or DEFAULT


def _forget(_key: str, _value: str) -> None:
    """There is nowhere to keep a choice."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
