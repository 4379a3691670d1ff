"""What a relay does for others: pass messages on, carry presence and forums between brokers.

A direct message goes to `route/{to}` on every link, and to `dm/{to}` of the other brokers too while
its recipient is away, since only that outlasts its absence. A forum message goes to
its own topic on every *other* link. Presence and announcements are carried verbatim with our id
added to `via`, never back to where they came from and never over what a node itself put there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import EncodeError
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.mesh.relay import RelayPolicy
from meshtui.model.event import PacketRelayed
from meshtui.model.ids import NodeId
from meshtui.model.packet import Transmit, Verdict
from meshtui.networks.jsonmesh.addressing import FORUM_KEY
from meshtui.networks.jsonmesh.announce import carry_announcement
from meshtui.networks.jsonmesh.envelope import (
    BROADCAST,
    Envelope,
    encode_carried,
    relayed,
)
from meshtui.networks.jsonmesh.gateway import by_gateway
from meshtui.networks.jsonmesh.introductions import Introductions
from meshtui.networks.jsonmesh.presence import carry_presence
from meshtui.networks.jsonmesh.radio import COMPACT_CAP
from meshtui.networks.jsonmesh.station import NETWORK
from meshtui.networks.jsonmesh.topics import (
    announce_topic,
    dm_topic,
    forum_topic,
    identity_topic,
    route_topic,
)

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from meshtui.model.ids import LinkId
    from meshtui.networks.jsonmesh.announce import Announcement
    from meshtui.networks.jsonmesh.passage import Passage
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.presence import Presence
    from meshtui.networks.jsonmesh.repeater import Repeater
    from meshtui.networks.jsonmesh.station import Station

MESSAGES_PER_S = 10.0
MESSAGE_BURST = 100.0
_STRANGERS_PER_S = 100.0
_CARRY_AGAIN_S = 30.0
_CARRIED = 20_000
_REFUSALS = {
    "ttl": "it has no hops left",
    "loop": "it passed here before: we are in its route",
    "stale": "its clock is more than ten minutes from ours; old packets are not relayed",
    "size": "it is too big to carry for others",
}


class Bridge:
    """Our service to others; does nothing unless the settings say `relay`."""

    def __init__(self, station: Station, peers: PeerBook, repeater: Repeater) -> None:
        """Work for a station."""
        self._station = station
        self._peers = peers
        self._repeater = repeater
        self._policy = RelayPolicy(stale_ms=station.settings.stale_ms)
        self._nodes = TokenBuckets(MESSAGES_PER_S, MESSAGE_BURST)
        self._strangers = TokenBuckets(_STRANGERS_PER_S, _STRANGERS_PER_S, limit=100)
        self._carried = SeenCache(_CARRY_AGAIN_S, _CARRIED)
        self._introductions = Introductions(station, peers, repeater)

    @property
    def is_on(self) -> bool:
        """Whether we relay at all."""
        return self._station.settings.relay

    def relay_direct(self, passage: Passage, envelope: Envelope, digest: bytes) -> bool:
        """Pass a message for another node on; False = it was dropped, and the passage says why."""
        if not self._may_relay(passage, envelope):
            return False
        carried = self._relayed(passage, envelope)
        if carried is None:
            return False
        recipient = NodeId(envelope.recipient)
        airs = self._repeater.links(passage)
        if self._is_from_broker(passage) and self._peers.is_on_a_broker(recipient):
            airs = []  # it is on a broker itself: the air is for those who are not
        taken = self._repeater.repeat(passage, carried, digest, airs)
        links = self._brokers_for(passage) if carried.sender_key else []
        if not (links or taken):
            _leave(passage, has_links=bool(airs))
            return False
        others = self._station.brokers(but=passage.link_id) if carried.sender_key else []
        # as JSON for brokers only: a frame that leaves out its sender's key has no such form
        payload = encode_carried(carried) if links or others else b""
        peer = self._peers.get(recipient)
        is_away = peer is not None and peer.node.is_online is False
        transmits = [Transmit(link_id, payload, route_topic(recipient)) for link_id in links]
        transmits += [
            Transmit(link_id, payload, dm_topic(recipient), is_confirmed=True)
            for link_id in links
            if is_away and link_id != passage.link_id
        ]
        if not self._peers.is_on_a_broker(recipient):
            reads_compact = peer is not None and COMPACT_CAP in peer.node.caps
            transmits += by_gateway(
                self._station, carried, payload, others, priority=1, reads_compact=reads_compact
            )
        self._emit(passage, envelope, [*links, *taken], transmits)
        return True

    def relay_again(self, passage: Passage, envelope: Envelope, digest: bytes) -> bool:
        """Send once more what we carried along its path: whoever asked has not heard us do it."""
        is_asked = self._repeater.is_asked_again(passage, envelope, digest)
        if not is_asked or not self._may_relay(passage, envelope):
            return False
        carried = self._relayed(passage, envelope)
        if carried is None or not self._repeater.repeat(
            passage, carried, digest, [passage.link_id]
        ):
            return False
        passage.conclude(Verdict.RELAYED, "", "once more: who asked us has not heard it")
        return True

    def relay_forum(self, passage: Passage, envelope: Envelope, digest: bytes, name: str) -> bool:
        """Carry a forum's message to the other links; False = it was not, the passage says why."""
        links = self._station.brokers(but=passage.link_id)
        airs = self._repeater.links(passage)
        if not (links or airs):
            passage.conclude(Verdict.IGNORED, "", "there is no other link to carry it to")
            return False
        if not self._may_relay(passage, envelope):
            return False
        carried = self._relayed(passage, envelope)
        if carried is None:
            return False
        named = carried
        if envelope.recipient == BROADCAST:  # without a topic only a key of ours names the forum
            named = carried._replace(raw={**carried.raw, FORUM_KEY: name})
        airs = self._repeater.repeat(passage, named, digest, airs)
        links = links if carried.sender_key else []
        if not (links or airs):
            _leave(passage, has_links=True)
            return False
        payload = encode_carried(carried) if links else b""
        topic = forum_topic(name)
        transmits = [Transmit(link_id, payload, topic, priority=2) for link_id in links]
        self._emit(passage, envelope, [*links, *airs], transmits)
        return True

    def carry_presence(self, passage: Passage, presence: Presence, *, is_changed: bool) -> None:
        """Take a node's presence to the brokers it is not on, and to those in reach of a radio."""
        if self.is_on:
            self._introductions.carry(passage, presence)
        links = [
            link_id
            for link_id in self._elsewhere(passage)
            if self._peers.heard_by_relay_only(presence.node_id, link_id)
        ]
        if not links:
            return
        key = ("presence", presence.node_id, *links)
        is_due = self._carried.add(key, passage.now.mono_s)
        if not (is_due or is_changed) or not self._nodes.take(key, passage.now.mono_s):
            return
        try:
            payload = carry_presence(presence, self._station.node_id)
        except EncodeError:
            return  # carried far enough
        topic = identity_topic(presence.node_id)
        passage.outputs += [
            Transmit(link_id, payload, topic, is_confirmed=True, is_retained=True, priority=3)
            for link_id in links
        ]

    def welcome(self, passage: Passage) -> None:
        """Tell a node that came into reach of a radio of ours who else is there."""
        if self.is_on:
            self._introductions.welcome(passage)

    def welcome_gateway(self, passage: Passage) -> None:
        """Tell those in reach of a gateway that was not there before who else is."""
        if self.is_on:
            self._introductions.welcome_gateway(passage)

    def carry_announcement(
        self, passage: Passage, announcement: Announcement, heard_on: AbstractSet[LinkId]
    ) -> None:
        """Take a forum's announcement to the brokers it was not heard on."""
        links = [link_id for link_id in self._elsewhere(passage) if link_id not in heard_on]
        key = ("announce", announcement.creator)
        if not links or not self._nodes.take(key, passage.now.mono_s):
            return
        try:
            payload = carry_announcement(announcement, self._station.node_id)
        except EncodeError:
            return  # carried far enough
        passage.outputs += _retained(links, announcement.name, payload)

    def carry_withdrawal(self, passage: Passage, name: str) -> None:
        """Take an announcement back on the other brokers too; once, since we then know none."""
        passage.outputs += _retained(self._elsewhere(passage), name, b"")

    def _elsewhere(self, passage: Passage) -> list[LinkId]:
        return self._station.brokers(but=passage.link_id) if self.is_on else []

    def _may_relay(self, passage: Passage, envelope: Envelope) -> bool:
        refusal = self._policy.refusal(
            self._station.node_id,
            ttl=envelope.ttl,
            hop_count=envelope.hop_count,
            route=envelope.route,
            sent_at_ms=envelope.sent_at_ms,
            now_ms=passage.now.unix_ms,
            size_bytes=len(passage.frame.payload),
        )
        if refusal:
            passage.drop(refusal, _REFUSALS[refusal])
            return False
        now_s = passage.now.mono_s
        # A stranger's id costs nothing to make up, so strangers share one allowance per link; and
        # since `from` can be forged, a known node's is per link too.
        is_granted = (
            self._nodes.take((passage.link_id, envelope.sender), now_s)
            if self._peers.get(envelope.sender) is not None
            else self._strangers.take(passage.link_id, now_s)
            and self._nodes.take((passage.link_id, envelope.sender), now_s)
        )
        if not is_granted:
            passage.drop("rate", "more than ten messages a second from this node")
        return is_granted

    def _brokers_for(self, passage: Passage) -> list[LinkId]:
        """List the brokers a direct message goes to: the others, and its own, for who is on it."""
        others = self._station.brokers(but=passage.link_id)
        return [*others, passage.link_id] if self._is_from_broker(passage) else others

    def _is_from_broker(self, passage: Passage) -> bool:
        return passage.link_id in self._station.brokers()

    def _relayed(self, passage: Passage, envelope: Envelope) -> Envelope | None:
        left = self._policy.remaining_ttl(envelope.ttl, envelope.hop_count)
        if left != envelope.ttl:
            envelope = envelope._replace(ttl=left)
        try:
            return relayed(envelope, self._station.node_id)
        except EncodeError as error:
            passage.drop("ttl", str(error))
            return None

    def _emit(
        self, passage: Passage, envelope: Envelope, links: list[LinkId], transmits: list[Transmit]
    ) -> None:
        passage.outputs.append(
            PacketRelayed(
                NETWORK,
                envelope.message_id,
                envelope.sender,
                passage.destination,
                self._policy.remaining_ttl(envelope.ttl, envelope.hop_count) - 1,
                envelope.hop_count + 1,
                tuple(links),
                passage.now,
            )
        )
        passage.outputs += transmits
        passage.conclude(Verdict.RELAYED)


def _leave(passage: Passage, *, has_links: bool) -> None:
    """Say that nothing took a packet that was to be passed on."""
    if has_links:
        passage.drop("no-room", "no link could take it: too much waits there, or it is too long")
    else:
        passage.conclude(Verdict.IGNORED, "", "there is no link to carry it on")


def _retained(links: list[LinkId], name: str, payload: bytes) -> list[Transmit]:
    topic = announce_topic(name)
    return [
        Transmit(link_id, payload, topic, is_confirmed=True, is_retained=True, priority=3)
        for link_id in links
    ]
