"""Packets that are wrong in a way each, so that the inspector has something to explain."""

from __future__ import annotations

import dataclasses
import uuid
from itertools import cycle
from typing import TYPE_CHECKING

import orjson

from meshtui.crypto.secp256k1 import public_key_of
from meshtui.networks.jsonmesh import topics
from meshtui.networks.jsonmesh.envelope import FORUM_PREFIX, encode_envelope
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.presence import Presence, encode_presence
from meshtui.networks.jsonmesh.seal import Letter, Sealer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from meshtui.model.ids import NodeId
    from meshtui.networks.jsonmesh.envelope import Envelope
    from meshtui.sim.scenario import Scenario, SimNode

Packet = tuple[str, bytes]


class Oddities:
    """An endless source of them, each for a given listener."""

    def __init__(self, scenario: Scenario, random: Random) -> None:
        """Take the mesh to be odd in."""
        self._scenario = scenario
        self._random = random
        self._kinds: Iterator[Callable[[NodeId, bytes, int], Packet]] = cycle(
            [self._wrong_key, self._not_json, self._forged, self._of_a_secret_forum, self._changed]
        )

    def next_packet(self, listener: NodeId, listener_key: bytes, now_ms: int) -> Packet:
        """Return topic and payload of the next one."""
        return next(self._kinds)(listener, listener_key, now_ms)

    def twin_presence(self, node: SimNode, now_ms: int) -> Packet:
        """Somebody claims the id of a node, with another key that really gives this id."""
        sealer_key = public_key_of(derive_key(self._scenario.identity(node, 1)))
        node_id = node_id_of(sealer_key)
        caps = frozenset({"ack"})
        presence = Presence(
            node_id,
            sealer_key,
            True,
            now_ms,
            node.position,
            node.name,
            caps,
        )
        return topics.identity_topic(node_id), encode_presence(presence)

    def twin_text(
        self, node: SimNode, listener: NodeId, listener_key: bytes, now_ms: int
    ) -> Packet:
        """The twin writes to the listener."""
        sealer, _ = self._sealer(node, 1)
        letter = self._letter(listener, "It is me, on the new phone. Send me your words?", now_ms)
        envelope = sealer.seal_direct(listener_key, letter, self._random.randbytes)
        return topics.dm_topic(listener), encode_envelope(envelope, app_names=True)

    def _wrong_key(self, listener: NodeId, listener_key: bytes, now_ms: int) -> Packet:
        envelope = self._from_a_stranger(listener, listener_key, now_ms)
        garbled = bytes(byte ^ 0x55 for byte in envelope.ciphertext)
        wrong = envelope._replace(ciphertext=garbled)
        return topics.dm_topic(listener), encode_envelope(wrong, app_names=True)

    def _not_json(self, _listener: NodeId, _key: bytes, _now_ms: int) -> Packet:
        forum = self._scenario.joined[0]
        return topics.forum_topic(forum), b'{"v":1,"id":"cut-off-by-a-tunn'

    def _forged(self, listener: NodeId, listener_key: bytes, now_ms: int) -> Packet:
        envelope = self._from_a_stranger(listener, listener_key, now_ms)
        _, someone = self._sealer(self._scenario.nodes[0])
        wrong = envelope._replace(sender=someone, route=(someone,))
        return topics.dm_topic(listener), encode_envelope(wrong, app_names=True)

    def _of_a_secret_forum(self, _listener: NodeId, _key: bytes, now_ms: int) -> Packet:
        sealer, _ = self._stranger()
        letter = self._letter(FORUM_PREFIX + self._scenario.joined[0], "psst", now_ms)
        envelope = sealer.seal_channel("a name nobody here knows", letter, self._random.randbytes)
        return topics.forum_topic(self._scenario.joined[0]), encode_envelope(
            envelope, app_names=True
        )

    def _changed(self, listener: NodeId, listener_key: bytes, now_ms: int) -> Packet:
        envelope = self._from_a_stranger(listener, listener_key, now_ms)
        wire = orjson.loads(encode_envelope(envelope, app_names=True))
        wire["ttl"] = "10"
        return topics.dm_topic(listener), orjson.dumps(wire)

    def _from_a_stranger(self, listener: NodeId, listener_key: bytes, now_ms: int) -> Envelope:
        sealer, _ = self._stranger()
        letter = self._letter(listener, "Is this thing on?", now_ms)
        return sealer.seal_direct(listener_key, letter, self._random.randbytes)

    def _stranger(self) -> tuple[Sealer, NodeId]:
        return self._sealer(dataclasses.replace(self._scenario.nodes[0], name="a stranger"))

    def _sealer(self, node: SimNode, twin: int = 0) -> tuple[Sealer, NodeId]:
        key = derive_key(self._scenario.identity(node, twin))
        public_key = public_key_of(key)
        node_id = node_id_of(public_key)
        return Sealer(key, public_key, node_id), node_id

    def _letter(self, recipient: str, text: str, now_ms: int) -> Letter:
        message_id = str(uuid.UUID(bytes=self._random.randbytes(16), version=4))
        return Letter(message_id, recipient, now_ms, text)
