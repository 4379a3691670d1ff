"""Sealing: what the firmware sealed opens, and is sealed again to the same bytes."""

from __future__ import annotations

import pytest

from meshtui.errors import CryptoError
from meshtui.networks.meshcore.packet import decode_packet
from meshtui.networks.meshcore.payloads.group import decode_group
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_vectors import packets, vectors

SEALED = [entry for entry in packets() if "plaintext_padded" in entry["expected"]["decoded"]]
HEAD = {0: 2, 1: 2, 2: 2, 8: 2, 5: 1, 6: 1, 7: 33}


def secret_of(decoded) -> bytes:
    return bytes.fromhex(decoded.get("channel_key") or decoded.get("shared_secret") or "")


@pytest.mark.parametrize("entry", SEALED, ids=lambda entry: entry["name"])
def test_what_the_firmware_sealed_opens_and_is_sealed_the_same(entry) -> None:
    decoded = entry["expected"]["decoded"]
    if not secret_of(decoded):
        decoded = {**decoded, "shared_secret": vectors()["derived"]["ecdh"][0]["shared_secret"]}
    packet = decode_packet(bytes.fromhex(entry["hex"]))
    sealed = packet.payload[HEAD[packet.payload_type] :]
    cipher = Cipher(secret_of(decoded))

    plaintext = cipher.open(sealed)

    assert plaintext == bytes.fromhex(decoded["plaintext_padded"])
    assert cipher.seal(plaintext) == sealed
    assert cipher.seal(plaintext.rstrip(b"\0")) == sealed


@pytest.mark.parametrize(
    "name", ["GRP_TXT with one ciphertext bit flipped", "GRP_TXT with MAC bit"]
)
def test_a_flipped_bit_opens_nothing(name) -> None:
    entry = next(one for one in vectors()["negative"] if one["name"].startswith(name))
    sealed = decode_group(decode_packet(bytes.fromhex(entry["hex"])).payload).sealed

    opened = Cipher(bytes.fromhex("9CD8FCF22A47333B591D96A2B848B73F")).open(sealed)

    assert opened is None


@pytest.mark.parametrize("length", [0, 1, 15, 17, 31])
def test_a_ragged_ciphertext_opens_nothing_even_with_the_right_proof(length) -> None:
    cipher = Cipher(bytes(range(32)))
    ciphertext = bytes(length)

    assert cipher.open(cipher.mac(ciphertext) + ciphertext) is None


def test_a_key_of_16_bytes_is_one_of_32_with_zeros_behind() -> None:
    key = bytes(range(16))

    assert Cipher(key).seal(b"hello") == Cipher(key + bytes(16)).seal(b"hello")


def test_whole_blocks_get_no_further_one_and_nothing_gets_one() -> None:
    cipher = Cipher(bytes(range(32)))

    assert [len(cipher.seal(bytes(size))) - 2 for size in (0, 1, 16, 17, 32)] == [
        16,
        16,
        16,
        32,
        32,
    ]


@pytest.mark.parametrize("length", [0, 15, 17, 31, 33])
def test_a_secret_of_another_length_is_refused(length) -> None:
    with pytest.raises(CryptoError):
        Cipher(bytes(length))


def test_a_cipher_does_not_show_its_secret() -> None:
    assert repr(Cipher(b"A" * 32)) == "Cipher(hidden)"
