"""The columns of a list, to tick on and off; what is ticked is told at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from meshtui.tui.text.format import fit
from meshtui.tui.text.packet_columns import COLUMNS, DEFAULT, FIXED, HELP
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from meshtui.tui.text.glyphs import Glyphs

_NAMES = tuple(column.name for column in COLUMNS if column.name != FIXED)
_TITLES = {column.name: column.title or column.name for column in COLUMNS}


class ColumnChooser(InkedList):
    """Space or Enter ticks; `r` brings the usual ones back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "tick", "Tick", show=False),
        Binding("r", "reset", "The usual ones", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """These, in the order in which they stand."""

        names: tuple[str, ...]

    def __init__(self, glyphs: Glyphs) -> None:
        """Begin with the usual ones."""
        super().__init__(id="column-chooser")
        self._glyphs = glyphs
        self._chosen: tuple[str, ...] = DEFAULT
        self._in_list: tuple[str, ...] = ()

    def show(self, chosen: Sequence[str], shown: Sequence[str]) -> None:
        """Begin with these; `shown` are those for which there is room and something to say."""
        self._chosen, self._in_list = tuple(chosen), tuple(shown)
        self.set_rows(len(_NAMES), self._draw_name, cursor=max(self.cursor, 0))

    def action_tick(self) -> None:
        """On, or off; one always stays."""
        name = _NAMES[self.cursor]
        ticked = set(self._chosen) ^ {name}
        if ticked:
            self._tell(tuple(each for each in _NAMES if each in ticked))

    def action_reset(self) -> None:
        """The usual ones."""
        self._tell(DEFAULT)

    def _tell(self, names: tuple[str, ...]) -> None:
        self._chosen = names
        self.changed()
        self.post_message(self.Chosen(names))

    def _draw_name(self, index: int, width: int, is_cursor: bool) -> Strip:  # noqa: FBT001
        name = _NAMES[index]
        is_ticked = name in self._chosen
        sign = self._glyphs.delivered if is_ticked else " "
        rest = "" if name in self._in_list or not is_ticked else "  (no room, or nothing to show)"
        said = f"{HELP[name]}{rest}"
        head = f" {sign} {_TITLES[name]:<10} "
        return self.line(
            [
                (head, "plain" if is_ticked else "dim"),
                (fit(said, max(width - len(head), 0), self._glyphs.ellipsis), "dim"),
            ],
            width,
            is_cursor=is_cursor,
        )
