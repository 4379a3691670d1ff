"""Laws of `cli.files` and `cli.settings`: whatever stands in a file's place, nothing hangs."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.cli.files import MAX_FILE_BYTES, read_secret, read_text, replace, write_new
from meshtui.cli.main import main
from meshtui.cli.settings import as_toml, documented_file, save_values
from meshtui.config.options import OPTIONS
from meshtui.config.settings import parse_config
from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "binary": (lambda path: path.write_bytes(bytes(range(256))), "line 2: must be UTF-8"),
    "utf-16": (
        lambda path: path.write_bytes('name = "a"'.encode("utf-16")),
        "line 1: must be UTF-8",
    ),
    "latin-1": (lambda path: path.write_bytes(b'\nname = "Zo\xeb"'), "line 2: must be UTF-8"),
    "100 MB": (_huge, "larger than 1024 KiB"),
    "directory": (lambda path: path.mkdir(), "is a directory"),
    "pipe": (os.mkfifo, "is not a regular file"),
    "symlink loop": (_loop, "symbolic links"),
    "dangling symlink": (_dangling, "there is no such file"),
}


@pytest.mark.parametrize(("make", "expected"), STRANGE.values(), ids=STRANGE)
def test_a_strange_settings_file_is_refused_at_once(
    make: Callable[[Path], object],
    expected: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "config.toml"
    make(path)

    code = main(["--home", str(tmp_path), "--print-config"])

    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.startswith(f"meshtui: {path}: ")
    assert expected in captured.err
    assert captured.err.count("\n") == 1


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    path.chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root reads everything")

    with pytest.raises(ConfigError, match="permission denied"):
        read_text(path)


def test_a_byte_order_mark_is_welcome(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "a"\r\n')

    assert parse_config(path, read_text(path).text).name == "a"


def test_a_missing_file_is_an_empty_one_unless_it_was_asked_for(tmp_path: Path) -> None:
    assert main(["--home", str(tmp_path), "--print-config"]) == 0
    assert main(["--config", str(tmp_path / "none.toml"), "--print-config"]) == 2


def test_a_name_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used as a file name"):
        read_text(tmp_path / "a\0b")


def test_a_secret_is_the_line_without_its_end(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(" pass word \r\n")

    assert read_secret(path) == " pass word "


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("\n")

    with pytest.raises(ConfigError, match="is empty"):
        read_secret(path)


def test_a_new_file_is_private_and_takes_no_others_place(tmp_path: Path) -> None:
    path = tmp_path / "words"

    write_new(path, "secret\n")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="is there already"):
        write_new(path, "other\n")
    assert path.read_text() == "secret\n"


def test_a_replaced_file_stays_whole_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        replace(path, "half \ud800")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_replaced_symlink_stays_one(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("old")
    link = tmp_path / "config.toml"
    link.symlink_to(target)

    replace(link, "new")

    assert link.is_symlink()
    assert target.read_text() == "new"


def test_the_first_file_documents_every_option_and_changes_nothing(tmp_path: Path) -> None:
    text = documented_file({})

    assert parse_config(tmp_path, text) == parse_config(tmp_path, "")
    for option in OPTIONS:
        assert option.key.rpartition(".")[2] + " = " in text
        assert option.help.splitlines()[0] in text


def test_what_the_first_file_shows_could_be_set_as_it_stands(tmp_path: Path) -> None:
    lines = documented_file({}).splitlines()
    settable = [re.sub(r"^# (\w+ = )", r"\1", line) for line in lines]

    config = parse_config(tmp_path, "\n".join(settable))

    assert set(config.origins) == {option.key for option in OPTIONS}


@pytest.mark.parametrize("before", [None, documented_file({})], ids=["no file", "documented file"])
def test_saved_values_come_back(before: str | None, tmp_path: Path) -> None:
    path = tmp_path / "sub" / "config.toml"
    if before is not None:
        path.parent.mkdir()
        path.write_text(before)
    values = {"name": 'Zoë "🏔" \\', "links": ["jsonmesh+mqtt://a:b@h"], "jsonmesh.relay": True}

    save_values(path, values)

    config = parse_config(path, path.read_text())
    assert (config.name, config.links) == (values["name"], ("jsonmesh+mqtt://a:b@h",))
    assert config.jsonmesh.relay is True
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 if before is None else True


def test_a_change_keeps_the_users_own_lines(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        "# mine\nname = 'old' # why\nlinks = [\n  'jsonmesh+mqtt://a', # home\n]\n"
        "\n[log]\nlevel='debug'\n"
    )
    path.chmod(0o640)

    save_values(path, {"name": "new", "links": ["jsonmesh+mqtt://b"], "jsonmesh.relay": True})

    assert path.read_text() == (
        '# mine\nname = "new"\nlinks = ["jsonmesh+mqtt://b"]\n\n[log]\nlevel=\'debug\'\n'
        "\n[jsonmesh]\nrelay = true\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "text",
    [
        "jsonmesh = {relay = false}\n",
        "jsonmesh.relay = false\n",
        '"jsonmesh" . "relay" = false\n',
        'name = """\n[jsonmesh]\n"""\n',
    ],
)
def test_a_file_written_too_freely_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)

    with pytest.raises(ConfigError, match="set by hand: relay = true"):
        save_values(path, {"jsonmesh.relay": True})

    assert path.read_text() == text


def test_a_value_that_is_not_allowed_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"

    with pytest.raises(ConfigError, match="must be one of"):
        save_values(path, {"glyphs": "emoji"})

    assert not path.exists()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
def test_any_text_survives_being_written_as_toml(text: str) -> None:
    assert tomllib.loads(f"a = {as_toml(text)}") == {"a": text}


def test_the_limit_is_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("#" * MAX_FILE_BYTES)

    assert len(read_text(path).text) == MAX_FILE_BYTES
