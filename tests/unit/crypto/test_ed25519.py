"""Ed25519: seeds and expanded keys are one key; what is agreed is the firmware's secret."""

from __future__ import annotations

import hashlib
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from meshtui.crypto import ed25519
from meshtui.crypto.ed25519 import KeyPair, from_expanded, from_seed, verify
from meshtui.errors import CryptoError
from meshtui.model.secret import SecretBytes
from tests.support.meshcore_vectors import key, vectors

NODES = sorted(vectors()["keys"])
# RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
# every encoding of a point whose order divides 8, the reducible ones included
P = 2**255 - 19
LOW_ORDER = [
    (y | sign << 255).to_bytes(32, "little")
    for y in (0, 1, P - 1, P, P + 1, ed25519._ORDER_8_Y, P - ed25519._ORDER_8_Y)
    for sign in (0, 1)
]


def double(point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return ed25519._add(point, point)


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_both_forms_of_a_key_sign_as_the_standard_does(seed, public, message, signature) -> None:
    pair = from_seed(bytes.fromhex(seed))
    # no node may have two of these public keys, so the parts are put together by hand
    bare = KeyPair(pair.public_key, pair.private)
    data = bytes.fromhex(message)

    assert pair.public_key.hex() == public
    assert pair.sign(data).hex() == bare.sign(data).hex() == signature
    assert verify(pair.public_key, data, pair.sign(data))


def test_our_arithmetic_is_the_librarys_for_keys_of_all_kinds() -> None:
    for number in range(24):
        pair = from_seed(hashlib.sha256(b"%d" % number).digest())
        imported = from_expanded(pair.private.reveal)
        message = b"m" * number

        assert imported.public_key == pair.public_key
        assert imported.sign(message) == pair.sign(message)


@pytest.mark.parametrize("name", NODES)
def test_a_seed_expands_to_what_the_firmware_stores(name) -> None:
    expected = vectors()["keys"][name]

    pair = from_expanded(bytes.fromhex(expected["private_key_64"]))

    assert pair == key(name)
    assert pair.private == key(name).private
    assert pair.public_key.hex().upper() == expected["public_key"]
    assert pair.sign(b"hello") == key(name).sign(b"hello")


@pytest.mark.parametrize("entry", vectors()["derived"]["ecdh"])
def test_both_ends_agree_on_the_firmwares_secret(entry) -> None:
    mine, theirs = key(entry["private_of"]), key(entry["public_of"])

    secret = mine.shared_secret(theirs.public_key)

    assert secret.reveal.hex().upper() == entry["shared_secret"]
    assert theirs.shared_secret(mine.public_key) == secret


def test_the_login_token_of_the_firmware_is_signed_the_same_and_verifies() -> None:
    token = vectors()["jwt"]
    pair = from_expanded(bytes.fromhex(token["private_key_64"]))
    data = token["signing_input"].encode()

    assert pair.sign(data).hex().upper() == token["signature_hex"]
    assert verify(bytes.fromhex(token["public_key"]), data, bytes.fromhex(token["signature_hex"]))


@pytest.mark.parametrize("public", LOW_ORDER, ids=lambda value: value.hex()[:8])
def test_a_point_of_low_order_is_nobodys_key(public) -> None:
    # commitment 0 and answer 0 satisfy the equation for some of these and any message
    forged = (1).to_bytes(32, "little") + bytes(32)

    assert ed25519.is_low_order(public)
    assert not verify(public, b"anything", forged)
    with pytest.raises(CryptoError):
        key("A").shared_secret(public)


def test_the_points_of_low_order_are_indeed_of_low_order() -> None:
    for public in LOW_ORDER[:4]:
        assert Ed25519PublicKey.from_public_bytes(public)
    y = ed25519._ORDER_8_Y
    d = -121665 * pow(121666, -1, P) % P
    x = pow((y * y - 1) * pow(d * y * y + 1, -1, P), (P + 3) // 8, P)
    if (x * x * (d * y * y + 1) - (y * y - 1)) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    point = (x, y, 1, x * y % P)

    four = double(double(point))
    assert ed25519._compress(double(four)) == (1).to_bytes(32, "little")
    assert ed25519._compress(four) != (1).to_bytes(32, "little")


def test_what_is_no_signature_verifies_nothing() -> None:
    pair = key("A")
    signature = pair.sign(b"hello")

    assert not verify(pair.public_key, b"hallo", signature)
    assert not verify(pair.public_key, b"hello", signature[:63])
    assert not verify(pair.public_key[:31], b"hello", signature)
    assert not verify(key("B").public_key, b"hello", signature)
    assert not verify(b"\x02" + bytes(31), b"hello", signature)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length) -> None:
    with pytest.raises(CryptoError):
        from_seed(bytes(length))


def expanded_with(first: int) -> bytes:
    """An expanded key whose public key begins with this byte."""
    for number in range(1, 100_000):
        pair = from_seed(number.to_bytes(32, "little"))
        if pair.public_key[0] == first:
            return pair.private.reveal
    raise AssertionError


@pytest.mark.parametrize(
    "expanded",
    [
        bytes(63),
        bytes(64),
        b"\x01" + bytes(30) + b"\x40" + bytes(32),
        bytes(31) + b"\xc0" + bytes(32),
        expanded_with(0x00),
        expanded_with(0xFF),
    ],
    ids=["short", "not clamped above", "not clamped below", "too high", "begins 00", "begins FF"],
)
def test_an_expanded_key_that_radios_refuse_is_refused(expanded) -> None:
    with pytest.raises(CryptoError):
        from_expanded(expanded)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33)])
def test_nothing_is_agreed_with_a_key_of_another_length(public) -> None:
    with pytest.raises(CryptoError):
        key("A").shared_secret(public)


def test_a_pair_shows_its_public_half_only_and_is_never_pickled() -> None:
    pair = key("A")

    assert repr(pair) == f"KeyPair({pair.public_key.hex()})"
    assert pair.private.reveal.hex() not in repr(pair.private)
    with pytest.raises(TypeError):
        pickle.dumps(pair)


def test_pairs_are_equal_by_their_public_key() -> None:
    again = KeyPair(key("A").public_key, SecretBytes(key("A").private.reveal))

    assert {key("A"), again, key("B")} == {key("A"), key("B")}
    assert key("A") != "A"


def test_the_library_is_the_second_to_refuse_a_secret_that_is_none(monkeypatch) -> None:
    monkeypatch.setattr(ed25519, "is_low_order", lambda _: False)

    with pytest.raises(CryptoError, match="low order"):
        key("A").shared_secret(LOW_ORDER[0])
