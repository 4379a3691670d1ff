"""Keys on the curve secp256k1.

The shared key of two nodes is `sha256(02|03 || X)` of the ECDH point: libsecp256k1's own default
hash. Both directions give the same key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import coincurve

from meshtui.errors import CryptoError

if TYPE_CHECKING:
    from meshtui.crypto.keys import PrivateKey

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
PUBLIC_KEY_BYTES = 33
_PREFIXES = (2, 3)


def is_compressed(public: bytes) -> bool:
    """Tell whether these bytes have the one encoding accepted; the curve is not asked.

    A second encoding of the same point would give one key two node ids.
    """
    return len(public) == PUBLIC_KEY_BYTES and public[0] in _PREFIXES


def public_key_of(private: PrivateKey) -> bytes:
    """Compute the compressed public key, 33 bytes.

    Raises:
        CryptoError: `bad-key`: not a number in 1..n-1.
    """
    return _open_private(private).public_key.format(compressed=True)


def shared_key(private: PrivateKey, public: bytes) -> bytes:
    """Agree on the 32-byte key that only the two owners can compute.

    Raises:
        CryptoError: `bad-key`: either key is not one; the point is not on the curve.
    """
    if not is_compressed(public):
        raise CryptoError("bad-key", "a public key is 33 bytes and begins with 02 or 03")
    try:
        return _open_private(private).ecdh(public)
    except ValueError as error:
        raise CryptoError("bad-key", "the public key is not a point of the curve") from error


def _open_private(private: PrivateKey) -> coincurve.PrivateKey:
    """Hand a key to the library, whose own check pads short input."""
    if len(private.reveal) != 32:
        raise CryptoError("bad-key", "a private key is 32 bytes")
    try:
        return coincurve.PrivateKey(private.reveal)
    except ValueError:
        # no cause: the library's text may quote its input
        raise CryptoError("bad-key", "the private key is out of range") from None
