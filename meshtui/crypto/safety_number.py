"""Sixty digits that two people compare to know that nobody sits between them.

Each key gives thirty digits, the smaller thirty come first, so both see the same number. The hash
is repeated so that grinding a key with chosen digits costs 5,200 times more.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

_ROUNDS = 5200
_VERSION = b"meshtui safety number 1"


def safety_number(own_key: bytes, peer_key: bytes) -> str:
    """Compute the number of a pair of public keys: twelve groups of five digits."""
    digits = "".join(sorted((_digits_of(own_key), _digits_of(peer_key))))
    return " ".join(digits[start : start + 5] for start in range(0, 60, 5))


@lru_cache(maxsize=256)
def _digits_of(public_key: bytes) -> str:
    """Compute the thirty digits of one key."""
    digest = _VERSION + public_key
    for _ in range(_ROUNDS):
        digest = hashlib.sha512(digest + public_key).digest()
    groups = (int.from_bytes(digest[start : start + 5], "big") for start in range(0, 30, 5))
    return "".join(f"{group % 100_000:05d}" for group in groups)
