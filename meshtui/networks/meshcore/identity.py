"""Who we are here: an Ed25519 key from the words of the one identity, or one that was imported.

    SLIP-0010 (ed25519, every step hardened), m/69'/1'/0'/0', and the next index where a public key
    begins with 00 or FF: radios regenerate such keys and refuse to import them.

A node's id is its whole public key, in lower-case hex.
"""

from __future__ import annotations

import hmac
import string
from typing import TYPE_CHECKING

from meshtui.crypto.ed25519 import KeyPair, from_expanded, from_seed, is_low_order, is_reserved
from meshtui.errors import CryptoError, DecodeError
from meshtui.model.ids import NodeId

if TYPE_CHECKING:
    from meshtui.crypto.keys import Identity

NODE_ID_CHARS = 64
_HARDENED = 0x80000000
_PATH = (69, 1, 0)
_HEX = frozenset(string.hexdigits)


def key_of(identity: Identity) -> KeyPair:
    """Derive our key on this network."""
    return key_and_path(identity)[0]


def key_and_path(identity: Identity) -> tuple[KeyPair, str]:
    """Derive our key on this network, and say by which path: `m/69'/1'/0'/0'`."""
    index = 0
    while True:
        steps = (*_PATH, index)
        key = from_seed(derive_seed(identity, steps))
        if not is_reserved(key.public_key):
            return key, "m/" + "/".join(f"{step}'" for step in steps)
        index += 1


def derive_seed(identity: Identity, path: tuple[int, ...]) -> bytes:
    """Derive a 32-byte seed by SLIP-0010; every step is hardened, as Ed25519 allows no other."""
    node = hmac.digest(b"ed25519 seed", identity.reveal, "sha512")
    for step in path:
        data = b"\0" + node[:32] + (step | _HARDENED).to_bytes(4, "big")
        node = hmac.digest(node[32:], data, "sha512")
    return node[:32]


def parse_private_key(text: str) -> KeyPair:
    """Read a private key in hex: 64 digits are a seed, 128 the expanded form radios export.

    Raises:
        CryptoError: `bad-key`: neither, or one that radios refuse. The text is never repeated.
    """
    digits = "".join(text.split())
    if len(digits) not in {64, 128} or not _HEX.issuperset(digits):
        raise CryptoError("bad-key", "a private key is 64 or 128 hex digits")
    data = bytes.fromhex(digits)
    if len(data) == 64:
        return from_expanded(data)
    key = from_seed(data)
    if is_reserved(key.public_key):
        raise CryptoError("bad-key", "its public key begins with 00 or FF, which are reserved")
    return key


def node_id_of(public_key: bytes) -> NodeId:
    """Name the owner of a public key."""
    return NodeId(public_key.hex())


def parse_node_id(text: str) -> bytes:
    """Read a node id, in any case, as a public key.

    Raises:
        DecodeError: `bad-node-id`: not 64 hex digits, or a key that no node can have.
    """
    if len(text) != NODE_ID_CHARS or not _HEX.issuperset(text):
        raise DecodeError("bad-node-id", "a node id is 64 hex digits")
    public_key = bytes.fromhex(text)
    if is_reserved(public_key) or is_low_order(public_key):
        raise DecodeError("bad-node-id", "no node can have this key")
    return public_key
