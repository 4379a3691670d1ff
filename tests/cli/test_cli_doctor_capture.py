"""`meshtui doctor` on the packet capture service: real radios, brokers and files of settings."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.main import main
from meshtui.store.profile_lock import ProfileLock, holder_of
from tests.support.companion_server import running_server
from tests.support.fake_kiss_modem import FakeKissModem, serve_on_a_terminal
from tests.support.mosquitto import ALICE, free_port, running
from tests.support.program import run_program
from tests.support.token_broker import AUDIENCE, TokenBroker

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import Row

TOPICS = """\
mqtt{n}_topic_status = meshcore/{{IATA}}/{{PUBLIC_KEY}}/status   # where we say that we are there
mqtt{n}_topic_packets = meshcore/{{IATA}}/{{PUBLIC_KEY}}/packets
"""


def by_token(broker: TokenBroker, number: int = 1) -> str:
    return f"""\
mqtt{number}_server = localhost
mqtt{number}_port = {broker.ports["wss"]}
mqtt{number}_transport = websockets
mqtt{number}_use_tls = true
mqtt{number}_tls_ca = {broker.authority.file}
mqtt{number}_use_auth_token = true
mqtt{number}_token_audience = {AUDIENCE}
{TOPICS.format(n=number)}"""


def ini(folder: Path, port: int, brokers: str, more: str = "enabled = true") -> Path:
    """The settings of another program, with a radio behind TCP."""
    path = folder / "config.ini"
    path.write_text(
        f"[Connection]\nconnection_type = tcp\nhostname = 127.0.0.1\ntcp_port = {port}\n"
        f"[PacketCapture]\n{more}\niata = SEA\n{brokers}"
    )
    path.chmod(0o600)
    return path


def by_name(rows: list[Row]) -> dict[str, Row]:
    assert all(set(row) == {"check", "ok", "detail", "fix"} for row in rows)
    return {row["check"]: row for row in rows}


def wrong(rows: dict[str, Row]) -> list[str]:
    return [name for name, row in rows.items() if row["ok"] is False]


def not_tried(rows: dict[str, Row]) -> list[str]:
    return [name for name, row in rows.items() if row["ok"] is None]


async def test_the_settings_of_another_program_are_checked_with_radio_token_and_topic(
    tmp_path: Path,
) -> None:
    async with TokenBroker(tmp_path) as broker:
        with running_server(tmp_path) as radio:
            config = ini(tmp_path, radio.port, by_token(broker), "enabled = true\noutput_file = x")
            code, rows, said = await asyncio.to_thread(
                run_program, tmp_path / "home", "doctor", "--config", str(config)
            )
        [login], [message] = broker.logins, broker.messages

    found = by_name(rows)
    assert (code, wrong(found), not_tried(found)) == (0, [], [])
    assert "Sim" in found["capture: radio"]["detail"]
    assert "signed by the radio" in found["capture: signs"]["detail"]
    assert "can be written" in found["capture: output_file"]["detail"]
    steps = [name[7:] for name in found if name.startswith("mqtt1: ")]
    assert steps == [
        "settings", "name", "tcp", "tls", "websocket", "clock", "token", "publish"
    ]  # fmt: skip
    assert (login.user, message.body["status"]) == (f"v1_{radio.key.upper()}", "offline")
    assert "eyJ" not in json.dumps(rows) + said  # a token begins so


async def test_a_radio_that_does_not_sign_is_told_and_costs_no_broker_a_login(
    tmp_path: Path,
) -> None:
    async with TokenBroker(tmp_path) as broker:
        with running_server(tmp_path, "--no-signing", "--no-key-export") as radio:
            config = ini(tmp_path, radio.port, by_token(broker))
            code, rows, _ = await asyncio.to_thread(
                run_program, tmp_path / "home", "doctor", "--config", str(config)
            )
        assert not broker.logins
        assert not broker.refused

    found = by_name(rows)
    assert (code, wrong(found), not_tried(found)) == (1, ["capture: signs"], ["mqtt1: token"])
    assert "private_key_path" in found["capture: signs"]["fix"]
    assert "nobody signs" in found["mqtt1: token"]["detail"]


@pytest.mark.broker
def test_without_the_radio_all_else_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user, password = ALICE
    with running(tmp_path / "broker", has_login=True) as broker:
        login = f"mqtt3_username = {user}\nmqtt3_password = {password}\n{TOPICS.format(n=3)}"
        brokers = f"mqtt3_server = localhost\nmqtt3_port = {broker.ports['mqtt']}\n{login}"
        config = ini(tmp_path, free_port(), brokers)
        argv = ["doctor", "--config", str(config), "--home", str(tmp_path), "--json"]
        code = main(argv)

    captured = capsys.readouterr()
    found = by_name([json.loads(line) for line in captured.out.splitlines()])
    assert code == 1
    assert "capture: radio" in wrong(found)
    assert not_tried(found) == ["mqtt3: publish"]
    assert "nothing listens" in found["mqtt3: publish"]["detail"]
    assert found["mqtt3: login"]["ok"] is True
    assert password not in captured.out + captured.err


@pytest.mark.broker
def test_where_the_service_runs_its_radio_is_left_alone_and_nobody_is_called_offline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "meshtui.db"
    lock = ProfileLock.take(database)
    assert holder_of(database) == f"process {os.getpid()}"
    with running(tmp_path / "broker") as broker:
        config = ini(
            tmp_path,
            free_port(),
            f"mqtt1_server = 127.0.0.1\nmqtt1_port = {broker.ports['mqtt']}\n",
        )
        code = main(["doctor", "--config", str(config), "--home", str(tmp_path), "--json"])
    lock.release()

    found = by_name([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    assert (code, wrong(found)) == (0, [])
    assert not_tried(found) == ["link 127.0.0.1", "capture: radio", "mqtt1: publish"]
    assert f"process {os.getpid()}" in found["capture: radio"]["detail"]
    assert holder_of(database) == ""


def test_a_service_that_is_switched_off_is_only_spoken_of_in_its_own_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ini(tmp_path, 1, "mqtt1_server = localhost\n", "enabled = false")
    own = tmp_path / "config.toml"
    own.write_text('[capture]\nmqtt1_server = "localhost"\n')
    for path in (config, own):
        main(["doctor", "--no-links", "--config", str(path), "--home", str(tmp_path), "--json"])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [row] = [row for row in rows if row["check"].startswith("capture: ")]
    assert row["ok"] is True
    assert "switched off" in row["detail"]
    assert row["fix"] == f"{config}: line 6: enabled: set it to true"


def test_a_broker_with_a_bad_setting_is_named_by_line_and_the_others_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong_one = "mqtt1_server = localhost\nmqtt1_port = many\n"
    dead_one = f"mqtt2_server = localhost\nmqtt2_port = {free_port()}\n"
    config = ini(tmp_path, free_port(), wrong_one + dead_one)

    code = main(["doctor", "--config", str(config), "--home", str(tmp_path), "--json"])

    found = by_name([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    assert code == 1
    assert f"{config}: line 9: mqtt1_port:" in found["mqtt1: settings"]["detail"]
    assert found["mqtt2: tcp"]["ok"] is False


def test_only_this_machine_is_looked_at_without_links(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ini(tmp_path, 1, "mqtt1_server = localhost\n", "enabled = true\noutput_file = no/x")

    code = main(["doctor", "--no-links", "--config", str(config), "--home", str(tmp_path)])

    shown = capsys.readouterr().out
    assert code == 1
    assert "WRONG capture: output_file" in shown
    assert "capture: radio" not in shown
    assert "mqtt1: tcp" not in shown


def test_a_modem_is_not_made_to_send_and_our_own_key_signs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["identity", "new", "--words", "12", "--no-encrypt", "--home", str(tmp_path)])
    modem = FakeKissModem()
    settings = f"""\
[capture]
enabled = true
mqtt1_server = "localhost"
mqtt1_port = {free_port()}
mqtt1_use_auth_token = true
"""
    with serve_on_a_terminal(modem) as device:
        links = f'links = ["meshcore+kiss://{device}"]\n'
        (tmp_path / "config.toml").write_text(links + settings)
        capsys.readouterr()
        main(["doctor", "--home", str(tmp_path), "--json"])

    found = by_name([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    assert wrong(found) == ["mqtt1: tcp"]
    assert "signed by our own key" in found["capture: signs"]["detail"]
    assert modem.on_air == []
