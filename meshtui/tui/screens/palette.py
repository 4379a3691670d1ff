"""The quick switcher: a few letters of a chat, a node or a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip

from meshtui.tui.text.format import fit
from meshtui.tui.widgets.line_input import LineInput
from meshtui.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to go to or do.

    Attributes:
        title: Cleaned.
        kind: `chat`, `node`, `command`.
        hint: What stands at the right: a key, an id.
        value: What the caller knows it by.
        rank: Lower first among equal matches.
    """

    title: str
    kind: str
    hint: str
    value: str
    rank: int = 0


def match(query: str, choices: Sequence[Choice]) -> list[Choice]:
    """Those whose title or hint holds all letters of the query in order, the best first."""
    wanted = query.casefold().split()
    scored = []
    for index, choice in enumerate(choices):
        score = _score(wanted, choice.title.casefold(), choice.hint.casefold())
        if score is not None:
            scored.append((score, choice.rank, index, choice))
    scored.sort(key=lambda entry: entry[:3])
    return [choice for *_, choice in scored[:_MAX_SHOWN]]


def _score(words: Sequence[str], title: str, hint: str) -> int | None:
    """0 begins with it, 1 a word begins with it, 2 holds it, 3 holds its letters in order."""
    worst = 0
    for word in words:
        bare = title.lstrip("#/@")
        if bare.startswith(word) or title.startswith(word):
            score = 0
        elif f" {word}" in title:
            score = 1
        elif word in title or word in hint:
            score = 2
        elif _in_order(word, title):
            score = 3
        else:
            return None
        worst = max(worst, score)
    return worst


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


class Palette(ModalScreen["Choice | None"]):
    """Type, move, Enter."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "palette--title",
        "palette--dim",
        "palette--kind",
        "palette--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+k,ctrl+p", "put_away", "Close", show=False, priority=True),
        Binding("down,ctrl+n,tab", "move(1)", "Down", show=False, priority=True),
        Binding("up,shift+tab", "move(-1)", "Up", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Palette { align: center top; background: $background 0%; }
    Palette > Vertical {
        width: 64; max-width: 100%; height: 16; max-height: 100%; margin: 2 0 0 0;
        background: $surface; border: solid $rule;
    }
    Palette.-plain > Vertical { border: ascii $rule; }
    Palette LineInput { background: $surface; padding: 0 1; margin: 0 0 1 0; }
    Palette LineList { background: $surface; }
    Palette .palette--title { color: $foreground; }
    Palette .palette--dim { color: $muted; }
    Palette .palette--kind { color: $primary; }
    Palette .palette--cursor { background: $selection; }
    """

    def __init__(self, choices: Sequence[Choice]) -> None:
        """Offer these."""
        super().__init__()
        self._choices = choices
        self._matches: list[Choice] = []

    def compose(self) -> ComposeResult:
        """Input and list."""
        with Vertical():
            yield LineInput(prompt="> ", placeholder="a chat, a node, a command", id="query")
            yield LineList(show_cursor=True, id="matches")

    def on_mount(self) -> None:
        """Everything, until something is typed."""
        self.query_one(LineList).can_focus = False
        self.query_one(LineInput).focus()
        self._match("")

    def on_line_input_changed(self, event: LineInput.Changed) -> None:
        """Fewer, or more."""
        self._match(event.value)

    def on_line_input_submitted(self) -> None:
        """The one under the cursor."""
        self._choose(self.query_one(LineList).cursor)

    def on_line_list_selected(self, event: LineList.Selected) -> None:
        """A double click."""
        self._choose(event.index)

    def action_move(self, step: int) -> None:
        """Up or down."""
        self.query_one(LineList).action_cursor_by(step)

    def action_put_away(self) -> None:
        """None of them."""
        self.dismiss(None)

    def _choose(self, index: int) -> None:
        self.dismiss(self._matches[index] if 0 <= index < len(self._matches) else None)

    def _match(self, query: str) -> None:
        self._matches = match(query, self._choices)
        self.query_one(LineList).set_rows(len(self._matches), self._render_choice, cursor=0)

    def _render_choice(self, row: int, width: int, is_cursor: bool) -> Strip:  # noqa: FBT001
        choice = self._matches[row]
        hint = f" {choice.hint} "[: width // 2]
        kind = f" {choice.kind:<8}"
        title = fit(choice.title, width - len(kind) - len(hint))
        strip = Strip(
            [
                Segment(kind, self.get_component_rich_style("palette--kind", partial=True)),
                Segment(title, self.get_component_rich_style("palette--title", partial=True)),
                Segment(hint, self.get_component_rich_style("palette--dim", partial=True)),
            ]
        )
        if is_cursor:
            cursor = self.get_component_rich_style("palette--cursor", partial=True)
            return strip.adjust_cell_length(width).apply_style(cursor)
        return strip
