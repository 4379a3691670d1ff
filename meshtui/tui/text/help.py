"""What `?` shows: the keys and slash commands of a pane, from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.tui.commands import COMMANDS, commands_of
from meshtui.tui.text.glyphs import UNICODE

if TYPE_CHECKING:
    from meshtui.tui.command import Command
    from meshtui.tui.text.details import Line
    from meshtui.tui.text.glyphs import Glyphs

_EDITOR = (
    ("Enter", "Send"),
    ("Alt+Enter, Ctrl+J", "New line"),
    ("Tab", "Complete a command, @name or #channel"),
    ("Up, Down", "What was sent before"),
    ("PageUp, PageDown", "Scroll the talk while writing"),
    ("Ctrl+A E U K W Y", "Line start, end; kill to start, to end, word; yank"),
    ("Alt+B, Alt+F", "Word back, word on"),
    ("Esc", "Stop writing and read: letters are commands then"),
)
_PACKET_WORDS = (
    ("via", "Relays so far, as the frame says: via 0 is what the other panes call 1 hop."),
    ("", "A filter asks for the same number: hops==0 for what came directly."),
)
_ROUTE_WORDS = (
    (
        "sure",
        (
            "How likely what goes this way arrives; in a filter a number: sure>70. It begins with "
            "30 % where only a relayed advert told of the way, 50 % a direct one or a message, "
            "60 % our radio's table, 75 to 90 % an acknowledgement or a trace. Acknowledgements "
            "raise it; each one that stays away halves it."
        ),
    ),
    (
        "learned",
        (
            "How it is known; stale: not heard for five minutes; ambiguous: a relay's digits are "
            "those of several nodes, so another way may be meant."
        ),
    ),
    ("66 (1 of 3)", "A relay of which only the digits 66 are known, and three nodes begin so."),
)
_LIST = (
    ("j k, arrows", "Move"),
    ("g G", "First, last"),
    ("Ctrl+D, Ctrl+U", "Half a page down, up"),
)


def help_lines(pane_id: str, glyphs: Glyphs = UNICODE) -> list[Line]:
    """The keys of a pane, then those valid everywhere, then what can be typed."""
    own = [command for command in commands_of(pane_id) if command.panes and command.keys]
    everywhere = [command for command in COMMANDS if not command.panes and command.keys]
    lines = _section("In this pane", [_key_row(command) for command in own])
    lines += _section("In lists", [_row(keys, what) for keys, what in _LIST])
    if pane_id == "chat":
        lines += _section("While writing", [_row(keys, what) for keys, what in _EDITOR])
        lines += _section("At the edge", _edges(glyphs))
    if pane_id == "packets":
        lines += _section("Columns", [_row(name, what) for name, what in _PACKET_WORDS])
    if pane_id == "routes":
        lines += _section("Columns", [_row(name, what) for name, what in _ROUTE_WORDS])
    lines += _section("Everywhere", [_key_row(command) for command in everywhere])
    typed = [command for command in COMMANDS if command.slash]
    rows = [_row(command.slash, _words(command), wide=True) for command in typed]
    return lines + _section("Typed in the message line (// sends a slash)", rows)


def _edges(glyphs: Glyphs) -> list[Line]:
    """What stands at the right edge of messages, and beside what is being written."""
    own = " ".join((glyphs.queued, glyphs.sent, f"{glyphs.relayed}2", glyphs.delivered))
    rows = (
        ("1 hop -92 dBm", "Came directly; how strongly a radio heard it, from the last relay"),
        ("1 hop 140 ms", "How long it took, by the sender's clock"),
        (glyphs.signed, "Signed: by the key of the node that is named as its sender"),
        ("unproven", "End-to-end, but it could be an echo or a replay"),
        (f"{own} {glyphs.failed}", "Yours: waits, sent, heard relayed twice, delivered, failed"),
        ("receiving 2 of 5", "A long message comes in several packets"),
        ("1.4 s on air", "What your text takes of the time a radio may send"),
        ("duty 12 %", "How much of this hour's time was used up"),
    )
    return [_row(sign, what) for sign, what in rows]


def _section(title: str, rows: list[Line]) -> list[Line]:
    if not rows:
        return []
    return [((f" {title}", "title"),), *rows, (("", "plain"),)]


def _key_row(command: Command) -> Line:
    return _row(command.key_text, _words(command))


def _words(command: Command) -> str:
    return f"{command.title}. {command.help}" if command.help else command.title


def _row(keys: str, what: str, *, wide: bool = False) -> Line:
    width = 32 if wide else 20
    return ((f"   {keys:<{width}} ", "key"), (what, "plain"))
