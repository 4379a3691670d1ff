"""Real processes: `meshtui capture` between a simulated radio and real brokers."""

from __future__ import annotations

import contextlib
import fcntl
import json
import signal
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.companion_server import STREET, running_server
from tests.support.mosquitto import Mosquitto, free_port, running
from tests.support.program import (
    new_identity,
    run_program,
    running_process,
    running_program,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.companion_server import Place

PIPE_BYTES = 4_096
TOPICS = """
mqtt{number}_topic_status = meshcore/{{IATA}}/{{PUBLIC_KEY}}/status
mqtt{number}_topic_packets = meshcore/{{IATA}}/{{PUBLIC_KEY}}/packets
"""


@pytest.fixture(scope="module")
def radio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A radio on a street where something is heard every second."""
    folder = tmp_path_factory.mktemp("radio")
    busy = STREET.replace("advert_every_min = 60", "advert_every_min = 5")
    with running_server(folder, "--speed=300", scenario=busy) as place:
        yield place


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with running(tmp_path_factory.mktemp("broker")) as started:
        yield started


def broker_keys(number: int, port: int) -> str:
    return (
        f"mqtt{number}_enabled = true\nmqtt{number}_server = 127.0.0.1  # here\n"
        f"mqtt{number}_port = {port}\n{TOPICS.format(number=number)}"
    )


def an_ini(folder: Path, radio_port: int, *broker_ports: int, more: str = "") -> Path:
    """The file of somebody who runs another program today."""
    path = folder / "config.ini"
    brokers = "".join(broker_keys(number, port) for number, port in enumerate(broker_ports, 1))
    path.write_text(
        "[Connection]\nconnection_type = tcp\nhostname = 127.0.0.1\n"
        f"tcp_port = {radio_port}\n[Bot]\nbot_name = Bot\nprefix = !\n"
        f"[PacketCapture]\nenabled = true\niata = BTS\n{more}{brokers}"
    )
    return path


@contextlib.contextmanager
def subscribed(broker: Mosquitto, topic: str) -> Iterator[subprocess.Popen[str]]:
    """Somebody else's subscriber."""
    argv = ["mosquitto_sub", "-p", str(broker.ports["mqtt"]), "-t", topic, "-F", "%r %t %p"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def read_message(subscriber: subprocess.Popen[str]) -> tuple[bool, str, dict]:
    """The next message: whether it was kept, topic, content."""
    assert subscriber.stdout is not None
    kept, topic, payload = subscriber.stdout.readline().split(" ", 2)
    return kept == "1", topic, json.loads(payload)


@pytest.mark.broker
def test_the_ini_of_another_program_runs_as_it_is(
    tmp_path: Path, radio: Place, broker: Mosquitto
) -> None:
    ini = an_ini(tmp_path, radio.port, broker.ports["mqtt"], more="output_file = out.jsonl\n")

    with subscribed(broker, f"meshcore/BTS/{radio.key.upper()}/packets") as subscriber:
        code, rows, said = run_program(
            tmp_path / "home", "capture", "--config", str(ini), "--count", "3", "--timeout", "60"
        )
        _, _, packet = read_message(subscriber)

    assert code == 0, said
    assert "Connected to MQTT broker mqtt1" in said
    [row] = rows
    [told] = row["brokers"]
    assert row["captured"] >= 3
    assert (told["published"], told["dropped"], told["state"]) == (row["captured"], 0, "up")
    assert row["radio"]["node_id"] == radio.key
    assert (packet["type"], packet["direction"]) == ("PACKET", "rx")
    assert row["output"]["written"] == row["captured"]
    code, seen, _ = run_program(tmp_path, "inspect", str(tmp_path / "out.jsonl"))
    assert (code, len(seen)) == (0, row["captured"])
    assert not (tmp_path / "home" / "keys.json").exists()


@pytest.mark.broker
def test_a_signal_says_offline_and_leaves_the_counters(
    tmp_path: Path, radio: Place, broker: Mosquitto
) -> None:
    ini = an_ini(tmp_path, radio.port, broker.ports["mqtt"])
    argv = ("capture", "--config", str(ini), "--every", "0.2")

    with running_program(tmp_path / "home", *argv) as capture:
        capture.wait_for(lambda row: row["captured"] > 0, 60)
        code, said = capture.end(signal.SIGTERM)
    with subscribed(broker, f"meshcore/BTS/{radio.key.upper()}/status") as subscriber:
        kept, _, status = read_message(subscriber)

    assert code == 130, said
    assert (kept, status["status"]) == (True, "offline")
    assert "Traceback" not in said


@pytest.mark.broker
def test_one_broker_is_enough_and_the_others_are_said(
    tmp_path: Path, radio: Place, broker: Mosquitto
) -> None:
    more = "mqtt3_enabled = true\nmqtt3_server = mqtt://x\n"
    ini = an_ini(tmp_path, radio.port, broker.ports["mqtt"], free_port(), more=more)

    code, [row], said = run_program(
        tmp_path / "home", "capture", "--config", str(ini), "--count", "1", "--timeout", "60"
    )

    assert code == 0
    assert [each["state"] for each in row["brokers"]] == ["up", "down", "broken"]
    assert f"{ini}: line" in said
    assert "mqtt3_server: must be the bare host name" in said


@pytest.mark.broker
def test_our_own_settings_run_with_a_table_of_the_same_keys(
    tmp_path: Path, radio: Place, broker: Mosquitto
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(
        f'links = ["meshcore+tcp://127.0.0.1:{radio.port}"]\n'
        "[capture]\nenabled = true\nverbose = true\n"
        f'mqtt1_server = "127.0.0.1"\nmqtt1_port = {broker.ports["mqtt"]}\n'
    )

    with subscribed(broker, "meshcore/packets/packet") as subscriber:
        code, [row], said = run_program(home, "capture", "--count", "1", "--timeout", "60")
        _, _, packet = read_message(subscriber)

    assert code == 0, said
    assert row["captured"] >= 1
    assert packet["origin_id"] == radio.key.upper()
    assert "Captured packet #1" in said


def test_who_is_not_there_is_named_when_the_time_is_over(tmp_path: Path, radio: Place) -> None:
    nowhere = free_port()
    no_radio = an_ini(tmp_path, nowhere, nowhere)
    first = run_program(tmp_path, "capture", "--config", str(no_radio), "--timeout", "1.5")
    no_broker = an_ini(tmp_path, radio.port, nowhere)
    second = run_program(tmp_path, "capture", "--config", str(no_broker), "--timeout", "3")

    assert (first[0], second[0]) == (3, 3)
    assert first[1][0]["radio"]["state"] == "down"
    assert f"127.0.0.1:{nowhere}" in first[2]
    assert "mqtt1: " in second[2].splitlines()[-1]


def test_what_cannot_run_is_refused_with_file_and_key(tmp_path: Path) -> None:
    cases = {
        "[PacketCapture]\nenabled = false\n": "config.ini: line 2: enabled: ",
        "[PacketCapture]\nenabled = 1\nmqtt1_server = a.example\n": "config.ini: links: no radio",
        "[PacketCapture]\nenabled = maybe\n": "config.ini: line 2: enabled: must be true or false",
        "[Connection]\nconnection_type = serial\n[PacketCapture]\nenabled = 1\n": "mqtt1_server",
        "": "config.ini: capture.enabled: ",
    }
    for text, complaint in cases.items():
        (tmp_path / "config.ini").write_text(text)

        code, rows, said = run_program(
            tmp_path, "capture", "--config", str(tmp_path / "config.ini"), "--timeout", "1"
        )

        assert (code, rows) == (2, []), said
        assert complaint in said
        assert ("the INI file of a bot: --config" in said) is (text == "")
        assert "Traceback" not in said


def test_a_modem_needs_an_identity_and_says_how_to_make_one(tmp_path: Path) -> None:
    ini = an_ini(tmp_path, 1, 2)
    argv = ("capture", "--config", str(ini), "--link", "meshcore+kiss:///dev/nowhere")

    without = run_program(tmp_path, *argv, "--timeout", "0.3")
    new_identity(tmp_path)
    given = run_program(tmp_path, *argv, "--timeout", "0.3")

    assert without[0] == 2
    assert "meshtui identity new" in without[2]
    assert given[0] == 3
    assert "/dev/nowhere" in given[2]


def unread(pipe: int) -> int:
    """How many bytes wait in a pipe."""
    count = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
    return int.from_bytes(count, sys.byteorder)


def wait_until(is_so: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_a_reader_that_stalls_keeps_it_from_nothing(tmp_path: Path, radio: Place) -> None:
    ini = an_ini(tmp_path, radio.port, more="output_file = out.jsonl\n")
    out = tmp_path / "out.jsonl"

    with running_process(tmp_path, "capture", "--config", str(ini), "--every", "0.05") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        pipe = process.stdout.fileno()
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        wait_until(lambda: unread(pipe) > PIPE_BYTES - 1_000)
        before = out.stat().st_size
        wait_until(lambda: out.stat().st_size > before)
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 130
        assert "Traceback" not in process.stderr.read()
