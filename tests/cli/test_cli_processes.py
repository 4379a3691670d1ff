"""Real processes on a real broker: chat, bridging, signals, pipes."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.mosquitto import ALICE, Mosquitto, running
from tests.support.program import new_identity, run_program, running_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with running(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def anna(tmp_path: Path) -> tuple[Path, str]:
    """Home and node id of somebody."""
    return tmp_path / "anna", new_identity(tmp_path / "anna")


@pytest.fixture
def ben(tmp_path: Path) -> tuple[Path, str]:
    """Home and node id of somebody else."""
    return tmp_path / "ben", new_identity(tmp_path / "ben")


def test_a_message_is_delivered_to_a_stranger_and_kept_by_both(
    broker: Mosquitto, anna: tuple[Path, str], ben: tuple[Path, str]
) -> None:
    link = ("--link", broker.url())
    with running_program(ben[0], "listen", *link) as listening:
        listening.wait_for_event("link", state="up")

        code, [row], _ = run_program(anna[0], "send", "--to", ben[1], "hello Ben", *link)

        heard = listening.wait_for_event("message")
    assert code == 0
    assert set(row) == {"id", "state", "attempts", "rtt_ms", "reason"}
    assert (row["state"], row["attempts"], row["reason"]) == ("delivered", 1, "")
    assert (heard["id"], heard["from"], heard["to"]) == (row["id"], anna[1], ben[1])
    assert (heard["text"], heard["type"]) == ("hello Ben", "text")
    for home, peer in ((anna[0], ben[1]), (ben[0], anna[1])):
        _, kept, _ = run_program(home, "history", peer)
        assert [(each["id"], each["text"]) for each in kept] == [(row["id"], "hello Ben")]


def test_a_recipient_who_appears_in_time_is_waited_for(
    broker: Mosquitto, anna: tuple[Path, str], ben: tuple[Path, str]
) -> None:
    link = ("--link", broker.url())
    argv = ("send", "--to", ben[1], "early", "--wait", "delivered", "--timeout", "20", *link)
    with (
        running_program(anna[0], *argv) as sending,
        running_program(ben[0], "listen", *link) as listening,
    ):
        listening.wait_for_event("message", text="early")
        row = sending.wait_for(lambda _row: True)
    assert row["state"] == "delivered"


def test_nobody_there_times_out(broker: Mosquitto, anna: tuple[Path, str]) -> None:
    code, [row], _ = run_program(
        anna[0], "send", "--to", "MESH-0123ABCD", "x", "--timeout", "0.5", "--link", broker.url()
    )

    assert code == 4
    assert row["state"] == "failed"
    assert "MESH-0123ABCD" in row["reason"]


def test_members_of_a_forum_hear_each_other(
    broker: Mosquitto, anna: tuple[Path, str], ben: tuple[Path, str]
) -> None:
    link = ("--link", broker.url())
    with running_program(ben[0], "listen", "--forum", "cli test", *link) as listening:
        listening.wait_for_event("link", state="up")

        code, [row], _ = run_program(anna[0], "send", "--forum", "cli test", "all well?", *link)

        heard = listening.wait_for_event("message")
    assert (code, row["state"]) == (0, "sent")
    assert (heard["conversation"], heard["to"]) == ("jsonmesh/#cli test", "#cli test")
    _, [joined], _ = run_program(ben[0], "channels", "--joined")
    assert joined["name"] == "cli test"


def test_a_relay_carries_a_message_from_one_broker_to_another(
    broker: Mosquitto, tmp_path: Path, anna: tuple[Path, str], ben: tuple[Path, str]
) -> None:
    new_identity(tmp_path / "relay")
    with running(tmp_path / "far") as far:
        here, there = ("--link", broker.url()), ("--link", far.url())
        with (
            running_program(tmp_path / "relay", "relay", *here, *there) as relay,
            running_program(ben[0], "listen", *there) as listening,
        ):
            relay.wait_for_event("link", state="up", link="localhost")
            relay.wait_for_event("link", state="up", link="localhost-2")
            listening.wait_for_event("link", state="up")

            code, [row], _ = run_program(anna[0], "send", "--to", ben[1], "far away", *here)

            heard = listening.wait_for_event("message", text="far away")
            passed = relay.wait_for_event("relay", to=ben[1])
            assert relay.end(signal.SIGTERM) == (130, "")
    assert (code, row["state"]) == (0, "delivered")
    assert heard["hops"] == 1
    assert (passed["id"], passed["ttl"], passed["hops"]) == (row["id"], 9, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_the_end_is_told_to_the_others(
    number: signal.Signals, broker: Mosquitto, anna: tuple[Path, str], ben: tuple[Path, str]
) -> None:
    link = ("--link", broker.url())
    with running_program(anna[0], "listen", *link) as watching:
        watching.wait_for_event("link", state="up")
        with running_program(ben[0], "listen", *link) as leaving:
            watching.wait_for_event("node", node_id=ben[1], online=True)

            ended = leaving.end(number)

            watching.wait_for_event("node", node_id=ben[1], online=False)
    assert ended == (130, "")


def test_a_reader_that_goes_away_ends_it_quietly(broker: Mosquitto, anna: tuple[Path, str]) -> None:
    command = [sys.executable, "-m", "meshtui", "listen", "--home", str(anna[0])]
    process = subprocess.Popen(
        [*command, "--link", broker.url(), "--packets", "--timeout", "20"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()

    code = process.wait(15)

    assert (code, process.stderr.read()) == (0, "")


def test_packets_are_taken_apart(broker: Mosquitto, anna: tuple[Path, str]) -> None:
    argv = ("listen", "--packets", "--only", "packet", "--link", broker.url())

    with running_program(anna[0], *argv) as listening:
        presence = listening.wait_for_event("packet", direction="tx")

    assert presence["type"] == "presence"
    assert anna[1].encode().hex() in presence["hex"]
    assert {"summary", "fields", "problems", "why"} == set(presence["dissection"])


def test_a_count_ends_it(broker: Mosquitto, anna: tuple[Path, str]) -> None:
    argv = ("listen", "--packets", "--only", "packet", "--count", "2", "--timeout", "10")

    code, rows, _ = run_program(anna[0], *argv, "--link", broker.url())

    assert (code, len(rows)) == (0, 2)


def test_too_few_events_time_out(broker: Mosquitto, anna: tuple[Path, str]) -> None:
    argv = ("listen", "--only", "security", "--count", "1", "--timeout", "0.5")

    code, rows, _ = run_program(anna[0], *argv, "--link", broker.url())

    assert (code, rows) == (4, [])


def test_a_profile_in_use_is_not_used_twice(broker: Mosquitto, anna: tuple[Path, str]) -> None:
    link = ("--link", broker.url())
    with running_program(anna[0], "listen", *link) as listening:
        listening.wait_for_event("link", state="up")

        code, rows, said = run_program(anna[0], "send", "--to", anna[1], "x", *link)

    assert (code, rows) == (1, [])
    assert f"in use by process {listening.process.pid}" in said


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts", "ws", "wss"])
def test_doctor_finds_nothing_wrong_with_a_good_link(
    scheme: str, broker: Mosquitto, anna: tuple[Path, str]
) -> None:
    code, rows, _ = run_program(anna[0], "doctor", "--link", broker.url(scheme))

    assert (code, [row for row in rows if not row["ok"]]) == (0, [])
    steps = [row["check"].rpartition(" ")[2] for row in rows if row["check"].startswith("link ")]
    tls = ["tls"] * (scheme in {"mqtts", "wss"})
    upgrade = ["websocket"] * (scheme in {"ws", "wss"})
    assert steps == ["name", "tcp", *tls, *upgrade, "login", "topics"]


def test_doctor_finds_the_step_that_fails(
    broker: Mosquitto, tmp_path: Path, anna: tuple[Path, str]
) -> None:
    def failing(url: str) -> tuple[str, str]:
        code, rows, _ = run_program(anna[0], "doctor", "--link", url)
        assert code == 1
        [row] = [row for row in rows if not row["ok"]]
        return row["check"].rpartition(" ")[2], row["detail"]

    untrusted = f"jsonmesh+mqtts://localhost:{broker.ports['mqtts']}"
    wrong_path = f"jsonmesh+ws://localhost:{broker.ports['mqtt']}/mqtt"
    password = tmp_path / "password"
    password.write_text("wrong")
    wrong_word = f"{ALICE[0]}@localhost"
    with running(tmp_path / "locked", has_login=True) as locked:
        wrong_login = (
            f"jsonmesh+mqtt://{wrong_word}:{locked.ports['mqtt']}?password_file={password}"
        )
        assert failing(wrong_login)[0] == "login"
        password.write_text(ALICE[1])
        code, _, _ = run_program(anna[0], "doctor", "--link", wrong_login)
        assert code == 0
    step, detail = failing(untrusted)
    assert (step, "not trusted" in detail) == ("tls", True)
    assert failing(f"{untrusted}?insecure=1")[0] == "tls"
    assert failing(f"{untrusted}?ca={password}")[0] == "tls"
    assert failing(wrong_path)[0] == "websocket"
    assert failing("jsonmesh+mqtt://no-such-host.invalid")[0] == "name"


def test_a_message_given_up_is_not_sent_later(broker: Mosquitto, anna: tuple[Path, str]) -> None:
    relay_id = new_identity(anna[0].with_name("gone"))
    link = ("--link", broker.url())
    with running_program(anna[0].with_name("gone"), "listen", *link) as passing:
        passing.wait_for_event("link", state="up")

    argv = ("send", "--to", relay_id, "x", "--wait", "delivered", "--timeout", "1", *link)
    code, [row], _ = run_program(anna[0], *argv)

    _, [kept], _ = run_program(anna[0], "history", relay_id)
    assert (code, row["state"] in {"sending", "sent"}) == (4, True)
    assert kept["state"] == "cancelled"
