"""Wrong use: one line on stderr that says what to do, the right code, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from textual.worker import WorkerFailed

from meshtui.cli import crash
from meshtui.cli.main import COMMANDS, main
from meshtui.cli.output import align, cell_width

NODE = "MESH-E0D02795"
LINK = "jsonmesh+mqtt://127.0.0.1:1"


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A profile with an identity."""
    main(["identity", "new", "--words", "12", "--no-encrypt", "--home", str(tmp_path)])
    capsys.readouterr()
    return str(tmp_path)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["nonsense"], "invalid choice"),
        (["sim", "x.toml"], "No such file"),
        (["send", "x"], "required"),
        (["send", "--to", NODE], "TEXT"),
        (["send", "--to", NODE, "--forum", "f", "x"], "not allowed with"),
        (["send", "--to", "nobody", "x", "--link", LINK], "--to: a node id is MESH-"),
        (["send", "--to", NODE, "x", "--timeout", "0"], "number of seconds"),
        (["send", "--to", NODE, "x", "--timeout", "nan"], "number of seconds"),
        (["send", "--forum", "f", "x", "--wait", "delivered", "--link", LINK], "nobody acknowl"),
        (["send", "--forum", "", "x", "--link", LINK], "a channel has a name"),
        (["send", "--to", NODE, "x"], "links: no link is set"),
        (["listen"], "links: no link is set"),
        (["relay", "--link", "ftp://host"], "command line: links:"),
        (["listen", "--link", "nonet+mqtt://host"], "unknown network"),
        (["listen", "--link", "jsonmesh+smoke://host"], "unknown transport"),
        (["listen", "--link", f"{LINK}?colour=red"], "unknown option"),
        (["listen", "--count", "0"], "number from 1"),
        (["listen", "--only", "foo"], "invalid choice: 'foo' (choose from 'message',"),
        (["nodes", "--bogus"], "usage: meshtui nodes "),
        (["nodes", "bogus"], "meshtui nodes: error: unrecognized arguments: bogus"),
        (["ask", "cli", "--node", "x", "ver", "--bogus"], "arguments: --bogus\n"),
        (["send", "--to", "x", "x", "--link", "meshtastic+tcp://h:4403"], "unknown network"),
        (["history"], "CONV"),
        (["history", "x", "--limit", "-1"], "number from 1"),
        (["identity"], "ACTION"),
        (["identity", "new", "--words", "13"], "invalid choice"),
        (["--home", "", "nodes"], "must name a folder"),
    ],
)
def test_wrong_use_is_explained(
    argv: list[str], expected: str, home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [] if "--home" in argv else ["--home", home]

    code = main([*where, *argv])

    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert expected in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    assert "--home DIR" in capsys.readouterr().out


def test_the_client_needs_a_terminal(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", home]) == 2
    assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.parametrize("lost", ["stdin", "stdout", "stderr"])
@pytest.mark.parametrize("command", [[], ["demo"]], ids=str)
def test_a_screen_without_a_terminal_names_the_stream_that_is_none(
    lost: str,
    command: list[str],
    home: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.isatty", lambda name=name: name != lost, raising=False)

    assert main(["--home", home, *command]) == 2
    word = {"stdin": "input", "stdout": "output", "stderr": "error"}[lost]
    assert f"standard {word} is none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("nodes >&-", 0, "nothing stored yet"),
        ("--print-config >&-", 0, ""),
        ("nonsense 2>&-", 2, ""),
        ("identity show 2>&-", 0, ""),
        ("--home /nonexistent identity new --no-encrypt 2>&-", 2, ""),
        ("<&-", 2, "standard input is none"),
        ("inspect - <&-", 2, "there is no standard input"),
        (f"send --to {NODE} - --link {LINK} <&-", 2, "there is no standard input"),
        ("nodes <&- >&- 2>&-", 0, ""),
    ],
)
def test_a_stream_that_was_closed_is_no_mistake_of_ours(
    command: str, code: int, said: str, home: str
) -> None:
    started = f"{sys.executable} -m meshtui --home {home} {command}"
    done = subprocess.run(
        ["/bin/sh", "-c", started], check=False, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == code
    assert said in done.stderr
    assert "mistake" not in done.stderr


def test_no_broker_is_no_connection(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["send", "--to", NODE, "x", "--link", LINK, "--timeout", "5", "--json", "--home", home]

    code = main(argv)

    row = json.loads(capsys.readouterr().out)
    assert code == 3
    assert set(row) == {"id", "state", "attempts", "rtt_ms", "reason"}
    assert (row["state"], row["attempts"], row["rtt_ms"]) == ("failed", 0, None)
    assert "nothing listens" in row["reason"]


def test_listening_to_nobody_is_no_connection(
    home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", "--link", LINK, "--timeout", "0.3", "--home", home]) == 3
    assert "nothing listens at 127.0.0.1:1" in capsys.readouterr().err


def test_a_link_that_fails_is_told_once_an_attempt(
    home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["listen", "--link", LINK, "--timeout", "1", "--home", home, "--json"])

    states = [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()]
    assert "down" in states
    assert all(one != other for one, other in pairwise(states))


@pytest.mark.parametrize(
    ("link", "is_warned"),
    [
        ("jsonmesh+mqtts://127.0.0.1:1?insecure=1", True),
        ("jsonmesh+wss://127.0.0.1:1/mqtt?id=a&insecure=1", True),
        ("jsonmesh+mqtts://127.0.0.1:1", False),
        ("jsonmesh+mqtt://127.0.0.1:1?insecure=1", False),  # there is nothing to check
    ],
)
def test_a_certificate_nobody_checks_is_warned_of_at_every_start(
    home: str, link: str, is_warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        main(["listen", "--link", link, "--timeout", "0.2", "--home", home, "--json"])

        warned = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
        assert ["nobody checks who the broker is" in line for line in warned] == [True] * is_warned


def test_a_password_in_a_link_is_never_repeated(
    home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for url in ("jsonmesh+mqtt://me:hunter2@127.0.0.1:1", "mqtt://me:hunter2@127.0.0.1:1"):
        main(["listen", "--link", url, "--timeout", "0.3", "--home", home, "--json"])
        main(["--print-config", "--link", url, "--home", home])
        main(["doctor", "--link", url, "--home", home])

    captured = capsys.readouterr()
    assert "hunter2" not in captured.out + captured.err


def test_a_config_that_holds_a_password_for_all_to_read_is_pointed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('links = ["jsonmesh+mqtt://me:hunter2@host"]\n')
    config.chmod(0o644)

    assert main(["--print-config", "--home", str(tmp_path)]) == 0

    captured = capsys.readouterr()
    assert f"chmod 600 {config}" in captured.err
    assert "hunter2" not in captured.out + captured.err


def test_an_unforeseen_error_leaves_a_trace_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crash.tempfile, "tempdir", str(tmp_path))

    def fail(_args: object) -> int:
        secret = "hunter2"
        raise RuntimeError(secret)

    monkeypatch.setattr("meshtui.cli.nodes.run", fail)

    assert main(["nodes"]) == 1

    [report] = tmp_path.iterdir()
    assert "in fail" in report.read_text()
    assert "hunter2" not in report.read_text()
    err = capsys.readouterr().err
    assert err.startswith("meshtui: unexpected RuntimeError")
    assert str(report) in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_no_room_for_the_output_is_no_mistake_of_ours(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "meshtui", "--print-config", "--home", str(tmp_path)]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert (run.returncode, run.stderr) == (1, "meshtui: cannot write: No space left on device\n")


def test_a_trace_goes_on_to_what_a_worker_of_the_screen_failed_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crash.tempfile, "tempdir", str(tmp_path))
    try:
        raise KeyError("hunter2")
    except KeyError as cause:
        crash.report(WorkerFailed(cause))

    [report] = tmp_path.iterdir()
    assert "caused by builtins.KeyError" in report.read_text()
    assert "test_cli_wrong_use.py" in report.read_text()
    assert "hunter2" not in report.read_text()


def test_doctor_names_what_is_wrong_and_how_to_mend_it(
    home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["doctor", "--link", LINK, "--home", home, "--json"])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert all(set(row) == {"check", "ok", "detail", "fix"} for row in rows)
    by_name = {row["check"]: row for row in rows}
    assert by_name["keys"]["ok"]
    assert by_name["database"]["ok"]
    assert not by_name["link 127.0.0.1: tcp"]["ok"]
    assert "Connection refused" in by_name["link 127.0.0.1: tcp"]["detail"]
    assert by_name["link 127.0.0.1: tcp"]["fix"]


def test_doctor_sees_a_damaged_database(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "meshtui.db").write_bytes(b"SQLite format 3\0" + b"\x07" * 5000)

    assert main(["doctor", "--no-links", "--home", home, "--json"]) == 1

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["check"] for row in rows if not row["ok"]] == ["database"]


def test_columns_align_by_cells() -> None:
    lines = align([["日本", "x"], ["e\u0301👩🏽‍🚀", "y"], ["abc", "z"]])

    assert [cell_width(line[:-1]) for line in lines] == [6, 6, 6]
