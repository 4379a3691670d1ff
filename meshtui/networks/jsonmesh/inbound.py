"""What becomes of an envelope that came in.

The order is the law: retained? well-formed? right topic? ours? right key? seen? Then, for us: our
own ciphertext, an old one, a stranger too many, can it be opened, too many from this node; and
only what passed all of it is remembered as seen, so junk under a real id cannot shadow the real
message. For others: `bridge`.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.errors import CryptoError
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.event import DeliveryChanged, DigestSeen, MessageReceived
from meshtui.model.ids import MessageId, channel_conversation, direct_conversation
from meshtui.model.message import Message, Proof
from meshtui.model.packet import Verdict
from meshtui.networks.jsonmesh.addressing import forum_of, is_misplaced
from meshtui.networks.jsonmesh.bridge import MESSAGE_BURST, MESSAGES_PER_S
from meshtui.networks.jsonmesh.envelope import decode_envelope
from meshtui.networks.jsonmesh.peers import Standing
from meshtui.networks.jsonmesh.radio import COMPACT_CAP
from meshtui.networks.jsonmesh.seal import ACK_KIND, ciphertext_digest
from meshtui.networks.jsonmesh.signature import is_signature_valid
from meshtui.networks.jsonmesh.station import NETWORK

if TYPE_CHECKING:
    from collections.abc import Hashable

    from meshtui.model.ids import ConversationId, Instant
    from meshtui.networks.jsonmesh.bridge import Bridge
    from meshtui.networks.jsonmesh.courier import Courier
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.forums import Forums
    from meshtui.networks.jsonmesh.learning import Learner
    from meshtui.networks.jsonmesh.outbox import Outbox
    from meshtui.networks.jsonmesh.passage import Passage
    from meshtui.networks.jsonmesh.paths import Paths
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.radio import Airwaves
    from meshtui.networks.jsonmesh.seal import Plaintext
    from meshtui.networks.jsonmesh.station import Station
    from meshtui.networks.jsonmesh.topics import TopicKind

LATE_MS = 24 * 60 * 60 * 1000
WAITED_MS = 60 * 1000
WAITED_BURST = 1_000.0  # as many as brokers commonly keep for a client that is away
_EXPIRE_EVERY_S = 10.0
_UNOPENED = frozenset({"bad-tag", "bad-key", "not-for-us"})


class Inbound:
    """Judges envelopes: for us, for a forum of ours, for others, or for nobody."""

    def __init__(
        self,
        station: Station,
        peers: PeerBook,
        learner: Learner,
        forums: Forums,
        outbox: Outbox,
        courier: Courier,
        bridge: Bridge,
        air: Airwaves,
        paths: Paths,
    ) -> None:
        """Work for a station."""
        self._station = station
        self._peers = peers
        self._learner = learner
        self._forums = forums
        self._outbox = outbox
        self._courier = courier
        self._bridge = bridge
        self._air = air
        self._paths = paths
        self._seen = SeenCache()
        self._texts: SeenCache = SeenCache(max_age_s=float("inf"))
        self._echoes = SeenCache(limit=1_000)
        self._rate = TokenBuckets(MESSAGES_PER_S, MESSAGE_BURST)
        self._waited = TokenBuckets(MESSAGES_PER_S, WAITED_BURST)
        self._expire_at_s = 0.0

    def receive(self, passage: Passage, kind: TopicKind | None, name: str) -> None:
        """Take an envelope in, from a topic of this kind and name (a radio has none).

        Raises:
            DecodeError: It is malformed.
            CryptoError: It shows another node's key.
        """
        if passage.frame.is_retained:
            passage.kind = "message"
            passage.drop("retained", "a message kept by the broker is not news")
            return
        self.judge(passage, decode_envelope(passage.frame.payload), kind, name)

    def judge(
        self, passage: Passage, envelope: Envelope, kind: TopicKind | None = None, name: str = ""
    ) -> None:
        """Take an envelope in that is well-formed."""
        if passage.now.mono_s >= self._expire_at_s:
            self._expire_at_s = passage.now.mono_s + _EXPIRE_EVERY_S
            self._seen.expire(passage.now.mono_s)
            self._courier.expire(passage.now)
        forum = forum_of(envelope, kind, name)
        to = f"#{forum}" if forum is not None else envelope.recipient
        passage.describe(envelope, to)
        self._note_sender(passage, envelope)
        if is_misplaced(envelope, kind, name) and not (kind is None and forum is not None):
            passage.drop("wrong-topic", f"it is addressed to {envelope.recipient}")
            return
        digest = ciphertext_digest(envelope.nonce, envelope.ciphertext)
        if envelope.sender == self._station.node_id:
            self._from_us(passage, envelope, digest)
        elif self._is_rival(passage, envelope):
            pass
        elif not envelope.sender_key and (forum is not None or to == self._station.node_id):
            detail = "its sender left the key out, and we do not know it"
            passage.drop("unknown-key", detail, Verdict.UNREADABLE, "unreadable")
        elif forum is not None:
            self._to_forum(passage, envelope, digest, forum)
        elif envelope.recipient == self._station.node_id:
            self._to_us(passage, envelope, digest)
        else:
            self._to_others(passage, envelope, digest)

    def _note_sender(self, passage: Passage, envelope: Envelope) -> None:
        """Note who sent this packet on a radio: its last relay, or its writer; and an answer."""
        if not self._air.is_radio(passage.link_id) or not envelope.route:
            return
        if envelope.kind == ACK_KIND:
            self._air.answered(passage.link_id, (envelope.sender, envelope.recipient))
        neighbour = envelope.route[-1]
        peer = self._peers.get(neighbour)
        # who writes the long form and announced nothing reads nothing else; who relays may
        reads_compact = (
            None if envelope.hop_count and not passage.is_compact else passage.is_compact
        )
        if peer is not None and peer.node.caps:
            reads_compact = passage.is_compact or COMPACT_CAP in peer.node.caps
        self._air.note_neighbour(
            passage.link_id, neighbour, reads_compact=reads_compact, now=passage.now
        )

    def _from_us(self, passage: Passage, envelope: Envelope, digest: bytes) -> None:
        """Tell our own echo, and relays of it, from somebody who writes in our name."""
        now = passage.now
        if envelope.sender_key == self._station.public_key and self._station.is_ours(digest):
            passage.conclude(Verdict.HANDLED, "echo", "our own message came back")
            passage.is_own = True
            relayed_by = envelope.route[-1:] if envelope.hop_count else ()
            if relayed_by and self._echoes.add((digest, relayed_by), now.mono_s):
                passage.detail = f"{relayed_by[0]} relayed our message"
                passage.outputs += self._outbox.overheard(envelope.message_id, digest, now)
            self._air.overheard(passage.link_id, (envelope.sender, digest), envelope.hop_count)
            return
        detail = "a message in your name that this program did not write"
        passage.drop("impersonated", detail, Verdict.REJECTED)
        passage.outputs += self._station.warn("impersonated", self._station.node_id, detail, now)

    def _is_rival(self, passage: Passage, envelope: Envelope) -> bool:
        standing = self._peers.standing(envelope.sender, envelope.sender_key)
        if standing is not Standing.RIVAL:
            return False
        passage.drop("key-changed", "its key is not the one pinned for this node", Verdict.REJECTED)
        passage.outputs += self._peers.meet_rival(envelope.sender, envelope.sender_key, passage.now)
        return True

    def _to_us(self, passage: Passage, envelope: Envelope, digest: bytes) -> None:
        key = (envelope.sender, envelope.message_id, digest)
        if self._seen.has(key, passage.now.mono_s):
            passage.drop("seen", "a copy of what arrived before")
            if self._courier.has_acknowledged(digest, passage.now):  # our answer may be lost
                passage.outputs += self._courier.acknowledge(
                    envelope, digest, passage.link_id, passage.now
                )
            return
        if self._is_replay(passage, digest):
            return
        is_stranger = self._peers.get(envelope.sender) is None
        if (
            is_stranger
            and not self._station.sealer.has_key_for(envelope.sender_key)
            and not self._peers.may_write(passage.link_id, passage.now)
        ):
            passage.drop("rate", "too many messages of unknown nodes at once")
            return
        plaintext = self._open(passage, envelope, digest, None)
        if plaintext is None:
            return
        # only now is it certain whose allowance this is; answers have one of their own
        is_ack = plaintext.kind == ACK_KIND
        if not self._may_write((envelope.sender, is_ack), plaintext, passage.now):
            passage.drop("rate", "more than ten messages a second from this node")
            return
        self._seen.add(key, passage.now.mono_s)
        if is_ack:
            self._acknowledgement(passage, envelope, plaintext)
        else:
            self._deliver_direct(passage, envelope, plaintext, digest)

    def _to_forum(self, passage: Passage, envelope: Envelope, digest: bytes, name: str) -> None:
        key = (envelope.sender, envelope.message_id, digest)
        if self._seen.has(key, passage.now.mono_s):
            self._again(passage, envelope, digest)
            return
        is_joined = self._forums.is_joined(name)
        if is_joined and not self._deliver_forum(passage, envelope, digest, name):
            return
        if self._bridge.is_on:
            self._carry(passage, envelope, digest, name, is_delivered=is_joined)
        elif not is_joined:
            passage.conclude(Verdict.IGNORED, "", "we are not in this forum")
            return
        if passage.verdict in (Verdict.DELIVERED, Verdict.RELAYED):
            self._seen.add(key, passage.now.mono_s)

    def _carry(
        self,
        passage: Passage,
        envelope: Envelope,
        digest: bytes,
        name: str,
        *,
        is_delivered: bool,
    ) -> None:
        """Relay a forum's message; where it was also for us, that is what became of it."""
        self._bridge.relay_forum(passage, envelope, digest, name)
        if is_delivered:
            passage.conclude(Verdict.DELIVERED)
        elif passage.verdict is Verdict.RELAYED:
            self._learner.learn(passage, envelope)

    def _to_others(self, passage: Passage, envelope: Envelope, digest: bytes) -> None:
        if not self._bridge.is_on:
            passage.conclude(Verdict.IGNORED, "", "it is for another node")
            return
        key = (envelope.sender, envelope.message_id, digest)
        if self._seen.has(key, passage.now.mono_s):
            if not self._bridge.relay_again(passage, envelope, digest):
                self._again(passage, envelope, digest)
        elif self._paths.is_for_others(envelope):
            passage.conclude(Verdict.IGNORED, "path", "other relays are asked to carry it")
        elif self._bridge.relay_direct(passage, envelope, digest):
            # Only what was passed on is remembered: a copy with no hops left, thrown in ahead,
            # must not keep the real one from being relayed.
            self._seen.add(key, passage.now.mono_s)
            self._learner.learn(passage, envelope)

    def _again(self, passage: Passage, envelope: Envelope, digest: bytes) -> None:
        if envelope.route[-1:] == (self._station.node_id,):
            passage.conclude(Verdict.HANDLED, "echo", "we relayed it ourselves")
            return
        key, by = (envelope.sender, digest), envelope.route[-1:]
        spared = self._air.overheard(passage.link_id, key, envelope.hop_count, by)
        detail = "others relayed it before our turn came: ours is not needed"
        passage.drop("seen", detail if spared else "a copy of what passed here before")

    def _is_replay(self, passage: Passage, digest: bytes) -> bool:
        if not self._station.was_accepted(digest):
            return False
        passage.drop("replay", "this ciphertext was accepted before")
        return True

    def _may_write(self, who: Hashable, plaintext: Plaintext, now: Instant) -> bool:
        """Take from a writer's allowance.

        What waited at a broker comes all at once, and so do the answers to what waited there.
        """
        has_waited = now.unix_ms - plaintext.sent_at_ms > WAITED_MS or plaintext.kind == ACK_KIND
        return (self._waited if has_waited else self._rate).take(who, now.mono_s)

    def _open(
        self, passage: Passage, envelope: Envelope, digest: bytes, forum: str | None
    ) -> Plaintext | None:
        """Open an envelope; None = it proves nothing, and the passage says why."""
        if envelope.signature and not is_signature_valid(envelope):
            passage.drop(
                "bad-signature", "its signature is not its sender's", Verdict.REJECTED, "forged"
            )
            return None
        try:
            if forum is None:
                plaintext = self._station.sealer.open_direct(envelope)
            else:
                plaintext = self._station.sealer.open_channel(forum, envelope)
        except CryptoError as error:
            is_unreadable = error.reason in _UNOPENED
            if is_unreadable or not self._is_reflected(passage, envelope, digest):
                verdict = Verdict.UNREADABLE if is_unreadable else Verdict.REJECTED
                counted_as = "unreadable" if is_unreadable else "forged"
                passage.drop(error.reason, error.detail, verdict, counted_as)
            return None
        # the sealed header names its writer; without one, our own words may come back to us
        if not plaintext.has_inner_header and self._is_reflected(passage, envelope, digest):
            return None
        return plaintext

    def _is_reflected(self, passage: Passage, envelope: Envelope, digest: bytes) -> bool:
        if not self._station.is_ours(digest):
            return False
        detail = "a ciphertext of yours was sent back as if this node had written it"
        passage.drop("reflected", detail, Verdict.REJECTED)
        passage.outputs += self._station.warn("reflected", envelope.sender, detail, passage.now)
        return True

    def _acknowledgement(self, passage: Passage, envelope: Envelope, plaintext: Plaintext) -> None:
        changes = None
        is_proof = plaintext.has_inner_header or self._station.settings.plain
        if is_proof and plaintext.ack_hash:
            changes = self._outbox.acknowledged(envelope.sender, plaintext, passage.now)
        if changes is None:
            passage.drop("unproven", "it acknowledges nothing that we sent to this node")
            return
        passage.acks = next(
            (each.message_id for each in changes if isinstance(each, DeliveryChanged)),
            plaintext.ack or "",
        )
        what = plaintext.ack or plaintext.ack_hash
        passage.conclude(Verdict.HANDLED, "", f"acknowledges {what}")
        self._learner.hear(passage, envelope)
        self._peers.note_knows_us(envelope.sender)
        self._learner.learn(passage, envelope, "acked")
        passage.outputs += changes

    def _deliver_direct(
        self, passage: Passage, envelope: Envelope, plaintext: Plaintext, digest: bytes
    ) -> None:
        is_known = self._peers.standing(envelope.sender, envelope.sender_key) is Standing.PINNED
        self._learner.hear(passage, envelope, is_bare=plaintext.is_bare)
        self._peers.keep(envelope.sender)
        self._peers.note_knows_us(envelope.sender)
        self._learner.learn(passage, envelope)
        if not plaintext.has_inner_header:
            proof = Proof.DIRECTION_UNPROVEN
        else:
            proof = Proof.PINNED if is_known else Proof.FIRST_CONTACT
        message = self._message(
            passage, envelope, plaintext, direct_conversation(NETWORK, envelope.sender), proof
        )
        self._show(passage, message, digest)
        peer = self._peers.get(envelope.sender)
        # An old client would show an acknowledgement as a riddle: only who knows the word gets it.
        if plaintext.has_inner_header or (peer is not None and ACK_KIND in peer.node.caps):
            passage.outputs += self._courier.acknowledge(
                envelope, digest, passage.link_id, passage.now, plaintext.mid
            )
        self._station.accept(digest)

    def _deliver_forum(
        self, passage: Passage, envelope: Envelope, digest: bytes, name: str
    ) -> bool:
        """Show a forum's message; False = it was refused, and the passage says why."""
        if self._is_replay(passage, digest):
            return False
        plaintext = self._open(passage, envelope, digest, name)
        if plaintext is None:
            return False
        if plaintext.kind == ACK_KIND:
            passage.drop("unproven", "nobody acknowledges to a forum")
            return False
        is_stranger = self._peers.get(envelope.sender) is None
        if is_stranger and not self._peers.may_write(passage.link_id, passage.now):
            passage.drop("rate", "too many messages of unknown nodes at once")
            return False
        # In a forum anybody can write as anybody, so a name has its allowance on each link apart.
        if not self._may_write((passage.link_id, envelope.sender), plaintext, passage.now):
            passage.drop("rate", "more than ten messages a second from this node")
            return False
        proof = Proof.SENDER_UNPROVEN
        if envelope.signature:
            is_known = self._peers.standing(envelope.sender, envelope.sender_key) is Standing.PINNED
            proof = Proof.PINNED if is_known else Proof.FIRST_CONTACT
        self._learner.hear(passage, envelope)
        self._learner.learn(passage, envelope)
        message = self._message(
            passage,
            envelope,
            plaintext,
            channel_conversation(NETWORK, name),
            proof,
        )
        self._show(passage, message, digest)
        self._station.accept(digest)
        return True

    def _message(
        self,
        passage: Passage,
        envelope: Envelope,
        plaintext: Plaintext,
        conversation: ConversationId,
        proof: Proof,
    ) -> Message:
        now_ms = passage.now.unix_ms
        return Message(
            MessageId(plaintext.mid or plaintext.inner_id or envelope.message_id),
            conversation,
            envelope.sender,
            plaintext.kind,
            plaintext.text,
            now_ms,
            plaintext.sent_at_ms,
            plaintext.body,
            proof,
            envelope.hop_count,
            envelope.route,
            passage.frame.rx,
            passage.link_id,
            abs(plaintext.sent_at_ms - now_ms) > LATE_MS,
            self._station.is_mentioned_in(plaintext.text),
            is_signed=bool(envelope.signature),
        )

    def _show(self, passage: Passage, message: Message, digest: bytes) -> None:
        """Emit a message, unless it is another attempt at one that was shown, in any life.

        The same message is the same sender, conversation, id and content: under an id that was
        used for something else, both are shown.
        """
        who = f"{message.sender}\0{message.conversation}\0{message.message_id}"
        whole = f"{who}\0{message.body}\0{message.text}".encode(errors="replace")
        content = hashlib.sha256(whole).digest()[:8]
        if self._station.was_accepted(content):
            passage.drop("seen", "another attempt at a message that arrived before")
            passage.outputs.append(DigestSeen(NETWORK, digest))
            return
        self._station.accept(content)
        if not self._texts.add(who, passage.now.mono_s):
            other_id = MessageId(f"{message.message_id}~{content.hex()}")
            message = replace(message, message_id=other_id)
        passage.conclude(Verdict.DELIVERED)
        passage.text = message.text
        passage.outputs += (MessageReceived(message, digest), DigestSeen(NETWORK, content))
