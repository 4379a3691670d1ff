"""Whole MeshCore nodes on an exact air: who is linked hears everything, at once and without error.

Loss, where a test wants it, is drawn from a seeded generator. Time is wound by the air itself.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from meshtui.model.ids import Instant
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.outputs import Send
from meshtui.networks.meshcore.node.settings import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.crypto.ed25519 import KeyPair
    from meshtui.networks.meshcore.node.outputs import NodeOutput, Sent

EPOCH_S = 1_767_225_600


def counter(start: int) -> Callable[[int], bytes]:
    """Return an entropy that counts: the firmware under test had such a one."""
    state = [start]

    def draw(n_bytes: int) -> bytes:
        drawn = bytes((state[0] + step) & 0xFF for step in range(n_bytes))
        state[0] += n_bytes
        return drawn

    return draw


def seeded(seed: int) -> Callable[[int], bytes]:
    """Return an entropy of its own for each seed."""
    return Random(seed).randbytes


def lone_node(key: KeyPair, settings: NodeSettings | None = None, entropy: int = 0) -> MeshcoreNode:
    """Return a node with a keyring of its own."""
    return MeshcoreNode(key, settings or NodeSettings(name="n"), counter(entropy), Keyring())


@dataclass
class MeshAir:
    """The nodes, who hears whom, and all that happened.

    Attributes:
        log: Every transmission: sender and bytes.
        events: Everything else the nodes said.
    """

    loss: float = 0.0
    seed: int = 1
    limit: int = 100_000
    nodes: dict[str, MeshcoreNode] = field(default_factory=dict)
    log: list[tuple[str, bytes]] = field(default_factory=list)
    events: list[tuple[str, NodeOutput]] = field(default_factory=list)
    now_s: float = 0.0
    unix_s: int = EPOCH_S

    def __post_init__(self) -> None:
        self._links: dict[str, list[str]] = {}
        self._snr: dict[str, float] = {}
        self._queue: list[tuple[float, int, int, str, bytes]] = []
        self._number = 0
        self._random = Random(self.seed)

    def add(self, name: str, node: MeshcoreNode, snr_db: float = 8.0) -> MeshcoreNode:
        """Add a node that hears everything that well."""
        self.nodes[name] = node
        self._links.setdefault(name, [])
        self._snr[name] = snr_db
        return node

    def link(self, *names: str) -> None:
        """Let each hear the next, both ways."""
        for one, other in pairwise(names):
            self._links[one].append(other)
            self._links[other].append(one)

    def unlink_all(self) -> None:
        """Let nobody hear anybody."""
        for name in self._links:
            self._links[name] = []

    @property
    def now(self) -> Instant:
        """The moment."""
        return Instant(self.now_s, self.unix_s * 1000)

    def at(self, unix_s: int) -> Instant:
        """Set the calendar, which stands still otherwise, and return the moment."""
        self.unix_s = unix_s
        return self.now

    def take(self, name: str, outputs: Iterable[NodeOutput]) -> None:
        """Carry out what a node said."""
        for output in outputs:
            if isinstance(output, Send):
                self._number += 1
                entry = (output.not_before_s, output.priority, self._number, name, output.data)
                heapq.heappush(self._queue, entry)
            else:
                self.events.append((name, output))

    def sent(self, name: str, sent: Sent) -> Sent:
        """Carry out what a node was asked to send."""
        self.take(name, sent.outputs)
        return sent

    def run(self) -> None:
        """Go on until nothing is on its way."""
        while self._queue:
            at_s, _, _, sender, data = heapq.heappop(self._queue)
            self.now_s = max(self.now_s, at_s)
            self.log.append((sender, data))
            if len(self.log) > self.limit:
                msg = f"a storm: {len(self.log)} transmissions"
                raise AssertionError(msg)
            self.nodes[sender].transmitted(data, self.now)
            for receiver in self._links[sender]:
                if self.loss and self._random.random() < self.loss:
                    continue
                rx = RxMeta(-80, self._snr[receiver])
                self.take(receiver, self.nodes[receiver].hear(data, rx, self.now))

    def wait(self, seconds: float) -> None:
        """Let time pass: clocks go on, deadlines are kept, packets travel."""
        end_s = self.now_s + seconds
        start_s, start_unix_s = self.now_s, self.unix_s
        while True:
            due = [
                (deadline, name)
                for name, node in self.nodes.items()
                if (deadline := node.next_deadline_s) is not None and deadline <= end_s
            ]
            if not due:
                break
            deadline, name = min(due)
            self.now_s = max(self.now_s, deadline)
            self.unix_s = start_unix_s + int(self.now_s - start_s)
            self.take(name, self.nodes[name].tick(self.now))
            self.run()
        self.now_s = max(self.now_s, end_s)
        self.unix_s = start_unix_s + int(self.now_s - start_s)

    def heard(self, name: str, kind: type) -> list:
        """Return what a node said of one kind."""
        return [event for who, event in self.events if who == name and isinstance(event, kind)]

    def sent_by(self, name: str) -> list[bytes]:
        """Return what a node sent."""
        return [data for who, data in self.log if who == name]


def chat(name: str, key: KeyPair, **changes: object) -> MeshcoreNode:
    """Return a chat node."""
    settings = replace(NodeSettings(name=name), **changes)
    return MeshcoreNode(key, settings, seeded(key.public_key[0]), Keyring())


def acquainted(*names: str, key: Callable[[str], KeyPair], **changes: object) -> MeshAir:
    """Return chat nodes that know and hear each other, in a line."""
    air = MeshAir()
    for name in names:
        air.add(name, chat(name, key(name), **changes))
    for name in names:
        for other in names:
            if other != name:
                air.nodes[name].add_contact(Contact(key(other).public_key, other))
    air.link(*names)
    return air


def served(
    settings: NodeSettings,
    key: Callable[[str], KeyPair],
    password: bytes | None = b"password",
    *,
    near: bool = True,
) -> MeshAir:
    """Return a chat node A and a server S, with a repeater R between them or not, and log A in.

    Args:
        password: None = A does not log in.
    """
    air = MeshAir()
    air.add("A", chat("A", key("A")))
    air.add("R", chat("R", key("R"), forwards=True))
    air.add("S", MeshcoreNode(key("S"), settings, seeded(5), Keyring()))
    air.link(*(("A", "S") if near else ("A", "R", "S")))
    air.nodes["A"].add_contact(Contact(key("S").public_key, "S", int(settings.role)))
    air.nodes["S"].stats.battery_mv = 4100
    if password is not None:
        air.sent("A", air.nodes["A"].login(key("S").public_key, password, air.now))
        air.run()
    return air
