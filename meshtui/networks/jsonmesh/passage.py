"""One frame on its way through the session: what is found out about it, and what it causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.event import FrameReceived, PacketDropped
from meshtui.model.packet import MAX_SUMMARY_TEXT, PacketSummary, Verdict

if TYPE_CHECKING:
    from meshtui.model.ids import Instant, LinkId, NetworkName
    from meshtui.model.packet import Frame
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.envelope import Envelope


class Passage:
    """A frame being judged. Ends in exactly one verdict; the last one said stands."""

    __slots__ = (
        "acks",
        "destination",
        "detail",
        "frame",
        "has_position",
        "hops",
        "is_compact",
        "is_keyless",
        "is_own",
        "kind",
        "message_id",
        "network",
        "now",
        "outputs",
        "path",
        "reason",
        "source",
        "text",
        "ttl",
        "verdict",
    )

    def __init__(self, network: NetworkName, frame: Frame) -> None:
        """Begin with a frame of which nothing is known."""
        self.network = network
        self.frame = frame
        self.now: Instant = frame.received_at
        self.is_compact = False
        self.is_keyless = False
        self.is_own = False
        self.has_position = False
        self.outputs: list[Output] = []
        self.kind = "unknown"
        self.source = ""
        self.destination = ""
        self.hops: int | None = None
        self.ttl: int | None = None
        self.message_id = ""
        self.path: tuple[str, ...] = ()
        self.text = ""
        self.acks = ""
        self.verdict = Verdict.HANDLED
        self.reason = ""
        self.detail = ""

    @property
    def link_id(self) -> LinkId:
        """The link it came over."""
        return self.frame.link_id

    def describe(self, envelope: Envelope, destination: str) -> None:
        """Note what an envelope says of itself."""
        self.kind = envelope.kind
        self.source = envelope.sender
        self.destination = destination
        self.hops = envelope.hop_count
        self.ttl = envelope.ttl
        self.message_id = envelope.message_id
        self.path = tuple(hop for hop in envelope.route if hop != envelope.sender)

    def conclude(self, verdict: Verdict, reason: str = "", detail: str = "") -> None:
        """Say what became of it."""
        self.verdict = verdict
        self.reason = reason
        self.detail = detail

    def drop(
        self, reason: str, detail: str, verdict: Verdict = Verdict.DROPPED, counted_as: str = ""
    ) -> None:
        """Say that it goes no further, and count it.

        Args:
            counted_as: The word it is counted under, where `reason` is finer than that.
        """
        self.conclude(verdict, reason, detail)
        self.outputs.append(
            PacketDropped(
                self.network,
                self.frame.link_id,
                counted_as or reason,
                detail if not counted_as else f"{reason}: {detail}" if detail else reason,
                self.source,
                self.message_id,
                self.now,
            )
        )

    def results(self) -> list[Output]:
        """Return the frame with its summary, and then all it caused."""
        summary = PacketSummary(
            self.kind,
            self.verdict,
            self.source,
            self.destination,
            self.hops,
            self.ttl,
            self.message_id,
            self.reason,
            self.detail,
            self.text[:MAX_SUMMARY_TEXT],
            self.path,
            acks=self.acks,
            has_position=self.has_position,
            is_own=self.is_own,
        )
        return [FrameReceived(self.network, self.frame, summary), *self.outputs]
