"""Summaries that say what takes long when they are first asked for it.

A packet's hash, the relays that it names and a text's id are digests and lists that a filter over
a recording hardly ever looks at: for a hundred thousand packets they take as long as all the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.packet import PacketSummary
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest
from meshtui.networks.meshcore.packet import PayloadType, packet_hash_text

if TYPE_CHECKING:
    from meshtui.model.packet import Verdict
    from meshtui.networks.meshcore.channel_text import Said
    from meshtui.networks.meshcore.packet import Packet

_TRACE = int(PayloadType.TRACE)
_NEVER_PASSED_ON = frozenset({int(PayloadType.ADVERT), int(PayloadType.CONTROL)})


def hops_of(packet: Packet) -> int | None:
    """Say how many relays passed a packet on so far; None where it does not say."""
    if packet.route < 2 or packet.payload_type == _TRACE:
        return packet.path_len & 0x3F
    return 0 if packet.payload_type in _NEVER_PASSED_ON else None


def path_of(packet: Packet) -> tuple[str, ...]:
    """List the relays that a packet names, in lower-case hex; a TRACE names none there."""
    path = packet.path
    if not path or packet.payload_type == _TRACE:
        return ()
    return tuple(path.hex(",", (packet.path_len >> 6) + 1).split(","))


class LateSummary(PacketSummary):
    """Computes `packet_hash`, `path` and a channel text's `message_id` when they are asked for.

    Attributes:
        packet: What is described; a copy made by `dataclasses.replace` has all that comes late
            instead.
        said: What a channel's text is made of; None for all else, and in such a copy.
        known_hash, known_path, known_id: What was asked for; None = nobody has asked yet.
    """

    __slots__ = ("known_hash", "known_id", "known_path", "packet", "said")

    said: Said | None
    packet: Packet
    known_hash: str | None
    known_path: tuple[str, ...] | None
    known_id: str | None

    @property
    def packet_hash(self) -> str:
        """The same for every copy."""
        if self.known_hash is None:
            self.known_hash = packet_hash_text(self.packet)
        return self.known_hash

    @packet_hash.setter
    def packet_hash(self, packet_hash: str) -> None:
        """Take one as it was given: the constructor of summaries does so."""
        self.known_hash = packet_hash

    @property
    def path(self) -> tuple[str, ...]:
        """The relays it names."""
        if self.known_path is None:
            self.known_path = path_of(self.packet)
        return self.known_path

    @path.setter
    def path(self, path: tuple[str, ...]) -> None:
        self.known_path = path

    @property
    def message_id(self) -> str:
        """The same for every copy and every attempt, as in the chat."""
        if self.known_id is None:
            self.known_id = "" if self.said is None else message_id_of(text_digest(*self.said))
        return self.known_id

    @message_id.setter
    def message_id(self, message_id: str) -> None:
        self.known_id, self.said = message_id, None


_blank = LateSummary.__new__


def summary_of(
    packet: Packet,
    kind: str,
    verdict: Verdict,
    source: str = "",
    destination: str = "",
    reason: str = "",
    detail: str = "",
    text: str = "",
    channel: str = "",
    said: Said | None = None,
    acks: str = "",
    has_position: bool = False,  # noqa: FBT001
) -> LateSummary:
    """Describe a packet; the constructor would take longer, and ask for what shall come late."""
    summary = _blank(LateSummary)
    summary.packet = packet
    summary.known_hash = summary.known_path = None
    summary.known_id = None if said else ""
    summary.said = said
    summary.kind = kind
    summary.verdict = verdict
    summary.source = source
    summary.destination = destination
    summary.hops = packet.path_len & 0x3F if packet.route < 2 else hops_of(packet)
    summary.ttl = None
    summary.reason = reason
    summary.detail = detail
    summary.text = text
    summary.acks = acks
    summary.channel = channel
    summary.has_position = has_position
    summary.is_own = False
    return summary
