"""One action of the user, described once; keys, slash commands, palette and help derive from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Command:
    """One action.

    Attributes:
        name: Words joined by `-`; `next-unread` is carried out by `action_next_unread` of the
            pane (where `panes` names some), or of the main screen.
        title: What palette and help call it.
        help: One sentence more, for help and the README.
        keys: Textual's key names (`ctrl+k`, `f2`, `alt+a`, `slash`); the first is the one shown.
        slash: How it is typed in the composer, with its arguments: `/join #CHANNEL`; or empty.
        panes: Where it applies; empty = everywhere.
        in_palette: Offered by the quick switcher (needs no argument).
        is_priority: Its keys win over the widget that has the focus.
    """

    name: str
    title: str
    help: str = ""
    keys: tuple[str, ...] = ()
    slash: str = ""
    panes: frozenset[str] = frozenset()
    in_palette: bool = True
    is_priority: bool = False

    @property
    def action(self) -> str:
        """The name of the Textual action."""
        return self.name.replace("-", "_")

    @property
    def slash_word(self) -> str:
        """The slash command without its arguments: `/join`; or empty."""
        return self.slash.partition(" ")[0]

    @property
    def key_text(self) -> str:
        """Its keys as a person reads them: `Ctrl+K, F3`; or empty."""
        return ", ".join(key_words(key) for key in self.keys)


_KEY_WORDS = {
    "slash": "/",
    "question_mark": "?",
    "backslash": "\\",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
    "minus": "-",
    "vertical_line": "|",
    "apostrophe": "'",
    "full_stop": ".",
    "at": "@",
}


def key_words(key: str) -> str:
    """Write one of Textual's key names for a person: `alt+a` is `Alt+A`, `question_mark` `?`."""
    *modifiers, last = key.split("+")
    if last in _KEY_WORDS:
        word = _KEY_WORDS[last]
    elif len(last) == 1:
        word = last.upper() if modifiers else last
    else:
        word = last.capitalize()
    return "+".join([*(modifier.capitalize() for modifier in modifiers), word])


def bindings_of(commands: Iterable[Command], pane_id: str = "") -> list[BindingType]:
    """Make the Textual bindings of a pane, or with an empty id those valid everywhere."""
    return [
        Binding(
            ",".join(command.keys),
            command.action,
            command.title,
            show=False,
            priority=command.is_priority,
        )
        for command in commands
        if command.keys and (pane_id in command.panes if pane_id else not command.panes)
    ]
