"""Laws of the files that capture settings name: nothing hangs, no secret is told, others run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from meshtui.config.capture_files import with_files
from meshtui.config.capture_ini import parse_ini
from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from meshtui.model.capture import CaptureConfig

SECRET = "hunter2"


def settings(tmp_path: Path, *lines: str) -> CaptureConfig:
    path = tmp_path / "config.ini"
    text = "\n".join(("[PacketCapture]", "enabled = true", "mqtt1_server = h", *lines))
    path.write_text(text)
    return parse_ini(path, text).config


def private(path: Path, content: bytes = SECRET.encode()) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_a_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    private(tmp_path / "pw", f"{SECRET}\r\n# mine\n".encode())

    service, remarks = with_files(settings(tmp_path, "mqtt1_password_file = pw"))

    [broker] = service.brokers
    assert (broker.password.reveal, broker.problem, remarks) == (SECRET.encode(), "", ())
    assert SECRET not in repr(service)


def test_a_password_in_the_settings_is_nearer_than_a_file(tmp_path: Path) -> None:
    service, _ = with_files(
        settings(tmp_path, "mqtt1_password = near", "mqtt1_password_file = gone")
    )

    assert (service.brokers[0].password.reveal, service.brokers[0].problem) == (b"near", "")


def test_a_password_that_others_can_read_is_said(tmp_path: Path) -> None:
    private(tmp_path / "pw").chmod(0o644)

    _, [remark] = with_files(settings(tmp_path, "mqtt1_password_file = pw"))

    where = f"{tmp_path}/config.ini: line 4: mqtt1_password_file"
    assert remark == f"{where}: others can read this password; run: chmod 600 {tmp_path}/pw"


BAD_PASSWORDS = {
    "empty": (b"", "must hold the password in its first line"),
    "of many letters": (b"a" * 5000, "is larger than 4 KiB"),
    "with a control character": (b"hunter2\x1b[2J", "must hold the password in its first line"),
    "of another coding": (b"hunter2\xff", "must hold the password in its first line"),
}


@pytest.mark.parametrize(("content", "expected"), BAD_PASSWORDS.values(), ids=BAD_PASSWORDS)
def test_a_bad_password_file_is_its_brokers_problem(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    private(tmp_path / "pw", content)

    service, _ = with_files(
        settings(tmp_path, "mqtt1_password_file = pw", "mqtt2_server = h", "mqtt2_port = 1")
    )

    first, second = service.brokers
    assert first.problem.startswith(f"{tmp_path}/config.ini: line 4: mqtt1_password_file: ")
    assert expected in first.problem
    assert SECRET not in first.problem
    assert second.problem == ""


def no_file(path: Path) -> str:
    return "no such file"


def a_pipe(path: Path) -> str:
    os.mkfifo(path)
    return "is no regular file"


def a_folder(path: Path) -> str:
    path.mkdir()
    return "is no regular file"


def a_loop(path: Path) -> str:
    path.symlink_to(path)
    return "symbolic links"


def a_disk_image(path: Path) -> str:
    with path.open("wb") as file:
        file.truncate(1 << 34)
    return "is larger than"


ODD_PLACES = [no_file, a_pipe, a_folder, a_loop, a_disk_image]


@pytest.mark.parametrize("make", ODD_PLACES)
@pytest.mark.parametrize("key", ["mqtt1_password_file", "mqtt1_tls_ca"])
def test_what_is_no_file_is_its_brokers_problem_at_once(tmp_path: Path, make, key: str) -> None:
    expected = make(tmp_path / "there")

    service, _ = with_files(settings(tmp_path, f"{key} = there", "mqtt1_use_tls = 1"))

    assert f"line 4: {key}: " in service.brokers[0].problem
    assert expected in service.brokers[0].problem


@pytest.mark.parametrize("make", ODD_PLACES)
def test_a_key_that_only_we_can_sign_with_must_be_there(tmp_path: Path, make) -> None:
    expected = make(tmp_path / "key")
    lines = ("private_key_path = key", "auth_token_method = python")

    with pytest.raises(ConfigError, match=r"config\.ini: line 4: private_key_path: ") as caught:
        with_files(settings(tmp_path, *lines))

    assert expected in str(caught.value)


def test_a_key_that_is_gone_is_said_where_the_radio_signs(tmp_path: Path) -> None:
    _, [remark] = with_files(settings(tmp_path, "private_key_path = key"))

    assert "line 4: private_key_path: " in remark
    assert remark.endswith("no such file or directory; only the radio can sign tokens then")


def test_a_key_that_others_can_read_is_said_and_not_read(tmp_path: Path) -> None:
    path = private(tmp_path / "key", b"ab" * 64)
    path.chmod(0o640)

    service, [remark] = with_files(settings(tmp_path, "private_key_path = key"))

    assert remark.endswith(f"others can read this key; run: chmod 600 {path}")
    assert "abab" not in repr(service)


def test_a_file_to_write_need_not_be_there(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("")

    for name in ("new", "old"):
        service, remarks = with_files(settings(tmp_path, f"output_file = {name}"))

        assert (service.output_file, remarks) == (f"{tmp_path}/{name}", ())


def test_the_folder_of_a_file_to_write_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no folder"):
        with_files(settings(tmp_path, "output_file = deep/down/new"))

    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("folder", "is no regular file"),
        ("pipe", "is no regular file"),
        ("old/x", "is no folder"),
        ("a" * 300, "too long"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "old").write_text("")

    with pytest.raises(ConfigError, match=r"config\.ini: line 4: output_file: ") as caught:
        with_files(settings(tmp_path, f"output_file = {name}"))

    assert expected in str(caught.value)


def test_beside_a_chat_nothing_is_refused(tmp_path: Path) -> None:
    lines = ("output_file = config.ini/x", "private_key_path = key", "auth_token_method = python")

    service, (key, output) = with_files(settings(tmp_path, *lines), is_alone=False)

    assert "line 5: private_key_path: " in key
    assert "line 4: output_file: " in output
    assert service.output_file == f"{tmp_path}/config.ini/x"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)

    with pytest.raises(ConfigError, match=r"output_file: .* cannot be written"):
        with_files(settings(tmp_path, "output_file = shut/x"))


def test_the_settings_are_not_written_over_by_any_way(tmp_path: Path) -> None:
    settings(tmp_path)
    (tmp_path / "link").symlink_to("config.ini")

    with pytest.raises(ConfigError, match="must not be the settings file itself"):
        settings(tmp_path, "output_file = link")


def test_brokers_that_do_not_run_are_not_looked_at(tmp_path: Path) -> None:
    off = settings(tmp_path, "mqtt1_password_file = gone", "mqtt1_enabled = no")
    idle = settings(tmp_path, "mqtt1_password_file = gone", "mqtt_enabled = no")
    broken = settings(tmp_path, "mqtt1_password_file = gone", "mqtt1_port = 0")

    assert with_files(off) == (off, ())
    assert with_files(idle) == (idle, ())
    assert with_files(broken) == (broken, ())
