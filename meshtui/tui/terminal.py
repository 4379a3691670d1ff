"""The one place that deals with the terminal past Textual: moving lines, its title, its end.

Textual repaints every line that looks different; when a list moves up by one line, that is all of
them. Terminals since the VT100 can move lines themselves: a scroll region, and a line feed at its
last line. Over a slow link this is the difference between kilobytes and a few hundred bytes.

Private parts of Textual 8 are touched here, and nowhere else.
"""

from __future__ import annotations

import os
import signal
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.driver import Driver
    from textual.widget import Widget


def scroll_up(widget: Widget, lines: int) -> bool:
    """Move what a widget shows up by lines; the lowest are blank then, until they are painted.

    Returns:
        False where it cannot be done and nothing has happened: the widget does not span the
        terminal, something covers it, or an earlier change of it is still to be painted.
    """
    app, region = widget.app, widget.region
    driver = app._driver  # noqa: SLF001
    if driver is None or app.is_headless or not _is_alone(widget):
        return False
    if widget._repaint_regions or widget.screen._layout_required:  # noqa: SLF001
        return False
    first, last = region.y + 1, region.bottom
    driver.write(f"\x1b[{first};{last}r\x1b[{last};1H" + "\n" * lines + "\x1b[r")
    widget._styles_cache.clear()  # noqa: SLF001 - it is by line number, and those have moved
    return True


def give_back_alt_digits() -> None:
    """Let Alt+1 be Alt+1: Textual takes it for the `¡` that macOS types, on every system.

    A quick Esc 2 is the same bytes, and would put a `™` into the message line.
    """
    from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

    if isinstance(ANSI_SEQUENCES_KEYS, dict):
        for digit in "0123456789":
            ANSI_SEQUENCES_KEYS.pop(f"\x1b{digit}", None)


def never_resume(app: App[Any]) -> None:
    """Have SIGCONT mean nothing any more.

    A terminal that hangs up sends SIGHUP and SIGCONT. Textual takes the latter for the end of a
    Ctrl+Z and begins anew to read keys, of which there are none: for ever, with all its might.
    """
    driver = app._driver  # noqa: SLF001
    if driver is not None:
        driver._auto_restart = False  # noqa: SLF001


def outlive_the_terminal(driver_class: type[Driver]) -> type[Driver]:
    """Make of a driver one that ends the client when its terminal is gone.

    Textual writes in a thread that dies with the first write that fails; the application then
    waits for ever for room in that thread's queue.
    """

    class LastingDriver(driver_class):  # type: ignore[valid-type, misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            file = getattr(self, "_file", None)
            if file is not None:
                self._file = _Terminal(file)

    return LastingDriver


class _Terminal:
    """A terminal's file; what cannot be written to it any more is dropped, and it hangs up."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._is_gone = False

    def write(self, text: str) -> int:
        self._attempt(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        self._attempt(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def _attempt(self, action: Callable[[], object]) -> None:
        if self._is_gone:
            return
        try:
            action()
        except OSError:
            self._is_gone = True
            os.kill(os.getpid(), signal.SIGHUP)  # as if it had said so itself


def set_title(app: App[Any], title: str) -> None:
    """Name the terminal's window; `title` is ours, never foreign text."""
    driver = app._driver  # noqa: SLF001
    if driver is not None and not app.is_headless and title.isascii() and title.isprintable():
        driver.write(f"\x1b]2;{title}\x07")


def _is_alone(widget: Widget) -> bool:
    """Whether every cell of the widget's rows is its own."""
    screen, region = widget.screen, widget.region
    if widget.app.screen is not screen or region.width != widget.app.size.width:
        return False
    corners = (
        (region.x, region.y),
        (region.right - 1, region.y),
        (region.x, region.bottom - 1),
        (region.right - 1, region.bottom - 1),
    )
    return all(screen.get_widget_at(x, y)[0] is widget for x, y in corners)
