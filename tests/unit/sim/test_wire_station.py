"""What the phone app of the demo writes: exactly what the deployed one does."""

from __future__ import annotations

import orjson

from meshtui.crypto.secp256k1 import public_key_of
from meshtui.networks.jsonmesh.envelope import Dialect, decode_envelope
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.seal import Letter, Sealer
from meshtui.sim.scenario import load_scenario
from meshtui.sim.wire_station import encode_as_app


def sealer(name: str) -> tuple[Sealer, bytes]:
    scenario = load_scenario()
    key = derive_key(scenario.identity(scenario.node(name)))
    public = public_key_of(key)
    return Sealer(key, public, node_id_of(public)), public


def test_the_app_writes_id_and_no_ttl_and_bare_text() -> None:
    bruno, _ = sealer("Bruno (BitMesh)")
    alice, alice_key = sealer("Alice Moreau")
    letter = Letter("m1", node_id_of(alice_key), 5, "hello", is_bare=True)

    payload = encode_as_app(bruno.seal_direct(alice_key, letter, bytes))

    assert not {"msgId", "ttl", "hopCount", "route"} & set(orjson.loads(payload))
    envelope = decode_envelope(payload)
    opened = alice.open_direct(envelope)
    assert envelope.dialect is Dialect.APP
    assert (opened.text, opened.is_bare) == ("hello", True)
