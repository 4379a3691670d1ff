"""Observers' login tokens, made without the program: good ones, and bad ones of every kind."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_S = 86_400


@dataclass(frozen=True)
class Signer:
    """A node that signs; `seed` is its key."""

    seed: bytes = b"\1" * 32

    @property
    def key(self) -> str:
        """The public key, as topics and user names have it."""
        return self._private.public_key().public_bytes_raw().hex().upper()

    @property
    def user(self) -> str:
        return f"v1_{self.key}"

    def claims(self, audience: str, issued_s: float, life_s: float = DAY_S) -> dict:
        """What a usual token says."""
        issued_s = int(issued_s)
        return {
            "publicKey": self.key,
            "iat": issued_s,
            "exp": issued_s + int(life_s),
            "aud": audience,
        }

    def token(self, claims: Mapping[str, object], header: Mapping[str, str] | None = None) -> str:
        """Put a token together."""
        said = (header or {"alg": "Ed25519", "typ": "JWT"}, claims)
        text = ".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in said)
        return f"{text}.{self._private.sign(text.encode()).hex().upper()}"

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
