"""What is heard on the air, whichever radio heard it: each packet is judged once, here.

A companion radio hands us its raw log, a modem all that it demodulates. From both we learn nodes
and ways from adverts, and open channel texts with every key we have: more channels than the radio
has slots. What no key opened is kept a while, and tried again when a key comes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError
from meshtui.model.event import FrameReceived, PacketDropped
from meshtui.model.ids import NodeId
from meshtui.model.packet import PacketSummary, Verdict
from meshtui.networks.meshcore.late_summary import LateSummary, path_of
from meshtui.networks.meshcore.mail import Reception, said_in_channel
from meshtui.networks.meshcore.packet import PayloadType, decode_packet, packet_hash
from meshtui.networks.meshcore.payloads.advert import decode_advert, decode_appdata, is_genuine
from meshtui.networks.meshcore.station import NETWORK
from meshtui.networks.meshcore.summary import MALFORMED, summarise_packet

if TYPE_CHECKING:
    from meshtui.model.ids import Instant, MessageId
    from meshtui.model.packet import Frame
    from meshtui.networks.base import Output
    from meshtui.networks.meshcore.packet import Packet
    from meshtui.networks.meshcore.station import Station

MAX_UNOPENED: Final = 500
MAX_ADVERTS_PER_MINUTE: Final = 120
"""Signatures checked: each costs 0.1 ms here and ten times that on a small board."""


@dataclass(slots=True)
class Heard:
    """What became of a packet.

    Attributes:
        outputs: Its `FrameReceived` first, then all it caused.
        summary: What it is; `is_own` may still be set by a port that knows more of what we sent.
        packet: None = malformed.
        is_new: No copy of it was heard before.
        echo_of: It is a channel text of ours, come back by a repeater.
    """

    outputs: list[Output]
    summary: PacketSummary
    packet: Packet | None = None
    hash: bytes = b""
    is_new: bool = False
    echo_of: MessageId | None = None
    verdict: Verdict = Verdict.HANDLED
    reason: str = ""
    detail: str = ""
    extra: list[Output] = field(default_factory=list)

    def drop(self, verdict: Verdict, reason: str, detail: str) -> None:
        """Say that it goes no further, and why."""
        self.verdict, self.reason, self.detail = verdict, reason, detail


class AirListener:
    """One for the session: copies of a packet that two radios heard are one packet."""

    def __init__(self, station: Station) -> None:
        """Begin without having heard anything."""
        self._station = station
        self._unopened: deque[Frame] = deque(maxlen=MAX_UNOPENED)
        self._verified_in_minute = 0
        self._minute = 0

    def hear(self, frame: Frame) -> Heard:
        """Judge a packet as a radio heard it. Never raises."""
        try:
            packet = decode_packet(frame.payload)
        except DecodeError as error:
            heard = Heard([], PacketSummary(MALFORMED, Verdict.REJECTED))
            heard.drop(Verdict.REJECTED, error.reason, error.detail)
            return self._finished(heard, frame, counted_as=MALFORMED)
        summary = summarise_packet(packet, self._station.keyring, self._station.acks)
        heard = Heard([], summary, packet, packet_hash(packet))
        heard.is_new = self._station.packets.add(heard.hash, frame.received_at.mono_s)
        heard.verdict, heard.reason, heard.detail = (
            summary.verdict,
            summary.reason,
            summary.detail,
        )
        match packet.payload_type:
            case PayloadType.ADVERT:
                self._advert(heard, packet, frame)
            case PayloadType.GRP_TXT:
                self._group_text(heard, packet, frame)
            case _ if not heard.is_new:
                heard.drop(Verdict.DROPPED, "seen", "another copy of a packet heard before")
        return self._finished(heard, frame)

    def open_again(self) -> list[Output]:
        """Try what no key opened: one has come. Gives the messages among it, oldest first."""
        frames = list(self._unopened)
        outputs: list[Output] = []
        self._unopened.clear()
        for frame in frames:
            packet = decode_packet(frame.payload)
            summary = summarise_packet(packet, self._station.keyring)
            # what this key does not open, the next may
            heard = Heard([], summary, packet, is_new=True)
            self._group_text(heard, packet, frame)
            outputs += heard.extra
        return outputs

    def _advert(self, heard: Heard, packet: Packet, frame: Frame) -> None:
        """Learn a node; a signature is checked once a packet, however many copies come."""
        try:
            advert = decode_advert(packet.payload)
            said = decode_appdata(advert.appdata)
        except DecodeError as error:
            heard.drop(Verdict.REJECTED, error.reason, error.detail)
            return
        node_id = NodeId(advert.public_key.hex())
        if node_id in self._station.own_ids:
            heard.drop(Verdict.DROPPED, "own", "our own advertisement, repeated")
            return
        if not heard.is_new:
            heard.drop(Verdict.DROPPED, "seen", "another copy of an advertisement")
            node = self._station.nodes.get(node_id)
            if node is not None and node.claimed_at_s == advert.timestamp:
                heard.extra += self._station.nodes.heard_by(
                    node_id, packet, frame, frame.received_at
                )
            return
        if not self._may_verify(frame.received_at):
            heard.drop(Verdict.DROPPED, "rate", "too many advertisements in this minute")
            return
        if not is_genuine(advert):
            heard.drop(Verdict.REJECTED, "forged", "the signature is not this key's")
            return
        known = self._station.nodes.known(node_id)
        is_again = advert.timestamp == known.claimed_at_s and known.last_heard_ms > 0
        if is_again or advert.timestamp < known.claimed_at_s:
            heard.drop(Verdict.DROPPED, "replay", "no newer than what this node said last")
            return
        heard.extra += self._station.nodes.advertised(advert, said, packet, frame)

    def _may_verify(self, now: Instant) -> bool:
        minute = int(now.mono_s // 60)
        if minute != self._minute:
            self._minute, self._verified_in_minute = minute, 0
        self._verified_in_minute += 1
        return self._verified_in_minute <= MAX_ADVERTS_PER_MINUTE

    def _group_text(self, heard: Heard, packet: Packet, frame: Frame) -> None:
        """Deliver a channel's text, which its summary has opened if any key does."""
        summary = heard.summary
        said = summary.said if isinstance(summary, LateSummary) else None
        if said is None:
            if heard.is_new and summary.verdict is Verdict.UNREADABLE:
                self._unopened.append(frame)
            return
        reception = Reception(
            frame.link_id, frame.received_at, packet.hops, frame.rx, path_of(packet)
        )
        delivered = said_in_channel(self._station, said, reception)
        if delivered.echo_of is not None:
            heard.echo_of = delivered.echo_of
            heard.drop(Verdict.HANDLED, "echo", "our own text, passed on by a repeater")
        elif delivered.message is not None:
            heard.verdict = Verdict.DELIVERED
            heard.extra.append(delivered.message)
        else:
            heard.drop(Verdict.DROPPED, "seen", "another copy of a text")

    def _finished(self, heard: Heard, frame: Frame, counted_as: str = "") -> Heard:
        summary = heard.summary  # nobody else has it yet
        summary.verdict = heard.verdict
        summary.reason, summary.detail = heard.reason, heard.detail
        if heard.echo_of is not None:
            summary.message_id = heard.echo_of
        summary.is_own = heard.echo_of is not None or summary.source in self._station.own_ids
        heard.outputs = [FrameReceived(NETWORK, frame, summary)]
        if heard.verdict in (Verdict.DROPPED, Verdict.REJECTED):
            heard.outputs.append(
                PacketDropped(
                    NETWORK,
                    frame.link_id,
                    counted_as or heard.reason,
                    heard.detail,
                    summary.source,
                    summary.message_id,
                    frame.received_at,
                )
            )
        heard.outputs += heard.extra
        return heard
