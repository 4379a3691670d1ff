from __future__ import annotations

import pytest

from meshtui.crypto.aead import Aead
from meshtui.errors import CryptoError

KEY, NONCE = bytes(range(32)), bytes(12)


def test_every_flipped_bit_is_noticed() -> None:
    aead = Aead(KEY)
    sealed = aead.seal(NONCE, b"hi")

    for bit in range(len(sealed) * 8):
        spoiled = bytearray(sealed)
        spoiled[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CryptoError) as caught:
            aead.open(NONCE, bytes(spoiled))
        assert caught.value.reason == "bad-tag"


@pytest.mark.parametrize("size", range(16))
def test_what_is_shorter_than_a_tag_does_not_open(size: int) -> None:
    with pytest.raises(CryptoError) as caught:
        Aead(KEY).open(NONCE, bytes(size))

    assert caught.value.reason == "bad-tag"


@pytest.mark.parametrize("nonce", [b"", bytes(11), bytes(13), bytes(16)])
def test_a_nonce_has_twelve_bytes(nonce: bytes) -> None:
    for use in (Aead(KEY).seal, Aead(KEY).open):
        with pytest.raises(CryptoError) as caught:
            use(nonce, bytes(32))
        assert caught.value.reason == "bad-nonce"


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_a_key_has_32_bytes(size: int) -> None:
    with pytest.raises(CryptoError):
        Aead(bytes(size))


def test_another_key_or_nonce_does_not_open() -> None:
    sealed = Aead(KEY).seal(NONCE, b"hi")

    for aead, nonce in ((Aead(bytes(32)), NONCE), (Aead(KEY), b"\1" * 12)):
        with pytest.raises(CryptoError):
            aead.open(nonce, sealed)
