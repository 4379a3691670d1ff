"""The packet inspector: list, tree and hex of every frame in and out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from meshtui.errors import FilterError
from meshtui.model.event import NodeHeard
from meshtui.model.filter_completion import quoted
from meshtui.model.packet_row import frame_of, json_line
from meshtui.model.text import clean_line
from meshtui.tui.command import bindings_of
from meshtui.tui.export import write_export
from meshtui.tui.mesh_commands import MESH_COMMANDS
from meshtui.tui.state.claimed_names import ClaimedNames
from meshtui.tui.state.packets import PacketLog, PacketView
from meshtui.tui.widgets.filter_line import FilterLine
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.packet_list import PacketList
from meshtui.tui.widgets.packet_parts import PacketParts
from meshtui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from meshtui.model.event import Event
    from meshtui.model.packet import Dissection
    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.widgets.line_list import LineList
    from meshtui.tui.widgets.pane import Desk

_DETAIL_EVERY_S = 0.5
"""While following, the tree changes at most this often: nobody reads faster."""

_PARTS = ("packet-list", "packet-detail", "hex-view")
_MARKS = 2
_ROOMY, _NARROW = 120, 70


class PacketsPane(Pane):
    """Every frame that crosses a link, live; nothing is dissected but the selected one."""

    pane_id = "packets"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(MESH_COMMANDS, "packets")
    DEFAULT_CSS = """
    PacketsPane { layout: vertical; }
    PacketsPane #packet-list { height: 1fr; }
    PacketsPane.-max-list PacketParts { display: none; }
    PacketsPane.-max-tree #list-head, PacketsPane.-max-hex #list-head { display: none; }
    PacketsPane.-max-tree #packet-list, PacketsPane.-max-hex #packet-list { display: none; }
    PacketsPane.-max-tree PacketParts, PacketsPane.-max-hex PacketParts { height: 1fr; }
    """

    def __init__(self, desk: Desk) -> None:
        """Begin empty."""
        super().__init__(desk)
        self.view = PacketView(PacketLog(), ClaimedNames(desk.directory))
        self._exports = desk.exports_dir or Path.home() / "meshtui-exports"
        self._list = PacketList(self.view, self._name_of, desk.glyphs)
        self._parts = PacketParts(desk.glyphs)
        self._filter = FilterLine(self.view.fields, self.view.seen_values)
        self._list_head = LineView(self._list.header, id="list-head")
        self._shown: PacketRow | None = None
        self._rest: Timer | None = None
        self._is_detail_due = False
        self._filter_before_ladder: str | None = None

    def compose(self) -> ComposeResult:
        """List above, tree and hex below."""
        yield self._list_head
        yield self._list
        yield self._parts
        yield self._filter

    # -- what the screen asks ------------------------------------------------------------------

    async def load(self) -> None:
        """Frames are not kept on disk."""
        self._list.show_all()

    def consume(self, events: Sequence[Event]) -> None:
        """Take frames and names."""
        if any(isinstance(event, NodeHeard) for event in events):
            self._list.changed()
        before = (len(self.view.rows), self.view.log.dropped, self.view.waiting)
        self._list.advance(*self.view.extend(events))
        if before != (len(self.view.rows), self.view.log.dropped, self.view.waiting):
            self.post_message(self.Restated())

    def title(self) -> str:
        """How many are shown of how many, and whether the list moves."""
        view = self.view
        count = f"{len(view.rows):,}"
        if view.filter_text.strip():
            count += f" of {len(view.log.rows):,}"
        said = [f"PACKETS {count}"]
        if view.log.dropped:
            said.append(f"{view.log.dropped:,} older dropped")
        if view.log.missed:
            said.append(f"{view.log.missed:,} missed")
        return f" {self.desk.glyphs.dot} ".join([*said, self._motion()])

    def status(self) -> str:
        """The filter in force."""
        text = self.view.filter_text.strip()
        if self._filter_before_ladder is not None:
            return "one message, Esc back"
        return f"filter: {clean_line(text, 60)}" if text and not self._filter.is_open else ""

    def context_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter now."""
        if self._filter.is_open:
            return (("Enter", "keep"), ("Tab", "complete"), ("Esc", "take away"))
        pause = "go on" if self.view.is_paused else "pause"
        return (
            ("p", pause),
            ("/", "filter"),
            ("Tab", "tree, hex"),
            ("x", "message"),
            ("Space", "compare"),
            ("e", "export"),
            ("?", "keys"),
        )

    def receive_hint(self, hint: str) -> None:
        """A hint is a filter."""
        self._apply_filter(hint)

    def take_focus(self) -> None:
        """The list has the keys."""
        self._list.focus()

    def step_back(self) -> bool:
        """Undo one thing: filter line, ladder, comparison, maximised part, filter."""
        if self._filter.is_open:
            self._close_filter("")
        elif self._filter_before_ladder is not None:
            before, self._filter_before_ladder = self._filter_before_ladder, None
            self._apply_filter(before)
        elif self._list.marked:
            self._mark(())
        elif self._maximised():
            self._maximise("")
        elif self.view.filter_text:
            self._apply_filter("")
        else:
            return False
        return True

    # -- actions -------------------------------------------------------------------------------

    def action_filter_rows(self) -> None:
        """Type a filter."""
        self._filter.open(self.view.filter_text)
        self._apply_filter(self.view.filter_text)
        self.post_message(self.Restated())

    def action_pause(self) -> None:
        """Hold the list still, or catch up and follow."""
        self.view.set_paused(not self.view.is_paused)
        if self.view.is_paused:
            self._list.pause_following()
        else:
            self.action_newest()
        self.post_message(self.Restated())

    def action_newest(self) -> None:
        """Go to the end and stay there."""
        self.view.set_paused(False)
        self._list.show_all()
        self._list.follow_end()
        self.post_message(self.Restated())

    def action_ladder(self) -> None:
        """Show every packet of the selected one's message."""
        row = self._list.current()
        if row is None or not row.summary.message_id:
            self.post_message(self.Notice("This packet carries no message id."))
            return
        before = self.view.filter_text
        self._apply_filter(f"id=={quoted(row.summary.message_id)}", number=row.number)
        if self._filter_before_ladder is None:
            self._filter_before_ladder = before
        self.post_message(self.Restated())

    def action_mark_packet(self) -> None:
        """Mark the selected packet; with two marked, compare them."""
        row = self._list.current()
        if row is None:
            return
        marked = [number for number in self._list.marked if number != row.number]
        if len(marked) == len(self._list.marked):
            marked = [*marked[-1:], row.number]
        self._mark(tuple(marked))

    def action_maximise(self) -> None:
        """Give the focused part the whole pane, or bring the others back."""
        focused = self.screen.focused
        part = focused.id if focused is not None and focused.id in _PARTS else _PARTS[0]
        self._maximise("" if self._maximised() else part or "")

    def action_hex_aside(self) -> None:
        """Hex under the tree, or beside it."""
        self._parts.toggle_class("-stacked")

    def action_next_buffer(self) -> None:
        """Show the other bytes."""
        self._parts.next_buffer()

    def action_time_mode(self) -> None:
        """Time of day, or since the packet before."""
        self._list.is_delta = not self._list.is_delta
        self._list.changed()

    def action_copy_hex(self) -> None:
        """Copy the frame's bytes."""
        row = self._list.current()
        if row is not None:
            self.post_message(self.Copy(row.payload.hex(), f"packet #{row.number} as hex"))

    def action_copy_json(self) -> None:
        """Copy the packet's JSON line."""
        row = self._list.current()
        if row is not None:
            self.post_message(self.Copy(json_line(row), f"packet #{row.number} as JSON"))

    def action_export(self) -> None:
        """Write the packets shown to a file."""
        if not self.view.rows:
            self.post_message(self.Notice("There is no packet to write."))
            return
        self.run_worker(self._export(tuple(self.view.rows)), exclusive=True, group="export")

    # -- messages from the parts ---------------------------------------------------------------

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        """Another packet is selected."""
        message.stop()
        if message.line_list is self._list:
            self._select()
            self.post_message(self.Restated())

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Enter in the list: into the tree."""
        message.stop()
        if message.line_list is self._list:
            self._maximise("")
            self._parts.tree_view.focus()

    def on_line_list_moved(self, message: LineList.Moved) -> None:
        """It may follow no longer, or again."""
        message.stop()
        self.post_message(self.Restated())

    def on_filter_line_typed(self, message: FilterLine.Typed) -> None:
        """Filter while typing."""
        message.stop()
        self._filter_before_ladder = None
        self._apply_filter(message.text)

    def on_filter_line_accepted(self, message: FilterLine.Accepted) -> None:
        """Keep it."""
        message.stop()
        self._close_filter(self.view.filter_text)

    def on_resize(self) -> None:
        """Sixteen bytes a line where there is room; no hex beside the tree where there is none."""
        self._parts.set_class(self.size.width >= _ROOMY, "-roomy")
        self._parts.set_class(self.size.width < _NARROW, "-narrow")

    # -- within --------------------------------------------------------------------------------

    def _name_of(self, node_id: str) -> str:
        return self.desk.directory.name_of(node_id)  # type: ignore[arg-type]  # a channel is its own name

    def _motion(self) -> str:
        if self.view.is_paused:
            return f"paused, {self.view.waiting:,} waiting" if self.view.waiting else "paused"
        return "following" if self._list.is_following else "G to follow"

    def _apply_filter(self, text: str, number: int | None = None) -> None:
        current = self._list.current()
        number = number or (current.number if current else None)
        try:
            self.view.set_filter(text)
        except FilterError as problem:
            self._filter.show_verdict(problem)
            if not self._filter.is_open:
                self.post_message(self.Notice(clean_line(str(problem), 200), is_error=True))
            return
        self._filter.show_verdict(None)
        self._list.show_all(number=number)
        self._select()
        self.post_message(self.Restated())

    def _close_filter(self, text: str) -> None:
        self._filter.close()
        self._apply_filter(text)
        self._list.focus()
        self.post_message(self.Restated())

    def _maximised(self) -> bool:
        return any(self.has_class(name) for name in ("-max-list", "-max-tree", "-max-hex"))

    def _maximise(self, part: str) -> None:
        self.set_class(part == "packet-list", "-max-list")
        self.set_class(part == "packet-detail", "-max-tree")
        self.set_class(part == "hex-view", "-max-hex")
        self._parts.set_class(part == "packet-detail", "-tree-only")
        self._parts.set_class(part == "hex-view", "-hex-only")

    def _mark(self, marked: tuple[int, ...]) -> None:
        self._list.marked = marked
        self._list.changed()
        found = [row for row in self.view.log.rows if row.number in marked]
        if len(found) == _MARKS:
            found.sort(key=lambda row: marked.index(row.number))
            self._shown = None
            left, right = ((row, self._dissect(row)) for row in found)
            self._parts.show_comparison(left, right)
        else:
            self._shown = None
            self._show_selected()

    def _dissect(self, row: PacketRow) -> Dissection:
        return self.desk.api.dissect(row.network, frame_of(row))

    def _select(self) -> None:
        """Show the selected packet: at once where the user chose it, in steps where it flows."""
        if len(self._list.marked) == _MARKS:
            return
        if self._list.is_following and self._rest is not None:
            self._is_detail_due = True
            return
        self._show_selected()
        if self._list.is_following:
            self._rest = self.set_timer(_DETAIL_EVERY_S, self._catch_up)

    def _catch_up(self) -> None:
        self._rest = None
        if self._is_detail_due:
            self._is_detail_due = False
            self._select()

    def _show_selected(self) -> None:
        row = self._list.current()
        if row is self._shown:
            return
        self._shown = row
        self._parts.show(row, None if row is None else self._dissect(row))

    async def _export(self, rows: tuple[PacketRow, ...]) -> None:
        try:
            path = await asyncio.to_thread(write_export, self._exports, rows, self.desk.now_ms())
        except OSError as error:
            self.post_message(self.Notice(clean_line(f"Not written: {error}", 200), is_error=True))
            return
        self.post_message(self.Notice(clean_line(f"{len(rows):,} packets in {path}", 200)))
