"""Who is who: nodes, what the user said of them, and names that cannot be mistaken.

Names are claims. One that another node also bears, or that imitates us or the program, is shown
with the end of its node id.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from meshtui.model.event import NodeHeard, NodeMarked
from meshtui.model.node import NO_MARKS, NodeMarks
from meshtui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.event import Event
    from meshtui.model.ids import NodeId
    from meshtui.model.link import Myself
    from meshtui.model.node import Node

OWN_NAME = "me"
MAX_NAME = 32
MAX_NODES = 20_000
"""Nodes known by name; beyond it the longest unheard go, unless the user marked them."""
_RESERVED = frozenset({"me", "you", "system", "meshtui", "admin", "moi"})
# Letters that look like Latin ones; enough to see through the cheap disguises.
_LOOKALIKES = str.maketrans("аеорсухіјѕԁӏοαν", "aeopcyxijsdloav")  # noqa: RUF001


def _skeleton(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_LOOKALIKES)
    return "".join(char for char in folded if char.isalnum())


class Directory:
    """A fold of `NodeHeard` and `NodeMarked`; loading twice or late changes nothing."""

    def __init__(self, myself: Iterable[Myself] = ()) -> None:
        """Know ourselves."""
        self.nodes: dict[NodeId, Node] = {}
        self.marks: dict[NodeId, NodeMarks] = {}
        self._own = {me.node_id: me for me in myself}
        self._bearers: dict[str, set[NodeId]] = {}
        self._own_skeletons = {_skeleton(me.name) for me in myself if me.name} | _RESERVED

    def load(self, pairs: Iterable[tuple[Node, NodeMarks]]) -> None:
        """Take what the store has."""
        for node, marks in pairs:
            self._put(node)
            self.marks[node.node_id] = marks

    def apply(self, event: Event) -> NodeId | None:
        """Fold an event; returns the node that looks different now, or None."""
        match event:
            case NodeHeard(node):
                before = self.nodes.get(node.node_id)
                self._put(node)
                is_seen = before is None or (before.name, before.pin) != (node.name, node.pin)
                return node.node_id if is_seen else None
            case NodeMarked(_, node_id, marks):
                self.marks[node_id] = marks
                return node_id
        return None

    def is_own(self, node_id: NodeId) -> bool:
        """It is us."""
        return node_id in self._own

    def marks_of(self, node_id: NodeId) -> NodeMarks:
        """What the user said of a node."""
        return self.marks.get(node_id, NO_MARKS)

    def is_blocked(self, node_id: NodeId) -> bool:
        """The user does not want to hear from it."""
        return self.marks_of(node_id).is_blocked

    def name_of(self, node_id: NodeId) -> str:
        """A name to show, cleaned; the node id where it claims none."""
        if node_id in self._own:
            return OWN_NAME
        node = self.nodes.get(node_id)
        name = clean(node.name, limit=MAX_NAME).strip() if node else ""
        if not name:
            return clean(str(node_id), limit=MAX_NAME)
        skeleton = _skeleton(name)
        if skeleton in self._own_skeletons or len(self._bearers.get(skeleton, ())) > 1:
            return f"{name}~{clean(str(node_id))[-4:]}"
        return name

    def find(self, typed: str) -> list[NodeId]:
        """Nodes a person may mean by a name, an id or an id's end; the exact ones if any."""
        wanted = typed.strip().removeprefix("@").strip("[]").casefold()
        exact = [
            node_id
            for node_id in self.nodes
            if wanted in (str(node_id).casefold(), self.name_of(node_id).casefold())
        ]
        if exact or not wanted:
            return exact
        return [
            node_id
            for node_id in self.nodes
            if self.name_of(node_id).casefold().startswith(wanted)
            or str(node_id).casefold().endswith(wanted)
        ]

    def _put(self, node: Node) -> None:
        before = self.nodes.get(node.node_id)
        if before is not None and before.name != node.name:
            self._forget_name(before)
        self.nodes[node.node_id] = node
        skeleton = _skeleton(node.name)
        if skeleton:
            self._bearers.setdefault(skeleton, set()).add(node.node_id)
        if len(self.nodes) > MAX_NODES:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Make room for a tenth, so that a flood does not search at every newcomer."""
        loose = [
            node
            for node in self.nodes.values()
            if self.marks_of(node.node_id) == NO_MARKS and not self.is_own(node.node_id)
        ]
        loose.sort(key=lambda node: node.last_heard_ms)
        for node in loose[: len(self.nodes) - MAX_NODES + MAX_NODES // 10]:
            del self.nodes[node.node_id]
            self.marks.pop(node.node_id, None)
            self._forget_name(node)

    def _forget_name(self, node: Node) -> None:
        skeleton = _skeleton(node.name)
        bearers = self._bearers.get(skeleton, set())
        bearers.discard(node.node_id)
        if not bearers:
            self._bearers.pop(skeleton, None)
