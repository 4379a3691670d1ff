"""Keys as types. Their repr and str hide what is secret; comparing them takes constant time.

An `Identity` is the BIP39 seed (64 bytes) from which every network derives its own key on its own
path; the words themselves are never kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from meshtui.model.secret import SecretBytes

# `SecretBytes` lives in the model because channels carry keys, too
__all__ = ["Identity", "PrivateKey", "SecretBytes"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PrivateKey(SecretBytes):
    """A secp256k1 private key, 32 bytes, big-endian, 1..n-1."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Identity(SecretBytes):
    """A BIP39 seed, 64 bytes: the root of every network's key."""
