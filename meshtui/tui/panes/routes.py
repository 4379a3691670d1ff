"""The routing table: the ways to everybody, how long they are, and how sure."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from meshtui.model.command import ForgetRoute
from meshtui.model.event import NodeHeard
from meshtui.model.filter_completion import quoted
from meshtui.model.ids import direct_conversation
from meshtui.model.text import clean_line
from meshtui.tui.command import bindings_of
from meshtui.tui.mesh_commands import MESH_COMMANDS
from meshtui.tui.panes.table import TablePane
from meshtui.tui.state.claimed_names import ClaimedNames
from meshtui.tui.state.directory import short_id
from meshtui.tui.state.metrics import total_of, value_of
from meshtui.tui.state.networks import network_short
from meshtui.tui.state.routes import RouteBook, hop_shares, route_fields, words_of_route
from meshtui.tui.text.columns import Column
from meshtui.tui.text.details import MAX_ID, field
from meshtui.tui.text.format import ago, count_of, duration, fit
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.row_table import RowTable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from meshtui.model.event import Event
    from meshtui.model.filter_fields import FilterField
    from meshtui.model.ids import LinkId, NetworkName, NodeId
    from meshtui.model.node import Route
    from meshtui.runtime.api import MetricRow
    from meshtui.tui.text.details import Line
    from meshtui.tui.widgets.ink import Ink, Part
    from meshtui.tui.widgets.line_list import LineList
    from meshtui.tui.widgets.pane import Desk

_COLUMNS = (
    Column("net", 4),
    Column("to", 10, grow=2),
    Column("next", 10, grow=2, title="next hop"),
    Column("hops", 4, is_right=True),
    Column("path", 10, grow=3),
    Column("age", 6, is_right=True),
    Column("link", 7),
    Column("took", 8, from_width=90, is_right=True),
    Column("signal", 8, from_width=100, is_right=True),
    Column("learned", 9),
    Column("sure", 5, is_right=True),
)
_COUNTS_EVERY_S = 5.0
_BAR_CELLS = 8
_TRUSTED, _DOUBTED = 0.7, 0.3
_PROVEN = frozenset({"acked", "heard", "traced", "user"})
_MAX_NAMED = 4


class RoutesPane(TablePane["Route"]):
    """All ways, newest first; how far the mesh reaches, and how well we relay, below."""

    pane_id = "routes"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(MESH_COMMANDS, "routes")
    DEFAULT_CSS = """
    RoutesPane #route-counts { background: $bar; }
    """

    def __init__(self, desk: Desk) -> None:
        """Begin empty."""
        self._names = ClaimedNames(desk.directory)
        super().__init__(desk)
        self.book = RouteBook()
        self.fields = self.fields_for(desk)
        self.table = RowTable(_COLUMNS, self._cells, desk.glyphs, id="route-list")
        self._counts: Sequence[MetricRow] = ()
        self.counts = LineView(self._count_parts, id="route-counts")
        self.prepare()

    def compose(self) -> ComposeResult:
        """Table, counts, filter."""
        yield Vertical(self.head, self.table, self.counts)
        yield self.filter_line

    async def load(self) -> None:
        """Read what the store kept."""
        api = self.desk.api
        self.book.load(await api.routes())
        await self._read_counts()
        self.draw_now()
        self.set_interval(_COUNTS_EVERY_S, self._read_counts)

    def draw_now(self, key: Hashable | None = None) -> None:
        """Draw; the network is said where there are several."""
        networks = {route.network for route in self.book.routes}
        networks |= {me.network for me in self.desk.api.myself()}
        self.table.hide(() if len(networks) > 1 else ("net",))
        super().draw_now(key)

    def consume(self, events: Sequence[Event]) -> None:
        """Fold; draw if anything is different."""
        is_changed = False
        for event in events:
            if isinstance(event, NodeHeard):
                is_changed = True
            else:
                is_changed |= self.book.apply(event)
        if is_changed:
            self.draw_soon()

    # -- what a table pane asks ----------------------------------------------------------------

    def fields_for(self, desk: Desk) -> Mapping[str, FilterField[Route]]:
        """What a filter can ask of a way."""
        return route_fields(self._names, desk.now_ms)

    def sorted_rows(self) -> Sequence[Route]:
        """Newest first."""
        return self.book.newest_first()

    def words_of(self, row: Route) -> str:
        """Everyone on the way, by name and id."""
        return words_of_route(row, self._names)

    def key_of(self, row: Route) -> tuple[NetworkName, NodeId, LinkId]:
        """Where to, on which link."""
        return row.network, row.node_id, row.link_id

    def row_changed(self) -> None:
        """The shares may be others."""
        self.counts.redraw()

    # -- what the screen asks ------------------------------------------------------------------

    def title(self) -> str:
        """How many ways on how many links."""
        shown, known = len(self.table.rows), len(self.book)
        count = f"{shown:,}" if shown == known else f"{shown:,} of {known:,}"
        links = count_of(len({route.link_id for route in self.book.routes}), "link")
        return f"ROUTES {count} {self.desk.glyphs.dot} {links}"

    def context_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter now."""
        if self.filter_line.is_open:
            return self.filter_keys()
        return (
            ("Enter", "path"),
            ("d", "DM"),
            ("a", "ask"),
            ("r", "forget"),
            ("x", "packets"),
            ("/", "filter"),
            ("m", "counters"),
        )

    def node_in_view(self) -> tuple[NetworkName, NodeId] | None:
        """Where the selected way leads."""
        row = self.table.current()
        return None if row is None else (row.network, row.node_id)

    # -- actions -------------------------------------------------------------------------------

    def action_show_details(self) -> None:
        """The path, hop by hop, and the other ways to the same node."""
        row = self.table.current()
        if row is not None:
            name = self.desk.directory.name_of(row.node_id)
            self.post_message(self.ShowSheet(f"The way to {name}", tuple(self._details(row))))

    def action_forget_route(self) -> None:
        """Throw the ways to the selected node away."""
        row = self.table.current()
        if row is not None:
            self.post_message(self.Submit(ForgetRoute(row.network, row.node_id)))

    def action_write_direct(self) -> None:
        """Open the chat with the selected node."""
        row = self.table.current()
        if row is not None:
            self.post_message(self.OpenConversation(direct_conversation(row.network, row.node_id)))

    def action_node_packets(self) -> None:
        """Show its packets in the inspector."""
        row = self.table.current()
        if row is not None:
            node_id = quoted(row.node_id)
            self.post_message(self.OpenPane("packets", f"from=={node_id} || to=={node_id}"))

    def action_copy_id(self) -> None:
        """Copy the node's id."""
        row = self.table.current()
        if row is not None:
            self.post_message(self.Copy(str(row.node_id), "node id"))

    def action_open_metrics(self) -> None:
        """Go to the counters."""
        self.post_message(self.OpenPane("metrics"))

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        """Another way is selected."""
        message.stop()

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Enter."""
        message.stop()
        self.action_show_details()

    # -- within --------------------------------------------------------------------------------

    async def _read_counts(self) -> None:
        if self.counts.size or not self._counts:
            self._counts = await self.desk.api.metrics()
            self.counts.redraw()

    def _called(self, node_id: NodeId) -> str:
        return self.desk.directory.name_of(node_id)

    def _hop(self, route: Route, hop: NodeId) -> str:
        return self.desk.directory.hop_name(route.network, hop)

    def _is_ambiguous(self, route: Route) -> bool:
        return any(self.desk.directory.is_ambiguous(route.network, hop) for hop in route.via)

    def _cells(self, row: Route) -> Mapping[str, tuple[str, Ink]]:
        is_active = row.is_active(self.desk.now_ms())
        ink: Ink = "plain" if is_active else "dim"
        stops = " > ".join(self._hop(row, stop) for stop in row.via)
        return {
            "net": (network_short(row.network), "dim"),
            "to": (self._called(row.node_id), "name" if is_active else "dim"),
            "next": (self._hop(row, row.via[0]) if row.via else "direct", ink),
            "hops": (str(row.hops), ink),
            "path": (stops, "dim"),
            "age": (ago(row.last_seen_ms, self.desk.now_ms()), ink),
            "link": (clean_line(row.link_id, 20), "dim"),
            "took": ("" if row.latency_ms is None else duration(row.latency_ms), ink),
            "signal": ("" if row.rssi_dbm is None else f"{row.rssi_dbm} dBm", ink),
            "learned": _learned(row, is_active=is_active, is_ambiguous=self._is_ambiguous(row)),
            "sure": _sure(row, is_active=is_active),
        }

    def _details(self, row: Route) -> list[Line]:
        now_ms = self.desk.now_ms()
        lines: list[Line] = []
        for way in self.book.ways_to(row.network, row.node_id):
            heard = f"{ago(way.last_seen_ms, now_ms)} ago"
            lines += [((f" on {clean_line(way.link_id, 30)}, {heard}", "title"),)]
            lines += [field("", "me", "dim")]
            for number, hop in enumerate(way.via, 1):
                lines += self._hop_lines(way, number, hop)
            to = f"{self._called(way.node_id)}  {clean_line(way.node_id, MAX_ID)}"
            lines.append(field(f"hop {len(way.via) + 1}", to))
            lines.append(field("learned", _LEARNED.get(way.source, clean_line(way.source, 40))))
            lines.append(
                field("sure", f"{_percent(way)} of what goes this way arrives, at a guess:")
            )
            lines.append(field("", "acknowledgements raise it, missing ones halve it", "dim"))
            if way.rssi_dbm is not None:
                lines.append(field("signal", f"{way.rssi_dbm} dBm"))
            if way.latency_ms is not None:
                lines.append(field("took", f"{duration(way.latency_ms)}, by the sender's clock"))
            lines.append(((" ", "plain"),))
        return lines

    def _hop_lines(self, way: Route, number: int, hop: NodeId) -> list[Line]:
        """A relay on the way; where its first digits are not its alone, all who may be meant."""
        directory = self.desk.directory
        if not directory.is_ambiguous(way.network, hop):
            said = self._hop(way, hop)
            more = clean_line(hop, MAX_ID)
            return [field(f"hop {number}", said if said == more else f"{said}  {more}")]
        lines = [field(f"hop {number}", self._hop(way, hop), "warn")]
        may_be = directory.relays_named_by(way.network, hop)[:_MAX_NAMED]
        lines += [
            field("", f"perhaps {self._called(each)}  {short_id(each)}", "dim") for each in may_be
        ]
        return lines

    def _count_parts(self, width: int) -> list[list[Part]]:
        parts: list[Part] = [(" hops ", "dim")]
        full = self.desk.glyphs.bar[-1]
        for label, share in hop_shares(self.book.routes):
            bar = full * round(share * _BAR_CELLS)
            parts += [(f"{label} ", "plain"), (bar, "name"), (f" {share * 100:.0f} %  ", "plain")]
        room = max(width - sum(len(text) for text, _ in parts), 0)
        parts.append((fit(self._relay_words(), room, self.desk.glyphs.ellipsis), "dim"))
        return [parts]

    def _relay_words(self) -> str:
        decided = value_of(self._counts, "relayed", "decided") or 0.0
        percent = value_of(self._counts, "relayed", "success_percent")
        ok = "" if percent is None else f" ok {percent:.0f} %"
        dropped = total_of(self._counts, "dropped")
        return f"relayed {decided:,.0f}{ok}  dropped {dropped:,.0f}"


_LEARNED = {
    "heard": "heard directly from it",
    "claimed": "claimed by a message's route field; nobody proved it",
    "acked": "an acknowledgement came back this way",
    "advert": "its advertisement came this way; back along it may work",
    "radio": "it stands so in the contact table of our radio",
    "traced": "a trace went there and came back",
    "user": "set by you",
}


def _sure(route: Route, *, is_active: bool) -> tuple[str, Ink]:
    """How likely it is that what goes this way arrives."""
    if not is_active:
        return _percent(route), "dim"
    if route.confidence >= _TRUSTED:
        return _percent(route), "good"
    return _percent(route), "warn" if route.confidence < _DOUBTED else "plain"


def _percent(route: Route) -> str:
    return f"{route.confidence * 100:.0f} %"


def _learned(route: Route, *, is_active: bool, is_ambiguous: bool) -> tuple[str, Ink]:
    """How it is known, whether that is too long ago, and whether it may mean another way."""
    if not is_active:
        return "stale", "warn"
    if is_ambiguous:
        return "ambiguous", "warn"
    source = clean_line(route.source, 20)
    return source, "good" if source in _PROVEN else "warn"
