"""Our key on this network: from the words by SLIP-0010, or imported as radios export it."""

from __future__ import annotations

import pytest

from meshtui.crypto.ed25519 import from_seed
from meshtui.crypto.keys import Identity
from meshtui.errors import CryptoError, DecodeError
from meshtui.networks.meshcore.identity import (
    derive_seed,
    key_and_path,
    key_of,
    node_id_of,
    parse_node_id,
    parse_private_key,
)
from tests.support.meshcore_vectors import key, slip10, vectors

CHAINS = [(chain["seed"], step) for chain in slip10() for step in chain["chain"]]


@pytest.mark.parametrize(("seed", "step"), CHAINS)
def test_keys_are_derived_as_the_standard_does(seed, step) -> None:
    derived = derive_seed(Identity(bytes.fromhex(seed)), tuple(step["path"]))

    assert derived.hex() == step["private"]
    assert from_seed(derived).public_key.hex() == step["public"]


def test_our_key_is_the_first_that_radios_would_take() -> None:
    skipped = 0
    for number in range(800):
        identity = Identity(number.to_bytes(64, "big"))
        first = from_seed(derive_seed(identity, (69, 1, 0, 0)))
        mine = key_of(identity)
        assert mine.public_key[0] not in {0x00, 0xFF}
        if first.public_key[0] in {0x00, 0xFF}:
            skipped += 1
            assert mine == from_seed(derive_seed(identity, (69, 1, 0, 1)))
            assert key_and_path(identity) == (mine, "m/69'/1'/0'/1'")
        else:
            assert mine == first
    assert skipped


@pytest.mark.parametrize("name", sorted(vectors()["keys"]))
def test_both_forms_of_a_private_key_are_read(name) -> None:
    entry = vectors()["keys"][name]

    assert parse_private_key(entry["seed"]) == key(name)
    assert parse_private_key(entry["private_key_64"].lower()) == key(name)
    assert parse_private_key(f" {entry['seed'][:32]}\n{entry['seed'][32:]} ") == key(name)


def reserved_seed() -> str:
    for number in range(100_000):
        seed = number.to_bytes(32, "little")
        if from_seed(seed).public_key[0] == 0xFF:
            return seed.hex()
    raise AssertionError


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "00" * 33, "00" * 64, reserved_seed()])
def test_what_is_no_private_key_is_refused_without_repeating_it(text) -> None:
    with pytest.raises(CryptoError) as caught:
        parse_private_key(text)

    assert not text or text not in str(caught.value)


def test_a_node_id_is_the_whole_key_in_lower_case() -> None:
    node_id = node_id_of(key("A").public_key)

    assert node_id == vectors()["keys"]["A"]["public_key"].lower()
    assert parse_node_id(node_id.upper()) == key("A").public_key


@pytest.mark.parametrize(
    "text", ["", "8a" * 31, "zz" * 32, "00" * 32, "ff" * 32, "01" + "00" * 31, "0x" + "8a" * 31]
)
def test_what_no_node_can_be_called_is_refused(text) -> None:
    with pytest.raises(DecodeError):
        parse_node_id(text)
