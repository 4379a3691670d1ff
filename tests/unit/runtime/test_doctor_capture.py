"""What the doctor says of the capture service's files and of its owner."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import CryptoError
from meshtui.model.capture import BrokerConfig, CaptureConfig
from meshtui.runtime.doctor_capture import MIB, check_machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from meshtui.model.secret import SecretBytes
    from meshtui.runtime.check import Check

SECRET = "5EED" * 32
TOKEN_BROKER = BrokerConfig(2, server="mqtt.example.net", use_auth_token=True)


def proven(key: SecretBytes) -> None:
    if key.reveal.strip() != SECRET.encode():
        raise CryptoError("bad-key", "it is the private key of another node than this radio")


def looked_at(
    prove: Callable[[SecretBytes], None] | None = proven, **settings: object
) -> dict[str, Check]:
    found = check_machine(CaptureConfig(**settings), prove)
    return {check.check.removeprefix("capture: "): check for check in found}


def key_file(folder: Path, text: str = SECRET, mode: int = 0o600) -> Path:
    path = folder / "radio.key"
    path.write_text(text + "\n")
    path.chmod(mode)
    return path


def test_nothing_is_looked_at_where_nothing_is_set() -> None:
    assert looked_at() == {}


def test_an_output_file_that_is_not_there_yet_can_be_written_and_is_not_made(
    tmp_path: Path,
) -> None:
    check = looked_at(output_file=str(tmp_path / "packets.jsonl"))["output_file"]

    assert check.is_ok
    assert "MB are free" in check.detail
    assert list(tmp_path.iterdir()) == []


def test_an_output_file_is_left_as_it_is_even_where_its_last_line_is_half_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "packets.jsonl"
    path.write_text('{"type":"PACKET"}\n{"type":')

    check = looked_at(output_file=str(path))["output_file"]

    assert check.is_ok
    assert path.read_text() == '{"type":"PACKET"}\n{"type":'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none/packets.jsonl", "there is no folder"),
        ("folder", "is a folder"),
        ("pipe", "a pipe or a device"),
        ("link", "symbolic link"),
        ("file/packets.jsonl", "is none: choose another place"),
        ("nul\0byte", "cannot be the name of a file"),
        ("x" * 300, "too long"),
    ],
)
def test_where_no_file_can_be_is_told_in_words(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")

    check = looked_at(output_file=str(tmp_path / name))["output_file"]

    assert not check.is_ok
    assert words in check.detail


def test_a_file_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packets.jsonl").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)

    check = looked_at(output_file=str(tmp_path / "packets.jsonl"))["output_file"]

    assert not check.is_ok
    assert "may not write there" in check.detail


def test_a_disk_that_will_be_too_small_is_told_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=150 * MIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    path = str(tmp_path / "packets.jsonl")

    small = looked_at(output_file=path, output_max_mb=50.0, output_keep=2)["output_file"]
    large = looked_at(output_file=path, output_max_mb=50.0, output_keep=3)["output_file"]

    assert small.is_ok
    assert not large.is_ok
    assert "150 MB are free, and it may become 200 MB" in large.detail
    assert "output_keep" in large.fix


def test_what_is_kept_already_needs_no_more_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    for name in ("packets.jsonl", "packets.jsonl.1"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(MIB)

    path = str(tmp_path / "packets.jsonl")
    assert looked_at(output_file=path, output_max_mb=1.0, output_keep=1)["output_file"].is_ok


def test_the_radios_own_key_file_is_in_order(tmp_path: Path) -> None:
    path = str(key_file(tmp_path))

    known = looked_at(private_key_path=path)["private_key_path"]
    unknown = looked_at(None, private_key_path=path)["private_key_path"]

    assert known.is_ok
    assert "this radio's key" in known.detail
    assert unknown.is_ok
    assert "not compared" in unknown.detail


def test_a_key_file_that_others_can_read_is_told_with_what_to_run(tmp_path: Path) -> None:
    path = key_file(tmp_path, mode=0o644)

    check = looked_at(private_key_path=str(path))["private_key_path"]

    assert not check.is_ok
    assert check.fix.endswith(f"chmod 600 {path}")


def test_another_radios_key_is_told_and_not_shown(tmp_path: Path) -> None:
    other = "BAD0" * 32

    check = looked_at(private_key_path=str(key_file(tmp_path, other)))["private_key_path"]

    assert not check.is_ok
    assert "another node" in check.detail
    assert "BAD0" not in repr(check)


@pytest.mark.parametrize(
    ("name", "words"),
    [("none.key", "No such file"), ("", "Is a directory"), ("nul\0", "name of a file"),
     ("~no-such-user/x", "No such file")],
)  # fmt: skip
def test_a_key_file_that_is_none_is_told(tmp_path: Path, name: str, words: str) -> None:
    path = name if name.startswith("~") else f"{tmp_path}/{name}"

    check = looked_at(private_key_path=path)["private_key_path"]

    assert not check.is_ok
    assert words in check.detail


def test_a_pipe_in_the_key_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert not looked_at(private_key_path=str(tmp_path / "pipe"))["private_key_path"].is_ok


def test_what_is_said_of_the_owner_and_to_whom() -> None:
    told = looked_at(
        owner_email="me@example.org", owner_public_key="7E" * 32, brokers=(TOKEN_BROKER,)
    )["owner"]
    kept = looked_at(owner_email="me@example.org", brokers=(BrokerConfig(1, server="x"),))["owner"]

    assert told.is_ok
    assert told.detail == "key 7E7E7E7E… and me@example.org: told to mqtt2 with each login"
    assert "told to nobody" in kept.detail


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"owner_email": "me at example.org"}, "no mail address"),
        ({"owner_email": "me@host"}, "no mail address"),
        ({"owner_email": "a@b.c, d@e.f"}, "no mail address"),
        ({"owner_email": "a@b@c.d"}, "no mail address"),
        ({"owner_public_key": "7E" * 31}, "no public key"),
        ({"owner_public_key": "G" * 64}, "no public key"),
    ],
)
def test_an_owner_that_cannot_be_right_is_told(settings: dict[str, str], words: str) -> None:
    check = looked_at(**settings)["owner"]

    assert not check.is_ok
    assert words in check.detail
    assert check.fix
