"""Each odd packet is wrong in its own way, and only in that."""

from __future__ import annotations

from random import Random

import pytest

from meshtui.crypto.secp256k1 import public_key_of
from meshtui.errors import CryptoError, DecodeError
from meshtui.networks.jsonmesh.envelope import decode_envelope
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.presence import decode_presence
from meshtui.networks.jsonmesh.seal import Sealer
from meshtui.networks.jsonmesh.topics import TopicKind, parse_topic
from meshtui.sim.oddities import Oddities
from meshtui.sim.scenario import load_scenario

SCENARIO = load_scenario()
ALICE = SCENARIO.node("Alice Moreau")
KEY = derive_key(SCENARIO.identity(ALICE))
PUBLIC = public_key_of(KEY)
ME = node_id_of(PUBLIC)


def read(topic: str, payload: bytes) -> None:
    """Read a packet as Alice would; returns only if nothing is wrong with it."""
    kind, name = parse_topic(topic)
    sealer = Sealer(KEY, PUBLIC, ME)
    envelope = decode_envelope(payload)
    if kind is TopicKind.FORUM:
        sealer.open_channel(name, envelope)
    else:
        sealer.open_direct(envelope)


def test_every_kind_has_a_reason_of_its_own() -> None:
    oddities = Oddities(SCENARIO, Random(1))
    reasons = []

    for _ in range(5):
        with pytest.raises((DecodeError, CryptoError)) as failure:
            read(*oddities.next_packet(ME, PUBLIC, 5))
        reasons.append(failure.value.reason)

    assert reasons == ["bad-tag", "not-json", "forged", "bad-tag", "bad-ttl"]


def test_the_twin_of_a_node_is_believable() -> None:
    oddities = Oddities(SCENARIO, Random(1))
    dov = SCENARIO.node("Dov")

    presence = decode_presence(oddities.twin_presence(dov, 5)[1])
    read(*oddities.twin_text(dov, ME, PUBLIC, 5))

    own_key = public_key_of(derive_key(SCENARIO.identity(dov)))
    assert presence.node_id == node_id_of(own_key)
    assert presence.public_key != own_key
