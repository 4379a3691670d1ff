"""The packet inspector's frame: list, tree, hex, and what can be laid over them.

It shows any `Packets`, live or of a recording; subclasses say how one is taken apart.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from meshtui.errors import FilterError
from meshtui.model.packet_fields import filter_of_words
from meshtui.model.text import clean_line
from meshtui.tui.command import bindings_of
from meshtui.tui.mesh_commands import MESH_COMMANDS
from meshtui.tui.text.packet_columns import chosen_of, fitting
from meshtui.tui.widgets.ask_line import AskLine
from meshtui.tui.widgets.column_chooser import ColumnChooser
from meshtui.tui.widgets.filter_line import FilterLine
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.ladder_view import LadderView
from meshtui.tui.widgets.packet_list import PacketList
from meshtui.tui.widgets.packet_parts import PacketParts
from meshtui.tui.widgets.pane import Pane
from meshtui.tui.widgets.stats_view import StatsView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from meshtui.model.packet import Dissection
    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.state.packets import Packets
    from meshtui.tui.widgets.line_list import LineList
    from meshtui.tui.widgets.packet_list import Names
    from meshtui.tui.widgets.pane import Desk

_DETAIL_EVERY_S = 0.5
"""While following, the tree changes at most this often: nobody reads faster."""

COLUMNS_KEY = "packets.columns"
_PARTS = ("packet-list", "packet-detail", "hex-view")
_MARKS = 2
_LEAST = 6
_ROOMY, _NARROW = 120, 70


class PacketFrame(Pane):
    """Nothing is dissected but the selected packet."""

    pane_id = "packets"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(MESH_COMMANDS, "packets")
    DEFAULT_CSS = """
    PacketFrame { layout: vertical; }
    PacketFrame #packet-list { height: 1fr; }
    PacketFrame.-max-list PacketParts { display: none; }
    PacketFrame.-max-tree #list-head, PacketFrame.-max-hex #list-head { display: none; }
    PacketFrame.-max-tree #packet-list, PacketFrame.-max-hex #packet-list { display: none; }
    PacketFrame.-max-tree PacketParts, PacketFrame.-max-hex PacketParts { height: 1fr; }
    PacketFrame #ladder, PacketFrame #ladder-head, PacketFrame #stats { display: none; }
    PacketFrame #column-chooser { display: none; height: 60%; background: $surface; }
    """

    def __init__(self, desk: Desk, view: Packets, names: Names) -> None:
        """Begin with what the view holds."""
        super().__init__(desk)
        self.packets = view
        self.names = names
        self._list = PacketList(view, names, desk.glyphs)
        self._list.chosen = chosen_of(desk.saved.get(COLUMNS_KEY, ""))
        self._parts = PacketParts(desk.glyphs, names)
        self._filter = FilterLine(view.fields, view.seen_values, desk.known_values)
        self._ask = AskLine()
        self._list_head = LineView(self._list.header, id="list-head")
        self._ladder = LadderView(names, desk.glyphs)
        self._ladder_head = LineView(self._ladder.header, id="ladder-head")
        self._stats = StatsView(names, desk.glyphs)
        self._columns = ColumnChooser(desk.glyphs)
        self._shown: PacketRow | None = None
        self._rest: Timer | None = None
        self._is_detail_due = False
        self._filter_before: str | None = None
        self._over = ""

    def compose(self) -> ComposeResult:
        """List above, tree and hex below; the rest waits for its key."""
        yield self._list_head
        yield self._list
        yield self._ladder_head
        yield self._ladder
        yield self._stats
        yield self._columns
        yield self._parts
        yield self._filter
        yield self._ask

    # -- what subclasses say -------------------------------------------------------------------

    @abstractmethod
    def dissect(self, row: PacketRow) -> Dissection:
        """Take a packet apart."""

    def filter_changed(self) -> None:
        """Another filter is in force."""

    # -- what the screen asks ------------------------------------------------------------------

    def title(self) -> str:
        """How many are shown of how many, and whether the list moves."""
        count = f"{len(self.packets.rows):,}"
        if self.packets.filter_text.strip():
            count += f" of {self.packets.total:,}"
        said = [f"PACKETS {count}", *self.packets.remarks(), self._motion()]
        return f" {self.desk.glyphs.dot} ".join(each for each in said if each)

    def status(self) -> str:
        """What is laid over the list, or the filter in force."""
        if self._over == "ladder" and self._ladder.ladder is not None:
            return f"ladder, heard {self._ladder.ladder.copies} x, Esc back"
        if self._over:
            return f"{self._over}, Esc back"
        if self._filter_before is not None:
            return "one message, Esc back"
        return self._filter.status_of(self.packets.filter_text)

    def context_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter now."""
        if self._filter.is_open:
            return (("Enter", "keep"), ("Tab", "complete"), ("Esc", "take away"))
        if self._ask.is_open:
            return (("Enter", "go on"), ("Esc", "take it back"))
        match self._over:
            case "ladder":
                return (
                    ("j k", "frame"),
                    ("Enter", "in the list"),
                    ("h l", "roll"),
                    ("Esc", "back"),
                )
            case "stats":
                return (("j k", "scroll"), ("/", "filter"), ("Esc", "back"))
            case "columns":
                return (("Space", "on or off"), ("r", "the usual ones"), ("Esc", "back"))
        return self.list_keys()

    def list_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter in the list."""
        return (
            ("/", "filter"),
            ("Tab", "tree, hex"),
            ("x", "ladder"),
            ("s", "find"),
            ("Space", "compare"),
            ("S", "statistics"),
            ("?", "keys"),
        )

    def receive_hint(self, hint: str) -> None:
        """A hint is a filter."""
        self.apply_filter(hint)

    def take_focus(self) -> None:
        """The list, or what is laid over it, has the keys."""
        over = {"ladder": self._ladder, "stats": self._stats, "columns": self._columns}
        over.get(self._over, self._list).focus()

    def step_back(self) -> bool:
        """Undo one thing: a line to type in, what is laid over, comparison, filter, …."""
        if self._ask.is_open:
            self.close_ask()
        elif self._filter.is_open:
            self._close_filter("")
        elif self._over:
            self.lay_over("")
        elif self._filter_before is not None:
            before, self._filter_before = self._filter_before, None
            self.apply_filter(before)
        elif self._list.marked:
            self.mark(())
        elif self._maximised():
            self._maximise("")
        elif self.packets.filter_text:
            self.apply_filter("")
        else:
            return False
        return True

    # -- what actions are made of --------------------------------------------------------------

    def lay_over(self, name: str) -> None:
        """Lay the ladder, the statistics or the columns over, or with an empty name take it off.

        What is shown is said widget by widget: a class would have every style found anew.
        """
        self._over = name
        self._ladder.display = self._ladder_head.display = name == "ladder"
        self._stats.display = name == "stats"
        self._columns.display = name == "columns"
        self._list.display = self._list_head.display = name in {"", "columns"}
        self._parts.display = name in {"", "ladder"}
        if name == "ladder":
            self._parts.styles.height = "1fr"
        else:
            self._parts.styles.clear_rule("height")
        if not name:
            for each in (self._list, self._list_head, self._parts):
                each.styles.clear_rule("display")  # as it is when a part is maximised
        self.take_focus()
        self.call_after_refresh(self._show_selected)
        self.post_message(self.Restated())

    def close_ask(self) -> None:
        """Put the line away; the list has the keys."""
        self._ask.close()
        self.take_focus()
        self.post_message(self.Restated())

    def apply_filter(self, text: str, number: int | None = None) -> None:
        """Show what passes; a filter that cannot be read is told and changes nothing.

        Args:
            number: The packet to go to; None = the one that is selected.
        """
        current = self._list.current()
        number = number or (current.number if current else None)
        try:
            self.packets.set_filter(text)
        except FilterError as problem:
            self._filter.show_verdict(problem)
            if not self._filter.is_open:
                self.post_message(self.Notice(clean_line(str(problem), 200), is_error=True))
            return
        self._filter.show_verdict(self._filter.doubt_about(text))
        self._list.show_all(number=number)
        self.filter_changed()
        self.select()
        self.post_message(self.Restated())

    def apply_filter_for_now(self, text: str, number: int) -> None:
        """Show what passes until Esc, which brings the filter before back."""
        before = self.packets.filter_text
        self.apply_filter(text, number=number)
        if self._filter_before is None:
            self._filter_before = before
        self.post_message(self.Restated())

    def mark(self, marked: tuple[int, ...]) -> None:
        """Mark these; two are compared."""
        self._list.marked = marked
        self._list.changed()
        found = [self.packets.by_number(number) for number in marked]
        rows = [row for row in found if row is not None]
        self._shown = None
        if len(rows) == _MARKS:
            left, right = ((row, self.dissect(row)) for row in rows)
            self._parts.show_comparison(left, right)
        else:
            self._show_selected()

    def select(self) -> None:
        """Show the selected packet: at once where the user chose it, in steps where it flows."""
        if len(self._list.marked) == _MARKS:
            return
        if self._list.is_following and self._rest is not None:
            self._is_detail_due = True
            return
        self._show_selected()
        if self._list.is_following:
            self._rest = self.set_timer(_DETAIL_EVERY_S, self._catch_up)

    def selected(self) -> PacketRow | None:
        """The packet that a key is meant for."""
        return self._ladder.current() if self._over == "ladder" else self._list.current()

    # -- messages from the parts ---------------------------------------------------------------

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        """Another packet is selected."""
        message.stop()
        if message.line_list in {self._list, self._ladder}:
            self.select()
            self.post_message(self.Restated())

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Enter in the list: into the tree; in the ladder: to the frame in the list."""
        message.stop()
        if message.line_list is self._list:
            self._maximise("")
            self._parts.tree_view.focus()
        elif message.line_list is self._ladder and (row := self._ladder.current()) is not None:
            self.lay_over("")
            self._list.move_to(self.packets.index_of(row.number))

    def on_line_list_moved(self, message: LineList.Moved) -> None:
        """It may follow no longer, or again."""
        message.stop()
        if message.line_list is self._ladder:
            self._ladder_head.redraw()
        self.post_message(self.Restated())

    def on_filter_line_typed(self, message: FilterLine.Typed) -> None:
        """Filter while typing."""
        message.stop()
        self._filter_before = None
        self.apply_filter(message.text)

    def on_filter_line_accepted(self, message: FilterLine.Accepted) -> None:
        """Keep it; a plain word is looked for, and what cannot be read stays, to be mended."""
        message.stop()
        if self._filter.insist():
            words = filter_of_words(self._filter.text, self.desk.known_values("type"))
            if words:
                self._close_filter(words)
            return
        self._close_filter(self.packets.filter_text)

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        """It is typed: carry it out."""
        message.stop()
        self.close_ask()
        message.take(message.text)

    def on_column_chooser_chosen(self, message: ColumnChooser.Chosen) -> None:
        """Other columns, from now on."""
        message.stop()
        self._list.chosen = message.names
        self._list.changed()
        self._list_head.redraw()
        self.desk.remember(COLUMNS_KEY, ",".join(message.names))
        self.offer_columns()

    def on_resize(self) -> None:
        """Sixteen bytes a line where there is room; no hex beside the tree where there is none."""
        self._parts.set_class(self.size.width >= _ROOMY, "-roomy")
        self._parts.set_class(self.size.width < _NARROW, "-narrow")
        self.give_room()

    def give_room(self) -> None:
        """The ladder has the lines it needs, to half of the pane; the packet has the rest."""
        most = max(self.size.height // 2, _LEAST)
        self._ladder.styles.height = min(max(self._ladder.count + 1, _LEAST), most)

    # -- within --------------------------------------------------------------------------------

    def offer_columns(self) -> None:
        """Tell the chooser what is chosen, and what of it is shown."""
        shown = fitting(self._list.size.width, self._list.chosen, self.packets.known)
        self._columns.show(self._list.chosen, [column.name for column in shown])

    def _motion(self) -> str:
        return ""

    def _close_filter(self, text: str) -> None:
        self._filter.close()
        self.apply_filter(text)
        self.take_focus()
        self.post_message(self.Restated())

    def _maximised(self) -> bool:
        return any(self.has_class(name) for name in ("-max-list", "-max-tree", "-max-hex"))

    def _maximise(self, part: str) -> None:
        for name, suffix in zip(_PARTS, ("list", "tree", "hex"), strict=True):
            self.set_class(part == name, f"-max-{suffix}")
        self._parts.set_class(part == "packet-detail", "-tree-only")
        self._parts.set_class(part == "hex-view", "-hex-only")

    def _catch_up(self) -> None:
        self._rest = None
        if self._is_detail_due:
            self._is_detail_due = False
            self.select()

    def _show_selected(self) -> None:
        row = self.selected()
        if row is self._shown:
            return
        self._shown = row
        self._parts.show(row, None if row is None else self.dissect(row))
