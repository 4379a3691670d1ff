"""What became of the messages of a simulated mesh, and what they cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meshtui.model.event import (
    DeliveryChanged,
    FrameReceived,
    MessageReceived,
    PacketDropped,
    PacketRelayed,
    SecurityRaised,
)
from meshtui.model.message import DeliveryState

if TYPE_CHECKING:
    from meshtui.model.message import Delivery
    from meshtui.networks.base import Output
    from meshtui.sim.engine import Engine


@dataclass(slots=True)
class Fate:
    """What became of one message.

    Attributes:
        readers: Who should read it.
        arrivals_s: After how long each reader had it.
        hops: Relays it passed to each.
        rtt_s: After how long its author knew; None = never.
        attempts: Times its author began to send it.
        copies: Times a reader was shown it again; always 0 in a sound program.
    """

    written_s: float
    is_direct: bool
    readers: int
    arrivals_s: list[float] = field(default_factory=list)
    hops: list[int] = field(default_factory=list)
    rtt_s: float | None = None
    attempts: int = 0
    copies: int = 0
    state: str = DeliveryState.QUEUED.value
    read_by: set[int] = field(default_factory=set)


class Tally:
    """Counts what sessions report."""

    def __init__(self, engine: Engine) -> None:
        """Start with nothing written."""
        self.fates: dict[str, Fate] = {}
        self.drops: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.alarms: Counter[str] = Counter()
        self.relayed = 0
        self.unknown_messages = 0
        self._engine = engine

    def forget(self, keep: int) -> None:
        """Keep only the last so many messages: a live mesh has no end."""
        for message_id in list(self.fates)[: max(0, len(self.fates) - keep)]:
            del self.fates[message_id]

    def written(self, message_id: str, *, is_direct: bool, readers: int) -> None:
        """Note that somebody writes a message."""
        self.fates[message_id] = Fate(self._engine.now_s, is_direct, readers)

    def refused(self, reason: str) -> None:
        """Note that a session would not send one."""
        self.refusals[reason] += 1

    def count(self, number: int, output: Output) -> None:
        """Take what a node's session reports."""
        if type(output) is FrameReceived:
            return  # the most frequent by far
        match output:
            case MessageReceived(message):
                self.read(number, message.message_id, message.hops or 0)
            case DeliveryChanged(message_id=message_id, delivery=delivery):
                self._delivery(message_id, delivery)
            case PacketDropped(reason=reason):
                self.drops[reason] += 1
            case PacketRelayed():
                self.relayed += 1
            case SecurityRaised(kind=kind):
                self.alarms[kind] += 1
            case _:
                pass

    def read(self, number: int, message_id: str, hops: int) -> None:
        """Note that a node shows a message."""
        fate = self.fates.get(message_id)
        if fate is None:
            self.unknown_messages += 1
        elif number in fate.read_by:
            fate.copies += 1
        else:
            fate.read_by.add(number)
            fate.arrivals_s.append(self._engine.now_s - fate.written_s)
            fate.hops.append(hops)

    def tried(self, message_id: str) -> None:
        """Note that its author begins to send a message, once more or for the first time."""
        fate = self.fates.get(message_id)
        if fate is not None:
            fate.attempts += 1

    def confirmed(self, message_id: str) -> None:
        """Note that its author knows a message to have arrived."""
        fate = self.fates.get(message_id)
        if fate is not None and fate.rtt_s is None:
            fate.state = DeliveryState.DELIVERED.value
            fate.rtt_s = self._engine.now_s - fate.written_s

    def _delivery(self, message_id: str, delivery: Delivery) -> None:
        fate = self.fates.get(message_id)
        if fate is not None:
            fate.state = delivery.state.value
            fate.attempts = max(fate.attempts, delivery.attempt)
            if delivery.state is DeliveryState.DELIVERED and fate.rtt_s is None:
                fate.rtt_s = self._engine.now_s - fate.written_s
