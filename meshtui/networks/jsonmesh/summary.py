"""What a packet says of itself, in one line: for lists, and for frames of a recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.errors import CryptoError, DecodeError
from meshtui.model.packet import PacketSummary
from meshtui.networks.jsonmesh.envelope import decode_envelope
from meshtui.networks.jsonmesh.presence import decode_presence
from meshtui.networks.jsonmesh.topics import TopicKind, parse_topic

if TYPE_CHECKING:
    from meshtui.model.packet import Verdict


def summarise(payload: bytes, endpoint: str, verdict: Verdict, sender: str = "") -> PacketSummary:
    """Describe a packet; what cannot be read is of kind `unknown`.

    Args:
        endpoint: An MQTT topic; empty on a radio.
        sender: Who sent it, where it does not say so itself; empty = not known.
    """
    try:
        kind, name = parse_topic(endpoint)
        if kind is TopicKind.IDENTITY:  # ours, or one that we carry
            has_position = _tells_position(payload)
            return PacketSummary("presence", verdict, name, has_position=has_position)
        if kind is TopicKind.ANNOUNCE:
            return PacketSummary("announce", verdict, sender, f"#{name}")
        if kind in (TopicKind.LORA_IN, TopicKind.LORA_OUT):
            return PacketSummary(kind.value, verdict, sender)
        envelope = decode_envelope(payload)
    except (DecodeError, CryptoError):
        return PacketSummary("unknown", verdict, sender)
    return PacketSummary(
        envelope.kind,
        verdict,
        envelope.sender,
        f"#{name}" if kind is TopicKind.FORUM else envelope.recipient,
        envelope.hop_count,
        envelope.ttl,
        envelope.message_id,
    )


def _tells_position(payload: bytes) -> bool:
    """Tell whether a presence says where its node is; one that cannot be read does not."""
    try:
        return decode_presence(payload).position is not None
    except (DecodeError, CryptoError):
        return False
