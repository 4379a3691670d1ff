"""Signatures: the sender's and nobody else's, over what a relay must not change."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from meshtui.crypto.keys import PrivateKey
from meshtui.crypto.secp256k1 import ORDER, is_signed_by, sign_digest
from meshtui.errors import CryptoError
from meshtui.networks.jsonmesh.envelope import (
    Envelope,
    decode_envelope,
    encode_envelope,
    encode_relayed,
)
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.networks.jsonmesh.signature import is_signature_valid, sign
from tests.support.jsonmesh_people import counted_entropy, person

ALICE, BOB, CAROL = person(0), person(1), person(2)
TS = 1_700_000_000_000


def signed() -> Envelope:
    letter = Letter("id-1", "forum:général", TS, "hello")
    return ALICE.sealer.sign(ALICE.sealer.seal_channel("général", letter, counted_entropy()))


def test_a_signature_is_valid_after_the_wire_and_a_relay() -> None:
    envelope = signed()

    once = decode_envelope(encode_envelope(envelope, app_names=True))
    twice = decode_envelope(encode_relayed(once, CAROL.node_id))

    assert once.signature == envelope.signature
    assert is_signature_valid(once)
    assert is_signature_valid(twice)
    assert len(envelope.signature) == 64


def test_it_is_the_same_every_time() -> None:
    assert signed() == signed()


def test_what_is_signed_is_as_documented() -> None:
    envelope = signed()
    sealed = hashlib.sha256(envelope.nonce + envelope.ciphertext).hexdigest()
    text = f"meshtui signature 1\nid-1\n{TS}\ntext\nforum:général\n{sealed}"
    half = (envelope.signature[:32], envelope.signature[32:])
    der = encode_dss_signature(*(int.from_bytes(part, "big") for part in half))

    # an implementation that shares nothing with ours
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), ALICE.public_key)
    key.verify(der, text.encode(), ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(der, hashlib.sha256(b"x").digest(), ec.ECDSA(Prehashed(SHA256())))


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "id-2"},
        {"sent_at_ms": TS + 1},
        {"kind": "btc_tx"},
        {"recipient": "forum:other"},
        {"nonce": bytes(12)},
        {"ciphertext": bytes(40)},
        {"sender_key": BOB.public_key},
        {"sender_key": b""},
        {"sender_key": b"\x02" + bytes(31) + b"\x05"},
        {"signature": b""},
        {"signature": bytes(64)},
        {"signature": b"\xff" * 64},
        {"signature": bytes(63)},
    ],
    ids=str,
)
def test_a_changed_envelope_is_not_the_one_signed(change: dict[str, object]) -> None:
    assert not is_signature_valid(signed()._replace(**change))


@pytest.mark.parametrize(
    "change",
    [{"ttl": 3}, {"hop_count": 9}, {"route": ()}, {"path": (BOB.node_id,)}],
    ids=str,
)
def test_what_relays_change_is_left_out(change: dict[str, object]) -> None:
    assert is_signature_valid(signed()._replace(**change))


def test_every_flipped_bit_is_seen() -> None:
    envelope = signed()

    for bit in range(0, 512, 7):
        spoiled = bytearray(envelope.signature)
        spoiled[bit // 8] ^= 1 << bit % 8
        assert not is_signature_valid(envelope._replace(signature=bytes(spoiled)))


def test_the_second_form_of_a_signature_counts_as_none() -> None:
    envelope = signed()
    high = ORDER - int.from_bytes(envelope.signature[32:], "big")
    twin = envelope.signature[:32] + high.to_bytes(32, "big")

    assert int.from_bytes(envelope.signature[32:], "big") <= ORDER // 2
    assert not is_signature_valid(envelope._replace(signature=twin))


def test_numbers_of_every_length_are_written_for_the_library() -> None:
    # an r or s that begins with zeros, or with a high bit, has another length in ASN.1
    for number in range(600):
        digest = hashlib.sha256(bytes((number % 256, number // 256))).digest()
        signature = sign_digest(ALICE.private_key, digest)
        assert is_signed_by(ALICE.public_key, digest, signature)
    assert not is_signed_by(ALICE.public_key, digest, bytes(32) + signature[32:])
    assert not is_signed_by(ALICE.public_key, digest, signature[:32] + bytes(32))


def test_a_key_that_is_none_cannot_sign() -> None:
    with pytest.raises(CryptoError):
        sign(PrivateKey(bytes(32)), signed())
