"""The golden values of tests/vectors/meshcore, and keyrings that open them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from meshtui.crypto.ed25519 import KeyPair, from_seed
from meshtui.networks.meshcore.channel_key import channel_key
from meshtui.networks.meshcore.keyring import Keyring

FOLDER = Path(__file__).parents[1] / "vectors" / "meshcore"


@cache
def vectors() -> dict[str, Any]:
    """The whole file; treat it as frozen."""
    return json.loads((FOLDER / "meshcore-lora.json").read_text("utf-8"))


@cache
def slip10() -> list[dict[str, Any]]:
    """The chains of SLIP-0010."""
    return json.loads((FOLDER / "slip10.json").read_text("utf-8"))


@cache
def packets() -> tuple[dict[str, Any], ...]:
    """Packets as sent by the firmware; names are unique."""
    return tuple(vectors()["packets"])


@cache
def raw_packets() -> tuple[bytes, ...]:
    """Every packet's bytes, the acceptable ones among the negative included."""
    found = [bytes.fromhex(entry["hex"]) for entry in packets()]
    return tuple(dict.fromkeys(found))


def raw(part: str) -> bytes:
    """The first packet whose name begins with these words."""
    entry = next(entry for entry in packets() if entry["name"].startswith(part))
    return bytes.fromhex(entry["hex"])


@cache
def key(name: str) -> KeyPair:
    """The key of node A, B, R or S."""
    return from_seed(bytes.fromhex(vectors()["keys"][name]["seed"]))


def channels_only() -> Keyring:
    """A keyring with all channels and nobody's private key."""
    keyring = Keyring()
    for channel in vectors()["derived"]["channels"]:
        keyring.add_channel(channel_key(channel["name"], bytes.fromhex(channel["key"])))
    return keyring


def everybody() -> Keyring:
    """A keyring with everybody's private key and all channels."""
    keyring = channels_only()
    for name in vectors()["keys"]:
        keyring.add_own(name, key(name))
    return keyring
