"""The links without topics: radios behind line gateways, and plain wires to one other node.

Everything goes out as lines. On a radio a line is one packet: what is longer than a packet is
chunked, and `mesh.radio_queue` decides when each may go. On a wire there is nothing to wait for.

Which form a packet takes: small (`compact`) where whoever must read it announced that it can; a
message for everybody only where all neighbours heard in the last hour did. Else as specified.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.radio_queue import Parcel, RadioQueue
from meshtui.model.event import FrameSent, PacketDropped
from meshtui.model.link import LinkKind
from meshtui.model.packet import Transmit
from meshtui.networks.jsonmesh.chunk import encode_chunks, new_chunk_id
from meshtui.networks.jsonmesh.deframer import Deframer
from meshtui.networks.jsonmesh.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from meshtui.model.ids import Instant, LinkId, MessageId, NodeId
    from meshtui.model.link import LinkInfo, RadioSettings
    from meshtui.model.packet import Frame, PacketSummary
    from meshtui.model.restored import Spent
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.deframer import Deframed
    from meshtui.networks.jsonmesh.station import Station

COMPACT_CAP = "cbor1"
NEIGHBOUR_FOR_S = 3600.0
KEPT_SETS = 16
KEPT_FOR_S = 180.0
MAX_RESENDS = 2  # of one set of chunks: it is asked for by whoever misses some
MAX_NEIGHBOURS = 256
MAX_WIRE_LINES = 512
_LINE_END = b"\n"
_GIVEN_UP = {
    "no-airtime": "it was to be passed on, but its turn on the air would come too late",
    "no-room": "it was to be sent, but too much waits for the radio",
}


@dataclass(slots=True)
class _Port:
    """One link, up or down: what the duty cycle remembers outlives a lost connection.

    Attributes:
        queue: Paces a radio; None on a wire.
        lines: What waits for a wire.
        in_hand: What the link has been given and not yet taken, by its bytes.
        neighbours: Who was heard sending here, whether it reads small frames, and when.
        chunk_sets: What was sent in chunks lately, for those who miss some.
    """

    link: LinkInfo
    deframer: Deframer | None
    queue: RadioQueue | None
    is_up: bool = True
    lines: deque[Parcel] = field(default_factory=deque)
    in_hand: dict[bytes, Parcel] = field(default_factory=dict)
    neighbours: dict[NodeId, tuple[bool | None, float]] = field(default_factory=dict)
    chunk_sets: dict[str, tuple[list[bytes], Parcel, float]] = field(default_factory=dict)


class Airwaves:
    """All links of a session that have no topics."""

    def __init__(self, station: Station, airtime: Mapping[LinkId, Sequence[Spent]]) -> None:
        """Begin without links, and with what radios spent in an earlier life."""
        self._station = station
        self._spent_before = airtime
        self._ports: dict[LinkId, _Port] = {}
        self._resent = SeenCache(KEPT_FOR_S, limit=256)

    def open(self, link: LinkInfo, now: Instant) -> None:
        """Take a link that came up."""
        port = self._ports.get(link.link_id)
        deframer = None
        if link.kind is not LinkKind.DATAGRAM:
            deframer = Deframer(has_borders=link.kind is LinkKind.PIECES)
        if port is None or port.link.radio != link.radio:
            queue = self._new_queue(link.link_id, link.radio, now) if link.radio else None
            self._ports[link.link_id] = _Port(link, deframer, queue)
        else:
            port.link, port.deframer, port.is_up = link, deframer, True

    def _new_queue(self, link_id: LinkId, radio: RadioSettings, now: Instant) -> RadioQueue:
        queue = RadioQueue(radio)
        for spent in self._spent_before.get(link_id, ()):
            age_s = (now.unix_ms - spent.ended_at_ms) / 1000
            queue.restore(spent.airtime_s, age_s, now.mono_s, is_own=spent.is_own)
        return queue

    def close(self, link_id: LinkId) -> None:
        """Give up what waited for a link that went down."""
        port = self._ports.get(link_id)
        if port is None:
            return
        port.is_up = False
        port.lines.clear()
        port.in_hand.clear()
        if port.queue is not None:
            port.queue.clear(self._station.now_s)

    def links(self, but: LinkId | None = None) -> list[LinkId]:
        """List the links that are up, without `but`."""
        return [key for key, port in self._ports.items() if port.is_up and key != but]

    def radios(self) -> list[LinkId]:
        """List the radios that are up."""
        return [key for key, port in self._ports.items() if port.is_up and port.queue is not None]

    def is_radio(self, link_id: LinkId) -> bool:
        """Tell whether this link is a radio, where everybody in reach hears."""
        return self.settings(link_id) is not None

    def settings(self, link_id: LinkId) -> RadioSettings | None:
        """Return how a radio is set; None for a wire, a broker, or nothing."""
        port = self._ports.get(link_id)
        return port.link.radio if port else None

    def queue(self, link_id: LinkId) -> RadioQueue | None:
        """Return a radio's queue; None for a wire."""
        port = self._ports.get(link_id)
        return port.queue if port else None

    @property
    def next_deadline_s(self) -> float | None:
        """When `pump` or `flush` has something to do."""
        now_s = self._station.now_s
        deadlines: list[float] = []
        for port in self._ports.values():
            if not port.is_up:
                continue
            if port.queue is not None and (at_s := port.queue.next_deadline_s(now_s)) is not None:
                deadlines.append(at_s)
            if port.deframer and (at_s := port.deframer.next_deadline_s) is not None:
                deadlines.append(at_s)
        return min(deadlines, default=None)

    # --- receiving ---

    def deframe(self, frame: Frame) -> Sequence[Deframed] | None:
        """Find the packets in what was read; None where the frame is a packet already."""
        port = self._ports.get(frame.link_id)
        if port is None or port.deframer is None:
            return None
        return port.deframer.feed(frame.payload, frame.received_at.mono_s)

    def flush(self, now: Instant) -> list[tuple[LinkId, Deframed]]:
        """Find the packets that ended by silence."""
        return [
            (link_id, deframed)
            for link_id, port in self._ports.items()
            if port.is_up and port.deframer
            for deframed in port.deframer.flush(now.mono_s)
        ]

    def note_neighbour(
        self, link_id: LinkId, node_id: NodeId, *, reads_compact: bool | None, now: Instant
    ) -> None:
        """Note who was heard sending on a radio, and whether it reads small frames.

        Args:
            reads_compact: None = this packet does not tell: who relays keeps the form it came in.
        """
        port = self._ports.get(link_id)
        if port is None or port.queue is None:
            return
        if node_id == self._station.node_id:
            return  # a packet of ours, heard again
        known, _ = port.neighbours.pop(node_id, (None, 0.0))
        reads_compact = known if reads_compact is None else reads_compact
        port.neighbours[node_id] = (reads_compact, now.mono_s)
        if len(port.neighbours) > MAX_NEIGHBOURS:
            del port.neighbours[_least_missed(port.neighbours, now.mono_s)]

    def all_read_compact(self, link_id: LinkId, now: Instant) -> bool:
        """Tell whether every neighbour heard on a link lately reads small frames (and one was)."""
        port = self._ports.get(link_id)
        if port is None:
            return False
        fresh = self._fresh(port, now)
        return bool(fresh) and all(fresh)

    def needs_long(self, link_id: LinkId, now: Instant, *, is_carried: bool) -> bool:
        """Tell whether a neighbour heard lately reads only the long form, or seems to.

        Args:
            is_carried: Somebody was overheard passing a small frame on; then those of whom nothing
                is known are taken to read it.
        """
        port = self._ports.get(link_id)
        fresh = self._fresh(port, now) if port else []
        return False in fresh or (None in fresh and not is_carried)

    @staticmethod
    def _fresh(port: _Port, now: Instant) -> list[bool | None]:
        return [
            reads_compact
            for reads_compact, at_s in port.neighbours.values()
            if now.mono_s - at_s < NEIGHBOUR_FOR_S
        ]

    def neighbour_ids(self, link_id: LinkId, now: Instant) -> list[NodeId]:
        """List who was heard sending on a radio in the last hour."""
        port = self._ports.get(link_id)
        known = port.neighbours if port else {}
        return [
            node_id for node_id, (_, at_s) in known.items() if now.mono_s - at_s < NEIGHBOUR_FOR_S
        ]

    def count_neighbours(self, link_id: LinkId) -> int:
        """Count who was heard sending on a radio in the last hour."""
        port = self._ports.get(link_id)
        since_s = self._station.now_s - NEIGHBOUR_FOR_S
        return sum(at_s > since_s for _, at_s in port.neighbours.values()) if port else 0

    def queues(self) -> list[RadioQueue]:
        """List the queues of the radios that are up."""
        return [
            port.queue for port in self._ports.values() if port.is_up and port.queue is not None
        ]

    # --- sending ---

    def frames(self, link_id: LinkId, packet: bytes) -> list[bytes]:
        """Cut a packet to what a link takes at once; on a wire it stays whole.

        Raises:
            EncodeError: It would be more than 64 chunks.
        """
        radio = self.settings(link_id)
        if radio is None or len(packet) <= radio.max_frame_bytes:
            return [packet]
        chunk_id = new_chunk_id(self._station.entropy)
        return encode_chunks(packet, chunk_id, radio.max_frame_bytes)

    def send(self, link_id: LinkId, parcel: Parcel) -> bool:
        """Queue frames for a link that is up; False = there is no room, or no such link."""
        port = self._ports.get(link_id)
        if port is None or not port.is_up:
            return False
        if port.queue is None:
            if len(port.lines) >= MAX_WIRE_LINES:
                return False
            port.lines.append(parcel)
            return True
        if not port.queue.offer(parcel):
            return False
        if len(parcel.frames) > 1:
            self._keep_chunks(port, parcel)
        return True

    def resend(self, link_id: LinkId, chunk_id: str, missing: Iterable[int], now: Instant) -> bool:
        """Queue the chunks somebody misses; False = they are not ours, or were sent enough."""
        port = self._ports.get(link_id)
        if port is None or port.queue is None or chunk_id not in port.chunk_sets:
            return False
        frames, parcel, sent_at_s = port.chunk_sets[chunk_id]
        asked = [frames[index] for index in missing if index < len(frames)]
        times = [(link_id, chunk_id, time) for time in range(MAX_RESENDS)]
        if not asked or now.mono_s - sent_at_s > KEPT_FOR_S:
            return False
        if not any(self._resent.add(time, now.mono_s) for time in times):
            return False
        again = Parcel(asked, parcel.priority, parcel.summary, is_own=parcel.is_own)
        again.not_before_s = now.mono_s
        return port.queue.offer(again)

    def overheard(
        self, link_id: LinkId, key: object, hops: int | None = None, by: object = None
    ) -> Parcel | None:
        """Note that somebody else sent this too; returns the relay of ours that this spares."""
        queue = self.queue(link_id)
        if hops == 0:
            return None  # its writer says it again: nobody has passed it on
        return queue.overheard(key, hops, by) if queue is not None else None

    def answered(self, link_id: LinkId, key: object) -> Parcel | None:
        """Note that somebody answered; returns what of ours this spares."""
        queue = self.queue(link_id)
        return queue.answered(key) if queue is not None else None

    def withdraw(self, message_id: MessageId) -> None:
        """Do not send what has not begun of this message."""
        for port in self._ports.values():
            if port.queue is not None:
                port.queue.withdraw(message_id)

    def pump(self, now: Instant) -> list[Output]:
        """Hand over what is due, and count what waited in vain."""
        outputs: list[Output] = []
        for link_id, port in self._ports.items():
            if not port.is_up:
                continue
            if port.queue is not None:
                outputs += [
                    _given_up(link_id, parcel.summary, reason, now)
                    for parcel, reason in port.queue.expire(now.mono_s)
                ]
                due = port.queue.take(now.mono_s)
                if due is not None:
                    outputs.append(self._transmit(link_id, port, *due))
                continue
            while port.lines:
                parcel = port.lines.popleft()
                outputs += [self._transmit(link_id, port, frame, parcel) for frame in parcel.frames]
        return outputs

    def taken(self, transmit: Transmit, now: Instant) -> tuple[Parcel | None, bool]:
        """Note that a link took a line; returns its parcel, and whether all of that is out."""
        port = self._ports.get(transmit.link_id)
        parcel = port.in_hand.pop(transmit.payload, None) if port else None
        if port is None or parcel is None:
            return None, False
        if port.queue is None:
            return parcel, True
        return parcel, port.queue.sent(now.mono_s) is not None

    def told(self, transmit: Transmit, parcel: Parcel, now: Instant) -> FrameSent:
        """Tell of a line that a link took, without its end."""
        packet = replace(transmit, payload=transmit.payload.removesuffix(_LINE_END))
        queue = self.queue(transmit.link_id)
        airtime_ms = 0 if queue is None else math.ceil(1000 * queue.airtime_s([packet.payload]))
        return FrameSent(NETWORK, packet, now, parcel.summary, airtime_ms, parcel.is_own)

    def refused(self, transmit: Transmit) -> Parcel | None:
        """Note that a link would not take a line; its parcel is given up and returned."""
        port = self._ports.get(transmit.link_id)
        parcel = port.in_hand.pop(transmit.payload, None) if port else None
        if port is not None and parcel is not None and port.queue is not None:
            port.queue.lost()
        return parcel

    def _transmit(self, link_id: LinkId, port: _Port, frame: bytes, parcel: Parcel) -> Transmit:
        line = frame + _LINE_END if port.deframer is not None else frame
        port.in_hand[line] = parcel
        return Transmit(link_id, line, message_id=parcel.message_id, priority=parcel.priority)

    def _keep_chunks(self, port: _Port, parcel: Parcel) -> None:
        chunk_id = parcel.frames[0].split(b"|", 2)[1].decode("ascii")
        port.chunk_sets[chunk_id] = (list(parcel.frames), parcel, self._station.now_s)
        if len(port.chunk_sets) > KEPT_SETS:
            del port.chunk_sets[next(iter(port.chunk_sets))]


def _least_missed(neighbours: dict[NodeId, tuple[bool | None, float]], now_s: float) -> NodeId:
    """Choose whom to forget: one that was not heard lately, or is the oldest that reads all forms.

    Made-up ones must not wash away a neighbour that needs the long form.
    """
    oldest = next(iter(neighbours))
    if now_s - neighbours[oldest][1] >= NEIGHBOUR_FOR_S:
        return oldest
    able = (
        node_id for node_id, (reads_compact, _) in neighbours.items() if reads_compact is not False
    )
    return next(able, oldest)


def _given_up(link_id: LinkId, what: PacketSummary, reason: str, now: Instant) -> PacketDropped:
    """Tell of what a radio's queue gave up."""
    told = f"{what.kind}: {_GIVEN_UP[reason]}"
    return PacketDropped(NETWORK, link_id, reason, told, what.source, what.message_id, now)
