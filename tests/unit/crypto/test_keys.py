from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

from meshtui.crypto.keys import Identity, PrivateKey, SecretBytes

SECRET = b"\xc0\xff\xee" * 10 + b"\xab\xcd"


@pytest.mark.parametrize("kind", [SecretBytes, PrivateKey, Identity])
def test_no_way_of_printing_a_secret_shows_it(kind: type[SecretBytes]) -> None:
    secret = kind(SECRET)

    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr([secret])):
        assert "c0ffee" not in shown.lower()
        assert "\\xc0" not in shown


def test_secrets_compare_by_kind_and_content() -> None:
    assert PrivateKey(SECRET) == PrivateKey(SECRET)
    assert hash(PrivateKey(SECRET)) == hash(PrivateKey(SECRET))
    assert PrivateKey(SECRET) != PrivateKey(bytes(32))
    assert PrivateKey(SECRET) != Identity(SECRET)
    assert PrivateKey(SECRET) != SECRET


def test_a_secret_cannot_be_pickled_or_copied_away() -> None:
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leave(PrivateKey(SECRET))


def test_the_types_of_keys_cost_no_library() -> None:
    code = (
        "import sys, meshtui.crypto.keys; "
        "print([m for m in ('coincurve', 'cryptography', 'mnemonic') if m in sys.modules])"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert run.stdout.strip() == "[]"
