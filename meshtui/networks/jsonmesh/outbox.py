"""Our own messages, from the moment they are written to their end.

To a peer that acknowledges, every attempt is sealed anew under a fresh id, with the message's own
id inside as `mid`: relays drop an id they saw before. To all others attempts repeat the same
bytes. Nothing is thrown away for lack of a link, and we keep our own rate limit by waiting.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from meshtui.errors import CryptoError, DecodeError, EncodeError, LocalProtocolError
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.delivery import DeliveryTracker, Due, RetryPolicy
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.event import DeliveryChanged, MessageQueued
from meshtui.model.ids import (
    ConversationKind,
    MessageId,
    direct_conversation,
    split_conversation,
)
from meshtui.model.message import Delivery, DeliveryState, Message, Proof
from meshtui.networks.jsonmesh.envelope import MAX_ID_CHARS, is_wire_id
from meshtui.networks.jsonmesh.identity import parse_node_id
from meshtui.networks.jsonmesh.outgoing import Outgoing
from meshtui.networks.jsonmesh.station import NETWORK
from meshtui.networks.jsonmesh.topics import check_forum_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.command import SendText
    from meshtui.model.ids import ConversationId, Instant, LinkId, NodeId
    from meshtui.model.message import SendCost
    from meshtui.model.packet import Transmit
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.courier import Courier
    from meshtui.networks.jsonmesh.paths import Paths
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.seal import Plaintext
    from meshtui.networks.jsonmesh.station import Station

MAX_TEXT_BYTES = 60 * 1024
MAX_WAITING = 10_000
REMEMBERED = 2_000
SENT_PER_S = 10.0
NO_LINK = "no link"
NO_ROOM = "too much waits for the radio"
_QUOTED_ID = "00000000-0000-4000-8000-000000000000"
_OWN = "own"


class Outbox:
    """What we wrote and what became of it."""

    def __init__(
        self,
        station: Station,
        peers: PeerBook,
        courier: Courier,
        paths: Paths,
        restored: Iterable[Message],
    ) -> None:
        """Start with the messages of earlier lives that had not come to their end."""
        self._station = station
        self._peers = peers
        self._courier = courier
        self._paths = paths
        settings = station.settings
        self._tracker = DeliveryTracker(
            RetryPolicy(settings.ack_timeout_s, max_attempts=settings.max_attempts)
        )
        self._items: dict[MessageId, Outgoing] = {}
        self._wire: dict[str, MessageId] = {}
        self._digests: dict[str, MessageId] = {}
        self._waiting: deque[MessageId] = deque()
        self._own_rate = TokenBuckets(SENT_PER_S, burst=SENT_PER_S)
        self._pumped_at_s = 0.0
        self._late = SeenCache(limit=REMEMBERED)
        for message in restored:
            self._restore(message)

    @property
    def next_deadline_s(self) -> float | None:
        """When `tick` has something to do."""
        waits_until_s = None
        if self._waiting and self._station.links:
            waits_until_s = self._own_rate.free_at_s(_OWN, self._pumped_at_s)
        deadlines = [
            at_s for at_s in (self._tracker.next_deadline_s, waits_until_s) if at_s is not None
        ]
        return min(deadlines, default=None)

    def send(self, command: SendText, now: Instant) -> list[Output]:
        """Take a new message.

        Raises:
            LocalProtocolError: It can never be sent as it is.
        """
        target, is_direct = self._target(command.conversation)
        self._check(command)
        expects_ack = is_direct and self._courier.acknowledges(target)
        reason = "" if self._station.links else NO_LINK
        message = Message(
            command.message_id,
            command.conversation,
            self._station.node_id,
            "text",
            command.text,
            received_at_ms=now.unix_ms,
            sent_at_ms=now.unix_ms,
            proof=Proof.OWN,
            delivery=Delivery(DeliveryState.QUEUED, reason=reason, expects_ack=expects_ack),
        )
        self._add(Outgoing(message, target, is_direct), expects_ack=expects_ack)
        return [MessageQueued(message), *self.pump(now)]

    def resend(self, message: Message, now: Instant) -> list[Output]:
        """Try a message again that had failed: the same one, under the same id.

        Raises:
            LocalProtocolError: It is not ours, or is on its way already.
        """
        if message.delivery is None:
            msg = "only messages of your own can be sent again"
            raise LocalProtocolError(msg)
        if self._tracker.is_open(message.message_id):
            msg = "this message is still on its way"
            raise LocalProtocolError(msg)
        target, is_direct = self._target(message.conversation)
        expects_ack = is_direct and self._courier.acknowledges(target)
        item = self._items.get(message.message_id) or Outgoing(message, target, is_direct)
        item.message = message  # it knows its latest attempt
        delivery = self._add(item, expects_ack=expects_ack)
        return [self._changed(item, delivery, now), *self.pump(now)]

    def cancel(self, message_id: MessageId, now: Instant) -> list[Output]:
        """Stop trying.

        Raises:
            LocalProtocolError: It is not on its way.
        """
        delivery = self._tracker.cancel(message_id)
        if delivery is None:
            msg = "this message is not on its way any more"
            raise LocalProtocolError(msg)
        return [self._changed(self._items[message_id], delivery, now)]

    def pump(self, now: Instant) -> list[Output]:
        """Hand over what waits, oldest first, as far as links and our own rate limit allow."""
        self._pumped_at_s = now.mono_s
        outputs: list[Output] = []
        while self._waiting and self._station.links:
            message_id = self._waiting[0]
            if not self._tracker.is_queued(message_id):
                self._waiting.popleft()  # cancelled, or acknowledged meanwhile
                continue
            if not self._own_rate.take(_OWN, now.mono_s):
                break
            self._waiting.popleft()
            outputs += self._begin(self._items[message_id], now)
        return outputs

    def tick(self, now: Instant) -> list[Output]:
        """Try again what had no answer in time; give up what was tried often enough."""
        outputs: list[Output] = []
        for message_id, due, delivery in self._tracker.due(now.mono_s):
            outputs += self._judge_path(self._items[message_id], is_good=False)
            if due is Due.FAILED:
                outputs.append(self._changed(self._items[message_id], delivery, now))
                continue
            self._waiting.append(message_id)
            if not self._station.links:
                held = self._tracker.hold(message_id, NO_LINK)
                outputs += [self._changed(self._items[message_id], held, now)] if held else []
            else:
                self._tracker.hold(message_id, "")  # told as SENDING a moment later
        return outputs + self.pump(now)

    def taken(self, transmit: Transmit, now: Instant) -> list[Output]:
        """Note that a link took a part of a message, confirmed by its far end."""
        item = self._items.get(transmit.message_id) if transmit.message_id else None
        if item is None or not _counts(item, transmit):
            return []
        return self._taken(item, transmit.link_id, now)

    def taken_by_air(self, message_id: MessageId, link_id: LinkId, now: Instant) -> list[Output]:
        """Note that a radio or wire took the last packet of a message."""
        item = self._items.get(message_id)
        return self._taken(item, link_id, now) if item is not None else []

    def refused_by_air(
        self, message_id: MessageId, link_id: LinkId, reason: str, now: Instant
    ) -> list[Output]:
        """Note that a radio or wire will not take a message; it is tried again a while later."""
        item = self._items.get(message_id)
        if item is None or not _lose(item, link_id):
            return []
        delivery = self._tracker.refuse(message_id, reason, now.mono_s)
        return [self._changed(item, delivery, now)] if delivery else []

    def _taken(self, item: Outgoing, link_id: LinkId, now: Instant) -> list[Output]:
        if link_id not in item.untaken:
            return []
        item.untaken.discard(link_id)
        delivery = self._tracker.taken(
            item.message.message_id, now.mono_s, item.answer_s.get(link_id)
        )
        return [self._changed(item, delivery, now)] if delivery else []

    def refused(self, transmit: Transmit, reason: str, now: Instant) -> list[Output]:
        """Note that a link will not take a part of a message; it is tried again a while later."""
        item = self._items.get(transmit.message_id) if transmit.message_id else None
        if item is None or not _counts(item, transmit) or not _lose(item, transmit.link_id):
            return []
        delivery = self._tracker.refuse(item.message.message_id, reason, now.mono_s)
        return [self._changed(item, delivery, now)] if delivery else []

    def link_down(self, link_id: LinkId, now: Instant) -> list[Output]:
        """Let what this link had not taken, and no other link has, wait again."""
        outputs: list[Output] = []
        for item in [item for item in reversed(self._items.values()) if _lose(item, link_id)]:
            delivery = self._tracker.hold(item.message.message_id, NO_LINK)
            if delivery is not None:
                self._waiting.appendleft(item.message.message_id)
                outputs.append(self._changed(item, delivery, now))
        return outputs + self.pump(now)

    def overheard(self, wire_id: str, digest: bytes, now: Instant) -> list[Output]:
        """Note that somebody relayed a message of ours."""
        item = self._find(wire_id, digest.hex())
        if item is None:
            return []
        item.is_carried = True
        delivery = self._tracker.overheard(item.message.message_id)
        return [self._changed(item, delivery, now)] if delivery else []

    def acknowledged(self, peer: NodeId, proof: Plaintext, now: Instant) -> list[Output] | None:
        """Note an acknowledgement that this peer sealed; None where it proves nothing.

        It counts where it names an attempt of ours to this very peer, with that attempt's digest;
        for an attempt of an earlier life, where the digest is of something that we sealed.
        """
        item = self._find_acked(proof)
        if item is None and self._station.is_ours(bytes.fromhex(proof.ack_hash)):
            message_id = MessageId(proof.mid or proof.ack)
            item = self._items.get(message_id)
            if item is None and message_id:
                return self._acknowledged_late(peer, message_id, now)
        if item is None or not item.is_direct or parse_node_id(item.target) != peer:
            return None
        delivery = self._tracker.acknowledge(item.message.message_id, now.mono_s)
        judged = self._judge_path(item, is_good=True) if delivery else []
        return [self._changed(item, delivery, now), *judged] if delivery else []

    def _acknowledged_late(
        self, peer: NodeId, message_id: MessageId, now: Instant
    ) -> list[Output] | None:
        """Take the answer to a message that only the store remembers, such as one given up."""
        if not self._late.add(message_id, now.mono_s):
            return []
        delivery = Delivery(DeliveryState.DELIVERED, attempt=1, expects_ack=True)
        conversation = direct_conversation(NETWORK, peer)
        return [DeliveryChanged(message_id, conversation, delivery, now)]

    def _begin(self, item: Outgoing, now: Instant) -> list[Output]:
        message_id = item.message.message_id
        before = self._tracker.delivery(message_id)
        try:
            sent = self._courier.dispatch(item, (before.attempt if before else 0) + 1, now)
        except (CryptoError, EncodeError) as error:
            failed = self._tracker.fail(message_id, str(error))
            return [self._changed(item, failed, now)] if failed else []
        for wire_id, digest in item.attempts:
            self._wire[wire_id] = message_id
            self._digests[digest] = message_id
        delivery = self._tracker.begin(
            message_id, now.mono_s, expects_ack=sent.expects_ack, take_timeout_s=sent.take_s
        )
        item.untaken = sent.links
        outputs = [*sent.outputs, self._changed(item, delivery, now), *sent.transmits]
        if not sent.links:
            refused = self._tracker.refuse(message_id, NO_ROOM, now.mono_s)
            outputs += [self._changed(item, refused, now)] if refused else []
        return outputs

    def cost(self, conversation: ConversationId, text: str, now: Instant) -> SendCost | None:
        """Say what sending a text by radio would take; None where no radio would carry it."""
        try:
            target, is_direct = self._target(conversation)
        except LocalProtocolError:
            return None
        message = Message(
            MessageId(_QUOTED_ID),
            conversation,
            self._station.node_id,
            "text",
            text[:MAX_TEXT_BYTES],
            received_at_ms=now.unix_ms,
        )
        return self._courier.cost(Outgoing(message, target, is_direct), now)

    def _judge_path(self, item: Outgoing, *, is_good: bool) -> list[Output]:
        if item.path_link is None or not item.is_direct:
            return []
        node_id = parse_node_id(item.target)
        return self._paths.judge(node_id, item.path_link, item.path, is_good=is_good)

    def _find_acked(self, proof: Plaintext) -> Outgoing | None:
        """Find what an acknowledgement is for; a packed one names it by its digest alone."""
        if proof.ack:
            return self._find(proof.ack, proof.ack_hash)
        message_id = self._digests.get(proof.ack_hash)
        return self._items.get(message_id) if message_id else None

    def _add(self, item: Outgoing, *, expects_ack: bool) -> Delivery:
        message = item.message
        self._items.pop(message.message_id, None)
        self._items[message.message_id] = item
        attempt = message.delivery.attempt if message.delivery else 0
        delivery = self._tracker.queue(
            message.message_id, expects_ack=expects_ack, attempt=max(attempt, len(item.attempts))
        )
        self._waiting.append(message.message_id)
        self._make_room()
        return delivery

    def _restore(self, message: Message) -> None:
        """Take a message of an earlier life in; what needs nothing more is left alone."""
        delivery = message.delivery
        if delivery is None or delivery.state.is_final:
            return
        is_waiting = delivery.state in (DeliveryState.QUEUED, DeliveryState.SENDING)
        if not (is_waiting or delivery.expects_ack):
            return
        try:
            target, is_direct = self._target(message.conversation)
        except LocalProtocolError:
            return
        self._add(Outgoing(message, target, is_direct), expects_ack=delivery.expects_ack)

    def _make_room(self) -> None:
        """Forget finished messages beyond what late answers are likely for."""
        if len(self._items) <= REMEMBERED + len(self._waiting):
            return
        for message_id in list(self._items)[: len(self._items) - REMEMBERED]:
            if not self._tracker.is_open(message_id):
                for wire_id, digest in self._items.pop(message_id).attempts:
                    self._wire.pop(wire_id, None)
                    self._digests.pop(digest, None)

    def _target(self, conversation: ConversationId) -> tuple[str, bool]:
        """Read to whom a conversation leads.

        Raises:
            LocalProtocolError: To nobody.
        """
        network, kind, target = split_conversation(conversation)
        if network != NETWORK:
            msg = f"cannot write to {conversation!r}: {network} is another network"
            raise LocalProtocolError(msg)
        try:
            if kind is ConversationKind.CHANNEL:
                return check_forum_name(target), False
            return parse_node_id(target), True
        except DecodeError as error:
            msg = f"cannot write to {conversation!r}: {error.detail}"
            raise LocalProtocolError(msg) from error

    def _check(self, command: SendText) -> None:
        """Refuse what can never be sent.

        Raises:
            LocalProtocolError: With the reason, for a person.
        """
        problem = _problem_of(command.text)
        target, is_direct = self._target(command.conversation)
        if not is_wire_id(command.message_id):
            problem = f"a message id is 1 to {MAX_ID_CHARS} printable characters"
        elif command.message_id in self._items:
            problem = "a message with this id was sent before"
        elif len(self._waiting) >= MAX_WAITING:
            problem = f"{MAX_WAITING} messages wait already; wait for a link or cancel some"
        elif is_direct and target == self._station.node_id:
            problem = "that is yourself"
        elif is_direct and not self._has_key(parse_node_id(target)):
            problem = (
                f"the key of {target} is not known: wait until it is heard, "
                "or give it with `identity verify`"
            )
        if problem:
            raise LocalProtocolError(problem)

    def _has_key(self, node_id: NodeId) -> bool:
        peer = self._peers.get(node_id)
        return peer is not None and bool(peer.key)

    def _find(self, wire_id: str, digest_hex: str) -> Outgoing | None:
        """Find the message one of whose attempts had this id and this ciphertext."""
        message_id = self._wire.get(wire_id)
        item = self._items.get(message_id) if message_id else None
        return item if item and (wire_id, digest_hex) in item.attempts else None

    def _changed(self, item: Outgoing, delivery: Delivery, now: Instant) -> DeliveryChanged:
        return DeliveryChanged(item.message.message_id, item.message.conversation, delivery, now)


def _problem_of(text: str) -> str:
    """Say why a text cannot be sent; empty = it can."""
    if not text.strip():
        return "there is no text to send"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "the text holds half a character"
    if size > MAX_TEXT_BYTES:
        return f"the text has {size} bytes, at most {MAX_TEXT_BYTES} can be sent"
    return ""


def _counts(item: Outgoing, transmit: Transmit) -> bool:
    """Tell whether a link that takes this has taken the message.

    Of a direct message only the confirmed copy; nobody confirms a forum's (QoS 0).
    """
    return transmit.is_confirmed or not item.is_direct


def _lose(item: Outgoing, link_id: LinkId) -> bool:
    """Take a link off those that have an attempt in hand; True = it was the last."""
    if link_id not in item.untaken:
        return False
    item.untaken.discard(link_id)
    return not item.untaken
