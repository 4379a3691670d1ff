"""Simulated nodes that are not like ours: the deployed phone app, and one that hears nothing.

They speak through our MQTT link and our codec, without our session: what they write is what the
app writes (`id`, no `ttl`, bare text, no acknowledgement), which the session must understand.
"""

from __future__ import annotations

import binascii
import contextlib
import uuid
from random import Random
from typing import TYPE_CHECKING, Final

import orjson

from meshtui.crypto.secp256k1 import public_key_of
from meshtui.errors import LinkLostError, MeshtuiError, TransportError
from meshtui.model.ids import LinkId
from meshtui.model.link import LinkSetup
from meshtui.model.packet import Frame, Subscribe, Transmit
from meshtui.networks.jsonmesh import topics
from meshtui.networks.jsonmesh.envelope import FORUM_PREFIX, decode_envelope
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.presence import Presence, decode_presence, encode_presence
from meshtui.networks.jsonmesh.seal import TEXT_KIND, Letter, Sealer
from meshtui.sim.scenario import NodeKind
from meshtui.sim.station import HOST, Heard
from meshtui.transports.base import LinkSpec
from meshtui.transports.registry import load_transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meshtui.model.ids import MessageId, NodeId
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.runtime.clock import Clock
    from meshtui.sim.scenario import Scenario, SimNode
    from meshtui.sim.station import Audience
    from meshtui.transports.base import Link

RETRY_S: Final = 2.0
MAX_PEERS: Final = 1_000


class WireStation:
    """A node made by hand. A ghost only says that it is there, and that it acknowledges."""

    def __init__(
        self,
        scenario: Scenario,
        node: SimNode,
        ports: Mapping[str, int],
        clock: Clock,
        twin: int = 0,
    ) -> None:
        """Prepare a node on its one island; `twin` 1 is the other key of a node with two."""
        key = derive_key(scenario.identity(node, twin))
        self._public_key = public_key_of(key)
        self.node: Final = node
        self.node_id: Final = node_id_of(self._public_key)
        self._sealer = Sealer(key, self._public_key, self.node_id)
        self._random = Random(f"{scenario.seed} {node.name}")  # noqa: S311 - a play, to be repeated
        self._link_id = LinkId(node.islands[0])
        self._port = ports[node.islands[0]]
        self._clock = clock
        self._link: Link | None = None
        self._peers: dict[NodeId, bytes] = {}

    async def run(self, audience: Audience) -> None:
        """Live until cancelled."""
        while True:
            with contextlib.suppress(TransportError):
                await self._live(audience)
            await self._clock.sleep(RETRY_S)

    async def _live(self, audience: Audience) -> None:
        spec = LinkSpec(self._link_id, "mqtt", HOST, self._port)
        link = await load_transport("mqtt").open(spec, self._setup(), self._clock.now)
        self._link = link
        try:
            await self.show(is_online=True)
            async for arrivals in link.arrivals():
                frames = [arrival for arrival in arrivals if isinstance(arrival, Frame)]
                for frame in frames:
                    self._take(frame, audience)
                link.settle(frames)
        finally:
            self._link = None
            await link.aclose()

    async def tell(self, peer: NodeId, text: str) -> None:
        """Write to one node; does nothing before its presence was heard."""
        if peer in self._peers:
            letter = self._letter(peer, text)
            envelope = self._sealer.seal_direct(self._peers[peer], letter, self._random.randbytes)
            await self.publish(topics.dm_topic(peer), encode_as_app(envelope))

    async def say(self, channel: str, text: str) -> None:
        """Write to a forum."""
        letter = self._letter(FORUM_PREFIX + channel, text)
        envelope = self._sealer.seal_channel(channel, letter, self._random.randbytes)
        await self.publish(topics.forum_topic(channel), encode_as_app(envelope))

    async def show(self, *, is_online: bool) -> None:
        """Publish the presence."""
        topic = topics.identity_topic(self.node_id)
        await self.publish(topic, self._presence(is_online=is_online), is_retained=True)

    async def publish(self, topic: str, payload: bytes, *, is_retained: bool = False) -> None:
        """Publish anything; it is lost without a link."""
        if self._link is not None:
            transmit = Transmit(self._link_id, payload, topic, None, True, is_retained)
            with contextlib.suppress(LinkLostError):
                await self._link.send(transmit)

    def _letter(self, recipient: str, text: str) -> Letter:
        message_id = str(uuid.UUID(bytes=self._random.randbytes(16), version=4))
        return Letter(message_id, recipient, self._clock.now().unix_ms, text, is_bare=True)

    def _presence(self, *, is_online: bool) -> bytes:
        caps = frozenset({"ack"}) if self.node.kind is NodeKind.GHOST else frozenset[str]()
        return encode_presence(
            Presence(
                self.node_id,
                self._public_key,
                is_online,
                self._clock.now().unix_ms,
                self.node.position,
                self.node.name,
                caps,
            )
        )

    def _setup(self) -> LinkSetup:
        will = Transmit(
            self._link_id,
            self._presence(is_online=False),
            topics.identity_topic(self.node_id),
            is_confirmed=True,
            is_retained=True,
        )
        if self.node.kind is NodeKind.GHOST:
            return LinkSetup(f"meshcore-{self.node_id}", will)
        endpoints = [topics.ALL_IDENTITIES, topics.dm_topic(self.node_id)]
        endpoints += [topics.forum_topic(name) for name in self.node.forums]
        wanted = tuple(Subscribe(self._link_id, endpoint) for endpoint in endpoints)
        return LinkSetup(f"meshcore-{self.node_id}", will, wanted)

    def _take(self, frame: Frame, audience: Audience) -> None:
        try:
            kind, name = topics.parse_topic(frame.endpoint)
            if kind is topics.TopicKind.IDENTITY:
                self._remember(decode_presence(frame.payload))
            elif kind in (topics.TopicKind.DM, topics.TopicKind.FORUM):
                channel = name if kind is topics.TopicKind.FORUM else ""
                self._read(decode_envelope(frame.payload), channel, frame, audience)
        except MeshtuiError:
            return  # not for the likes of us

    def _remember(self, presence: Presence) -> None:
        if presence.node_id in self._peers or len(self._peers) < MAX_PEERS:
            self._peers[presence.node_id] = presence.public_key

    def _read(self, envelope: Envelope, channel: str, frame: Frame, audience: Audience) -> None:
        if envelope.sender == self.node_id:
            return
        opened = (
            self._sealer.open_channel(channel, envelope)
            if channel
            else self._sealer.open_direct(envelope)
        )
        if opened.kind != TEXT_KIND:
            return
        message_id: MessageId = envelope.message_id  # type: ignore[assignment]  # as on the wire
        at_ms = frame.received_at.unix_ms
        via = envelope.route[1:]
        audience.heard(self, Heard(message_id, envelope.sender, channel, opened.text, via, at_ms))


def encode_as_app(envelope: Envelope) -> bytes:
    """Write an envelope as the deployed app does."""
    sealed = {
        "v": 1,
        "nonce": _base64(envelope.nonce),
        "ct": _base64(envelope.ciphertext),
    }
    return orjson.dumps(
        {
            "v": 1,
            "id": envelope.message_id,
            "from": envelope.sender,
            "fromNodeId": envelope.sender,
            "fromPubkey": envelope.sender_key.hex(),
            "to": envelope.recipient,
            "enc": sealed,
            "ts": envelope.sent_at_ms,
            "type": envelope.kind,
        }
    )


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()
