from __future__ import annotations

import pytest

from meshtui.crypto.keys import PrivateKey
from meshtui.crypto.secp256k1 import ORDER, is_compressed, public_key_of, shared_key
from meshtui.errors import CryptoError
from tests.support.jsonmesh_people import person

GENERATOR = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"


def test_the_key_one_is_the_generator() -> None:
    assert public_key_of(PrivateKey((1).to_bytes(32, "big"))).hex() == GENERATOR


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        bytes(32),
        b"\x01",
        b"\x01" * 31,
        b"\x01" * 33,
        ORDER.to_bytes(32, "big"),
        (ORDER + 1).to_bytes(32, "big"),
        b"\xff" * 32,
    ],
    ids=["empty", "zero", "short", "31", "33", "n", "n+1", "max"],
)
def test_a_number_that_is_no_private_key_is_refused_and_not_quoted(secret: bytes) -> None:
    for use in (public_key_of, lambda key: shared_key(key, person(0).public_key)):
        with pytest.raises(CryptoError) as caught:
            use(PrivateKey(secret))

        assert caught.value.reason == "bad-key"
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "public",
    [
        b"",
        bytes(33),
        b"\x02" + bytes(32),
        b"\x02" + b"\xff" * 32,
        b"\x02" + (5).to_bytes(32, "big"),
        b"\x04" + bytes.fromhex(GENERATOR)[1:],
        bytes.fromhex(GENERATOR)[:32],
        bytes.fromhex(GENERATOR) + b"\0",
        b"\x04"
        + bytes.fromhex(GENERATOR)[1:]
        + bytes.fromhex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"),
    ],
    ids=["empty", "zeros", "x=0", "x>p", "off-curve", "prefix", "short", "long", "65-byte"],
)
def test_bytes_that_are_no_compressed_point_are_refused(public: bytes) -> None:
    with pytest.raises(CryptoError) as caught:
        shared_key(person(0).private_key, public)

    assert caught.value.reason == "bad-key"


def test_only_one_encoding_of_a_point_is_known() -> None:
    key = bytes.fromhex(GENERATOR)

    assert is_compressed(key)
    assert not is_compressed(b"\x06" + key[1:])
    assert not is_compressed(b"\x07" + key[1:] + bytes(32))
