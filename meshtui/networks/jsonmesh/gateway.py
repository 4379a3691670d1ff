"""Lending our radio to a broker: `lora/outbound` goes on the air, what we hear to `lora/inbound`.

Only where the settings say so, for it spends our duty cycle on whoever writes to the broker. What
passed here before, either way, is not sent again: so two gateways in reach of each other, or a
gateway and a relay on one broker, do not echo.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError, EncodeError
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.packet import Transmit, Verdict
from meshtui.networks.jsonmesh.announce import decode_announcement
from meshtui.networks.jsonmesh.chunk import encode_chunks, new_chunk_id
from meshtui.networks.jsonmesh.compact import decode_compact, encode_compact, is_compact
from meshtui.networks.jsonmesh.compact_presence import (
    decode_compact_presence,
    is_compact_presence,
)
from meshtui.networks.jsonmesh.envelope import decode_envelope, to_ascii
from meshtui.networks.jsonmesh.presence import decode_presence
from meshtui.networks.jsonmesh.seal import ciphertext_digest
from meshtui.networks.jsonmesh.topics import LORA_INBOUND, LORA_OUTBOUND, TopicKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.ids import LinkId, MessageId, NodeId
    from meshtui.model.packet import Frame
    from meshtui.networks.base import Output
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.networks.jsonmesh.passage import Passage
    from meshtui.networks.jsonmesh.radio import Airwaves
    from meshtui.networks.jsonmesh.repeater import Repeater
    from meshtui.networks.jsonmesh.station import Station

GATEWAY_FOR_S = 600.0
MAX_PACKET_BYTES = 4 * 1024
MAX_FRAME_BYTES = 240
_PER_S = 0.5
_BURST = 20.0


class Gateway:
    """Our service to a broker's members without a radio."""

    def __init__(self, station: Station, air: Airwaves, repeater: Repeater) -> None:
        """Serve nobody yet."""
        self._station = station
        self._air = air
        self._repeater = repeater
        self._passed = SeenCache(limit=5_000)
        self._rate = TokenBuckets(_PER_S, _BURST, limit=32)

    def publish(self, frame: Frame) -> list[Output]:
        """Tell the brokers what a radio of ours heard, as it was."""
        if not (self._station.settings.is_gateway and self._air.is_radio(frame.link_id)):
            return []
        return [
            Transmit(link_id, frame.payload, LORA_INBOUND, priority=3)
            for link_id in self._station.brokers()
        ]

    def note(self, frame: Frame, kind: TopicKind | None) -> bool:
        """Note what passed on the air; True = a gateway was heard on a broker that had none.

        A gateway that heard what we heard ourselves, or that we are, is no way to anywhere.
        """
        now_s = frame.received_at.mono_s
        if kind is None:
            self._passed.add(_mark(frame.payload), now_s)
        if kind is not TopicKind.LORA_IN or self._passed.has(_mark(frame.payload), now_s):
            return False
        if is_compact(frame.payload) or is_compact_presence(frame.payload):
            self._station.clean_gateways.add(frame.link_id)
        is_new = not brokers_with_gateway(self._station, [frame.link_id])
        self._station.gateways[frame.link_id] = now_s
        return is_new

    def transmit(self, passage: Passage) -> None:
        """Send on our radios what a broker asks to be sent.

        Raises:
            DecodeError: It is no packet of this network.
            CryptoError: It shows another node's key.
        """
        payload, now_s = passage.frame.payload, passage.now.mono_s
        if len(payload) > MAX_PACKET_BYTES:
            raise DecodeError("too-large", f"at most {MAX_PACKET_BYTES} bytes go on the air")
        key, priority = self._identify(passage, payload)
        if not self._passed.add(key, now_s):
            passage.drop("seen", "it passed here before")
            return
        if passage.source == self._station.node_id:
            passage.conclude(Verdict.HANDLED, "echo", "our own: our radio has it")
            passage.is_own = True
            return
        if not self._rate.take(passage.link_id, now_s):
            passage.drop("rate", "more than the air can carry")
            return
        radios = self._air.radios()
        taken = [
            link_id
            for link_id in radios
            if self._repeater.queue(passage, link_id, payload, priority, key)
        ]
        if taken:
            passage.conclude(Verdict.RELAYED, "", f"to the air by {', '.join(taken)}")
        elif radios:
            passage.drop("seen", "we sent it already, or there is no room")
        else:
            passage.drop("no-radio", "no radio of ours is up")

    def _identify(self, passage: Passage, payload: bytes) -> tuple[tuple[object, ...], int]:
        """Read what a packet is known by on the air, and its priority there.

        Raises:
            DecodeError: It is no packet of this network.
            CryptoError: It shows another node's key.
        """
        if is_compact_presence(payload) or _has(payload, b'"pubkeyHex"'):
            small = is_compact_presence(payload)
            presence = decode_compact_presence(payload) if small else decode_presence(payload)
            passage.kind, passage.source = "presence", presence.node_id
            return ("presence", presence.node_id, presence.ts_ms), 3
        if _has(payload, b'"channelName"'):
            announcement = decode_announcement(payload)
            passage.kind, passage.source = "announce", announcement.creator
            return _mark(payload), 3
        if is_compact(payload):
            envelope = decode_compact(payload, _no_key)
        else:
            envelope = decode_envelope(payload)
        passage.describe(envelope, envelope.recipient)
        digest = ciphertext_digest(envelope.nonce, envelope.ciphertext)
        return (envelope.sender, digest), 1


def brokers_with_gateway(station: Station, links: Iterable[LinkId]) -> list[LinkId]:
    """List those of some brokers where a gateway was heard in the last ten minutes."""
    earliest_s = station.now_s - GATEWAY_FOR_S
    return [key for key in links if station.gateways.get(key, float("-inf")) > earliest_s]


def by_gateway(
    station: Station,
    envelope: Envelope,
    payload: bytes,
    links: Iterable[LinkId],
    *,
    priority: int,
    reads_compact: bool,
    message_id: MessageId | None = None,
) -> list[Transmit]:
    """Ask the gateways on some brokers to send an envelope, where one was heard lately.

    Small where its recipient reads that and the gateway has shown that it takes any bytes; else
    as frames of the protocol's own form.

    Args:
        payload: The envelope as JSON.
    """
    transmits = []
    for link_id in brokers_with_gateway(station, links):
        frames = []
        if reads_compact and link_id in station.clean_gateways:
            frames = _small(envelope)
        transmits += [
            Transmit(link_id, frame, LORA_OUTBOUND, message_id, priority=priority)
            for frame in frames or _chunks(station, to_ascii(payload))
        ]
    return transmits


def _small(envelope: Envelope) -> list[bytes]:
    """Write an envelope as one small frame; none where one packet does not hold it."""
    try:
        frame = encode_compact(envelope, with_key=True)
    except EncodeError:
        return []
    return [frame] if len(frame) <= MAX_FRAME_BYTES else []


def _chunks(station: Station, packet: bytes) -> list[bytes]:
    if len(packet) <= MAX_FRAME_BYTES:
        return [packet]
    if len(packet) > MAX_PACKET_BYTES:
        return []
    return encode_chunks(packet, new_chunk_id(station.entropy), MAX_FRAME_BYTES)


def _has(payload: bytes, word: bytes) -> bool:
    """Tell by its words whether a packet is another object than an envelope."""
    return payload.startswith(b"{") and word in payload and b'"enc"' not in payload


def _no_key(_: NodeId) -> bytes:
    return b""


def _mark(payload: bytes) -> tuple[object, ...]:
    return ("bytes", hashlib.sha256(payload).digest()[:8])
