"""Lending our radio to a broker: `lora/outbound` goes on the air, what we hear to `lora/inbound`.

Only where the settings say so, for it spends our duty cycle on whoever writes to the broker. What
passed here before, either way, is not sent again: so two gateways in reach of each other, or a
gateway and a relay on one broker, do not echo.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from meshtui.errors import DecodeError
from meshtui.mesh.dedupe import SeenCache
from meshtui.mesh.ratelimit import TokenBuckets
from meshtui.model.packet import Transmit, Verdict
from meshtui.networks.jsonmesh.chunk import encode_chunks, new_chunk_id
from meshtui.networks.jsonmesh.compact import decode_compact, is_compact
from meshtui.networks.jsonmesh.envelope import decode_envelope, to_ascii
from meshtui.networks.jsonmesh.seal import ciphertext_digest
from meshtui.networks.jsonmesh.topics import LORA_INBOUND, LORA_OUTBOUND, TopicKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meshtui.model.ids import LinkId, MessageId, NodeId
    from meshtui.model.packet import Frame
    from meshtui.networks.base import Output
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

    def note(self, frame: Frame, kind: TopicKind | None) -> None:
        """Note what passed on the air, and on which brokers there is a gateway."""
        if kind is TopicKind.LORA_IN:
            self._station.gateways[frame.link_id] = frame.received_at.mono_s
        if kind is None:
            self._passed.add(_mark(frame.payload), frame.received_at.mono_s)

    def transmit(self, passage: Passage) -> None:
        """Send on our radios what a broker asks to be sent.

        Raises:
            DecodeError: It is no packet of this network.
            CryptoError: It shows another node's key.
        """
        payload, now_s = passage.frame.payload, passage.now.mono_s
        if len(payload) > MAX_PACKET_BYTES:
            raise DecodeError("too-large", f"at most {MAX_PACKET_BYTES} bytes go on the air")
        key = self._identify(passage, payload)
        if not self._passed.add(key, now_s):
            passage.drop("seen", "it passed here before")
            return
        if not self._rate.take(passage.link_id, now_s):
            passage.drop("rate", "more than the air can carry")
            return
        radios = [
            link_id
            for link_id in self._air.radios()
            if self._repeater.queue(passage, link_id, payload, 1, key)
        ]
        if radios:
            passage.conclude(Verdict.RELAYED, "", f"to the air by {', '.join(radios)}")
        else:
            passage.drop("no-radio", "no radio of ours is up, or none has room")

    def _identify(self, passage: Passage, payload: bytes) -> tuple[object, ...]:
        """Read what an envelope is known by on the air; presence and the like by their bytes."""
        if not is_compact(payload) and b'"enc"' not in payload:
            if not (payload.startswith(b"{") and payload.endswith(b"}")):
                raise DecodeError("not-json", "neither a JSON object nor a frame of ours")
            return _mark(payload)
        if is_compact(payload):
            envelope = decode_compact(payload, _no_key)
        else:
            envelope = decode_envelope(payload)
        passage.describe(envelope, envelope.recipient)
        return envelope.sender, ciphertext_digest(envelope.nonce, envelope.ciphertext)


def by_gateway(
    station: Station,
    payload: bytes,
    links: Iterable[LinkId],
    *,
    priority: int,
    message_id: MessageId | None = None,
) -> list[Transmit]:
    """Ask the gateways on some brokers to send an envelope: as frames of the protocol's own form.

    Only where one was heard in the last ten minutes.
    """
    now_s = station.now_s
    heard_on = [
        link_id
        for link_id in links
        if now_s - station.gateways.get(link_id, float("-inf")) < GATEWAY_FOR_S
    ]
    if not heard_on:
        return []
    packet = to_ascii(payload)
    if len(packet) <= MAX_FRAME_BYTES:
        frames = [packet]
    elif len(packet) <= MAX_PACKET_BYTES:
        frames = encode_chunks(packet, new_chunk_id(station.entropy), MAX_FRAME_BYTES)
    else:
        return []
    return [
        Transmit(link_id, frame, LORA_OUTBOUND, message_id, priority=priority)
        for link_id in heard_on
        for frame in frames
    ]


def _no_key(_: NodeId) -> bytes:
    return b""


def _mark(payload: bytes) -> tuple[object, ...]:
    return ("bytes", hashlib.sha256(payload).digest()[:8])
