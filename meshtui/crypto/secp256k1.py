"""Keys on the curve secp256k1, what two of them share, and what one of them signs.

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
SIGNATURE_BYTES = 64
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


def sign_digest(private: PrivateKey, digest: bytes) -> bytes:
    """Sign a 32-byte hash by ECDSA; returns r and the lower s, 64 bytes, the same every time.

    Raises:
        CryptoError: `bad-key`: the private key is none.
    """
    return _open_private(private).sign_recoverable(digest, hasher=None)[:SIGNATURE_BYTES]


def is_signed_by(public: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether the owner of a key signed a 32-byte hash; the higher s is no signature."""
    if len(signature) != SIGNATURE_BYTES or not is_compressed(public):
        return False
    try:
        return coincurve.PublicKey(public).verify(_to_der(signature), digest, hasher=None)
    except ValueError:  # no point of the curve, or r or s out of range
        return False


def _to_der(signature: bytes) -> bytes:
    """Write r and s the way the library reads them: two signed ASN.1 numbers."""
    half = SIGNATURE_BYTES // 2
    numbers = b""
    for part in (signature[:half], signature[half:]):
        number = part.lstrip(b"\0") or b"\0"
        if number[0] & 0x80:
            number = b"\0" + number
        numbers += bytes((2, len(number))) + number
    return bytes((0x30, len(numbers))) + numbers


def _open_private(private: PrivateKey) -> coincurve.PrivateKey:
    """Hand a key to the library, whose own check pads short input."""
    if len(private.reveal) != 32:
        raise CryptoError("bad-key", "a private key is 32 bytes")
    try:
        return coincurve.PrivateKey(private.reveal)
    except ValueError:
        # no cause: the library's text may quote its input
        raise CryptoError("bad-key", "the private key is out of range") from None
