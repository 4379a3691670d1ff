"""AES-256-GCM: 12-byte nonce, 16-byte tag after the ciphertext; associated data where asked for."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from meshtui.errors import CryptoError

NONCE_BYTES = 12
TAG_BYTES = 16


class Aead:
    """One key, kept ready: setting a key up costs more than opening a short message."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        """Take a 32-byte key.

        Raises:
            CryptoError: `bad-key`: another length.
        """
        if len(key) != 32:
            raise CryptoError("bad-key", "an AES-256 key is 32 bytes")
        self._cipher = AESGCM(key)

    def seal(self, nonce: bytes, plaintext: bytes, aad: bytes | None = None) -> bytes:
        """Encrypt; returns ciphertext and tag. A nonce must never be used twice with one key.

        Args:
            aad: What the reader must know to open it; it is bound, not carried.

        Raises:
            CryptoError: `bad-nonce`: not 12 bytes.
        """
        if len(nonce) != NONCE_BYTES:
            raise CryptoError("bad-nonce", "a nonce is 12 bytes")
        return self._cipher.encrypt(nonce, plaintext, aad)

    def open(self, nonce: bytes, ciphertext: bytes, aad: bytes | None = None) -> bytes:
        """Decrypt ciphertext and tag.

        Raises:
            CryptoError: `bad-tag`: another key, nonce, text or `aad`; `bad-nonce`: not 12 bytes.
        """
        if len(nonce) != NONCE_BYTES:
            raise CryptoError("bad-nonce", "a nonce is 12 bytes")
        try:
            return self._cipher.decrypt(nonce, ciphertext, aad)
        except InvalidTag as error:
            raise CryptoError("bad-tag", "the text was not sealed with this key") from error
