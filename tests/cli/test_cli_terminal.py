"""The program on a terminal of its own: password, first run, a clean end."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.mosquitto import Mosquitto, running
from tests.support.program import new_identity, run_program, running_program
from tests.support.pseudo_terminal import on_a_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESHTUI = [sys.executable, "-m", "meshtui"]
LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with running(tmp_path_factory.mktemp("broker")) as started:
        yield started


def test_a_newcomer_is_welcomed_and_may_leave_without_a_trace(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with on_a_terminal([*MESHTUI, "--home", str(home)]) as terminal:
        terminal.wait_for("first run")
        terminal.type("\x11")

        assert terminal.wait() == 0
    assert LEAVE_ALTERNATE_SCREEN in terminal.output
    assert not (home / "keys.json").exists()
    assert not (home / "meshtui.db").exists()


@pytest.mark.broker
def test_a_terminated_client_restores_the_terminal_and_says_goodbye(
    broker: Mosquitto, tmp_path: Path
) -> None:
    watcher, home = tmp_path / "watcher", tmp_path / "home"
    new_identity(watcher)
    me = new_identity(home)
    link = ("--link", broker.url())
    with running_program(watcher, "listen", *link) as watching:
        watching.wait_for_event("link", state="up")
        with on_a_terminal([*MESHTUI, "--home", str(home), *link]) as terminal:
            watching.wait_for_event("node", node_id=me, online=True)
            terminal.wait_for("localhost")

            os.kill(terminal.pid, signal.SIGTERM)

            assert terminal.wait() == 130
        watching.wait_for_event("node", node_id=me, online=False)
    assert LEAVE_ALTERNATE_SCREEN in terminal.output


def test_a_password_is_asked_for_without_echo_and_again_where_it_is_wrong(
    tmp_path: Path,
) -> None:
    password = tmp_path / "password"
    password.write_text("correct horse")
    run_program(tmp_path, "identity", "new", "--password-file", str(password))
    argv = [*MESHTUI, "identity", "verify", "MESH-E0D02795"]
    argv += ["021199da89205c4801f0dd8bd2112d327a2d1370e17dc9d4cebc03bd5ae6db2d29"]

    with on_a_terminal([*argv, "--home", str(tmp_path)]) as terminal:
        terminal.wait_for("Password of the key file: ")
        terminal.type("mistyped\n")
        terminal.wait_for("wrong password")
        terminal.wait_for("Password of the key file: ", times=2)
        terminal.type("correct horse\n")

        assert terminal.wait() == 0
    assert b"MESH-E0D02795 is verified" in terminal.output
    assert b"mistyped" not in terminal.output
    assert b"horse" not in terminal.output


def test_a_new_password_is_asked_twice_and_must_be_the_same(tmp_path: Path) -> None:
    with on_a_terminal([*MESHTUI, "identity", "new", "--home", str(tmp_path)]) as terminal:
        terminal.wait_for("Password of the key file: ")
        terminal.type("one\n")
        terminal.wait_for("The same again: ")
        terminal.type("other\n")

        assert terminal.wait() == 2
    assert b"the two passwords differ; nothing was written" in terminal.output
    assert not (tmp_path / "keys.json").exists()


def test_a_mistake_of_ours_shows_no_values(tmp_path: Path) -> None:
    code = (
        "import sys, tempfile\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "from meshtui.tui.screens import welcome\n"
        "def fail(self):\n"
        "    secret = 'hunter' + '2'\n"
        "    raise RuntimeError(secret)\n"
        "welcome.WelcomeScreen.compose = fail\n"
        "from meshtui.cli.main import main\n"
        f"sys.exit(main(['--home', {str(tmp_path / 'home')!r}]))\n"
    )
    with on_a_terminal([sys.executable, "-c", code]) as terminal:
        assert terminal.wait() == 1

    [report] = tmp_path.glob("meshtui-crash-*")
    assert b"unexpected RuntimeError" in terminal.output
    assert b"hunter2" not in terminal.output + report.read_bytes()
    assert LEAVE_ALTERNATE_SCREEN in terminal.output


def test_a_client_whose_terminal_hangs_up_ends_though_told_to_continue(tmp_path: Path) -> None:
    new_identity(tmp_path)
    nowhere = ("--link", "jsonmesh+mqtt://127.0.0.1:1")
    with on_a_terminal([*MESHTUI, "--home", str(tmp_path), *nowhere]) as terminal:
        terminal.wait_for("127.0.0.1")

        os.kill(terminal.pid, signal.SIGHUP)
        os.kill(terminal.pid, signal.SIGCONT)

        assert terminal.wait() == 130
    assert terminal.output.count(LEAVE_ALTERNATE_SCREEN) == 1


def test_what_comes_in_one_piece_with_the_key_that_opens_an_input_is_text_in_it(
    tmp_path: Path,
) -> None:
    new_identity(tmp_path)
    nowhere = ("--link", "jsonmesh+mqtt://127.0.0.1:1")
    with on_a_terminal([*MESHTUI, "--home", str(tmp_path), *nowhere]) as terminal:
        terminal.wait_for("127.0.0.1")
        terminal.type("\x1b")
        terminal.wait_for("mention")

        terminal.type("4/hops>2")
        terminal.wait_for("hops>2")
        terminal.type("\x1b")
        terminal.type("\x03")

        assert terminal.wait() == 0


@pytest.mark.parametrize(
    ("key", "code", "said"), [("\x03", 130, ""), ("\x04", 2, "meshtui: nothing was typed")]
)
def test_whoever_is_asked_for_a_password_may_leave(
    key: str, code: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "pw").write_text("correct horse\n")
    (tmp_path / "pw").chmod(0o600)
    run_program(tmp_path, "identity", "new", "--password-file", str(tmp_path / "pw"))
    command = ("send", "--forum", "x", "y", "--link", "jsonmesh+mqtt://127.0.0.1:1")
    with on_a_terminal([*MESHTUI, "--home", str(tmp_path), *command]) as terminal:
        terminal.wait_for("Password of the key file")
        terminal.type(key)

        assert terminal.wait() == code
    assert said in terminal.output.decode()
