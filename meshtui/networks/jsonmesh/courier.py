"""Sealing and addressing what we send: which bytes, to which topics, over which links.

A message goes straight to `dm/{peer}` on the brokers the peer itself was heard on. Where that is
unknown, or a first attempt had no answer, it goes to `dm/{peer}` and `route/{peer}` everywhere.
Only copies that the broker confirms (`dm`, `forum`) count as taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meshtui.errors import CryptoError
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.packet import Transmit
from meshtui.networks.jsonmesh.envelope import BROADCAST, encode_envelope
from meshtui.networks.jsonmesh.identity import parse_node_id
from meshtui.networks.jsonmesh.seal import ACK_KIND, Letter, ciphertext_digest
from meshtui.networks.jsonmesh.topics import dm_topic, forum_topic, route_topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.ids import Instant, LinkId, MessageId, NodeId
    from meshtui.model.message import Message
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.station import Station

_MAX_ATTEMPTS_KEPT = 32
_ACK_AGAIN_S = 1.0
_ACKS_PER_S = 10.0
_ACK_BURST = 1_000.0  # as many as are accepted of one node at once, after an absence


@dataclass(slots=True)
class Outgoing:
    """A message of ours, and what of it can still come back.

    Attributes:
        target: Node id or channel name.
        attempts: Wire id and digest (hex) of what was sealed for it.
        payload: What is repeated byte for byte, to those who do not acknowledge.
        untaken: Links that have yet to confirm the current attempt.
    """

    message: Message
    target: str
    is_direct: bool
    attempts: list[tuple[str, str]] = field(default_factory=list)
    payload: bytes = b""
    untaken: set[LinkId] = field(default_factory=set)


class Courier:
    """Turns messages and acknowledgements into transmissions."""

    def __init__(self, station: Station, peers: PeerBook) -> None:
        """Work for a station."""
        self._station = station
        self._peers = peers
        self._acked = SeenCache()
        self._acked_just_now = SeenCache(_ACK_AGAIN_S)
        self._ack_rate = TokenBuckets(_ACKS_PER_S, _ACK_BURST)

    def acknowledges(self, item_target: str) -> bool:
        """Tell whether a node announced that it acknowledges."""
        peer = self._peers.get(parse_node_id(item_target))
        return peer is not None and ACK_KIND in peer.node.caps

    def seal(self, item: Outgoing, now: Instant) -> tuple[list[Output], bytes, bool]:
        """Make the next attempt: what to remember, its bytes, whether an answer is expected.

        Raises:
            CryptoError: `no-key` or `bad-key`: nothing can be sealed for this peer.
            EncodeError: The text cannot be written.
        """
        expects_ack = item.is_direct and self.acknowledges(item.target)
        if item.payload and not expects_ack:
            return [], item.payload, False
        envelope = self._envelope(item, now, expects_ack=expects_ack)
        payload = encode_envelope(envelope, app_names=True)
        item.payload = b"" if expects_ack else payload
        digest = ciphertext_digest(envelope.nonce, envelope.ciphertext)
        item.attempts.append((envelope.message_id, digest.hex()))
        del item.attempts[:-_MAX_ATTEMPTS_KEPT]
        return [self._station.remember_own(digest)], payload, expects_ack

    def address(self, item: Outgoing, payload: bytes, attempt: int) -> list[Transmit]:
        """Say where an attempt goes."""
        links = self._station.brokers()
        message_id = item.message.message_id
        if item.is_direct:
            return self._to_node(
                parse_node_id(item.target), payload, links, message_id, is_retry=attempt > 1
            )
        topic = forum_topic(item.target)
        return [Transmit(link_id, payload, topic, message_id, priority=2) for link_id in links]

    def has_acknowledged(self, digest: bytes, now: Instant) -> bool:
        """Tell whether this ciphertext was acknowledged in the last minutes."""
        return self._acked.has(digest, now.mono_s)

    def expire(self, now: Instant) -> None:
        """Forget what is too old to come again."""
        self._acked.expire(now.mono_s)
        self._acked_just_now.expire(now.mono_s)

    def acknowledge(
        self, envelope: Envelope, digest: bytes, link_id: LinkId, now: Instant, mid: str = ""
    ) -> list[Output]:
        """Tell a peer that its message arrived, on the link it came by; again for every copy.

        Args:
            mid: The message's own id, by which its sender knows it even after a restart.
        """
        if not self._acked_just_now.add(digest, now.mono_s):
            return []  # a copy by another topic, a moment ago
        if not self._ack_rate.take(envelope.sender, now.mono_s):
            return []  # somebody replays copies to make us talk
        self._acked.add(digest, now.mono_s)
        letter = Letter(
            message_id=self._station.new_id(),
            recipient=envelope.sender,
            sent_at_ms=now.unix_ms,
            kind=ACK_KIND,
            mid=mid,
            ack=envelope.message_id,
            ack_hash=digest.hex(),
        )
        sealed = self._station.sealer.seal_direct(
            envelope.sender_key, letter, self._station.entropy
        )
        own = ciphertext_digest(sealed.nonce, sealed.ciphertext)
        payload = encode_envelope(sealed, app_names=True)
        return [
            self._station.remember_own(own),
            *self._to_node(envelope.sender, payload, [link_id], None, is_retry=False, priority=0),
        ]

    def _envelope(self, item: Outgoing, now: Instant, *, expects_ack: bool) -> Envelope:
        message = item.message
        sealer, entropy = self._station.sealer, self._station.entropy
        peer = self._peers.get(parse_node_id(item.target)) if item.is_direct else None
        was_tried = item.attempts or (message.delivery and message.delivery.attempt)
        letter = Letter(
            message_id=self._station.new_id() if expects_ack and was_tried else message.message_id,
            recipient=item.target if item.is_direct else BROADCAST,
            sent_at_ms=now.unix_ms,
            text=message.text,
            mid=message.message_id if expects_ack else "",
            is_bare=peer is not None and peer.node.writes_bare_text and not expects_ack,
        )
        if not item.is_direct:
            return sealer.seal_channel(item.target, letter, entropy)
        if peer is None or not peer.key:
            raise CryptoError("no-key", f"the key of {item.target} is not known")
        return sealer.seal_direct(peer.key, letter, entropy)

    def _to_node(
        self,
        node_id: NodeId,
        payload: bytes,
        links: Sequence[LinkId],
        message_id: MessageId | None,
        *,
        is_retry: bool,
        priority: int = 1,
    ) -> list[Transmit]:
        near = [
            link_id
            for link_id in links
            if not is_retry and not self._peers.heard_by_relay_only(node_id, link_id)
        ]
        topic = dm_topic(node_id)
        transmits = [
            Transmit(link_id, payload, topic, message_id, is_confirmed=True, priority=priority)
            for link_id in near or links
        ]
        if not near:
            topic = route_topic(node_id)
            transmits += [
                Transmit(link_id, payload, topic, message_id, priority=priority)
                for link_id in links
            ]
        return transmits
