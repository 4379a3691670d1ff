"""`meshtui ask`: from arguments to a request, and from answers to rows and an exit code."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from meshtui.cli import ask
from meshtui.cli.main import main
from meshtui.cli.mesh import Follower
from meshtui.cli.output import Exit, Output
from meshtui.errors import LocalProtocolError, NotReadyError
from meshtui.model.command import Ask
from meshtui.model.event import Answered, DeviceChanged
from meshtui.model.secret import SecretBytes
from tests.support.fake_mesh import FakeMesh
from tests.support.two_networks import DEVICE, LOGIN, MESHCORE, RIDGE, STATUS, VERBS, two_networks

if TYPE_CHECKING:
    from pathlib import Path

    from meshtui.model.command import Command

LINK = "meshcore+tcp://127.0.0.1:5000"
EVIL = "\x1b[2J"


@pytest.fixture(autouse=True)
def known_verbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's own logic does not depend on what the network offers today."""
    monkeypatch.setattr(ask, "verbs_of", lambda network: VERBS if network == MESHCORE else ())


class AnsweringMesh(FakeMesh):
    """Answers every request at once with what it was given."""

    def __init__(self, *answers: dict[str, object], busy: int = 0) -> None:
        super().__init__()
        self.__dict__.update(two_networks().__dict__)
        self._subscriptions = []
        self.answers = answers
        self.busy = busy
        self.refusal: LocalProtocolError = NotReadyError("no MeshCore radio is connected")

    async def submit(self, command: Command) -> None:
        if not isinstance(command, Ask):
            return
        if self.busy:
            self.busy -= 1
            raise self.refusal
        self.submitted.append(command)
        self.emit(Answered(MESHCORE, "another", "status", None, self.at(), "not ours"))
        for fields in self.answers:
            answered = Answered(
                MESHCORE, command.request_id, command.verb, command.node_id, self.at(), **fields
            )
            self.emit(answered)


def errand(verb=STATUS, node: str = "Ridge Rpt") -> ask._Errand:
    return ask._Errand(MESHCORE, verb, node, "", None)


async def carried_out(
    mesh: FakeMesh, wanted: ask._Errand, *, as_json: bool = True, timeout_s: float = 0.3
) -> tuple[int, str]:
    out = io.StringIO()
    output = Output(as_json=as_json, stdout=out, stderr=io.StringIO())
    code = await ask._carry_out(mesh, Follower(mesh, timeout_s), wanted, output)
    return code, out.getvalue()


async def test_answers_are_rows_until_the_final_one() -> None:
    row = (("battery", "4.1 V"), ("queue", "0"))
    mesh = AnsweringMesh({"text": "first", "is_final": False}, {"rows": (row,), "rtt_ms": 900})

    code, out = await carried_out(mesh, errand())

    first, second = (json.loads(line) for line in out.splitlines())
    assert code == Exit.DONE
    assert (first["text"], first["final"]) == ("first", False)
    assert second["rows"] == [{"battery": "4.1 V", "queue": "0"}]
    assert (second["node_id"], second["rtt_ms"], second["error"]) == (RIDGE, 900, False)


async def test_answers_for_people_are_tables_that_give_no_orders() -> None:
    rows = ((("node", EVIL), ("snr", "8")), (("node", "b"), ("snr", "9")))

    _, out = await carried_out(
        AnsweringMesh({"text": f"two {EVIL}", "rows": rows}), errand(), as_json=False
    )

    assert out == "two ␛[2J\nNODE  SNR\n␛[2J  8\nb     9\n"


async def test_a_request_that_fails_is_a_failure() -> None:
    assert (await carried_out(AnsweringMesh({"is_error": True}), errand()))[0] == Exit.FAILED


async def test_what_is_not_answered_times_out() -> None:
    assert await carried_out(AnsweringMesh(), errand()) == (Exit.TIMED_OUT, "")


async def test_a_node_nobody_heard_of_times_out() -> None:
    assert (await carried_out(AnsweringMesh(), errand(node="nobody")))[0] == Exit.TIMED_OUT


async def test_whoever_waits_long_for_a_node_is_told_what_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = io.StringIO()
    output = Output(as_json=True, stdout=io.StringIO(), stderr=said)
    for silence_s, words in ((60.0, ""), (0.0, "no node called nobody is known yet; listening")):
        monkeypatch.setattr("meshtui.cli.mesh.SILENCE_S", silence_s)
        mesh = AnsweringMesh()

        await ask._carry_out(mesh, Follower(mesh, 0.1), errand(node="nobody"), output)

        assert said.getvalue().startswith(words or "no node called nobody was heard in time")
        said.truncate(said.seek(0))


async def test_a_radio_is_waited_for_until_its_tables_are_read() -> None:
    mesh = AnsweringMesh({})
    mesh.known_devices = ()

    code, _ = await carried_out(mesh, errand())
    mesh.emit(DeviceChanged(DEVICE))

    assert code == Exit.TIMED_OUT
    assert not mesh.submitted


async def test_a_radio_that_is_still_busy_is_asked_again() -> None:
    mesh = AnsweringMesh({}, busy=1)
    mesh.open_links = lambda: mesh.emit(DeviceChanged(DEVICE))

    assert (await carried_out(mesh, errand(), timeout_s=2.0))[0] == Exit.DONE


async def test_a_request_that_is_wrong_is_not_tried_again() -> None:
    mesh = AnsweringMesh({}, busy=1)
    mesh.refusal = LocalProtocolError("it takes `on` or `off`")

    with pytest.raises(LocalProtocolError, match="it takes `on`"):
        await carried_out(mesh, errand())


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["ask", "--link", LINK], "name what to ask"),
        (["ask", "fly", "--link", LINK], "nothing called 'fly'"),
        (["ask", "status"], "no link is set"),
        (["ask", "status", "--link", LINK], "--node"),
        (["ask", "reboot", "--node", "x", "--link", LINK], "own radio"),
        (["ask", "status", "x", "--node", "x", "--link", LINK], "takes no argument"),
        (["ask", "set-name", "--link", LINK], "it takes NAME"),
        (["ask", "status", "--node", "x", "y", "--link", LINK], "takes no argument"),
        (["ask", "login", "pw", "--node", "x", "--link", LINK], "--secret-file"),
        (["ask", "status", "--node", "x", "--secret-file", "f", "--link", LINK], "no secret"),
    ],
)
def test_wrong_use_is_told(
    argv: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*argv, "--home", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err


def test_an_argument_may_be_several_words() -> None:
    from argparse import ArgumentParser
    from types import SimpleNamespace

    parser = ArgumentParser()
    ask.add_arguments(parser)
    args = parser.parse_args(["set-name", "Ridge", "Rpt"])
    profile = SimpleNamespace(config=SimpleNamespace(links=(LINK,)))

    assert ask._errand(args, profile).argument == "Ridge Rpt"


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    from argparse import Namespace

    file = tmp_path / "pw"
    file.write_text("geheim\n")

    secret = ask._secret(Namespace(secret_file=str(file)), LOGIN, None)

    assert secret == SecretBytes(b"geheim")


def test_what_can_be_asked_is_listed_without_a_link_or_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "--list", "--json", "--home", str(tmp_path)]) == 0

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (login,) = (row for row in rows if row["verb"] == "login")
    assert (login["of"], login["secret"], login["roles"]) == ("node", True, ["relay", "room"])


def test_where_nothing_can_be_asked_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = "jsonmesh+mqtt://127.0.0.1:1"

    assert main(["ask", "--list", "--link", link, "--home", str(tmp_path)]) == 0

    assert capsys.readouterr() == ("", "nothing can be asked on jsonmesh\n")
