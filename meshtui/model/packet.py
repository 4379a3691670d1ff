"""What crosses a link, in both directions, and what an inspector shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.model.ids import Instant, LinkId, MessageId, NetworkName


@dataclass(frozen=True, slots=True)
class RxMeta:
    """How well a radio heard a frame; None where the link does not say."""

    rssi_dbm: int | None = None
    snr_db: float | None = None


NO_RX = RxMeta()


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes as one link delivered them.

    Attributes:
        endpoint: Where on the link they arrived: an MQTT topic; empty on a radio.
        is_retained: The broker kept it and hands it to a latecomer; it is not news.
        receipt: The link's own handle for confirming it (0 = nothing to confirm). A link may
            be promised that what a frame caused is on disk: see `Link.settle`.
    """

    link_id: LinkId
    payload: bytes
    received_at: Instant
    rx: RxMeta = NO_RX
    endpoint: str = ""
    is_retained: bool = False
    receipt: int = 0


@dataclass(frozen=True, slots=True)
class Transmit:
    """Bytes to be sent on one link.

    Attributes:
        endpoint: Where on the link they go: an MQTT topic; empty on a radio.
        message_id: The message they carry, or a part of it; None for control traffic.
        is_confirmed: Ask the link's far end to confirm reception (MQTT QoS 1). Links that
            cannot ignore it.
        is_retained: Ask the far end to keep it for latecomers. Links that cannot ignore it.
        priority: Lower leaves first: 0 acknowledgements, 1 direct, 2 channel, 3 presence.
    """

    link_id: LinkId
    payload: bytes
    endpoint: str = ""
    message_id: MessageId | None = None
    is_confirmed: bool = False
    is_retained: bool = False
    priority: int = 1


@dataclass(frozen=True, slots=True)
class Transmitted:
    """The link took a transmission; where `is_confirmed` was asked, its far end confirmed it."""

    transmit: Transmit
    at: Instant


@dataclass(frozen=True, slots=True)
class Refused:
    """A link will never take a transmission; `reason` is for a person."""

    transmit: Transmit
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Ask a link to deliver what arrives at `endpoint` (an MQTT topic filter)."""

    link_id: LinkId
    endpoint: str
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Take a `Subscribe` back."""

    link_id: LinkId
    endpoint: str


MAX_SUMMARY_TEXT = 500
"""Characters of a packet's text that its summary keeps: a list of packets stays small."""


class Verdict(Enum):
    """What became of a frame."""

    DELIVERED = "delivered"  # a message for a person
    HANDLED = "handled"  # control traffic: presence, acknowledgement, announcement
    RELAYED = "relayed"
    DROPPED = "dropped"  # well-formed, and not wanted: seen, ttl, loop, rate, …
    UNREADABLE = "unreadable"  # well-formed, for us, and no key opens it
    REJECTED = "rejected"  # malformed or forged
    SENT = "sent"  # ours
    IGNORED = "ignored"  # for somebody else, on a link where we do not relay


@dataclass(slots=True, eq=False)
class PacketSummary:
    """One line about a frame, computed once when it passes; what lists and filters read.

    Equal is what says the same, even if a network says a part of it only when asked.

    Texts are as the air gave them: not yet cleaned for a terminal. Treat it as frozen: to freeze it
    costs 1.5 µs, a third of what a packet of a recording may cost in all.

    Attributes:
        kind: The network's own word for the packet: `text`, `ack`, `presence`, `advert`, …
        source: Claimed sender: node id, or empty.
        destination: Node id, `#channel`, `broadcast`, or empty.
        hops: Relays so far; None where the packet does not say.
        message_id: As on the wire, or empty.
        reason: The short word behind the verdict (`seen`, `ttl`, `bad-tag`, …), or empty.
        detail: A sentence for the person who asks why, or empty.
        text: The words it carries, opened where we could: their first `MAX_SUMMARY_TEXT`
            characters; or empty. Set by whoever opened it: filters and searches look here.
        path: The relays it names, first passed first: node ids, or a network's hashes of them in
            lower-case hex.
        packet_hash: Hex that is the same for every copy of one packet, whatever relays changed
            on the way; or empty where the network has no such thing.
        acks: The message id that this acknowledges, as in that message's `message_id`; or empty.
        channel: Of a channel's packet: its name, or in hex the hash it goes by where no key of
            ours opens it; else empty.
        has_position: It tells everybody where a node is.
        is_own: We made it, and heard it again: a relay passed it on, or it came back otherwise.
    """

    kind: str
    verdict: Verdict
    source: str = ""
    destination: str = ""
    hops: int | None = None
    ttl: int | None = None
    message_id: str = ""
    reason: str = ""
    detail: str = ""
    text: str = ""
    path: tuple[str, ...] = ()
    packet_hash: str = ""
    acks: str = ""
    channel: str = ""
    has_position: bool = False
    is_own: bool = False

    def __eq__(self, other: object) -> bool:
        """Compare what is said."""
        if not isinstance(other, PacketSummary):
            return NotImplemented
        return bool(_SAID(self) == _SAID(other))

    def __hash__(self) -> int:
        """Be the same for what says the same."""
        return hash(_SAID(self))


_SAID = attrgetter(*PacketSummary.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class DissectedField:
    """One field of a packet, with the bytes it was read from.

    Attributes:
        start: Index of its first byte in its buffer.
        end: Index past its last byte; `start == end` where it has no bytes of its own.
        note: A remark (unit, meaning, trap), or empty.
        buffer: 0 = the frame; n = `Dissection.buffers[n - 1]`.
    """

    name: str
    value: str
    start: int = 0
    end: int = 0
    note: str = ""
    children: tuple[DissectedField, ...] = ()
    buffer: int = 0


@dataclass(frozen=True, slots=True)
class Dissection:
    """A packet taken apart, in the terms of no particular network.

    Attributes:
        problems: What is wrong with it, one sentence each.
        why: Why it could not be opened and which key would, or empty.
        buffers: Bytes derived from the frame, named: `("decrypted", b"…")`.
    """

    network: NetworkName
    summary: str
    fields: tuple[DissectedField, ...]
    problems: tuple[str, ...] = ()
    why: str = ""
    buffers: tuple[tuple[str, bytes], ...] = ()
