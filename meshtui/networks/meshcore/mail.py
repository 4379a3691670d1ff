"""Texts that arrive: each becomes a message once, however often and by whatever way it is heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.model.event import MessageReceived
from meshtui.model.ids import NodeId, channel_conversation, direct_conversation
from meshtui.model.message import Message, Proof
from meshtui.model.packet import NO_RX
from meshtui.networks.meshcore.channel_text import claimed_sender, split_sender
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from meshtui.model.ids import ConversationId, Instant, LinkId, MessageId
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.channel_text import Said
    from meshtui.networks.meshcore.station import Station

LATE_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Reception:
    """How a text came.

    Attributes:
        hops: Repeaters it passed; None = it came by a path that was known, of unknown length.
        path: The repeaters' hashes in travel order, lower-case hex.
    """

    link_id: LinkId
    now: Instant
    hops: int | None = None
    rx: RxMeta = NO_RX
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a text that was heard.

    Attributes:
        message: The new message, to be emitted; None = it is known, or ours.
        echo_of: It is a copy of this message of ours; None = it is not ours.
    """

    message: MessageReceived | None = None
    echo_of: MessageId | None = None


def channel_text(
    station: Station, channel: str, text: str, timestamp: int, reception: Reception
) -> Delivered:
    """Take a text of a channel, with its author's name in front.

    Args:
        timestamp: The sender's claim, Unix seconds.
    """
    name, words = split_sender(text)
    conversation = channel_conversation(NETWORK, channel)
    said = conversation, claimed_sender(name), timestamp, words
    return said_in_channel(station, said, reception)


def said_in_channel(station: Station, said: Said, reception: Reception) -> Delivered:
    """Take a text of a channel, opened."""
    conversation, sender, timestamp, words = said
    proof = Proof.SENDER_UNPROVEN
    return _deliver(station, conversation, NodeId(sender), words, timestamp, reception, proof, None)


def direct_text(
    station: Station,
    peer: NodeId,
    text: str,
    timestamp: int,
    reception: Reception,
    author: NodeId | None = None,
) -> Delivered:
    """Take a text of a node; in a room it is written by `author`, for whom the room vouches."""
    conversation = direct_conversation(NETWORK, peer)
    proof = Proof.PINNED if author is None else Proof.SENDER_UNPROVEN
    us = station.id_behind(reception.link_id)
    return _deliver(station, conversation, author or peer, text, timestamp, reception, proof, us)


def _deliver(
    station: Station,
    conversation: ConversationId,
    sender: NodeId,
    text: str,
    timestamp: int,
    reception: Reception,
    proof: Proof,
    recipient: NodeId | None,
) -> Delivered:
    digest = text_digest(conversation, sender, timestamp, text)
    own = station.own_text(digest)
    if own is not None:
        return Delivered(echo_of=own)
    if station.digests.has(digest):
        return Delivered()
    station.digests.add(digest)
    now_ms = reception.now.unix_ms
    message = Message(
        message_id_of(digest),
        conversation,
        sender,
        "text",
        text,
        now_ms,
        sent_at_ms=timestamp * 1000,
        proof=proof,
        hops=reception.hops,
        route=tuple(NodeId(hop) for hop in reception.path),
        rx=reception.rx,
        link_id=reception.link_id,
        is_late=abs(now_ms // 1000 - timestamp) > LATE_S,
        mentions_me=station.is_mentioned_in(text),
        recipient=recipient,
    )
    return Delivered(MessageReceived(message, digest))
