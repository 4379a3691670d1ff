"""Our crypto against values that others computed."""

from __future__ import annotations

import base64
import hashlib

import pytest

from meshtui.crypto.aead import Aead
from meshtui.crypto.keys import PrivateKey
from meshtui.crypto.mnemonic import derive, seed_of
from meshtui.crypto.secp256k1 import public_key_of, shared_key
from meshtui.networks.jsonmesh.identity import derive_key, node_id_of
from meshtui.networks.jsonmesh.seal import forum_key
from tests.support.jsonmesh_people import golden

IDENTITIES = golden()["identities"]
KEYS = {row["node_id"]: row for row in IDENTITIES}


@pytest.mark.parametrize("row", IDENTITIES, ids=lambda row: row["node_id"])
def test_words_lead_to_the_golden_keys_and_node_id(row: dict[str, str]) -> None:
    private = derive_key(seed_of(row["mnemonic"], row["passphrase"]))
    public = public_key_of(private)

    assert private == PrivateKey(bytes.fromhex(row["privkey"]))
    assert public.hex() == row["pubkey"]
    assert hashlib.sha256(public).hexdigest() == row["sha256_pubkey"]
    assert node_id_of(public) == row["node_id"]


@pytest.mark.parametrize("row", golden()["direct"], ids=lambda row: row["plaintext"])
def test_both_sides_of_a_pair_agree_on_the_golden_key(row: dict[str, str]) -> None:
    sender, recipient = KEYS[row["from"]], KEYS[row["to"]]

    one = shared_key(
        PrivateKey(bytes.fromhex(sender["privkey"])), bytes.fromhex(recipient["pubkey"])
    )
    other = shared_key(
        PrivateKey(bytes.fromhex(recipient["privkey"])), bytes.fromhex(sender["pubkey"])
    )

    assert one.hex() == other.hex() == row["key"]
    assert hashlib.sha256(bytes.fromhex(row["shared_point_compressed"])).digest() == one


@pytest.mark.parametrize(
    "row", [*golden()["direct"], *golden()["forum"]], ids=lambda row: row["ct_b64"]
)
def test_the_golden_texts_are_sealed_and_opened_byte_for_byte(row: dict[str, str]) -> None:
    aead = Aead(bytes.fromhex(row["key"]))
    nonce, ciphertext = base64.b64decode(row["nonce_b64"]), base64.b64decode(row["ct_b64"])

    assert aead.seal(nonce, row["plaintext"].encode()) == ciphertext
    assert aead.open(nonce, ciphertext).decode() == row["plaintext"]


@pytest.mark.parametrize("row", golden()["forum"], ids=lambda row: row["channel"])
def test_a_forum_name_gives_the_golden_key(row: dict[str, str]) -> None:
    assert forum_key(row["channel"]).hex() == row["key"]


@pytest.mark.parametrize(
    "path", ["m", "m/0", "m/69'/0'/0'/0", "m/44'/0'/7/2147483647", "m/2147483647'/1"]
)
def test_derivation_agrees_with_the_bip32_package(path: str) -> None:
    bip32 = pytest.importorskip("bip32")
    for row in IDENTITIES:
        seed = seed_of(row["mnemonic"], row["passphrase"])

        expected = bip32.BIP32.from_seed(seed.reveal).get_privkey_from_path(path)

        assert derive(seed, path) == PrivateKey(expected)
