"""Who is who: nodes, what the user said of them, and names that cannot be mistaken.

Names are claims. One that another node also bears, or that imitates us or the program, is shown
with the end of its node id (the beginning, where that is a key). An id that begins with `~` is no
more than a claim: so networks whose channels prove nothing of their authors name one.

Where nodes are named by the first digits of their ids, several may be meant, and it is said.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from meshtui.model.event import NodeHeard, NodeMarked
from meshtui.model.ids import split_conversation
from meshtui.model.node import NO_MARKS, NodeMarks, NodeRole
from meshtui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId, NetworkName, NodeId
    from meshtui.model.link import Myself
    from meshtui.model.message import Message
    from meshtui.model.node import Node

OWN_NAME = "me"
MAX_NAME = 32
MAX_NODES = 20_000
"""Nodes known by name; beyond it the longest unheard go, unless the user marked them."""
CLAIM = "~"
HEX_ID_CHARS = 64
"""Ids of this many hex digits are keys, and are named by their first digits."""
_HEX = frozenset("0123456789abcdef")
_RELAYS = frozenset({NodeRole.RELAY, NodeRole.ROOM, NodeRole.UNKNOWN})
_RESERVED = frozenset({"me", "you", "system", "meshtui", "admin", "moi"})
_LEAST_DIGITS = 4
# Letters that look like Latin ones; enough to see through the cheap disguises.
_LOOKALIKES = str.maketrans("аеорсухіјѕԁӏοαν", "aeopcyxijsdloav")  # noqa: RUF001


def _skeleton(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_LOOKALIKES)
    return "".join(char for char in folded if char.isalnum())


def short_id(node_id: NodeId, ellipsis: str = "…") -> str:
    """An id as lists show it: a key by its first digits, `7e7662…`; cleaned."""
    if _is_key(node_id):
        return f"{node_id[:6]}{ellipsis}"
    return clean(str(node_id), limit=MAX_NAME)


def _is_key(node_id: NodeId) -> bool:
    return len(node_id) == HEX_ID_CHARS and _HEX.issuperset(node_id)


def _is_prefix(node_id: NodeId) -> bool:
    """It names a node by the first digits of its key."""
    return len(node_id) < HEX_ID_CHARS and bool(node_id) and _HEX.issuperset(node_id)


class Directory:
    """A fold of `NodeHeard` and `NodeMarked`; loading twice or late changes nothing."""

    def __init__(self, myself: Iterable[Myself] = (), ellipsis: str = "…") -> None:
        """Know ourselves; `ellipsis` stands for what is left out of a long id."""
        self._ellipsis = ellipsis
        self.nodes: dict[NodeId, Node] = {}
        self.marks: dict[NodeId, NodeMarks] = {}
        self._own: set[NodeId] = set()
        self._bearers: dict[str, set[NodeId]] = {}
        self._own_skeletons = set(_RESERVED)
        self._by_first: dict[str, dict[NodeId, None]] = {}
        for me in myself:
            self.know_own(me.node_id, me.name)

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

    def know_own(self, node_id: NodeId, name: str = "") -> bool:
        """We are also this: a radio of ours said so. True where that is news."""
        before = len(self._own) + len(self._own_skeletons)
        if node_id:
            self._own.add(node_id)
        if _skeleton(name):
            self._own_skeletons.add(_skeleton(name))
        return len(self._own) + len(self._own_skeletons) > before

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
        if node_id.startswith(CLAIM):
            return self._claimed_name(node_id)
        node = self.nodes.get(node_id)
        name = clean(node.name, limit=MAX_NAME).strip() if node else ""
        if not name:
            return short_id(node_id, self._ellipsis)
        skeleton = _skeleton(name)
        if skeleton in self._own_skeletons or len(self._bearers.get(skeleton, ())) > 1:
            end = node_id[:4] if _is_key(node_id) else clean(str(node_id))[-4:]
            return f"{name}~{end}"
        return name

    def author_of(self, conversation: ConversationId, sender: NodeId) -> str:
        """Who wrote a message, by name; in a room an author may be named by first digits only."""
        if sender in self.nodes or not _is_prefix(sender):
            return self.name_of(sender)
        found = self.named_by(split_conversation(conversation)[0], sender)
        return self.name_of(found[0]) if len(found) == 1 else clean(str(sender), limit=MAX_NAME)

    def writer_of(self, message: Message) -> str:
        """Who wrote a message; ours are ours under whichever radio's key they went."""
        if message.is_own:
            return OWN_NAME
        return self.author_of(message.conversation, message.sender)

    def named_by(self, network: NetworkName, digits: str) -> list[NodeId]:
        """Nodes of a network whose ids are keys that begin with these hex digits."""
        bucket = self._by_first.get(digits[:2], {})
        return [
            node_id
            for node_id in bucket
            if node_id.startswith(digits) and self.nodes[node_id].network == network
        ]

    def hop_name(self, network: NetworkName, hop: NodeId) -> str:
        """A relay on a way: its name, or `66 (1 of 3)`, or `66 ?` where nobody known is meant.

        Of several that may be meant, one that relays for others is; clients hardly ever do.
        """
        if hop in self.nodes or not _is_prefix(hop):
            return self.name_of(hop)
        found = self.relays_named_by(network, hop)
        if len(found) == 1:
            return self.name_of(found[0])
        return f"{hop} (1 of {len(found)})" if found else f"{hop} ?"

    def relays_named_by(self, network: NetworkName, digits: str) -> list[NodeId]:
        """Who may be meant by the first digits of a relay's id."""
        found = self.named_by(network, digits)
        return [each for each in found if self.nodes[each].role in _RELAYS] or found

    def is_ambiguous(self, network: NetworkName, hop: NodeId) -> bool:
        """No one node is meant: several, or nobody known."""
        if hop in self.nodes or not _is_prefix(hop):
            return False
        return len(self.relays_named_by(network, hop)) != 1

    def find(self, typed: str, network: NetworkName | None = None) -> list[NodeId]:
        """Nodes a person may mean by a name, an id or either end of one; the exact ones if any.

        Args:
            network: Only its nodes; None = any.
        """
        found = self._find(typed)
        if network is None:
            return found
        return [node_id for node_id in found if self.nodes[node_id].network == network]

    def _find(self, typed: str) -> list[NodeId]:
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
            or (len(wanted) >= _LEAST_DIGITS and str(node_id).casefold().startswith(wanted))
        ]

    def _claimed_name(self, node_id: NodeId) -> str:
        """The name somebody gave himself; with the sign before it where it is one of ours."""
        name = clean(str(node_id)[len(CLAIM) :], limit=MAX_NAME).strip()
        if not name:
            return "(no name)"
        return f"{CLAIM}{name}" if _skeleton(name) in self._own_skeletons else name

    def _put(self, node: Node) -> None:
        before = self.nodes.get(node.node_id)
        if before is not None and before.name != node.name:
            self._forget_name(before)
        self.nodes[node.node_id] = node
        if before is None and _is_key(node.node_id):
            self._by_first.setdefault(node.node_id[:2], {})[node.node_id] = None
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
            self._by_first.get(node.node_id[:2], {}).pop(node.node_id, None)
            self._forget_name(node)

    def _forget_name(self, node: Node) -> None:
        skeleton = _skeleton(node.name)
        bearers = self._bearers.get(skeleton, set())
        bearers.discard(node.node_id)
        if not bearers:
            self._bearers.pop(skeleton, None)
