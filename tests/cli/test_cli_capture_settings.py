"""Laws of capture settings on the command line: shown whole, no secret, odd things said."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from meshtui.cli.main import main
from meshtui.cli.output import Output
from meshtui.cli.profile import load_profile
from meshtui.cli.settings import documented_file, save_values
from meshtui.config.capture_keys import BROKER_KEYS, SERVICE_KEYS
from meshtui.config.settings import parse_config
from meshtui.errors import ConfigError
from meshtui.model.capture import CaptureConfig

SECRET = "hunter2"
INI = f"""
[Connection]
connection_type = serial
[PacketCapture]
enabled = true   # run
iata = LOC
mqtt2_server = broker.example
mqtt2_password = {SECRET}
mqtt2_upload_packet_types = 4, 2
mqtt3_port = 99999
"""


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    path = tmp_path / "config.ini"
    path.write_text(INI)
    path.chmod(0o600)
    return path


def run(path: Path, *more: str) -> int:
    return main(["--home", str(path.parent), "--config", str(path), "--print-config", *more])


def test_settings_of_a_bot_are_shown_without_the_password(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(ini, "--json")

    shown = capsys.readouterr()
    rows = {row["key"]: row for row in map(json.loads, shown.out.splitlines())}
    assert code == 0
    assert rows["links"]["value"] == ["meshcore+serial:///dev/ttyUSB0"]
    assert rows["capture.iata"] == {
        "key": "capture.iata",
        "value": "LOC",
        "origin": f"{ini}: line 6",
    }
    assert rows["capture.mqtt2_password"]["value"] == "***"
    assert rows["capture.mqtt2_port"] == {
        "key": "capture.mqtt2_port",
        "value": 1883,
        "origin": "default",
    }
    assert rows["capture.mqtt2_upload_packet_types"]["value"] == [2, 4]
    assert SECRET not in shown.out + shown.err


def test_every_key_is_shown(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(ini)

    shown = set(re.findall(r"(?m)^capture\.(\w+) = ", capsys.readouterr().out))
    assert shown == {
        *(key.name for key in SERVICE_KEYS if key.field),
        *(f"mqtt{number}_{key.name}" for number in (2, 3) for key in BROKER_KEYS if key.field),
    }


def test_what_is_odd_or_broken_is_said(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(ini)

    odd, broken = capsys.readouterr().err.splitlines()
    assert odd.startswith(f"warning: {ini}: line 6: iata: LOC is only the example's; ")
    assert broken.startswith(f"warning: {ini}: line 10: mqtt3_port: must be a whole number from 1")


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o666])
def test_a_password_that_others_can_read_is_said(
    ini: Path, capsys: pytest.CaptureFixture[str], mode: int
) -> None:
    ini.chmod(mode)

    run(ini)

    said = capsys.readouterr().err
    assert f"{ini}: mqtt2_password: is a password others can read; run: chmod 600 {ini}" in said
    assert SECRET not in said


def test_a_file_whose_password_is_kept_apart_may_be_read_by_all(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ini.write_text(INI.replace(f"mqtt2_password = {SECRET}", ""))
    ini.chmod(0o644)
    own = ini.parent / "local" / "config.ini"
    own.parent.mkdir()
    own.write_text(f"[PacketCapture]\nmqtt2_password = {SECRET}\n")
    own.chmod(0o600)

    run(ini)

    said = capsys.readouterr().err
    assert f"{own}: is read, too" in said
    assert "chmod" not in said
    own.chmod(0o644)
    run(ini)
    assert f"run: chmod 600 {own}" in capsys.readouterr().err


def test_a_file_without_a_password_may_be_read_by_all(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ini.write_text(INI.replace(f"mqtt2_password = {SECRET}", ""))
    ini.chmod(0o644)

    run(ini)

    assert "chmod" not in capsys.readouterr().err


STRANGE = {
    "two bytes a letter": (INI.encode("utf-16"), "line 1: must be UTF-8 text"),
    "two bytes without a mark": (INI.encode("utf-16-le"), "holds a NUL; save the file as UTF-8"),
    "another coding": ("[PacketCapture]\niata = ü".encode("latin-1"), "line 2: must be UTF-8"),
    "half of a file": (INI.encode()[:-9] + b"\xff", "line 10: must be UTF-8"),
    "a wrong value": (b"[PacketCapture]\nverbose = perhaps", "line 2: verbose: must be true"),
}


@pytest.mark.parametrize(("content", "expected"), STRANGE.values(), ids=STRANGE)
def test_a_strange_file_is_refused_with_its_line(
    ini: Path, capsys: pytest.CaptureFixture[str], content: bytes, expected: str
) -> None:
    ini.write_bytes(content)

    assert run(ini) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"meshtui: {ini}: ")
    assert expected in said


def test_settings_of_a_bot_are_never_changed(ini: Path) -> None:
    with pytest.raises(ConfigError, match="is another program's settings"):
        save_values(ini, {"theme": "amber"})

    assert ini.read_text() == INI


def test_settings_with_a_service_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[capture]\niata = "SEA"\n')

    save_values(path, {"theme": "amber", "jsonmesh.compact": False})

    config = parse_config(path, path.read_text())
    assert (config.theme, config.jsonmesh.compact, config.capture.iata) == ("amber", False, "SEA")


def test_the_documented_service_is_one_that_runs() -> None:
    text = documented_file({})
    set_ = re.sub(r"(?m)^# (?=\w+ = )", "", text[text.index("[capture]") :])

    off, on = (parse_config(Path("config.toml"), each) for each in (text, set_))

    assert (off.capture, off.remarks) == (CaptureConfig(), ())
    assert (on.capture.is_enabled, on.remarks) == (True, ())
    assert [broker.problem for broker in on.capture.brokers] == ["", ""]


def test_who_runs_the_service_beside_a_chat_has_its_passwords(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pw").write_text(f"{SECRET}\n")
    path = tmp_path / "config.toml"
    path.write_text(
        '[capture]\nenabled = true\noutput_file = "config.toml/x"\n'
        'mqtt1_server = "h"\nmqtt1_password_file = "pw"\n'
    )
    args = argparse.Namespace(home=str(tmp_path), config=None, link=None, password_file=None)

    beside = load_profile(args, output=Output(as_json=False), has_service=True)
    without = load_profile(args, output=None)

    said = capsys.readouterr().err
    assert beside.config.capture.brokers[0].password.reveal == SECRET.encode()
    assert without.config.capture.brokers[0].password.reveal == b""
    assert f"warning: {path}: line 3: capture.output_file: " in said
    assert SECRET not in said


@pytest.mark.parametrize(("enabled", "warned"), [("true", True), ("false", False)])
def test_a_filter_for_what_nothing_has_is_told_with_its_place(
    ini: Path, capsys: pytest.CaptureFixture[str], enabled: str, warned: bool
) -> None:
    ini.write_text(INI.replace("true", enabled) + "filter = type==advrt\n")

    code = run(ini)

    said = f"warning: {ini}: line 11: filter: no known type is advrt; did you mean advert?"
    assert code == 0
    assert (said in capsys.readouterr().err) is warned
