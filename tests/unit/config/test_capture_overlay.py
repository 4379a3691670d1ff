"""Laws of the settings that bots keep apart: what lies over a file counts, and is said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from meshtui.config.capture_ini import CaptureFile, parse_ini
from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """
[Connection]
connection_type = tcp
hostname = radio.lan
[Bot]
bot_name = Hill
[PacketCapture]
enabled = false
iata = SEA
mqtt1_server = broker.example
mqtt1_username = alice
"""
OWN = """
[PacketCapture]
enabled = true
mqtt1_password = hunter2
private_key_path = radio.key
[Connection]
hostname = 10.0.0.7
[Keywords]
ping = pong
"""


def lay_over(folder: Path, text: str = OWN, mode: int = 0o600) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "config.ini"
    path.write_text(text)
    path.chmod(mode)
    return path


def read(folder: Path, text: str = MAIN) -> CaptureFile:
    return parse_ini(folder / "config.ini", text)


def test_what_the_user_keeps_apart_counts_and_the_rest_stays(tmp_path: Path) -> None:
    own = lay_over(tmp_path / "local")

    file = read(tmp_path)

    [broker] = file.config.brokers
    assert (file.config.is_enabled, file.config.iata, file.bot_name) == (True, "SEA", "Hill")
    assert (broker.server, broker.username) == ("broker.example", "alice")
    assert broker.password.reveal == b"hunter2"
    assert file.links == ("meshcore+tcp://10.0.0.7:5000",)
    assert file.config.private_key_path == str(tmp_path / "radio.key")  # beside the main file
    assert file.config.places["mqtt1_password"] == f"{own}: line 4: mqtt1_password"
    assert file.remarks == (f"{own}: is read, too; what it sets counts",)


def test_without_such_a_file_nothing_is_said(tmp_path: Path) -> None:
    assert read(tmp_path).remarks == ()


@pytest.mark.parametrize("name", ["mine", "./mine/", "absolute"])
def test_it_may_be_kept_elsewhere(tmp_path: Path, name: str) -> None:
    lay_over(tmp_path / "mine")
    folder = str(tmp_path / "mine") if name == "absolute" else name

    file = read(tmp_path, MAIN.replace("bot_name", f"local_dir_path = {folder}\nbot_name"))

    assert file.config.is_enabled


def test_the_file_itself_is_not_read_twice(tmp_path: Path) -> None:
    text = MAIN.replace("bot_name", "local_dir_path = .\nbot_name")
    lay_over(tmp_path, text)

    assert read(tmp_path, text).remarks == ()


def test_a_mistake_in_it_names_its_line(tmp_path: Path) -> None:
    own = lay_over(tmp_path / "local", "[PacketCapture]\nenabled = maybe\n")

    with pytest.raises(ConfigError) as error:
        read(tmp_path)

    assert str(error.value).startswith(f"{own}: line 2: enabled: must be true or false")


def test_a_password_in_it_that_others_can_read_is_said(tmp_path: Path) -> None:
    own = lay_over(tmp_path / "local", mode=0o644)

    assert f"{own}: others can read its passwords; run: chmod 600 {own}" in read(tmp_path).remarks


@pytest.mark.parametrize("what", ["folder", "pipe", "latin", "large", "nul", "dangling"])
def test_one_that_cannot_be_read_is_named_at_once(tmp_path: Path, what: str) -> None:
    own = lay_over(tmp_path / "local", "x" * (1024 * 1024 + 1) if what == "large" else OWN)
    if what in {"folder", "pipe", "dangling"}:
        own.unlink()
    match what:
        case "folder":
            own.mkdir()
        case "pipe":
            os.mkfifo(own)
        case "dangling":
            own.symlink_to(tmp_path / "gone")
        case "latin":
            own.write_bytes("[Bot]\nbot_name = Zo\xeb".encode("latin-1"))
        case "nul":
            own.write_bytes(b"[Bot]\0")

    with pytest.raises(ConfigError, match=r"local/config\.ini: ") as error:
        read(tmp_path)

    assert "hunter2" not in str(error.value)
