"""What ours is measured against: Textual applications as its tutorial would write them.

python -m tests.bench.plain_apps bare      header, list, footer; 20 rows
python -m tests.bench.plain_apps chat      header, log, input, footer; a line from stdin each
"""

from __future__ import annotations

import sys
import threading

from textual.app import App, ComposeResult
from textual.widgets import Footer, Header, Input, Label, ListItem, ListView, RichLog

READY = "Row nineteen"


class BareApp(App[None]):
    """Header, list, footer."""

    def compose(self) -> ComposeResult:
        """Make the parts."""
        yield Header()
        rows = [ListItem(Label(f"Row {number}")) for number in range(19)]
        yield ListView(*rows, ListItem(Label(READY)))
        yield Footer()


class PlainChat(App[None]):
    """Header, log, input, footer; what is written to the file named by argv[2] is said."""

    def compose(self) -> ComposeResult:
        """Make the parts."""
        yield Header()
        yield RichLog()
        yield Input(placeholder="message")
        yield Footer()

    def on_mount(self) -> None:
        """Follow the file."""
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        with open(sys.argv[2], encoding="utf-8") as lines:  # noqa: PTH123 - a named pipe
            for line in lines:
                self.call_from_thread(self.query_one(RichLog).write, line.rstrip("\n"))


if __name__ == "__main__":
    (BareApp if sys.argv[1] == "bare" else PlainChat)().run()
