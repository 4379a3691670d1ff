"""People of the JSON network for tests: golden identities, sealers, and envelopes between them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meshtui.crypto.keys import PrivateKey
from meshtui.model.ids import NodeId
from meshtui.networks.jsonmesh.envelope import encode_envelope
from meshtui.networks.jsonmesh.seal import Letter, Sealer

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS = Path(__file__).parents[1] / "vectors" / "jsonmesh"


@dataclass(frozen=True)
class Person:
    """One identity with its keys at work."""

    node_id: NodeId
    private_key: PrivateKey
    public_key: bytes
    sealer: Sealer


@cache
def golden() -> dict[str, Any]:
    """Read the golden vectors."""
    content: dict[str, Any] = json.loads((VECTORS / "crypto.json").read_text(encoding="utf-8"))
    return content


def person(index: int) -> Person:
    """Bring one of the four golden identities to life."""
    row = golden()["identities"][index]
    node_id = NodeId(row["node_id"])
    private, public = PrivateKey(bytes.fromhex(row["privkey"])), bytes.fromhex(row["pubkey"])
    return Person(node_id, private, public, Sealer(private, public, node_id))


def people() -> tuple[Person, Person, Person, Person]:
    """Bring all four golden identities to life."""
    return person(0), person(1), person(2), person(3)


def counted_entropy(start: int = 0) -> Callable[[int], bytes]:
    """Make a source whose every answer differs and can be foretold."""
    count = start

    def entropy(size: int) -> bytes:
        nonlocal count
        count += 1
        return count.to_bytes(size, "big")

    return entropy


def good_payload(text: str = "hello", *, app_names: bool = False) -> bytes:
    """Write an envelope from the first person to the second, as it travels."""
    alice, bob = person(0), person(1)
    letter = Letter("3d6a9b1c-6f0e-4a51-9d2f-2f1f0d5c8e11", bob.node_id, 1_700_000_000_000, text)
    envelope = alice.sealer.seal_direct(bob.public_key, letter, counted_entropy())
    return encode_envelope(envelope, app_names=app_names)


def good_object() -> dict[str, Any]:
    """Parse `good_payload`, to be spoiled."""
    wire: dict[str, Any] = json.loads(good_payload())
    return wire
