"""Telling those in reach of a radio, ours or a gateway's, of nodes that are not.

Each node is told of once in three hours, and of those on brokers only a few at a time: there are
many, and an air is slow. What a node says of itself by radio is carried on once in 45 minutes. Who
appears on a radio, or at a gateway, is told of those heard lately; without their keys it could not
write to them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.errors import EncodeError
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.packet import Transmit
from meshtui.networks.jsonmesh.gateway import brokers_with_gateway
from meshtui.networks.jsonmesh.passage import Passage
from meshtui.networks.jsonmesh.repeater import write_presence_packet
from meshtui.networks.jsonmesh.station import NETWORK
from meshtui.networks.jsonmesh.topics import LORA_OUTBOUND

if TYPE_CHECKING:
    from meshtui.model.ids import LinkId, NodeId
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.presence import Presence
    from meshtui.networks.jsonmesh.repeater import Repeater
    from meshtui.networks.jsonmesh.station import Station

AGAIN_S = 3 * 3600.0
CARRIED_AGAIN_S = 2700.0
NEWCOMER_AGAIN_S = 600.0  # several who come at once hear it together
LATELY_S = 1800.0
MAX_LATELY = 32
MAX_TOLD = 5  # to a newcomer
MAX_VIA = 5
_ONE_IN_S = 120.0
_LIMIT = 20_000


class Introductions:
    """Presence carried to where no topic leads."""

    def __init__(self, station: Station, peers: PeerBook, repeater: Repeater) -> None:
        """Begin with nobody told of."""
        self._station = station
        self._peers = peers
        self._repeater = repeater
        self._told = SeenCache(AGAIN_S, _LIMIT)
        self._carried = SeenCache(CARRIED_AGAIN_S, _LIMIT)
        self._told_newcomers = SeenCache(NEWCOMER_AGAIN_S, limit=1_000)
        self._rate = TokenBuckets(1 / _ONE_IN_S, burst=MAX_TOLD, limit=100)
        self._lately: dict[NodeId, tuple[Presence, float, LinkId]] = {}  # the latest last

    def carry(self, passage: Passage, presence: Presence) -> None:
        """Take a presence to the radios, and to the gateways of other brokers."""
        if len(presence.via) >= MAX_VIA or self._station.node_id in presence.via:
            return
        is_from_broker = passage.link_id in self._station.brokers()
        if not is_from_broker:
            self._to_radios(passage, presence, self._repeater.links(passage))
        elif presence.is_online and passage.frame.endpoint:
            self._note(passage, presence)
            self._from_broker(passage, presence)
        if presence.is_online:
            self._to_gateways(passage, presence)

    def welcome(self, passage: Passage) -> None:
        """Tell a node that was not in reach of this radio of those heard lately by broker."""
        for presence, link_id in self._known_lately(passage):
            key = (passage.link_id, presence.node_id)
            if link_id != passage.link_id and self._told_newcomers.add(key, passage.now.mono_s):
                about = _about(passage, presence)
                self._repeater.repeat_presence(about, presence, passage.link_id)

    def welcome_gateway(self, passage: Passage) -> None:
        """Tell those in reach of a gateway that was not there of those heard lately elsewhere."""
        for presence, link_id in self._known_lately(passage):
            if link_id != passage.link_id:
                self._to_gateway(passage, presence, passage.link_id)

    def _known_lately(self, passage: Passage) -> list[tuple[Presence, LinkId]]:
        now_s = passage.now.mono_s
        known = [
            (presence, link_id)
            for presence, at_s, link_id in self._lately.values()
            if now_s - at_s < LATELY_S and presence.node_id != passage.source
        ]
        return known[: -MAX_TOLD - 1 : -1]

    def _note(self, passage: Passage, presence: Presence) -> None:
        self._lately.pop(presence.node_id, None)
        self._lately[presence.node_id] = (presence, passage.now.mono_s, passage.link_id)
        if len(self._lately) > MAX_LATELY:
            del self._lately[next(iter(self._lately))]

    def _from_broker(self, passage: Passage, presence: Presence) -> None:
        links = self._repeater.links(passage)
        if self._peers.is_near_by_air(presence.node_id) or not links:
            return
        key, now_s = ("broker", presence.node_id), passage.now.mono_s
        if self._told.has(key, now_s) or not self._rate.take("broker", now_s):
            return  # where it was the rate: presence is repeated, and then has another chance
        if self._to_radios(passage, presence, links):
            self._told.add(key, now_s)

    def _to_radios(self, passage: Passage, presence: Presence, links: list[LinkId]) -> bool:
        key, now_s = ("presence", presence.node_id, presence.ts_ms), passage.now.mono_s
        if self._told.has(key, now_s):
            for link_id in links:
                self._repeater.overheard(link_id, key)
            return False
        if self._carried.has(presence.node_id, now_s):
            return False  # it greets a newcomer next to it; the others know it
        taken = [self._repeater.repeat_presence(passage, presence, link_id) for link_id in links]
        if not any(taken):
            return False
        self._carried.add(presence.node_id, now_s)
        return self._told.add(key, now_s)

    def _to_gateways(self, passage: Passage, presence: Presence) -> None:
        others = self._station.brokers(but=passage.link_id)
        for link_id in brokers_with_gateway(self._station, others):
            if self._peers.heard_by_relay_only(presence.node_id, link_id):
                self._to_gateway(passage, presence, link_id)

    def _to_gateway(self, passage: Passage, presence: Presence, link_id: LinkId) -> None:
        key, now_s = ("gateway", link_id, presence.node_id), passage.now.mono_s
        if self._told.has(key, now_s) or not self._rate.take(link_id, now_s):
            return
        carried = replace(presence, via=(*presence.via, self._station.node_id))
        try:
            packet = write_presence_packet(carried, is_compact=False)
        except EncodeError:
            return  # no packet holds it
        self._told.add(key, now_s)
        passage.outputs.append(Transmit(link_id, packet, LORA_OUTBOUND, priority=3))


def _about(passage: Passage, presence: Presence) -> Passage:
    """Make up a passage for what is sent because of another."""
    about = Passage(NETWORK, passage.frame)
    about.kind, about.source, about.hops = "presence", presence.node_id, len(presence.via)
    return about
