"""The quick switcher: a few letters of a chat, a node or a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip

from meshtui.tui.state.choices import Choice, match
from meshtui.tui.text.format import fit
from meshtui.tui.widgets.line_input import LineInput
from meshtui.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

_LEAST_KIND, _MOST_KIND = 7, 16


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
        widest = max((cell_len(choice.kind) for choice in choices), default=0)
        self._kind_width = min(max(widest, _LEAST_KIND), _MOST_KIND)

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
        kind = f" {fit(choice.kind, self._kind_width)} "
        title = fit(choice.title, width - cell_len(kind) - cell_len(hint))
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
