"""Sealing and addressing what we send: which bytes, to which topics, over which links.

By broker a message goes straight to `dm/{peer}` where the peer itself was heard. Where that is
unknown, or a first attempt had no answer, it goes to `dm/{peer}` and `route/{peer}` everywhere,
and on every radio and wire. Only copies that the broker confirms (`dm`, `forum`) and those that a
radio has sent count as taken.

For a peer that reads small frames, a radio's copy is sealed apart: the same message, under the
same id, packed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import CryptoError, EncodeError
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.radio_queue import Parcel, RadioQueue
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.link import RadioSettings
from meshtui.model.message import SendCost
from meshtui.model.packet import PacketSummary, Transmit, Verdict
from meshtui.networks.jsonmesh.compact import encode_compact
from meshtui.networks.jsonmesh.envelope import FORUM_PREFIX, encode_envelope
from meshtui.networks.jsonmesh.gateway import by_gateway
from meshtui.networks.jsonmesh.identity import parse_node_id
from meshtui.networks.jsonmesh.outgoing import PACKED, Dispatch, Outgoing, seal_attempt
from meshtui.networks.jsonmesh.pacing import is_sent_along
from meshtui.networks.jsonmesh.packing import ZLIB
from meshtui.networks.jsonmesh.radio import COMPACT_CAP
from meshtui.networks.jsonmesh.seal import ACK_KIND, Letter, ciphertext_digest
from meshtui.networks.jsonmesh.topics import dm_topic, forum_topic, route_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meshtui.model.ids import Instant, LinkId, MessageId, NodeId
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.paths import Paths
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.radio import Airwaves
    from meshtui.networks.jsonmesh.station import Station

_ZLIB_CAP = "zlib"
_ACK_AGAIN_S = 1.0
_ACK_AGAIN_RADIO_S = 30.0  # a flood brings copies for as long; each attempt has its own digest
_ACK_AGAIN_PLAIN_S = 4.5
_ACKS_PER_S = 10.0
_ACK_BURST = 1_000.0  # as many as are accepted of one node at once, after an absence
_TAKE_TIMEOUT_S = 2 * 3600.0  # the duty cycle's window, and a queue before us
_SHORT_ACK_BYTES = 60
_PLAIN_ACK_BYTES = 480
_TIMES_AS_LONG = 3.0  # as one way: there, back, and something in the way


class Courier:
    """Turns messages and acknowledgements into transmissions."""

    def __init__(self, station: Station, peers: PeerBook, air: Airwaves, paths: Paths) -> None:
        """Work for a station."""
        self._station = station
        self._peers = peers
        self._air = air
        self._paths = paths
        self._acked = SeenCache()
        self._answered = SeenCache()  # by the message's own id: each attempt has its own digest
        self._acked_just_now = SeenCache(_ACK_AGAIN_S)
        again_s = _ACK_AGAIN_PLAIN_S if station.settings.plain else _ACK_AGAIN_RADIO_S
        self._acked_by_radio = SeenCache(again_s)
        self._ack_rate = TokenBuckets(_ACKS_PER_S, _ACK_BURST)

    def acknowledges(self, item_target: str) -> bool:
        """Tell whether a node announced that it acknowledges."""
        peer = self._peers.get(parse_node_id(item_target))
        return peer is not None and ACK_KIND in peer.node.caps

    def dispatch(self, item: Outgoing, attempt: int, now: Instant) -> Dispatch:
        """Seal and address the next attempt; radios and wires have it queued when this returns.

        Args:
            attempt: From 1.

        Raises:
            CryptoError: `no-key` or `bad-key`: nothing can be sealed for this peer.
            EncodeError: The text cannot be written.
        """
        expects_ack = item.is_direct and self.acknowledges(item.target)
        repeats = not expects_ack or self._station.settings.plain
        result = Dispatch([], expects_ack)
        envelope = item.envelope if repeats else None
        if envelope is None:
            envelope = seal_attempt(self._station, self._peers, item, now, expects_ack=expects_ack)
            result.outputs.append(item.remember(self._station, envelope))
            item.envelope = envelope if repeats else None
        item.answer_s = {}
        item.path = None
        self._air.withdraw(item.message.message_id)  # this attempt is instead of the last
        self._to_brokers(item, envelope, attempt, result)
        too_long: EncodeError | None = None
        for link_id in self._airs_for(item, attempt):
            try:
                self._by_air(item, envelope, link_id, attempt, result, now)
            except EncodeError as error:
                too_long = error
        if too_long is not None and not result.links:
            raise too_long
        return result

    def has_acknowledged(self, digest: bytes, now: Instant) -> bool:
        """Tell whether this ciphertext was acknowledged in the last minutes."""
        return self._acked.has(digest, now.mono_s)

    def expire(self, now: Instant) -> None:
        """Forget what is too old to come again."""
        caches = (self._acked, self._answered, self._acked_just_now, self._acked_by_radio)
        for cache in caches:
            cache.expire(now.mono_s)

    def acknowledge(
        self, envelope: Envelope, digest: bytes, link_id: LinkId, now: Instant, mid: str = ""
    ) -> list[Output]:
        """Tell a peer that its message arrived, on the link it came by; again for every copy.

        Args:
            mid: The message's own id, by which its sender knows it even after a restart.
        """
        is_by_air = link_id in self._air.links()
        is_along = is_sent_along(envelope)  # then a copy was sent because nobody heard us answer
        is_flood = self._air.is_radio(link_id) and not is_along
        recent = self._acked_by_radio if is_flood else self._acked_just_now
        if not recent.add(digest, now.mono_s):
            return []  # a copy by another way, a moment ago
        if not self._ack_rate.take(envelope.sender, now.mono_s):
            return []  # somebody replays copies to make us talk
        was_acked = not self._acked.add(digest, now.mono_s)
        packing = PACKED if is_by_air and self._reads_compact(envelope) else 0
        letter = Letter(
            message_id="" if packing else self._station.new_id(),
            recipient=envelope.sender,
            sent_at_ms=now.unix_ms // 1000 * 1000 if packing else now.unix_ms,
            kind=ACK_KIND,
            mid=mid,
            ack=envelope.message_id,
            ack_hash=digest.hex(),
            packing=packing,
            has_header=not self._station.settings.plain,
        )
        sealed = self._station.sealer.seal_direct(
            envelope.sender_key, letter, self._station.entropy
        )
        outputs: list[Output] = [
            self._station.remember_own(ciphertext_digest(sealed.nonce, sealed.ciphertext))
        ]
        if is_by_air:
            # a further attempt means that the last answer was lost on its way: flood this one
            told = (envelope.sender, mid or envelope.message_id)
            is_first = self._answered.add(told, now.mono_s) and not was_acked
            is_by_path = is_first or (was_acked and is_along)
            path = self._paths.back(envelope, link_id) if is_by_path else None
            if is_first and packing:
                sealed = sealed._replace(ttl=self._paths.pacing.reach(envelope.hop_count))
            sealed = _along(sealed, path)
            packet = self._write(sealed, link_id, is_compact=bool(packing), with_key=not packing)
            self._queue(link_id, packet, sealed, 0)
            return outputs
        payload = encode_envelope(sealed, app_names=True)
        outputs += self._to_node(
            envelope.sender, payload, [link_id], None, is_retry=False, priority=0
        )
        if not self._peers.is_on_a_broker(envelope.sender):
            outputs += self._by_gateway(envelope.sender, sealed, payload, [link_id], priority=0)
        return outputs

    def cost(self, item: Outgoing, now: Instant) -> SendCost | None:
        """Say what a first attempt would take on the first radio; None where none would be used."""
        radios = [link for link in self._airs_for(item, 1) if self._air.is_radio(link)]
        if not radios:
            return None
        link_id = radios[0]
        queue = self._air.queue(link_id)
        if queue is None:
            return None
        try:
            packing = self._packing(item, link_id, 1, now)
            envelope = seal_attempt(
                self._station,
                self._peers,
                item,
                now,
                expects_ack=True,
                packing=packing,
                is_by_air=True,
                entropy=bytes,
            )
            packet = self._write(
                envelope,
                link_id,
                is_compact=self._is_compact(item, link_id, 1, now),
                with_key=not self._knows_us(item),
            )
            frames = self._air.frames(link_id, packet)
        except (CryptoError, EncodeError):
            return None
        airtime_s = queue.airtime_s(frames)
        return SendCost(
            packets=len(frames),
            frame_bytes=sum(map(len, frames)),
            airtime_ms=airtime_s * 1000,
            form="compact" if packing == PACKED else "json",
            duty_used=queue.duty_used(now.mono_s),
            wait_s=queue.duty_wait_s(airtime_s / len(frames), now.mono_s),
        )

    # --- by radio and wire ---

    def _airs_for(self, item: Outgoing, attempt: int) -> list[LinkId]:
        """List the radios and wires an attempt goes to; none where a broker leads to the peer."""
        airs = self._air.links()
        if not airs or not item.is_direct or attempt > 1:
            return airs
        return [] if self._peers.is_on_a_broker(parse_node_id(item.target)) else airs

    def _by_air(
        self,
        item: Outgoing,
        envelope: Envelope,
        link_id: LinkId,
        attempt: int,
        result: Dispatch,
        now: Instant,
    ) -> None:
        """Queue an attempt on a radio or wire."""
        packing = self._packing(item, link_id, attempt, now)
        if packing or not item.is_direct:
            envelope = seal_attempt(
                self._station,
                self._peers,
                item,
                now,
                expects_ack=result.expects_ack,
                packing=packing,
                is_by_air=True,
            )
            result.outputs.append(item.remember(self._station, envelope))
        path = None  # the last attempt asks everybody: whoever lied about ways has no say in it
        if item.is_direct and not 1 < self._station.settings.max_attempts <= attempt:
            path = self._paths.to(parse_node_id(item.target), link_id, now)
        if path is not None:
            item.path, item.path_link = path, link_id
            envelope = _along(envelope, path)
        elif item.is_direct and attempt == 1 and packing:
            reach = self._paths.reach(parse_node_id(item.target), link_id)
            envelope = envelope._replace(ttl=reach)
        is_compact = self._is_compact(item, link_id, attempt, now)
        with_key = not (self._knows_us(item) and attempt == 1)
        packet = self._write(envelope, link_id, is_compact=is_compact, with_key=with_key)
        priority = 1 if item.is_direct else 2
        message_id = item.message.message_id
        frames = self._queue(link_id, packet, envelope, priority, message_id)
        if frames:
            result.links.add(link_id)
            queue = self._air.queue(link_id)
            if queue is not None:
                result.take_s = _TAKE_TIMEOUT_S
                item.answer_s[link_id] = self._answer_s(
                    item, queue.airtime_s(frames), link_id, is_compact=is_compact
                )

    def _answer_s(
        self, item: Outgoing, airtime_s: float, link_id: LinkId, *, is_compact: bool
    ) -> float:
        """Reckon how long the answer to an attempt may take."""
        settings = self._station.settings
        queue = self._air.queue(link_id)
        if settings.plain or queue is None or not item.is_direct:
            return settings.ack_timeout_s
        ack_s = queue.airtime_s([bytes(_SHORT_ACK_BYTES)])
        if not is_compact:
            ack_s = queue.airtime_s([bytes(240), bytes(_PLAIN_ACK_BYTES - 240)])
        is_flood = item.path is None or item.path_link != link_id
        hops = self._paths.distance(parse_node_id(item.target), link_id)
        flooded_on = link_id if is_flood else None
        answer_s = self._paths.answer_s(airtime_s, ack_s, hops, flooded_on)
        return max(settings.ack_timeout_s, answer_s)

    def _queue(
        self,
        link_id: LinkId,
        packet: bytes,
        envelope: Envelope,
        priority: int,
        message_id: MessageId | None = None,
    ) -> list[bytes]:
        """Queue a packet of ours; returns its frames, none where there was no room."""
        frames = self._air.frames(link_id, packet)
        summary = PacketSummary(
            envelope.kind,
            Verdict.SENT,
            envelope.sender,
            envelope.recipient.replace(FORUM_PREFIX, "#", 1),
            envelope.hop_count,
            envelope.ttl,
            envelope.message_id,
        )
        parcel = Parcel(list(frames), priority, summary, message_id=message_id)
        digest = ciphertext_digest(envelope.nonce, envelope.ciphertext)
        self._paths.pacing.time_own(parcel, envelope, digest, link_id)
        return frames if self._air.send(link_id, parcel) else []

    def _write(
        self, envelope: Envelope, link_id: LinkId, *, is_compact: bool, with_key: bool
    ) -> bytes:
        """Write an envelope for a link without topics."""
        if is_compact:
            try:
                return encode_compact(envelope, with_key=with_key)
            except EncodeError:
                pass  # it holds what only the long form can say
        return encode_envelope(envelope, app_names=not self._air.is_radio(link_id), is_ascii=True)

    def _packing(self, item: Outgoing, link_id: LinkId, attempt: int, now: Instant) -> int:
        """Choose how the text is packed for a radio: zlib where only the peer must read it."""
        if self._is_compact(item, link_id, attempt, now):
            return PACKED
        if not (item.is_direct and self._station.settings.compact and self._air.is_radio(link_id)):
            return 0
        peer = self._peers.get(parse_node_id(item.target))
        return ZLIB if peer is not None and _ZLIB_CAP in peer.node.caps else 0

    def _is_compact(self, item: Outgoing, link_id: LinkId, attempt: int, now: Instant) -> bool:
        """Tell whether an attempt takes the small form; the last is for old relays, too."""
        if not self._station.settings.compact or not self._air.is_radio(link_id):
            return False
        if not item.is_direct:
            return self._air.all_read_compact(link_id, now)
        peer = self._peers.get(parse_node_id(item.target))
        is_last = attempt >= self._station.settings.max_attempts
        is_told = peer is not None and COMPACT_CAP in peer.node.caps
        needs_long = self._air.needs_long(link_id, now, is_carried=item.is_carried)
        return is_told and not (is_last and needs_long)

    def _reads_compact(self, envelope: Envelope) -> bool:
        """Tell whether a sender reads small frames: it announced so, or writes them."""
        if not self._station.settings.compact:
            return False
        peer = self._peers.get(envelope.sender)
        return envelope.packing == PACKED or (peer is not None and COMPACT_CAP in peer.node.caps)

    def _knows_us(self, item: Outgoing) -> bool:
        """Tell whether a peer has our key: it has written to us, or acknowledged."""
        peer = self._peers.get(parse_node_id(item.target)) if item.is_direct else None
        return peer is not None and peer.knows_us

    # --- by broker ---

    def _to_brokers(
        self, item: Outgoing, envelope: Envelope, attempt: int, result: Dispatch
    ) -> None:
        links = self._station.brokers()
        if not links:
            return
        payload = encode_envelope(envelope, app_names=True)
        message_id = item.message.message_id
        result.links |= set(links)
        if item.is_direct:
            node_id = parse_node_id(item.target)
            result.transmits += self._to_node(
                node_id, payload, links, message_id, is_retry=attempt > 1
            )
            result.links = {
                transmit.link_id for transmit in result.transmits if transmit.is_confirmed
            }
            if attempt > 1 or not self._peers.is_on_a_broker(node_id):
                by_air = self._by_gateway(node_id, envelope, payload, links)
                result.transmits += by_air
                if not self._station.settings.plain:
                    self._be_patient(item, node_id, by_air, result.links)
            return
        topic = forum_topic(item.target)
        result.transmits += [
            Transmit(link_id, payload, topic, message_id, priority=2) for link_id in links
        ]

    def _be_patient(
        self, item: Outgoing, node_id: NodeId, by_air: list[Transmit], links: Iterable[LinkId]
    ) -> None:
        """Wait longer for an answer that must come by somebody else's radio, or may have to."""
        for link_id in links:
            latency_s = self._paths.latency_s(node_id, link_id)
            answer_s = self._station.settings.ack_timeout_s + _TIMES_AS_LONG * latency_s
            frames = [transmit.payload for transmit in by_air if transmit.link_id == link_id]
            if frames:  # of a radio of which we know nothing
                airtime_s = RadioQueue(RadioSettings()).airtime_s([*frames, bytes(240), bytes(240)])
                answer_s = max(answer_s, self._paths.answer_s(airtime_s, 0.0, 0))
            item.answer_s[link_id] = answer_s

    def _by_gateway(
        self,
        node_id: NodeId,
        envelope: Envelope,
        payload: bytes,
        links: Sequence[LinkId],
        *,
        priority: int = 1,
    ) -> list[Transmit]:
        peer = self._peers.get(node_id)
        return by_gateway(
            self._station,
            envelope,
            payload,
            links,
            priority=priority,
            reads_compact=peer is not None and COMPACT_CAP in peer.node.caps,
        )

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


def _along(envelope: Envelope, path: tuple[NodeId, ...] | None) -> Envelope:
    """Ask the relays of a path; with none between, nobody may relay; None = everybody."""
    if path is None:
        return envelope
    return envelope._replace(path=path) if path else envelope._replace(ttl=0)
