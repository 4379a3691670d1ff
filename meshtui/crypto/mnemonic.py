"""Words to seed (BIP39) and seed to keys (BIP32).

Words are compared after lower-casing and folding of white space; the passphrase is taken as it is
(NFKD, as BIP39 says). Nothing here keeps words or writes them anywhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import cache
from typing import TYPE_CHECKING

from meshtui.crypto.keys import Identity, PrivateKey
from meshtui.crypto.secp256k1 import ORDER, public_key_of
from meshtui.errors import CryptoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mnemonic import Mnemonic

WORD_COUNTS = (12, 15, 18, 21, 24)
_HARDENED = 0x80000000
_PATH = re.compile(r"m(/[0-9]{1,10}'?)*")
_MAX_PASSPHRASE_CHARS = 4096

# The random ones among the vectors of BIP39 and what they are known by: four words say enough.
_PUBLISHED = frozenset(
    {
        "ozone drill grab fiber",
        "gravity machine north sort",
        "hamster diagram private dutch",
        "scheme spot photo card",
        "horn tenant knee talent",
        "panda eyebrow bullet gorilla",
        "cat swing flag economy",
        "light rule cinnamon wrap",
        "all hour make first",
        "vessel ladder alter error",
        "scissors invite lock maple",
        "void come effort suffer",
    }
)


def new_words(count: int, entropy: Callable[[int], bytes]) -> str:
    """Make fresh words, separated by single spaces.

    Args:
        count: 12, 15, 18, 21 or 24.
        entropy: Returns that many random bytes.

    Raises:
        CryptoError: `bad-words`: another count.
    """
    if count not in WORD_COUNTS:
        raise CryptoError("bad-words", f"{count} words; one of {_COUNTS_TEXT}")
    words: str = _english().to_mnemonic(entropy(count * 4 // 3))
    return words


def normalised(words: str) -> str:
    """Fold capitals and white space as people type them."""
    return " ".join(words.lower().split())


def check_words(words: str) -> str:
    """Say what is wrong with words, in a sentence that repeats none of them; empty = nothing."""
    listed = normalised(words).split(" ")
    if listed == [""]:
        return "no words given"
    if len(listed) not in WORD_COUNTS:
        return f"{len(listed)} words given; a phrase has {_COUNTS_TEXT}"
    known = set(_english().wordlist)
    for position, word in enumerate(listed, start=1):
        if word not in known:
            return f"word {position} is not in the English word list"
    if not _english().check(" ".join(listed)):
        return "the checksum does not fit: a word is wrong or in the wrong place"
    return ""


def weakness_of(words: str) -> str:
    """Say why words that pass `check_words` must not guard a real identity; empty = nothing.

    Published examples and phrases of few different words are the first that thieves try.
    """
    listed = normalised(words).split(" ")
    if " ".join(listed[:4]) in _PUBLISHED:
        return "these words are a published example; anybody can have this identity"
    # neither happens to one fresh phrase in a thousand million
    repeats = len(set(listed)) <= len(listed) // 2 + 1
    entropy = _english().to_entropy(listed)
    if repeats or len(set(entropy)) <= len(entropy) // 4:
        return "these words repeat each other; such phrases are published and guessed"
    return ""


def seed_of(words: str, passphrase: str = "") -> Identity:
    """Turn words into the seed of an identity.

    Raises:
        CryptoError: `bad-words`: `check_words` finds a problem, or the passphrase is too long.
    """
    problem = check_words(words)
    if problem:
        raise CryptoError("bad-words", problem)
    if len(passphrase) > _MAX_PASSPHRASE_CHARS:
        raise CryptoError("bad-words", f"the passphrase exceeds {_MAX_PASSPHRASE_CHARS} characters")
    try:
        return Identity(_english().to_seed(normalised(words), passphrase))
    except UnicodeEncodeError:
        # no cause: it would quote the passphrase
        raise CryptoError("bad-words", "the passphrase holds half a character") from None


def derive(identity: Identity, path: str) -> PrivateKey:
    """Derive a private key by BIP32.

    Args:
        path: Such as `m/69'/0'/0'/0`; an apostrophe marks a hardened step.

    Raises:
        CryptoError: `bad-path`: not such a path; `bad-key`: the one path in 2^127 without a key.
    """
    if not _PATH.fullmatch(path):
        raise CryptoError("bad-path", "a path reads m/69'/0'/0'/0")
    key, chain = _split(hmac.digest(b"Bitcoin seed", identity.reveal, hashlib.sha512), 0)
    for step in path.split("/")[1:]:
        index = int(step.rstrip("'"))
        if index >= _HARDENED:
            raise CryptoError("bad-path", "a step is below 2147483648")
        if step.endswith("'"):
            data = b"\x00" + key.reveal + (index + _HARDENED).to_bytes(4, "big")
        else:
            data = public_key_of(key) + index.to_bytes(4, "big")
        parent = int.from_bytes(key.reveal, "big")
        key, chain = _split(hmac.digest(chain, data, hashlib.sha512), parent)
    return key


def _split(digest: bytes, parent: int) -> tuple[PrivateKey, bytes]:
    """Turn an HMAC into a child key and its chain code."""
    left = int.from_bytes(digest[:32], "big")
    number = (left + parent) % ORDER
    if left >= ORDER or number == 0:
        raise CryptoError("bad-key", "this path has no key; take the next index")
    return PrivateKey(number.to_bytes(32, "big")), digest[32:]


@cache
def _english() -> Mnemonic:
    """Read the word list when it is first needed."""
    from mnemonic import Mnemonic

    return Mnemonic("english")


_COUNTS_TEXT = "12, 15, 18, 21 or 24"
