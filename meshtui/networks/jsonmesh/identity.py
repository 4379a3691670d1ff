"""Who a node is: `MESH-` and the first four bytes of sha256(public key), upper-case hex.

The id certifies its key: whoever claims it must show a key that hashes to it. Four bytes can be
ground by brute force, so the whole key is pinned elsewhere.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from meshtui.crypto.mnemonic import derive
from meshtui.crypto.secp256k1 import is_compressed
from meshtui.errors import CryptoError, DecodeError
from meshtui.model.ids import NodeId

if TYPE_CHECKING:
    from meshtui.crypto.keys import Identity, PrivateKey

IDENTITY_PATH = "m/69'/0'/0'/0"
_PREFIX = "MESH-"
_ID_CHARS = len(_PREFIX) + 8
_KEY_HEX_CHARS = 66
_HEX_DIGITS = frozenset("0123456789ABCDEF")


def derive_key(identity: Identity) -> PrivateKey:
    """Derive the key of this network."""
    return derive(identity, IDENTITY_PATH)


def node_id_of(public_key: bytes) -> NodeId:
    """Name the owner of a compressed public key; whether it is on the curve is not asked.

    Raises:
        DecodeError: `bad-key`: not 33 bytes that begin with 02 or 03.
    """
    if not is_compressed(public_key):
        raise DecodeError("bad-key", "a public key is 33 bytes and begins with 02 or 03")
    return NodeId(_PREFIX + hashlib.sha256(public_key).hexdigest()[:8].upper())


def parse_node_id(value: object) -> NodeId:
    """Read a node id in any case; what is returned is in upper case.

    Raises:
        DecodeError: `bad-node-id`: not a string of `MESH-` and eight hex digits.
    """
    # the length comes first: what is not an id must not fill the cache
    if type(value) is not str or len(value) != _ID_CHARS:
        raise DecodeError("bad-node-id", "a node id is MESH- and eight hex digits")
    return _parse_id(value)


def prove_sender(node_id: object, key_hex: object) -> tuple[NodeId, bytes]:
    """Read a claimed node id and its key, and check that one follows from the other.

    Raises:
        DecodeError: `bad-node-id` or `bad-key`: not written as such.
        CryptoError: `forged`: the key is another node's.
    """
    if type(node_id) is not str or len(node_id) != _ID_CHARS:
        raise DecodeError("bad-node-id", "a node id is MESH- and eight hex digits")
    if type(key_hex) is not str or len(key_hex) != _KEY_HEX_CHARS:
        raise DecodeError("bad-key", "a public key is 66 hex digits")
    return _prove(node_id, key_hex)


@lru_cache(maxsize=4096)
def _parse_id(text: str) -> NodeId:
    """Check a text of the right length."""
    upper = text.upper()
    if not (upper.startswith(_PREFIX) and _HEX_DIGITS.issuperset(upper[len(_PREFIX) :])):
        raise DecodeError("bad-node-id", "a node id is MESH- and eight hex digits")
    return NodeId(upper)


@lru_cache(maxsize=4096)
def _prove(node_id: str, key_hex: str) -> tuple[NodeId, bytes]:
    """Check a pair of the right lengths; a sender is hashed once, not with every message."""
    claimed = _parse_id(node_id)
    try:
        key = bytes.fromhex(key_hex)
    except ValueError as error:
        raise DecodeError("bad-key", "a public key is 66 hex digits") from error
    if node_id_of(key) != claimed:
        raise CryptoError("forged", f"the key does not belong to {claimed}")
    return claimed, key
