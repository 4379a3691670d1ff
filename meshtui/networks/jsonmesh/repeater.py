"""Passing packets on by radio and wire: in which form, how late, and when to leave it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.errors import EncodeError
from meshtui.mesh.airtime import DutyCycle, time_on_air_ms
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.radio_queue import Parcel
from meshtui.mesh.radio_relay import PATH_REPEATS
from meshtui.model.packet import PacketSummary, Verdict
from meshtui.networks.jsonmesh.compact import encode_compact
from meshtui.networks.jsonmesh.compact_presence import encode_compact_presence
from meshtui.networks.jsonmesh.envelope import (
    BROADCAST,
    FORUM_PREFIX,
    encode_carried,
    to_ascii,
)
from meshtui.networks.jsonmesh.identity import parse_node_id
from meshtui.networks.jsonmesh.presence import encode_presence
from meshtui.networks.jsonmesh.radio import COMPACT_CAP
from meshtui.networks.jsonmesh.seal import ACK_KIND

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from meshtui.model.ids import LinkId
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.passage import Passage
    from meshtui.networks.jsonmesh.paths import Paths
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.presence import Presence
    from meshtui.networks.jsonmesh.radio import Airwaves
    from meshtui.networks.jsonmesh.station import Station

PACKET_BYTES = 240
MAX_CARRIED_BYTES = 4 * 1024
GUEST_SHARE = 0.2
GUEST_WINDOW_S = 300.0
MAX_ASKED = 3  # times, to carry one packet along its path
ACK_PRIORITY, DIRECT_PRIORITY, FORUM_PRIORITY, PRESENCE_PRIORITY = range(4)


def write_presence(presence: Presence, *, is_compact: bool) -> bytes:
    """Write a presence for a link without topics, such that one packet holds it.

    As JSON it is long: there the position stays at home first, then the end of the name.

    Raises:
        EncodeError: It cannot be written.
    """
    if is_compact:
        return encode_compact_presence(presence)
    packet = to_ascii(encode_presence(presence))
    if len(packet) > PACKET_BYTES:
        packet = to_ascii(encode_presence(replace(presence, position=None)))
    while len(packet) > PACKET_BYTES and presence.name:
        presence = replace(presence, position=None, name=presence.name[:-1])
        packet = to_ascii(encode_presence(presence))
    return packet


def write_presence_packet(presence: Presence, *, is_compact: bool) -> bytes:
    """Write a presence, small where one packet does not hold it as JSON: better than for nobody.

    Raises:
        EncodeError: No packet holds it, or it cannot be written.
    """
    packet = write_presence(presence, is_compact=is_compact)
    if len(packet) > PACKET_BYTES:
        packet = write_presence(presence, is_compact=True)
    if len(packet) > PACKET_BYTES:
        raise EncodeError("no packet holds it")
    return packet


class Repeater:
    """Relays to links without topics."""

    def __init__(self, station: Station, peers: PeerBook, air: Airwaves, paths: Paths) -> None:
        """Work for a station."""
        self._station = station
        self._peers = peers
        self._air = air
        self._paths = paths
        self._queued = SeenCache(limit=5_000)
        self._guests: dict[LinkId, DutyCycle] = {}

    def links(self, passage: Passage) -> list[LinkId]:
        """List the links a packet is passed on to: every other one, and its own if a radio."""
        return [
            link_id
            for link_id in self._air.links()
            if link_id != passage.link_id or self._air.is_radio(link_id)
        ]

    def repeat(
        self, passage: Passage, envelope: Envelope, digest: bytes, links: Iterable[LinkId]
    ) -> list[LinkId]:
        """Queue an envelope, already marked as relayed by us; returns the links that took it."""
        priority = DIRECT_PRIORITY
        if envelope.recipient == BROADCAST or envelope.recipient.startswith(FORUM_PREFIX):
            priority = FORUM_PRIORITY
        elif envelope.kind == ACK_KIND:
            priority = ACK_PRIORITY
        # it goes to whom it is for, who will not pass it on; only a message is answered then
        is_last = envelope.kind == ACK_KIND and envelope.hop_count >= len(envelope.path)
        answered_by = None
        if priority == DIRECT_PRIORITY:
            answered_by = self._paths.pacing.answer_to(envelope, digest, passage.now)
        taken = []
        for link_id in links:
            packet = self._write(passage, envelope, link_id)
            key = (envelope.sender, digest)
            if priority == FORUM_PRIORITY and not self._admits(passage, link_id, packet):
                continue
            if packet is not None and self.queue(
                passage,
                link_id,
                packet,
                priority,
                key,
                is_asked=bool(envelope.path),
                is_last=is_last,
                answered_by=answered_by,
            ):
                taken.append(link_id)
        return taken

    def _admits(self, passage: Passage, link_id: LinkId, packet: bytes | None) -> bool:
        """Tell whether a forum's message from a broker may go on the air; notes that it does.

        A broker carries in a minute what the air carries in an hour. So forums from brokers have a
        fifth of a radio's allowance, a few messages at a time; who writes to a node is not held up.
        """
        radio = self._air.settings(link_id)
        if packet is None or radio is None or not self._station.is_broker(passage.link_id):
            return True
        guests = self._guests.get(link_id)
        if guests is None:
            share = radio.duty_cycle * GUEST_SHARE
            guests = self._guests[link_id] = DutyCycle(share, window_s=GUEST_WINDOW_S)
        airtime_s = time_on_air_ms(len(packet), radio) / 1000
        if guests.wait_s(airtime_s, passage.now.mono_s, is_own=True) > 0:
            return False
        guests.spend(airtime_s, passage.now.mono_s, is_own=True)
        return True

    def repeat_presence(self, passage: Passage, presence: Presence, link_id: LinkId) -> bool:
        """Queue somebody's presence, with us added to its way; False = it was not."""
        carried = replace(presence, via=(*presence.via, self._station.node_id))
        is_compact = self._air.all_read_compact(link_id, passage.now)
        try:
            packet = write_presence_packet(carried, is_compact=is_compact)
        except EncodeError:
            return False
        key = ("presence", presence.node_id, presence.ts_ms)
        return self.queue(passage, link_id, packet, PRESENCE_PRIORITY, key)

    def is_asked_again(self, passage: Passage, envelope: Envelope, digest: bytes) -> bool:
        """Tell whether the relay before us repeats what we have passed on to the end."""
        queue = self._air.queue(passage.link_id)
        if queue is None or not self._paths.is_asked(envelope):
            return False
        return not queue.holds((envelope.sender, digest))

    def overheard(self, link_id: LinkId, key: Hashable) -> None:
        """Note that somebody else passed this on too."""
        self._air.overheard(link_id, key)

    def queue(
        self,
        passage: Passage,
        link_id: LinkId,
        packet: bytes,
        priority: int,
        key: Hashable,
        *,
        is_asked: bool = False,
        is_last: bool = False,
        answered_by: Hashable = None,
    ) -> bool:
        """Queue a packet of somebody else, once; False = it was before, or there is no room.

        Args:
            key: What an overheard copy of it is known by.
            is_asked: It is expected of us alone: go soon, and leave it to nobody. Such a one may be
                queued a few times: each time somebody asks who has not heard us.
            is_last: Nobody will be overheard passing it on.
            answered_by: What an overheard answer to it is known by.
        """
        if len(packet) > MAX_CARRIED_BYTES and self._air.is_radio(link_id):
            return False  # minutes of the air are not ours to give away
        times = [(link_id, key, time) for time in range(MAX_ASKED if is_asked else 1)]
        new = [time for time in times if not self._queued.has(time, passage.now.mono_s)]
        if not new:
            return False
        frames = self._air.frames(link_id, packet)
        summary = PacketSummary(
            passage.kind,
            Verdict.SENT,
            passage.source,
            passage.destination,
            (passage.hops or 0) + 1,
            None if passage.ttl is None else passage.ttl - 1,
            passage.message_id,
            has_position=passage.has_position,
        )
        parcel = Parcel(frames, priority, summary, key=key, is_own=False)
        parcel.hops = (passage.hops or 0) + 1
        parcel.answered_by = answered_by
        snr_db = passage.frame.rx.snr_db if link_id == passage.link_id else None
        # asked again, we were overheard further on, or have repeated it enough
        repeats = PATH_REPEATS if new == times and not is_last else 0
        self._paths.pacing.time_relay(
            parcel,
            link_id,
            snr_db,
            passage.now,
            repeats=repeats if is_asked else None,
            is_alone=not self._air.is_radio(passage.link_id)
            and not self._paths.has_bridge(link_id, passage.now),
        )
        if not self._air.send(link_id, parcel):
            return False
        self._queued.add(new[0], passage.now.mono_s)
        return True

    def _write(self, passage: Passage, envelope: Envelope, link_id: LinkId) -> bytes | None:
        """Write an envelope for a link; None where that cannot be done."""
        if self._is_compact(passage, envelope, link_id):
            try:
                with_key = bool(envelope.sender_key) and not passage.is_keyless
                return encode_compact(envelope, with_key=with_key)
            except EncodeError:
                pass  # it holds what only the long form can say
        if not envelope.sender_key:
            return None  # only the small form can leave the key out
        return encode_carried(envelope, is_ascii=True)

    def _is_compact(self, passage: Passage, envelope: Envelope, link_id: LinkId) -> bool:
        """Keep the form a packet came in; what comes from elsewhere takes the small one if known.

        A packet that came by radio in the long form has old clients around it.
        """
        if not self._air.is_radio(link_id) or not self._station.settings.compact:
            return passage.is_compact and self._air.is_radio(link_id)
        if self._air.is_radio(passage.link_id):
            return passage.is_compact
        if envelope.recipient == BROADCAST or envelope.recipient.startswith(FORUM_PREFIX):
            return self._air.all_read_compact(link_id, passage.now)
        peer = self._peers.get(parse_node_id(envelope.recipient))
        return peer is not None and COMPACT_CAP in peer.node.caps
