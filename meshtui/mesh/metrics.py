"""Counters of a mesh as a fold of its events.

Pure and additive: `rows` is everything, `Metrics.of(rows)` starts from it, and two folds over two
halves of a history merge to the fold over the whole. What is derived (averages, percentiles,
shares) is computed by `report` and never stored.

    sent | received   by message kind             dropped        by reason
    hops              1, 2, 3+ (1 = direct)       relayed        decided, taken
    latency_ms/MEDIUM histogram: label = upper edge of the bucket; plus `sum` and `count`
    delivery          delivered, failed, cancelled; rtt_ms like latency_ms
    reassembly        whole, or by why it was given up    airtime_s   sent, received (reckoned)

Relay success is counted honestly: of the packets we decided to pass on, how many at least one link
took. Whether anybody beyond heard them is only known on radio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.mesh.routing import plausible_latency_ms
from meshtui.model.event import (
    DeliveryChanged,
    FrameReceived,
    FrameSent,
    LinkChanged,
    MessageQueued,
    MessageReceived,
    PacketDropped,
    PacketRelayed,
    ReassemblyProgressed,
    SecurityRaised,
)
from meshtui.model.packet import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meshtui.model.event import Event
    from meshtui.model.ids import LinkId
    from meshtui.model.link import RadioSettings

Row = tuple[str, str, float]

EDGES_MS = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000)
MAX_LABELS = 200  # kinds and reasons come from the air: a counter for each, but not for ever more
_PENDING_RELAYS = 5_000
_LONGEST_PACKET = 255  # LoRa's; what is longer was never one packet


class Metrics:
    """The fold."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Start from stored rows, or from nothing."""
        self._counts: dict[tuple[str, str], float] = {}
        self._labels: dict[str, int] = {}
        self._media: dict[LinkId, str] = {}
        self._radios: dict[LinkId, RadioSettings] = {}
        self._relays: dict[tuple[str, str], None] = {}
        for name, label, value in rows:
            self._add(name, label, value)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Metrics:
        """Continue from stored rows."""
        return cls(rows)

    def rows(self) -> Sequence[Row]:
        """Everything that must be kept, sorted."""
        return [(name, label, value) for (name, label), value in sorted(self._counts.items())]

    def merge(self, other: Metrics) -> None:
        """Add another fold's counters to this one."""
        for name, label, value in other.rows():
            self._add(name, label, value)

    def take(self, event: Event) -> None:
        """Fold one event in."""
        match event:
            case FrameReceived():
                self._frame_received(event)
            case FrameSent():
                self._frame_sent(event)
            case MessageReceived():
                self._message_received(event)
            case DeliveryChanged():
                self._delivery(event)
            case PacketRelayed():
                self._relayed(event)
            case LinkChanged():
                self._link(event)
            case _:
                self._count(event)

    def report(self) -> Sequence[Row]:
        """All rows, and what is derived from them: averages, p95, shares in percent."""
        derived: list[Row] = []
        for name in sorted({name for name, label in self._counts if label == "count"}):
            total = self._counts[name, "count"]
            derived.append((name, "average", self._counts.get((name, "sum"), 0.0) / total))
            derived.append((name, "p95", self._percentile(name, 0.95)))
        decided = self._counts.get(("relayed", "decided"), 0.0)
        if decided:
            taken = self._counts.get(("relayed", "taken"), 0.0)
            derived.append(("relayed", "success_percent", 100.0 * taken / decided))
        return [*self.rows(), *derived]

    def _frame_received(self, event: FrameReceived) -> None:
        self._add("frames", "received")
        self._add("bytes", "received", len(event.frame.payload))
        self._airtime("received", event.frame.link_id, event.frame.payload)
        if event.summary.verdict is Verdict.HANDLED:
            self._add("received", event.summary.kind)

    def _frame_sent(self, event: FrameSent) -> None:
        self._add("frames", "sent")
        self._add("bytes", "sent", len(event.transmit.payload))
        self._airtime("sent", event.transmit.link_id, event.transmit.payload.removesuffix(b"\n"))
        key = (event.summary.source, event.summary.message_id)
        if key in self._relays:
            del self._relays[key]
            self._add("relayed", "taken")
        elif event.transmit.message_id is None and not event.summary.hops:
            # neither a message, which counts once, when it is written, nor another's relayed
            self._add("sent", event.summary.kind)

    def _message_received(self, event: MessageReceived) -> None:
        message = event.message
        self._add("received", message.kind)
        if message.hops is not None:
            hops = message.hops + 1
            self._add("hops", str(hops) if hops < 3 else "3+")
        if message.sent_at_ms and message.link_id is not None:
            latency_ms = plausible_latency_ms(message.sent_at_ms, message.received_at_ms)
            if latency_ms is not None:
                medium = self._media.get(message.link_id, "unknown")
                self._measure(f"latency_ms/{medium}", latency_ms)

    def _delivery(self, event: DeliveryChanged) -> None:
        if event.delivery.state.is_final:
            self._add("delivery", event.delivery.state.value)
        if event.delivery.rtt_ms is not None:
            self._measure("rtt_ms", event.delivery.rtt_ms)

    def _relayed(self, event: PacketRelayed) -> None:
        self._add("relayed", "decided")
        self._relays[event.source, event.message_id] = None
        if len(self._relays) > _PENDING_RELAYS:
            del self._relays[next(iter(self._relays))]

    def _count(self, event: Event) -> None:
        match event:
            case MessageQueued():
                self._add("sent", event.message.kind)
            case PacketDropped():
                self._add("dropped", event.reason)
            case SecurityRaised():
                self._add("security", event.kind)
            case ReassemblyProgressed() if event.reason:
                self._add("reassembly", event.reason)
            case ReassemblyProgressed() if event.have >= event.total:
                self._add("reassembly", "whole")

    def _airtime(self, label: str, link_id: LinkId, packet: bytes) -> None:
        radio = self._radios.get(link_id)
        if radio is not None and len(packet) <= _LONGEST_PACKET:
            self._add("airtime_s", label, time_on_air_ms(len(packet), radio) / 1000)

    def _link(self, event: LinkChanged) -> None:
        if event.link.radio is not None:
            self._radios[event.link.link_id] = event.link.radio
        scheme = event.link.url.partition("://")[0]
        self._media[event.link.link_id] = scheme.partition("+")[2] or scheme or "unknown"

    def _measure(self, name: str, value_ms: float) -> None:
        edge = next((edge for edge in EDGES_MS if value_ms <= edge), None)
        self._add(name, f"<={edge}" if edge is not None else "more")
        self._add(name, "sum", value_ms)
        self._add(name, "count")

    def _percentile(self, name: str, share: float) -> float:
        wanted = share * self._counts[name, "count"]
        seen = 0.0
        for edge in EDGES_MS:
            seen += self._counts.get((name, f"<={edge}"), 0.0)
            if seen >= wanted:
                return float(edge)
        return float(EDGES_MS[-1])

    def _add(self, name: str, label: str, value: float = 1.0) -> None:
        key = (name, label)
        if key not in self._counts:
            if self._labels.get(name, 0) >= MAX_LABELS:
                key = (name, "other")
            self._labels[name] = self._labels.get(name, 0) + 1
        self._counts[key] = self._counts.get(key, 0.0) + value
