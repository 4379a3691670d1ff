"""The known nodes: a fold of events, their order, and what a filter can ask of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from meshtui.model.event import NodeHeard, NodeMarked
from meshtui.model.filter_fields import FilterField, by_name
from meshtui.model.node import NO_MARKS, Node, NodeMarks, NodeRole, PinState
from meshtui.tui.state.geo import bearing_deg, distance_km, wind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from meshtui.model.event import Event
    from meshtui.model.ids import NetworkName, NodeId
    from meshtui.model.node import Position

NodeKey: TypeAlias = "tuple[NetworkName, NodeId]"

MAX_NODES = 20_000
"""Nodes kept; beyond it the longest unheard goes, unless it is a favourite or blocked."""

SORT_ORDERS = ("heard", "name", "hops", "signal", "distance", "favourite", "role", "network")

_FAR = 1_000_000.0


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as a list shows it.

    Attributes:
        km: From our own position; None where either is unknown.
        towards: Compass point from us, or empty.
    """

    node: Node
    marks: NodeMarks = NO_MARKS
    km: float | None = None
    towards: str = ""

    @property
    def key(self) -> NodeKey:
        """What it is recognised by."""
        return self.node.network, self.node.node_id


class NodeBook:
    """All nodes by network and id. `apply` is idempotent; older news never replaces newer."""

    def __init__(
        self,
        own_ids: Iterable[NodeKey] = (),
        limit: int = MAX_NODES,
        here: Position | None = None,
    ) -> None:
        """Begin empty; `here`, or where a node of `own_ids` says it is, is where we are."""
        self._own_ids = frozenset(own_ids)
        self._limit = limit
        self._rows: dict[NodeKey, NodeRow] = {}
        self._here = here

    def __len__(self) -> int:
        """How many are known."""
        return len(self._rows)

    @property
    def rows(self) -> Iterable[NodeRow]:
        """All of them, in no order."""
        return self._rows.values()

    def get(self, key: NodeKey | None) -> NodeRow | None:
        """Look one up."""
        return None if key is None else self._rows.get(key)

    def load(self, pairs: Iterable[tuple[Node, NodeMarks]]) -> None:
        """Take what the store kept."""
        for node, marks in pairs:
            self._put(node, marks)

    def apply(self, event: Event) -> bool:
        """Fold one event in; tell whether anything changed."""
        if isinstance(event, NodeHeard):
            return self._put(event.node, None)
        if isinstance(event, NodeMarked):
            key = (event.network, event.node_id)
            row = self._rows.get(key)
            if row is None:
                return self._put(Node(event.network, event.node_id), event.marks)
            self._rows[key] = replace(row, marks=event.marks)
            return row.marks != event.marks
        return False

    def _put(self, node: Node, marks: NodeMarks | None) -> bool:
        key = (node.network, node.node_id)
        known = self._rows.get(key)
        if known is not None and known.node.last_heard_ms > node.last_heard_ms:
            node = known.node
        kept = marks if marks is not None else (known.marks if known else NO_MARKS)
        km, towards = self._from_here(node.position)
        row = NodeRow(node, kept, km, towards)
        if row == known:
            return False
        self._rows[key] = row
        if key in self._own_ids and node.position not in (None, self._here):
            self._move(node.position)
        if len(self._rows) > self._limit:
            self._drop_oldest()
        return True

    def _from_here(self, position: Position | None) -> tuple[float | None, str]:
        if self._here is None or position is None:
            return None, ""
        return distance_km(self._here, position), wind(bearing_deg(self._here, position))

    def _move(self, here: Position | None) -> None:
        self._here = here
        for key, row in self._rows.items():
            km, towards = self._from_here(row.node.position)
            self._rows[key] = replace(row, km=km, towards=towards)

    def _drop_oldest(self) -> None:
        """Make room for a tenth, so that a flood does not search at every newcomer."""
        loose = [
            row for row in self.rows if not row.marks.is_favourite and not row.marks.is_blocked
        ]
        loose.sort(key=lambda row: row.node.last_heard_ms)
        excess = len(self._rows) - self._limit + self._limit // 10
        for row in loose[:excess]:
            del self._rows[row.key]


def sorted_nodes(rows: Iterable[NodeRow], order: str) -> list[NodeRow]:
    """Sort by one of `SORT_ORDERS`, the most useful end first; an unknown order is `heard`.

    The id breaks ties, so the same nodes always stand in the same order.
    """
    by_age = sorted(rows, key=_by_age)
    key = _SORT_KEYS.get(order)
    return sorted(by_age, key=key) if key else by_age


def _by_age(row: NodeRow) -> tuple[int, int, str]:
    """Those heard first; then those that only advertised, as they say."""
    return -row.node.last_heard_ms, -row.node.claimed_at_s, row.node.node_id


_SORT_KEYS: Mapping[str, Callable[[NodeRow], float | tuple[bool, str]]] = {
    "name": lambda row: (not row.node.name, row.node.name.casefold()),
    "hops": lambda row: _FAR if row.node.hops is None else row.node.hops,
    "signal": lambda row: -_signal(row.node),
    "distance": lambda row: _FAR if row.km is None else row.km,
    "favourite": lambda row: (not row.marks.is_favourite, "" if row.node.is_contact else "z"),
    "role": lambda row: (row.node.role is NodeRole.UNKNOWN, row.node.role.value),
    "network": lambda row: (False, row.node.network),
}


def _signal(node: Node) -> float:
    """Put a strength before a ratio: dBm where known, else dB on a scale below them."""
    if node.rssi_dbm is not None:
        return float(node.rssi_dbm)
    return -_FAR if node.snr_db is None else node.snr_db - 1000.0


def _hops(row: NodeRow) -> float | None:
    return None if row.node.hops is None else row.node.hops + 1


def node_fields(now_ms: Callable[[], int]) -> Mapping[str, FilterField[NodeRow]]:
    """Return what a filter can ask of a node."""

    def heard_s(row: NodeRow) -> float | None:
        heard_ms = row.node.last_heard_ms
        return (now_ms() - heard_ms) / 1000 if heard_ms else None

    pins = tuple(pin.value for pin in PinState)
    roles = tuple(role.value for role in NodeRole)
    yes = ("yes",)
    fields: Sequence[FilterField[NodeRow]] = (
        FilterField("name", "name", text=lambda row: row.node.name),
        FilterField("id", "node id", text=lambda row: row.node.node_id),
        FilterField("net", "network", text=lambda row: row.node.network),
        FilterField("link", "link last heard on", text=lambda row: row.node.link_id or ""),
        FilterField("heard", "seconds since last heard", number=heard_s),
        FilterField("hops", "1 = direct", number=_hops),
        FilterField("rssi", "dBm", number=lambda row: row.node.rssi_dbm),
        FilterField("snr", "dB", number=lambda row: row.node.snr_db),
        FilterField("km", "distance", number=lambda row: row.km),
        FilterField("key", "its key", text=lambda row: row.node.pin.value, choices=pins),
        FilterField("role", "what it does", text=lambda r: r.node.role.value, choices=roles),
        FilterField("online", "says it is", text=lambda r: _yes(r.node.is_online), choices=yes),
        FilterField("contact", "of a radio", text=lambda r: _yes(r.node.is_contact), choices=yes),
        FilterField("fav", "favourite", text=lambda r: _yes(r.marks.is_favourite), choices=yes),
        FilterField("blocked", "blocked", text=lambda r: _yes(r.marks.is_blocked), choices=yes),
        FilterField("note", "your note", text=lambda row: row.marks.note),
    )
    return by_name(fields)


def words_of_node(row: NodeRow) -> str:
    """Return what plain words look into."""
    return f"{row.node.name} {row.node.node_id} {row.marks.note}"


def _yes(is_so: bool | None) -> str:  # noqa: FBT001 - the fact itself
    return "yes" if is_so else ""
