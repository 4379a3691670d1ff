from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from meshtui.crypto.keys import Identity
from meshtui.errors import KeystoreError
from meshtui.store import keystore
from meshtui.store.keystore import KeyFile

if TYPE_CHECKING:
    from pathlib import Path

SEED = bytes(range(64))
IDENTITY = Identity(SEED)
LABELS = {"jsonmesh": "MESH-E0D02795 02ab"}


@pytest.fixture(autouse=True)
def _cheap_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "_SCRYPT_N", 2**14)


@pytest.fixture(params=[None, "correct horse"], ids=["plain", "encrypted"])
def password(request: pytest.FixtureRequest) -> str | None:
    return request.param


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "keys.json"


def change(path: Path, **fields: Any) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **fields}))


def names_beside(path: Path) -> list[str]:
    return [entry.name for entry in path.parent.iterdir()]


def test_a_key_file_gives_back_what_was_put_in(path: Path, password: str | None) -> None:
    KeyFile.create(path, IDENTITY, password, LABELS)

    assert KeyFile.load(path, password) == IDENTITY
    assert KeyFile.labels(path) == LABELS
    assert KeyFile.is_encrypted(path) is (password is not None)


def test_a_key_file_is_for_its_owner_only(path: Path) -> None:
    KeyFile.create(path, IDENTITY, None)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert names_beside(path) == ["keys.json"]


def test_an_encrypted_file_holds_no_byte_run_of_the_seed(path: Path) -> None:
    KeyFile.create(path, IDENTITY, "pw")

    text = path.read_text()
    assert not any(SEED[start : start + 8].hex() in text for start in range(56))


def test_nothing_is_ever_overwritten(path: Path) -> None:
    KeyFile.create(path, IDENTITY, None)

    with pytest.raises(KeystoreError, match="already"):
        KeyFile.create(path, Identity(SEED[::-1]), None)

    assert KeyFile.load(path) == IDENTITY
    assert names_beside(path) == ["keys.json"]


def test_a_dangling_link_is_not_followed_when_writing(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(KeystoreError, match="already"):
        KeyFile.create(path, IDENTITY, None)

    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("failing", ["fsync", "link", "fdopen"])
def test_a_failing_disk_leaves_no_half_file(
    path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"meshtui.store.keystore.os.{failing}", fail)

    with pytest.raises(KeystoreError, match="No space left"):
        KeyFile.create(path, IDENTITY, None)

    assert names_beside(path) == []


def test_a_file_system_without_links_is_written_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("meshtui.store.keystore.os.link", refuse)

    KeyFile.create(path, IDENTITY, None)

    assert KeyFile.load(path) == IDENTITY
    with pytest.raises(KeystoreError, match="already"):
        KeyFile.create(path, IDENTITY, None)
    assert names_beside(path) == ["keys.json"]


@pytest.mark.parametrize(
    "wrong", ["", "Correct horse", "correct horse ", "x" * 1_000_000, "\ud800"]
)
def test_another_password_opens_nothing(path: Path, wrong: str) -> None:
    KeyFile.create(path, IDENTITY, "correct horse")

    with pytest.raises(KeystoreError, match="password"):
        KeyFile.load(path, wrong)


def test_a_missing_password_is_asked_for(path: Path) -> None:
    KeyFile.create(path, IDENTITY, "pw")

    with pytest.raises(KeystoreError, match="a password is needed"):
        KeyFile.load(path)


def test_an_empty_password_protects_nothing_and_is_refused(path: Path) -> None:
    with pytest.raises(KeystoreError, match="1 to"):
        KeyFile.create(path, IDENTITY, "")

    assert not path.exists()


def test_a_password_opens_in_either_unicode_form(path: Path) -> None:
    KeyFile.create(path, IDENTITY, "caf\u00e9")

    assert KeyFile.load(path, "cafe\u0301") == IDENTITY


def test_every_truncation_is_refused(path: Path, password: str | None) -> None:
    KeyFile.create(path, IDENTITY, password)
    whole = path.read_bytes().rstrip()

    for length in [0, 1, *range(2, len(whole), 37), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(KeystoreError):
            KeyFile.load(path, password)


def test_a_flipped_bit_of_the_secret_is_noticed(path: Path, password: str | None) -> None:
    KeyFile.create(path, IDENTITY, password)
    secret = bytearray.fromhex(json.loads(path.read_text())["secret"])
    secret[10] ^= 1

    change(path, secret=secret.hex())

    with pytest.raises(KeystoreError, match="damaged"):
        KeyFile.load(path, password)


def test_changed_labels_are_noticed(path: Path, password: str | None) -> None:
    KeyFile.create(path, IDENTITY, password, LABELS)

    change(path, labels={"jsonmesh": "MESH-FFFFFFFF"})

    with pytest.raises(KeystoreError, match="damaged"):
        KeyFile.load(path, password)


def scrypt(**fields: Any) -> dict[str, Any]:
    return {"name": "scrypt", "n": 2**14, "r": 8, "p": 1, "salt": "00" * 16, **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"kdf": scrypt(n=2**40)},
        {"kdf": scrypt(n=0)},
        {"kdf": scrypt(n=-(2**16))},
        {"kdf": scrypt(n=2**16 + 1)},
        {"kdf": scrypt(n=2)},
        {"kdf": scrypt(n="65536")},
        {"kdf": scrypt(n=65536.0)},
        {"kdf": scrypt(n=True)},
        {"kdf": scrypt(r=2**30)},
        {"kdf": scrypt(p=2**30)},
        {"kdf": scrypt(p=0)},
        {"kdf": scrypt(name="md5")},
        {"kdf": scrypt(salt="")},
        {"kdf": scrypt(salt="zz")},
        {"kdf": scrypt(salt="01" * 16)},
        {"kdf": []},
        {"kdf": None},
        {"nonce": None},
        {"nonce": "00" * 11},
        {"secret": None},
        {"secret": 5},
        {"secret": ""},
        {"labels": None},
        {"labels": {"a": 1}},
        {"version": 0},
        {"version": "1"},
        {"version": 2},
        {"format": "other"},
        {"extra": 1},
    ],
    ids=str,
)
def test_a_header_not_ours_is_refused_quickly(path: Path, fields: dict[str, Any]) -> None:
    KeyFile.create(path, IDENTITY, "pw", LABELS)
    change(path, **fields)

    with pytest.raises(KeystoreError):
        KeyFile.load(path, "pw")


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"\xff\xfe", b"[" * 50_000, b"{", b"1" * 60_000, b" " * 70_000],
    ids=lambda content: repr(content[:5]),
)
def test_a_file_that_is_no_key_file_is_refused(path: Path, content: bytes) -> None:
    KeyFile.create(path, IDENTITY, None)
    path.write_bytes(content)

    with pytest.raises(KeystoreError, match=str(path)):
        KeyFile.load(path)


@pytest.mark.parametrize("seed", [bytes(64), b"\1" * 64], ids=["zero", "all equal"])
def test_a_seed_without_any_secret_is_refused(path: Path, seed: bytes) -> None:
    KeyFile.create(path, Identity(seed), None)

    with pytest.raises(KeystoreError, match="damaged"):
        KeyFile.load(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o777, 0o620, 0o610])
def test_a_file_others_may_touch_is_refused_with_the_remedy(path: Path, mode: int) -> None:
    KeyFile.create(path, IDENTITY, None)
    path.chmod(mode)

    with pytest.raises(KeystoreError, match="chmod 600"):
        KeyFile.load(path)


def test_a_folder_anybody_may_write_is_refused_unless_sticky(path: Path) -> None:
    KeyFile.create(path, IDENTITY, None)
    path.parent.chmod(0o777)
    with pytest.raises(KeystoreError, match="chmod o-w"):
        KeyFile.load(path)

    path.parent.chmod(0o1777)

    assert KeyFile.load(path) == IDENTITY


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(path: Path) -> None:
    KeyFile.create(path, IDENTITY, None)
    os.chown(path, 12_345, 12_345)

    with pytest.raises(KeystoreError, match="another user"):
        KeyFile.load(path)


def test_what_is_no_plain_file_is_refused_at_once(path: Path, tmp_path: Path) -> None:
    KeyFile.create(path, IDENTITY, None)
    link, pipe, missing = tmp_path / "link", tmp_path / "pipe", tmp_path / "missing"
    link.symlink_to(path)
    os.mkfifo(pipe, 0o600)

    for odd, words in [
        (link, "symbolic link"),
        (pipe, "not a file"),
        (tmp_path, "not a file|directory"),
        (missing, "no key file"),
        (path / "below", "cannot be read"),
    ]:
        with pytest.raises(KeystoreError, match=words):
            KeyFile.load(odd)


def test_no_error_tells_the_secret_or_the_password(path: Path) -> None:
    KeyFile.create(path, IDENTITY, "correct horse")

    with pytest.raises(KeystoreError) as caught:
        KeyFile.load(path, "battery staple")

    assert "staple" not in str(caught.value)
    assert SEED.hex()[:16] not in repr(caught.value)
