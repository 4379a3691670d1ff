"""Ed25519 key pairs in the expanded form that radios store, and X25519 between them.

    expanded = scalar(32, clamped) || prefix(32) = SHA512(seed) with three bits cleared, one set

Two radios agree on a secret by X25519 over their signing keys: u = (1+y)/(1-y). A key made from a
seed signs by the library. An imported expanded key has no seed any more, so it signs by arithmetic
of ours (RFC 8032, 5.1.6): slow (a millisecond or two, and as long again to import it) and not in
constant time, which is fit for a person's own machine and not for a server that signs at others'
request.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from meshtui.errors import CryptoError
from meshtui.model.secret import SecretBytes

PUBLIC_KEY_BYTES = 32
SEED_BYTES = 32
EXPANDED_BYTES = 64
SIGNATURE_BYTES = 64

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_SIGN_BIT = 1 << 255
_D2 = 2 * -121665 * pow(121666, -1, _P) % _P
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
_NEUTRAL = (0, 1, 1, 0)
_TEETH = 4
_TOOTH_BITS = 64
_ORDER_8_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# y of every point whose order divides 8: what is agreed with one of them is no secret
_LOW_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})

_Point = tuple[int, int, int, int]


class SharedSecret(SecretBytes):
    """What two key pairs agree on: the raw X25519 result, 32 bytes, without a key derivation."""


class KeyPair:
    """A public key and the private one it belongs to, in expanded form."""

    __slots__ = ("_agreement", "_signer", "private", "public_key")

    public_key: bytes
    private: SecretBytes

    def __init__(
        self, public_key: bytes, private: SecretBytes, signer: Ed25519PrivateKey | None = None
    ) -> None:
        """Take the parts as they are; `from_seed` and `from_expanded` are the ways in."""
        self.public_key = public_key
        self.private = private
        self._signer = signer
        self._agreement = X25519PrivateKey.from_private_bytes(private.reveal[:32])

    def __repr__(self) -> str:
        """Name the public key only."""
        return f"KeyPair({self.public_key.hex()})"

    def __eq__(self, other: object) -> bool:
        """Compare public keys: they say which pair it is."""
        return isinstance(other, KeyPair) and other.public_key == self.public_key

    def __hash__(self) -> int:
        """Hash like the public key."""
        return hash(self.public_key)

    def __reduce__(self) -> str | tuple[object, ...]:
        """Refuse to be pickled, like the secret inside."""
        msg = "KeyPair cannot be pickled"
        raise TypeError(msg)

    def sign(self, message: bytes) -> bytes:
        """Sign: 64 bytes, the same for the same message."""
        if self._signer is not None:
            return self._signer.sign(message)
        return _sign_expanded(self.private.reveal, self.public_key, message)

    def shared_secret(self, public_key: bytes) -> SharedSecret:
        """Agree with the owner of a public key.

        Raises:
            CryptoError: `bad-key`: not 32 bytes, or a point of low order, with which anybody
                could agree.
        """
        if len(public_key) != PUBLIC_KEY_BYTES or is_low_order(public_key):
            raise CryptoError("bad-key", "not a public key that anything can be agreed with")
        y = int.from_bytes(public_key, "little") & (_SIGN_BIT - 1)
        u = (1 + y) * pow(1 - y, -1, _P) % _P
        peer = X25519PublicKey.from_public_bytes(u.to_bytes(32, "little"))
        try:
            return SharedSecret(self._agreement.exchange(peer))
        except ValueError as error:
            raise CryptoError("bad-key", "the public key is a point of low order") from error


def from_seed(seed: bytes) -> KeyPair:
    """Make the pair of a 32-byte seed.

    Raises:
        CryptoError: `bad-key`: another length.
    """
    if len(seed) != SEED_BYTES:
        raise CryptoError("bad-key", "an Ed25519 seed is 32 bytes")
    signer = Ed25519PrivateKey.from_private_bytes(seed)
    digest = hashlib.sha512(seed).digest()
    scalar = bytes((digest[0] & 0xF8,)) + digest[1:31] + bytes((digest[31] & 0x3F | 0x40,))
    public = signer.public_key().public_bytes_raw()
    return KeyPair(public, SecretBytes(scalar + digest[32:]), signer)


def from_expanded(expanded: bytes) -> KeyPair:
    """Make the pair of a 64-byte expanded private key, as radios export it.

    Raises:
        CryptoError: `bad-key`: another length, a scalar that is not clamped, or a public key that
            begins with 00 or FF, which radios keep for themselves.
    """
    if len(expanded) != EXPANDED_BYTES:
        raise CryptoError("bad-key", "an expanded private key is 64 bytes")
    if expanded[0] & 0x07 or expanded[31] & 0xC0 != 0x40:
        raise CryptoError("bad-key", "not an expanded private key: its scalar is not clamped")
    public = _compress(_multiply_base(int.from_bytes(expanded[:32], "little")))
    if is_reserved(public):
        raise CryptoError("bad-key", "its public key begins with 00 or FF, which are reserved")
    return KeyPair(public, SecretBytes(expanded))


def is_reserved(public_key: bytes) -> bool:
    """Tell whether a public key begins with a byte that no node may have as its hash."""
    return public_key[:1] in {b"\x00", b"\xff"}


def is_low_order(public_key: bytes) -> bool:
    """Tell whether a public key is one of the few points that sign and agree for nobody."""
    y = int.from_bytes(public_key, "little") & (_SIGN_BIT - 1)
    return y % _P in _LOW_ORDER_Y


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the owner of a public key signed a message; keys of low order sign nothing."""
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    if is_low_order(public_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _sign_expanded(expanded: bytes, public_key: bytes, message: bytes) -> bytes:
    """Sign with scalar and prefix."""
    scalar = int.from_bytes(expanded[:32], "little")
    nonce = _hash_to_scalar(expanded[32:] + message)
    commitment = _compress(_multiply_base(nonce))
    challenge = _hash_to_scalar(commitment + public_key + message)
    answer = (nonce + challenge * scalar) % _ORDER
    return commitment + answer.to_bytes(32, "little")


def _hash_to_scalar(data: bytes) -> int:
    """Reduce a SHA-512 to a number below the group's order."""
    return int.from_bytes(hashlib.sha512(data).digest(), "little") % _ORDER


def _add(a: _Point, b: _Point) -> _Point:
    """Add two points in extended coordinates; the formula holds for equal points, too."""
    ax, ay, az, at = a
    bx, by, bz, bt = b
    e = (ay - ax) * (by - bx) % _P
    f = (ay + ax) * (by + bx) % _P
    g = at * bt * _D2 % _P
    h = 2 * az * bz % _P
    low, mid, high, top = f - e, h - g, h + g, f + e
    return low * mid % _P, high * top % _P, mid * high % _P, low * top % _P


def _multiply_base(scalar: int) -> _Point:
    """Multiply the base point by a number of 256 bits, by the same additions for every number.

    Four of its bits are taken at a time, 64 apart: a quarter of the doublings is left.
    """
    comb = _comb()
    total = _NEUTRAL
    for at in range(_TOOTH_BITS - 1, -1, -1):
        teeth = 0
        for tooth in range(_TEETH):
            teeth |= (scalar >> tooth * _TOOTH_BITS + at & 1) << tooth
        total = _add(_add(total, total), comb[teeth])
    return total


@lru_cache(maxsize=1)
def _comb() -> tuple[_Point, ...]:
    """Add up every choice of the base point's multiples by 1, 2**64, 2**128 and 2**192."""
    points, tooth = [_NEUTRAL], _BASE
    for _ in range(_TEETH):
        points += [_add(point, tooth) for point in points]
        for _ in range(_TOOTH_BITS):
            tooth = _add(tooth, tooth)
    return tuple(points)


def _compress(point: _Point) -> bytes:
    """Write a point: y, with the lowest bit of x on top."""
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")
