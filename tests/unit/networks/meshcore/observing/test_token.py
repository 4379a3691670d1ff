"""The login token: the golden one byte for byte, and nothing that its key did not sign."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from meshtui.crypto.ed25519 import verify
from meshtui.errors import CryptoError
from meshtui.model.ids import NodeId
from meshtui.model.secret import SecretBytes
from meshtui.networks.base import Claims
from meshtui.networks.meshcore.observing.token import sign_by_key, write_input, write_token
from tests.support.meshcore_vectors import key, vectors
from tests.support.observed import ALICE, KEY

GOLDEN = vectors()["jwt"]
CLAIMS = Claims(
    GOLDEN["payload"]["iat"], GOLDEN["payload"]["exp"], audience=GOLDEN["payload"]["aud"]
)
SIGNED = GOLDEN["signing_input"].encode()
SIGNATURE = SecretBytes(bytes.fromhex(GOLDEN["signature_hex"]))
NOBODY = [NodeId(""), NodeId("zz" * 32), NodeId("8a"), NodeId("00" * 32)]


def claims_of(signed: bytes) -> dict[str, object]:
    part = signed.split(b".")[1]
    return json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))


def test_what_is_to_be_signed_is_the_golden_input() -> None:
    assert write_input(ALICE, CLAIMS) == SIGNED


def test_the_token_is_the_golden_one() -> None:
    token = write_token(ALICE, SIGNED, SIGNATURE)

    assert token is not None
    assert token.reveal.decode() == GOLDEN["password_token"]


@pytest.mark.parametrize("digits", [GOLDEN["private_key_64"], "01" * 32, "01" * 32 + "\n"])
def test_a_private_key_from_a_file_signs_the_same(digits: str) -> None:
    assert sign_by_key(ALICE, SecretBytes(digits.encode()), SIGNED) == SIGNATURE


def test_only_claims_that_are_set_are_told() -> None:
    every = Claims(1, 2, "broker.example", "ab" * 32, "Me@Example.org", "meshtui/1", "SEA")

    assert list(claims_of(write_input(ALICE, Claims(1, 2))).items()) == [
        ("publicKey", KEY),
        ("iat", 1),
        ("exp", 2),
    ]
    assert list(claims_of(write_input(ALICE, every)).items())[3:] == [
        ("aud", "broker.example"),
        ("owner", "AB" * 32),
        ("email", "me@example.org"),
        ("client", "meshtui/1"),
        ("iata", "SEA"),
    ]


def test_claims_of_any_letters_are_told() -> None:
    signed = write_input(ALICE, Claims(1, 2, client="é\ud83d", email="a\0@b"))

    assert claims_of(signed)["client"] == "é?"
    assert b"=" not in signed
    assert signed.isascii()


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_a_signature_that_is_not_the_radios_makes_no_token(at: int) -> None:
    wrong = bytearray(SIGNATURE.reveal)
    wrong[at] ^= 1

    assert write_token(ALICE, SIGNED, SecretBytes(bytes(wrong))) is None
    assert write_token(ALICE, SIGNED + b"x", SIGNATURE) is None
    assert write_token(replace(ALICE, node_id=NodeId("81" * 32)), SIGNED, SIGNATURE) is None


@pytest.mark.parametrize("size", [0, 1, 63, 65, 1000])
def test_a_signature_of_another_length_makes_no_token(size: int) -> None:
    assert write_token(ALICE, SIGNED, SecretBytes(bytes(size))) is None


@pytest.mark.parametrize("node_id", NOBODY)
def test_nobody_has_no_token(node_id: NodeId) -> None:
    nobody = replace(ALICE, node_id=node_id)

    assert write_token(nobody, write_input(nobody, CLAIMS), SIGNATURE) is None


@pytest.mark.parametrize(
    "digits",
    [
        b"",
        b"no key at all",
        b"\xff" * 64,
        b"ab" * 63,
        vectors()["keys"]["B"]["private_key_64"].encode(),
        b"02" * 32,
        b"ff" * 64,
    ],
)
def test_a_file_with_another_key_signs_nothing_and_is_not_quoted(digits: bytes) -> None:
    with pytest.raises(CryptoError) as caught:
        sign_by_key(ALICE, SecretBytes(digits), SIGNED)

    assert not digits or digits.decode("ascii", "replace")[:8] not in str(caught.value)


def test_neither_token_nor_signature_shows_itself() -> None:
    token = write_token(ALICE, SIGNED, SIGNATURE)

    assert GOLDEN["password_token"][:20] not in repr((token, SIGNATURE))


def test_the_signature_is_in_hex_and_a_broker_can_verify_it() -> None:
    token = write_token(ALICE, SIGNED, SIGNATURE)

    assert token is not None
    signed, _, digits = token.reveal.rpartition(b".")
    assert verify(key("A").public_key, signed, bytes.fromhex(digits.decode()))
