"""How this network seals: AES-128 without chaining, and two bytes of proof.

    sealed = HMAC-SHA256(all 32 bytes of the secret, ciphertext)[0:2] || ciphertext
    ciphertext = AES-128-ECB(first 16 bytes of the secret, plaintext padded with zeros to 16)

The length of the plaintext is not told. Two bytes of proof err once in 65536, equal blocks look
equal, and nothing prevents a replay: that is the network, and we say so rather than trust it.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher as _Cipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes

from meshtui.errors import CryptoError

SECRET_BYTES = 32
AES_KEY_BYTES = 16
MAC_BYTES = 2
BLOCK_BYTES = 16
_HMAC_BLOCK_BYTES = 64
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


class Cipher:
    """One secret, kept ready: setting a key up costs more than opening a packet.

    ECB has no state, so one context serves for ever; HMAC's two key blocks are hashed once.
    """

    __slots__ = ("_decrypt", "_encrypt", "_inner_copy", "_outer_copy")

    def __init__(self, secret: bytes) -> None:
        """Take a secret of 32 bytes; a channel's key of 16 is followed by 16 zeros.

        Raises:
            CryptoError: `bad-key`: another length.
        """
        if len(secret) == AES_KEY_BYTES:
            secret += bytes(AES_KEY_BYTES)
        if len(secret) != SECRET_BYTES:
            raise CryptoError("bad-key", "a secret is 32 bytes, or 16")
        # ECB is the network's choice, not ours
        cipher = _Cipher(algorithms.AES(secret[:AES_KEY_BYTES]), modes.ECB())  # noqa: S305
        self._decrypt = cipher.decryptor().update
        self._encrypt = cipher.encryptor().update
        block = secret.ljust(_HMAC_BLOCK_BYTES, b"\0")
        self._inner_copy = hashlib.sha256(block.translate(_INNER_PAD)).copy
        self._outer_copy = hashlib.sha256(block.translate(_OUTER_PAD)).copy

    def __repr__(self) -> str:
        """Name the type only."""
        return "Cipher(hidden)"

    def mac(self, ciphertext: bytes) -> bytes:
        """Compute the proof of a ciphertext."""
        inner = self._inner_copy()
        inner.update(ciphertext)
        outer = self._outer_copy()
        outer.update(inner.digest())
        return outer.digest()[:MAC_BYTES]

    def seal(self, plaintext: bytes) -> bytes:
        """Seal; a plaintext of whole blocks gets no further one, an empty one gets one."""
        blocks = max(1, -(-len(plaintext) // BLOCK_BYTES))
        padded = plaintext.ljust(blocks * BLOCK_BYTES, b"\0")
        ciphertext = self._encrypt(padded)
        return self.mac(ciphertext) + ciphertext

    def open(self, sealed: bytes) -> bytes | None:
        """Return the padded plaintext; None where the proof is another secret's, or no block whole.

        That it opens does not prove that the secret is right: look at the plaintext, too.
        """
        ciphertext = sealed[MAC_BYTES:]
        length = len(ciphertext)
        if length & 15 or not length:
            return None
        inner = self._inner_copy()
        inner.update(ciphertext)
        outer = self._outer_copy()
        outer.update(inner.digest())
        # two bytes on the open air: comparing them in constant time would hide nothing
        if outer.digest()[:MAC_BYTES] != sealed[:MAC_BYTES]:
            return None
        return self._decrypt(ciphertext)
