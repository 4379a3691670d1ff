"""What a line from a radio or wire is: a chunk, a request for chunks, or a whole packet.

A chunk names nobody, so it is held until its message is whole; that then passes through the
session as a frame of its own. Where chunks stay away and a neighbour announced that it answers,
they are asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.radio_queue import Parcel
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.mesh.reassembly import Reassembler
from meshtui.model.event import PacketDropped, ReassemblyProgressed
from meshtui.model.packet import PacketSummary, Verdict
from meshtui.networks.jsonmesh.chunk import (
    decode_chunk,
    decode_request,
    encode_request,
)
from meshtui.networks.jsonmesh.station import NETWORK

if TYPE_CHECKING:
    from meshtui.mesh.reassembly import Chunk, Unfinished
    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.packet import Frame
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.passage import Passage
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.radio import Airwaves
    from meshtui.networks.jsonmesh.station import Station

RESEND_CAP = "resend"
FULL_CHUNK_BYTES = 180
NEXT_CHUNK_S = 0.3  # between two chunks of one sender
ASK_AFTER_TIMES_ON_AIR = 3.0
PATIENT_TIMES_ON_AIR = 20.0
MAX_ASKED = 2  # times, for one message
ASKED_AT_ONCE = 8  # chunks, or as many as have come: whoever begins a message makes us ask
_ASKED_PER_S = 1 / 60
_ASKED_BURST = 10.0
MAX_PATIENCE_S = 300.0
SPEC_PATIENCE_S = 30.0


class Receiver:
    """Puts messages together from what a session's radios and gateways hear."""

    def __init__(self, station: Station, peers: PeerBook, air: Airwaves) -> None:
        """Begin with nothing heard."""
        self._station = station
        self._peers = peers
        self._air = air
        self._reassembler = Reassembler()
        self._asked = SeenCache(MAX_PATIENCE_S, limit=1_000)
        self._ask_rate = TokenBuckets(_ASKED_PER_S, _ASKED_BURST, limit=100)

    @property
    def next_deadline_s(self) -> float | None:
        """When `tick` has something to do."""
        deadlines = [self._reassembler.next_deadline_s]
        if not self._station.settings.plain and self._air.radios():
            deadlines.append(self._reassembler.next_incomplete_s(self._quiet_s))
        return min((at_s for at_s in deadlines if at_s is not None), default=None)

    @property
    def _quiet_s(self) -> float:
        """How long no chunk must have come before the missing ones are asked for."""
        times = [queue.airtime_s([bytes(240)]) for queue in self._air.queues()]
        return ASK_AFTER_TIMES_ON_AIR * max(times, default=0.0) + 1.0

    def forget(self, link_id: LinkId) -> None:
        """Forget what a link that went down had begun."""
        self._reassembler.forget((link_id, ""))

    def take(self, passage: Passage) -> Frame | None:
        """Take a chunk or a request in; returns the frame that is whole now, if one is.

        Raises:
            DecodeError: It is a malformed chunk or request.
        """
        request = decode_request(passage.frame.payload)
        if request is not None:
            self._answer(passage, *request)
            return None
        chunk = decode_chunk(passage.frame.payload)
        return passage.frame if chunk is None else self._add(passage, chunk)

    def tick(self, now: Instant) -> list[Output]:
        """Give up what has waited too long, and ask for what is missing."""
        outputs: list[Output] = []
        for expired in self._reassembler.expire(now.mono_s):
            outputs += self._given_up(expired, now)
        if not self._station.settings.plain and self._air.radios():
            for unfinished in self._reassembler.incomplete(now.mono_s, self._quiet_s):
                self._reassembler.asked(unfinished.source, unfinished.chunk_id, now.mono_s)
                self._ask(unfinished, now)
        return outputs

    def _add(self, passage: Passage, chunk: Chunk) -> Frame | None:
        frame = passage.frame
        passage.kind = "chunk"
        passage.message_id = chunk.chunk_id
        source = (frame.link_id, frame.endpoint)
        now_s = frame.received_at.mono_s
        progress = self._reassembler.add(source, chunk, now_s, self._patience_s(frame.link_id))
        told = f"{progress.have} of {progress.total}"
        if progress.problem:
            passage.drop(progress.problem, f"chunk {chunk.index + 1} of {chunk.total}")
        elif not progress.is_new:
            passage.drop("seen", "a chunk that arrived before")
        else:
            passage.conclude(Verdict.HANDLED, "", told)
        if progress.is_new or progress.problem:
            passage.outputs.append(
                ReassemblyProgressed(
                    NETWORK,
                    frame.link_id,
                    chunk.chunk_id,
                    "",
                    progress.have,
                    progress.total,
                    passage.now,
                    progress.problem,
                )
            )
        for unfinished in self._reassembler.made_room():  # at once, so that each is counted
            passage.outputs += self._given_up(unfinished, passage.now)
        if progress.is_new and progress.whole is None:
            self._make_way(frame)
        if progress.whole is None:
            return None
        return replace(frame, payload=progress.whole)

    def _make_way(self, frame: Frame) -> None:
        """Leave the air to who sends in chunks until the next must have come.

        While we send we hear nothing, and one chunk lost is the whole message. Only for full ones:
        who would silence us with chunks spends as much time on the air.
        """
        queue = self._air.queue(frame.link_id)
        if queue is None or frame.endpoint or self._station.settings.plain:
            return
        if len(frame.payload) >= FULL_CHUNK_BYTES:
            wait_s = queue.airtime_s([frame.payload]) + NEXT_CHUNK_S
            queue.hold(frame.received_at.mono_s + wait_s)

    def _patience_s(self, link_id: LinkId) -> float:
        """How long to wait for the next chunk: 30 s, or more where packets take long."""
        queue = self._air.queue(link_id)
        if queue is None or self._station.settings.plain:
            return SPEC_PATIENCE_S
        patience_s = PATIENT_TIMES_ON_AIR * queue.airtime_s([bytes(240)])
        return min(MAX_PATIENCE_S, max(SPEC_PATIENCE_S, patience_s))

    def _answer(self, passage: Passage, chunk_id: str, missing: tuple[int, ...]) -> None:
        passage.kind = "chunk-request"
        passage.message_id = chunk_id
        if self._air.resend(passage.link_id, chunk_id, missing, passage.now):
            passage.conclude(Verdict.HANDLED, "", f"{len(missing)} chunks are sent again")
        else:
            self._air.overheard(passage.link_id, ("request", chunk_id))
            passage.conclude(Verdict.IGNORED, "", "it asks for chunks that are not ours")

    def _given_up(self, expired: Unfinished, now: Instant) -> list[Output]:
        link_id, _ = cast("tuple[LinkId, str]", expired.source)  # as `_add` named it
        told = f"{expired.have} of {expired.total} chunks came"
        return [
            ReassemblyProgressed(
                NETWORK,
                link_id,
                expired.chunk_id,
                "",
                expired.have,
                expired.total,
                now,
                expired.reason,
            ),
            PacketDropped(NETWORK, link_id, "incomplete", told, "", expired.chunk_id, now),
        ]

    def _ask(self, unfinished: Unfinished, now: Instant) -> None:
        """Queue a request for chunks that stayed away, where a neighbour announced to answer."""
        link_id, endpoint = cast("tuple[LinkId, str]", unfinished.source)  # as `_add` named it
        if endpoint or not self._air.is_radio(link_id) or not self._is_answered(link_id, now):
            return
        times = [(link_id, unfinished.chunk_id, time) for time in range(MAX_ASKED)]
        if not any(self._asked.add(time, now.mono_s) for time in times):
            return
        if not self._ask_rate.take(link_id, now.mono_s):
            return
        summary = PacketSummary(
            "chunk-request",
            Verdict.SENT,
            self._station.node_id,
            message_id=unfinished.chunk_id,
        )
        most = max(ASKED_AT_ONCE, unfinished.have)
        frame = encode_request(unfinished.chunk_id, unfinished.missing[:most])
        delay_s = self._station.chance() * self._quiet_s / 2  # others miss the same
        self._air.send(
            link_id,
            Parcel(
                [frame],
                0,
                summary,
                key=("request", unfinished.chunk_id),
                patience=1,
                not_before_s=now.mono_s + delay_s,
                is_own=False,  # at a stranger's word, so from the share for others
            ),
        )

    def _is_answered(self, link_id: LinkId, now: Instant) -> bool:
        """Tell whether a neighbour announced that it sends missing chunks again."""
        peers = (self._peers.get(node_id) for node_id in self._air.neighbour_ids(link_id, now))
        return any(peer is not None and RESEND_CAP in peer.node.caps for peer in peers)
