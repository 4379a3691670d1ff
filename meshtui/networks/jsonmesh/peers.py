"""The nodes we know, and the key pinned for each at first sight.

A second key for a known id changes nothing but `pin` and `rival_key`; only the user repairs that.
At most `LIMIT` nodes are kept. The one unheard for longest goes first, but those we wrote with or
whose key the user compared stay, so that a flood of strangers cannot wash a pin away.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, TypedDict

from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.event import NodeHeard
from meshtui.model.link import LinkKind
from meshtui.model.node import Node, PinState
from meshtui.networks.jsonmesh.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet
    from typing import Unpack

    from meshtui.model.event import SecurityRaised
    from meshtui.model.ids import Instant, LinkId, NodeId
    from meshtui.model.node import Position
    from meshtui.networks.jsonmesh.station import Station

LIMIT = 10_000
TOLD_EVERY_S = 30.0
QUIET_TOLD_EVERY_S = 5.0
NEAR_FOR_S = 300.0
MAX_RIVALS = 8  # of one node are told of; by then it is clear
_NEWCOMERS_PER_S = 50.0


class Standing(Enum):
    """What a key is to us."""

    UNKNOWN = "unknown"
    PINNED = "pinned"
    RIVAL = "rival"


class Said(TypedDict, total=False):
    """What a node says of itself."""

    name: str
    position: Position | None
    is_online: bool
    caps: frozenset[str]
    writes_bare_text: bool


class Peer:
    """A node and what only the session needs to know of it."""

    __slots__ = (
        "heard_directly_on",
        "is_kept",
        "key",
        "knows_us",
        "node",
        "told_at_s",
        "warned_of",
    )

    def __init__(self, node: Node) -> None:
        """Start with a node as it was kept or first heard."""
        self.node = node
        self.key = bytes.fromhex(node.public_key) if node.public_key else b""
        self.told_at_s = float("-inf")
        self.heard_directly_on: frozenset[LinkId] = frozenset()
        self.warned_of: frozenset[str] = frozenset()
        self.is_kept = node.pin is PinState.VERIFIED
        self.knows_us = False  # it wrote to us, so it has our key


class PeerBook:
    """All nodes by id, least recently heard first."""

    def __init__(
        self,
        station: Station,
        nodes: Iterable[Node],
        contacts: AbstractSet[NodeId] = frozenset(),
        limit: int = LIMIT,
    ) -> None:
        """Start from the nodes of earlier lives."""
        self._station = station
        self._limit = limit
        self._peers: dict[NodeId, Peer] = {}
        self._newcomers = TokenBuckets(_NEWCOMERS_PER_S, burst=limit, limit=100)
        self._strangers = TokenBuckets(_NEWCOMERS_PER_S, burst=100, limit=100)
        # contacts last, so that they are among those kept
        by_age = sorted(nodes, key=lambda node: (node.node_id in contacts, node.last_heard_ms))
        for node in by_age[-limit:]:
            if node.node_id != station.node_id:
                peer = self._peers[node.node_id] = Peer(node)
                peer.is_kept |= node.node_id in contacts

    def __len__(self) -> int:
        """Count the nodes known."""
        return len(self._peers)

    def get(self, node_id: NodeId) -> Peer | None:
        """Return a node, if it is known."""
        return self._peers.get(node_id)

    def keys(self) -> dict[NodeId, bytes]:
        """List the pinned keys."""
        return {node_id: peer.key for node_id, peer in self._peers.items() if peer.key}

    def keep(self, node_id: NodeId) -> None:
        """Never forget this one for lack of room: we write with it."""
        peer = self._peers.get(node_id)
        if peer is not None:
            peer.is_kept = True

    def note_knows_us(self, node_id: NodeId) -> None:
        """Note that a node wrote to us, or answered: it has our key."""
        peer = self._peers.get(node_id)
        if peer is not None:
            peer.knows_us = True

    def standing(self, node_id: NodeId, key: bytes) -> Standing:
        """Judge a key that claims a node id; the two are known to fit."""
        peer = self._peers.get(node_id)
        if peer is None or not peer.key:
            return Standing.UNKNOWN
        return Standing.PINNED if peer.key == key else Standing.RIVAL

    def may_announce(self, link_id: LinkId, now: Instant) -> bool:
        """Tell whether one more unknown node may introduce itself by presence on this link."""
        return self._newcomers.take(link_id, now.mono_s)

    def may_write(self, link_id: LinkId, now: Instant) -> bool:
        """Tell whether one more message of an unknown node may cost us a curve operation."""
        return self._strangers.take(link_id, now.mono_s)

    def hear(
        self,
        node_id: NodeId,
        key: bytes,
        now: Instant,
        *,
        link_id: LinkId,
        hops: int | None,
        heard_at_ms: int,
        rssi_dbm: int | None = None,
        snr_db: float | None = None,
        **said: Unpack[Said],
    ) -> list[NodeHeard]:
        """Note that a node was heard under its pinned key (or pin this one, at first sight).

        Returns it where something of it changed, or where it was not told for a while.
        """
        peer = self._peers.pop(node_id, None)
        if peer is None:
            peer = Peer(Node(NETWORK, node_id))
        self._peers[node_id] = peer
        old = peer.node
        if not peer.key:
            peer.key = key
            peer.node = replace(old, public_key=key.hex(), pin=PinState.FIRST_SEEN)
        news = {name: value for name, value in said.items() if getattr(old, name) != value}
        since_told_s = now.mono_s - peer.told_at_s
        if hops is not None and since_told_s < NEAR_FOR_S and _is_nearer(old, hops):
            hops, link_id = old.hops, old.link_id or link_id  # it is as near as it was just now
        is_moved = old.hops != hops or old.link_id != link_id
        # what a broker kept is no news when it is older than what we know
        is_due = heard_at_ms > old.last_heard_ms and since_told_s >= (
            QUIET_TOLD_EVERY_S if is_moved else TOLD_EVERY_S
        )
        if peer.node is old and not news and not is_due:
            return []
        peer.node = replace(
            peer.node,
            last_heard_ms=max(old.last_heard_ms, heard_at_ms),
            hops=hops,
            link_id=link_id,
            rssi_dbm=rssi_dbm,
            snr_db=snr_db,
            **news,  # type: ignore[arg-type]  # the names and types of `Said`
        )
        peer.told_at_s = now.mono_s
        self._make_room()
        return [NodeHeard(peer.node)]

    def note_broker(self, node_id: NodeId, link_id: LinkId, *, is_online: bool) -> None:
        """Note that a node shares this broker with us, or not any more."""
        peer = self._peers.get(node_id)
        if peer is not None and is_online is not (link_id in peer.heard_directly_on):
            peer.heard_directly_on ^= {link_id}

    def is_on_another_broker(self, node_id: NodeId, link_id: LinkId) -> bool:
        """Tell whether a node itself was last heard to be there on another link than this."""
        peer = self._peers.get(node_id)
        return peer is not None and bool(peer.heard_directly_on - {link_id})

    def is_on_a_broker(self, node_id: NodeId) -> bool:
        """Tell whether a node itself is on a broker of ours now, by its own last word."""
        peer = self._peers.get(node_id)
        return (
            peer is not None
            and peer.node.is_online is True
            and not peer.heard_directly_on.isdisjoint(self._station.links)
        )

    def is_near_by_air(self, node_id: NodeId) -> bool:
        """Tell whether a node was last heard without a broker: who is there hears it too."""
        peer = self._peers.get(node_id)
        link_id = peer.node.link_id if peer else None
        link = self._station.links.get(link_id) if link_id else None
        return link is not None and link.kind is not LinkKind.BROKER

    def heard_by_relay_only(self, node_id: NodeId, link_id: LinkId) -> bool:
        """Tell whether nothing says that the node itself shares this broker with us."""
        peer = self._peers.get(node_id)
        return peer is None or link_id not in peer.heard_directly_on

    def meet_rival(
        self, node_id: NodeId, key: bytes, now: Instant
    ) -> list[NodeHeard | SecurityRaised]:
        """Note that another key claims a node's id; told once for each rival."""
        peer = self._peers[node_id]
        rival = key.hex()
        if rival in peer.warned_of or len(peer.warned_of) >= MAX_RIVALS:
            return []
        peer.warned_of |= {rival}
        outputs: list[NodeHeard | SecurityRaised] = []
        if peer.node.rival_key != rival or peer.node.pin is not PinState.CHANGED:
            peer.node = replace(peer.node, pin=PinState.CHANGED, rival_key=rival)
            outputs.append(NodeHeard(peer.node))
        outputs += self._station.warn(
            "key-changed",
            node_id,
            f"another key ({rival[:16]}…) claims this node; what it writes is refused",
            now,
        )
        return outputs

    def trust(self, node_id: NodeId, key: bytes, *, is_verified: bool) -> NodeHeard:
        """Pin a key because the user says so; ends any quarrel about it."""
        peer = self._peers.get(node_id)
        if peer is None:
            peer = self._peers[node_id] = Peer(Node(NETWORK, node_id))
        peer.key = key
        peer.node = replace(
            peer.node,
            public_key=key.hex(),
            pin=PinState.VERIFIED if is_verified else PinState.FIRST_SEEN,
            rival_key="",
        )
        peer.is_kept = True
        peer.warned_of = frozenset()
        self._make_room()
        return NodeHeard(peer.node)

    def _make_room(self) -> None:
        tries = len(self._peers)
        while len(self._peers) > self._limit:
            node_id, peer = next(iter(self._peers.items()))
            del self._peers[node_id]
            tries -= 1
            if peer.is_kept and tries > 0:
                self._peers[node_id] = peer  # to the young end: looked at again a whole round later


def _is_nearer(known: Node, hops: int) -> bool:
    return known.hops is not None and known.hops < hops
