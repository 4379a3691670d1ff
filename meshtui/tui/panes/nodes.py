"""The node list: who is there, how far, how well heard, and whose key is to be trusted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical

from meshtui.model.command import MarkNode
from meshtui.model.event import RouteChanged, RouteForgotten
from meshtui.model.filter_completion import quoted
from meshtui.model.ids import direct_conversation
from meshtui.model.node import PinState
from meshtui.model.text import clean_line
from meshtui.tui.command import bindings_of
from meshtui.tui.mesh_commands import MESH_COMMANDS
from meshtui.tui.panes.table import TablePane
from meshtui.tui.state.directory import short_id
from meshtui.tui.state.networks import network_short
from meshtui.tui.state.nodes import (
    SORT_ORDERS,
    NodeBook,
    NodeRow,
    node_fields,
    sorted_nodes,
    words_of_node,
)
from meshtui.tui.state.routes import RouteBook
from meshtui.tui.text.columns import Column
from meshtui.tui.text.details import field, heard_ago, node_lines
from meshtui.tui.text.format import key_words, role_words
from meshtui.tui.widgets.row_table import RowTable
from meshtui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from meshtui.model.event import Event
    from meshtui.model.filter_fields import FilterField
    from meshtui.model.ids import NetworkName, NodeId
    from meshtui.model.node import Node, NodeMarks
    from meshtui.tui.state.nodes import NodeKey
    from meshtui.tui.text.details import Line
    from meshtui.tui.widgets.ink import Ink
    from meshtui.tui.widgets.line_list import LineList
    from meshtui.tui.widgets.pane import Desk

_SORT = "nodes.sort"
_WITH_DETAILS = 131
_HERE_KM = 0.001
_SEVERAL = 2
_COLUMNS = (
    Column("mark", 1, title=""),
    Column("name", 10, grow=2),
    Column("id", 13),
    Column("net", 4),
    Column("heard", 7, is_right=True),
    Column("hops", 4, is_right=True),
    Column("signal", 9, grow=3),
    Column("snr", 8, from_width=90, is_right=True),
    Column("where", 9),
    Column("key", 8),
    Column("role", 8, from_width=104),
    Column("link", 8, from_width=112),
)
_PIN_INKS: Mapping[PinState, Ink] = {
    PinState.NONE: "dim",
    PinState.FIRST_SEEN: "plain",
    PinState.VERIFIED: "good",
    PinState.CHANGED: "bad",
}


class NodesPane(TablePane[NodeRow]):
    """All nodes, sorted and filtered; details beside them where there is room."""

    pane_id = "nodes"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(MESH_COMMANDS, "nodes")
    DEFAULT_CSS = """
    NodesPane #node-detail { width: 44; display: none; border-left: solid $rule; }
    NodesPane.-roomy #node-detail { display: block; }
    .-plain NodesPane #node-detail { border-left: ascii $rule; }
    """

    def __init__(self, desk: Desk) -> None:
        """Begin empty, in the remembered order."""
        super().__init__(desk)
        us = desk.api.myself()
        here = next((me.position for me in us if me.position is not None), None)
        self.book = NodeBook(((me.network, me.node_id) for me in us), here=here)
        self._routes = RouteBook()
        saved = desk.saved.get(_SORT, "")
        self.order = saved if saved in SORT_ORDERS else SORT_ORDERS[0]
        self.fields = self.fields_for(desk)
        self.table = RowTable(_COLUMNS, self._cells, desk.glyphs, id="node-list")
        self.detail = TextLines(id="node-detail")
        self.prepare()

    def compose(self) -> ComposeResult:
        """Table, details, filter."""
        with Horizontal():
            yield Vertical(self.head, self.table)
            yield self.detail
        yield self.filter_line

    async def load(self) -> None:
        """Read what the store kept."""
        api = self.desk.api
        self.book.load(await api.nodes())
        self._routes.load(await api.routes())
        self.draw_now()

    def consume(self, events: Sequence[Event]) -> None:
        """Fold; draw if anything is different."""
        is_changed = False
        for event in events:
            if isinstance(event, RouteChanged | RouteForgotten):
                is_changed |= self._routes.apply(event)
            else:
                is_changed |= self.book.apply(event)
        if is_changed:
            self.draw_soon()

    # -- what a table pane asks ----------------------------------------------------------------

    def fields_for(self, desk: Desk) -> Mapping[str, FilterField[NodeRow]]:
        """What a filter can ask of a node."""
        return node_fields(desk.now_ms)

    def draw_now(self, key: Hashable | None = None) -> None:
        """Draw; where no distance or signal is known, or one network only, names have the room."""
        unknown = {"where", "snr"}
        networks = {row.node.network for row in self.book.rows}
        networks |= {me.network for me in self.desk.api.myself()}
        if len(networks) < _SEVERAL:
            unknown.add("net")
        for row in self.book.rows:
            unknown -= {"where"} if row.km is not None else set()
            unknown -= {"snr"} if row.node.snr_db is not None else set()
        self.table.hide(tuple(unknown))
        super().draw_now(key)

    def sorted_rows(self) -> Sequence[NodeRow]:
        """All nodes in the chosen order."""
        return sorted_nodes(self.book.rows, self.order)

    def words_of(self, row: NodeRow) -> str:
        """Name, id and note."""
        return words_of_node(row)

    def key_of(self, row: NodeRow) -> NodeKey:
        """Network and id."""
        return row.key

    def row_changed(self) -> None:
        """Show the details of the selected one."""
        if self.has_class("-roomy"):
            row = self.table.current()
            self.detail.show(self._details(row) if row else [])

    # -- what the screen asks ------------------------------------------------------------------

    def title(self) -> str:
        """How many, in which order."""
        shown, known = len(self.table.rows), len(self.book)
        count = f"{shown:,}" if shown == known else f"{shown:,} of {known:,}"
        glyphs = self.desk.glyphs
        return f"NODES {count} {glyphs.dot} sort: {self.order} {glyphs.sort_down}"

    def context_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter now."""
        if self.filter_line.is_open:
            return self.filter_keys()
        row = self.table.current()
        if row is not None and row.node.pin is PinState.CHANGED:
            return (("v", "review the changed key"), ("Enter", "detail"), ("i", "ignore"))
        return (
            ("Enter", "detail"),
            ("d", "DM"),
            ("s", "sort"),
            ("/", "filter"),
            ("f", "favourite"),
            ("a", "ask"),
            ("?", "keys"),
        )

    def node_in_view(self) -> tuple[NetworkName, NodeId] | None:
        """The selected one."""
        row = self.table.current()
        return None if row is None else row.key

    # -- actions -------------------------------------------------------------------------------

    def action_show_details(self) -> None:
        """All that is known of the selected node."""
        row = self.table.current()
        if row is not None:
            name = self.desk.directory.name_of(row.node.node_id)
            self.post_message(self.ShowSheet(name, tuple(self._details(row)[1:])))

    def action_sort_nodes(self) -> None:
        """The next order."""
        place = SORT_ORDERS.index(self.order) + 1
        self.order = SORT_ORDERS[place % len(SORT_ORDERS)]
        self.desk.remember(_SORT, self.order)
        self.draw_now()

    def action_write_direct(self) -> None:
        """Open the chat with the selected node."""
        row = self.table.current()
        if row is None:
            return
        if self.desk.directory.is_own(row.node.node_id):
            self.post_message(self.Notice("That is you."))
            return
        conversation = direct_conversation(row.node.network, row.node.node_id)
        self.post_message(self.OpenConversation(conversation))

    def action_favourite(self) -> None:
        """Mark, or take the mark off."""
        row = self.table.current()
        if row is not None:
            self._mark(row, replace(row.marks, is_favourite=not row.marks.is_favourite))

    def action_ignore(self) -> None:
        """Ignore, or hear again."""
        row = self.table.current()
        if row is not None:
            self._mark(row, replace(row.marks, is_blocked=not row.marks.is_blocked))

    def action_compare_key(self) -> None:
        """Compare the safety number."""
        row = self.table.current()
        if row is None:
            return
        if not row.node.public_key:
            self.post_message(self.Notice("No key of this node was heard yet."))
            return
        self.post_message(self.ReviewKey(row.node.network, row.node.node_id))

    def action_node_packets(self) -> None:
        """Show its packets in the inspector."""
        row = self.table.current()
        if row is not None:
            node_id = quoted(row.node.node_id)
            self.post_message(self.OpenPane("packets", f"from=={node_id} || to=={node_id}"))

    def action_copy_id(self) -> None:
        """Copy the id."""
        row = self.table.current()
        if row is not None:
            self.post_message(self.Copy(str(row.node.node_id), "node id"))

    def action_open_metrics(self) -> None:
        """Go to the counters."""
        self.post_message(self.OpenPane("metrics"))

    def show_node(self, key: NodeKey) -> None:
        """Put the cursor on a node, whatever the filter."""
        if self.filter_text:
            self.set_filter("")
        self.draw_now(key)

    def receive_hint(self, hint: str) -> None:
        """A hint is a node's id, or a filter."""
        found = next((row.key for row in self.book.rows if row.node.node_id == hint), None)
        if found is not None:
            self.show_node(found)
        else:
            super().receive_hint(hint)

    # -- messages ------------------------------------------------------------------------------

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        """Another node is selected."""
        if message.line_list is self.table:
            message.stop()
            self.row_changed()
            self.post_message(self.Restated())

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Enter."""
        if message.line_list is self.table:
            message.stop()
            self.action_show_details()

    def on_resize(self) -> None:
        """Details beside the table where there is room."""
        self.set_class(self.size.width >= _WITH_DETAILS, "-roomy")
        self.row_changed()

    # -- within --------------------------------------------------------------------------------

    def _mark(self, row: NodeRow, marks: NodeMarks) -> None:
        self.post_message(self.Submit(MarkNode(row.node.network, row.node.node_id, marks)))

    def _cells(self, row: NodeRow) -> Mapping[str, tuple[str, Ink]]:
        node = row.node
        faint: Ink = "dim" if row.marks.is_blocked or node.is_online is False else "plain"
        return {
            "mark": self._sign(row),
            "name": (
                self.desk.directory.name_of(node.node_id),
                "dim" if faint == "dim" else "name",
            ),
            "id": (short_id(node.node_id, self.desk.glyphs.ellipsis), "dim"),
            "net": (network_short(node.network), "dim"),
            "heard": (heard_ago(node, self.desk.now_ms()), faint),
            "hops": ("" if node.hops is None else str(node.hops + 1), faint),
            "signal": (self._signal(node), faint),
            "snr": ("" if node.snr_db is None else f"{node.snr_db:.1f} dB", faint),
            "where": (_where(row), faint),
            "key": (key_words(node), _PIN_INKS[node.pin]),
            "role": (_role(node), "dim"),
            "link": (clean_line(node.link_id or "", 20), "dim"),
        }

    def _sign(self, row: NodeRow) -> tuple[str, Ink]:
        glyphs = self.desk.glyphs
        if row.node.pin is PinState.CHANGED:
            return glyphs.mention, "bad"
        if row.marks.is_blocked:
            return glyphs.cancelled, "dim"
        if row.marks.is_favourite:
            return glyphs.favourite, "warn"
        return (glyphs.contact, "good") if row.node.is_contact else ("", "plain")

    def _signal(self, node: Node) -> str:
        if node.rssi_dbm is not None:
            return f"{node.rssi_dbm} dBm"
        if node.snr_db is not None:
            return f"{node.snr_db:.1f} dB"
        ways = self._routes.ways_to(node.network, node.node_id) if node.hops else []
        via = ways[0].via if ways else ()
        return f"via {self.desk.directory.hop_name(node.network, via[0])}" if via else ""

    def _details(self, row: NodeRow) -> list[Line]:
        node, directory = row.node, self.desk.directory
        lines = node_lines(node.node_id, directory, self.desk.now_ms())
        if row.km is not None:
            lines.append(field("from here", _where(row)))
        for route in self._routes.ways_to(node.network, node.node_id)[:4]:
            hops = (directory.hop_name(route.network, hop) for hop in route.via)
            stops = f" {self.desk.glyphs.arrow} ".join(hops)
            lines.append(field("way", f"{stops or 'direct'} on {clean_line(route.link_id, 20)}"))
        number = self.desk.api.safety_number(node.network, node.node_id, node.rival_key)
        if number:
            lines += [((" ", "plain"),), ((" Safety number, to compare by voice:", "dim"),)]
            lines.append(((f" {clean_line(number, 100)}", "plain"),))
        return lines


def _role(node: Node) -> str:
    """Short for a narrow column: `repeater`, `room`."""
    return role_words(node).removesuffix(" server")


def _where(row: NodeRow) -> str:
    """Distance and course: `1.2 km N`; empty where unknown."""
    if row.km is None:
        return ""
    if row.km < _HERE_KM:
        return "here"
    if row.km < 1:
        return f"{row.km * 1000:.0f} m {row.towards}"
    return f"{row.km:.1f} km {row.towards}" if row.km < 10 else f"{row.km:.0f} km {row.towards}"
