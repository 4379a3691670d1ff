"""A message of ours on its way, and the sealing of each attempt at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meshtui.errors import CryptoError
from meshtui.networks.jsonmesh.envelope import BROADCAST, FORUM_PREFIX
from meshtui.networks.jsonmesh.identity import parse_node_id
from meshtui.networks.jsonmesh.seal import Letter, ciphertext_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.event import DigestSeen
    from meshtui.model.ids import Instant, LinkId, NodeId
    from meshtui.model.message import Message
    from meshtui.model.packet import Transmit
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.peers import PeerBook
    from meshtui.networks.jsonmesh.station import Station

PACKED = 1
_MAX_ATTEMPTS_KEPT = 32


@dataclass(slots=True)
class Outgoing:
    """A message of ours, and what of it can still come back.

    Attributes:
        target: Node id or channel name.
        attempts: Wire id and digest (hex) of what was sealed for it.
        envelope: What is repeated byte for byte, to those who do not acknowledge.
        untaken: Links that have yet to confirm the current attempt.
        answer_s: How long the answer to the current attempt may take, by link.
        path: The relays the current attempt was sent along by radio; None = it was flooded.
        path_link: By which radio.
        is_carried: Somebody was overheard passing an attempt on.
    """

    message: Message
    target: str
    is_direct: bool
    attempts: list[tuple[str, str]] = field(default_factory=list)
    envelope: Envelope | None = None
    untaken: set[LinkId] = field(default_factory=set)
    answer_s: dict[LinkId, float] = field(default_factory=dict)
    path: tuple[NodeId, ...] | None = None
    path_link: LinkId | None = None
    is_carried: bool = False

    def remember(self, station: Station, envelope: Envelope) -> DigestSeen:
        """Know an attempt again when it comes back, or is acknowledged."""
        digest = ciphertext_digest(envelope.nonce, envelope.ciphertext)
        self.attempts.append((envelope.message_id, digest.hex()))
        del self.attempts[:-_MAX_ATTEMPTS_KEPT]
        return station.remember_own(digest)


@dataclass(slots=True)
class Dispatch:
    """One attempt, on its way: events first, then transmissions; radios have theirs already.

    Attributes:
        links: Those that count when they take it.
        take_s: How long they may take; None = as usual.
    """

    outputs: list[Output]
    expects_ack: bool
    transmits: list[Transmit] = field(default_factory=list)
    links: set[LinkId] = field(default_factory=set)
    take_s: float | None = None


def seal_attempt(
    station: Station,
    peers: PeerBook,
    item: Outgoing,
    now: Instant,
    *,
    expects_ack: bool,
    packing: int = 0,
    is_by_air: bool = False,
    entropy: Callable[[int], bytes] | None = None,
) -> Envelope:
    """Seal an attempt: under the message's own id at first, later under fresh ones.

    Args:
        is_by_air: It travels without a topic, so a forum is named in the envelope.
        entropy: Instead of the station's, for what is never sent.

    Raises:
        CryptoError: `no-key` or `bad-key`: nothing can be sealed for this peer.
        EncodeError: The text cannot be written.
    """
    message, sealer, settings = item.message, station.sealer, station.settings
    entropy = entropy or station.entropy
    peer = peers.get(parse_node_id(item.target)) if item.is_direct else None
    was_tried = item.attempts or (message.delivery and message.delivery.attempt)
    wire_id = str(message.message_id)
    if expects_ack and was_tried and not settings.plain:
        wire_id = "" if packing == PACKED else station.new_id()  # empty: named by its ciphertext
    to_all = FORUM_PREFIX + item.target if is_by_air else BROADCAST
    writes_bare = peer is not None and peer.node.writes_bare_text
    letter = Letter(
        message_id=wire_id,
        recipient=item.target if item.is_direct else to_all,
        # a small frame has no room for what nobody reads
        sent_at_ms=now.unix_ms // 1000 * 1000 if packing == PACKED else now.unix_ms,
        text=message.text,
        mid=message.message_id if expects_ack else "",
        is_bare=writes_bare and not (expects_ack or packing),
        packing=packing,
        has_header=not settings.plain,
    )
    if not item.is_direct:
        sealed = sealer.seal_channel(item.target, letter, entropy)
    elif peer is None or not peer.key:
        raise CryptoError("no-key", f"the key of {item.target} is not known")
    else:
        sealed = sealer.seal_direct(peer.key, letter, entropy)
    is_signed = settings.signatures == "all" or (settings.signatures == "brokers" and not is_by_air)
    return sealer.sign(sealed) if is_signed else sealed
