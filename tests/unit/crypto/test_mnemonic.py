from __future__ import annotations

import os

import pytest

from meshtui.crypto.keys import Identity, PrivateKey
from meshtui.crypto.mnemonic import (
    WORD_COUNTS,
    _split,
    check_words,
    derive,
    new_words,
    seed_of,
    weakness_of,
)
from meshtui.crypto.secp256k1 import ORDER
from meshtui.errors import CryptoError
from tests.support.jsonmesh_people import golden

ONE = (1).to_bytes(32, "big") + bytes(32)
ABOUT = "abandon " * 11 + "about"


@pytest.mark.parametrize("count", WORD_COUNTS)
def test_fresh_words_are_right_and_strong(count: int) -> None:
    words = new_words(count, os.urandom)

    assert len(words.split()) == count
    assert check_words(words) == ""
    assert weakness_of(words) == ""


def test_the_same_entropy_gives_the_same_words() -> None:
    assert new_words(12, bytes) == ABOUT


@pytest.mark.parametrize("count", [0, 11, 13, 25, -12])
def test_no_other_number_of_words_is_made(count: int) -> None:
    with pytest.raises(CryptoError) as caught:
        new_words(count, os.urandom)

    assert caught.value.reason == "bad-words"


@pytest.mark.parametrize(
    "words",
    [ABOUT.upper(), f"  {ABOUT.replace(' ', '   ')}\n", ABOUT.replace(" ", "\t"), ABOUT.title()],
)
def test_capitals_and_white_space_do_not_matter(words: str) -> None:
    assert check_words(words) == ""
    assert seed_of(words) == seed_of(ABOUT)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "no words"),
        ("   ", "no words"),
        ("abandon " * 10 + "about", "11 words"),
        ("abandon " * 12 + "about", "13 words"),
        ("abandon " * 12, "checksum"),
        ("abandon " * 3 + "zzz " + "abandon " * 8, "word 4 "),
        ("abaisser " * 12, "word 1 "),
        ("\x1b[2J " * 12, "word 1 "),
        ("\ud800 " * 12, "word 1 "),
    ],
)
def test_wrong_words_are_told_without_repeating_them(words: str, said: str) -> None:
    problem = check_words(words)

    assert said in problem
    assert not any(word in problem for word in words.split() if len(word) > 2)
    with pytest.raises(CryptoError):
        seed_of(words)


@pytest.mark.parametrize(
    "words",
    [
        *(row["mnemonic"] for row in golden()["identities"]),
        "test " * 11 + "junk",
        "zoo " * 11 + "wrong",
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
        "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic",
        "Cat  swing flag economy stadium alone churn speed unique patch report train",
    ],
)
def test_published_and_repetitive_words_are_called_weak(words: str) -> None:
    assert check_words(words) == ""
    assert weakness_of(words) != ""


def test_the_passphrase_counts_and_its_unicode_form_does_not() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"

    assert seed_of(ABOUT, composed) == seed_of(ABOUT, decomposed)
    assert seed_of(ABOUT, composed) != seed_of(ABOUT)
    assert seed_of(ABOUT, "A") != seed_of(ABOUT, "a")


@pytest.mark.parametrize("passphrase", ["x" * 1_000_000, "\ud800"])
def test_an_absurd_passphrase_is_refused_and_not_quoted(passphrase: str) -> None:
    with pytest.raises(CryptoError) as caught:
        seed_of(ABOUT, passphrase)

    assert passphrase[:5] not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "path",
    ["", "m/", "x/0", "m/-1", "m/0h", "m/2147483648", "m/2147483648'", "m/0''", "m/0/", "m/٣"],
)
def test_a_mistyped_path_is_refused(path: str) -> None:
    with pytest.raises(CryptoError) as caught:
        derive(Identity(bytes(64)), path)

    assert caught.value.reason == "bad-path"


@pytest.mark.parametrize(
    ("digest", "parent"), [(b"\xff" * 64, 0), (bytes(64), 0), (ONE, ORDER - 1)]
)
def test_the_one_path_in_a_lifetime_of_universes_without_a_key_is_refused(
    digest: bytes, parent: int
) -> None:
    with pytest.raises(CryptoError) as caught:
        _split(digest, parent)

    assert caught.value.reason == "bad-key"


def test_what_is_derived_is_hidden_from_view() -> None:
    key = derive(seed_of(ABOUT), "m/69'/0'/0'/0")

    assert isinstance(key, PrivateKey)
    assert key.reveal.hex() not in repr(key) + str(key)
