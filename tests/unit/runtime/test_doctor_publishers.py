"""What the doctor says of brokers: real ones, each wrong in one way."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING

import pytest

from meshtui.model.capture import BrokerConfig, CaptureConfig
from meshtui.model.secret import SecretBytes
from meshtui.networks.registry import load_network
from meshtui.runtime import doctor_publishers
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.doctor_publishers import Witness, check_publishers
from meshtui.runtime.publishing.place import spec_of
from meshtui.runtime.publishing.tokens import TokenMaker
from meshtui.transports.mqtt_feed import Publication, open_feed
from tests.support import mqtt_server as mqtt
from tests.support.links import opened
from tests.support.meshcore_vectors import vectors
from tests.support.mosquitto import ALICE as LOGIN
from tests.support.mosquitto import SCHEMES, Mosquitto, free_port, running
from tests.support.observed import ALICE, KEY
from tests.support.token_broker import AUDIENCE, TokenBroker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from meshtui.model.command import Sign
    from meshtui.runtime.check import Check

TOPIC = "meshcore/{IATA}/{PUBLIC_KEY}/status"
FILLED = f"meshcore/SEA/{KEY}/status"
OBSERVER = load_network("meshcore").open_observer()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_publishers, "WATCH_S", 0.15)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker with a password file and an ACL."""
    with running(tmp_path_factory.mktemp("locked"), has_login=True) as broker:
        yield broker


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "radio.key"
    path.write_text(str(vectors()["jwt"]["private_key_64"]))
    path.chmod(0o600)
    return path


def broker_of(scheme: str, port: int, number: int = 1, **settings: object) -> BrokerConfig:
    return BrokerConfig(
        number,
        **{
            "server": "localhost",
            "port": port,
            "transport": "websockets" if scheme[0] == "w" else "tcp",
            "use_tls": scheme in {"mqtts", "wss"},
            "topic_status": TOPIC,
            **settings,
        },
    )


def with_login(scheme: str, broker: Mosquitto, number: int = 1, **settings: object) -> BrokerConfig:
    user, password = LOGIN
    own = {
        "username": user,
        "password": SecretBytes(password.encode()),
        "tls_ca": str(broker.authority.file),
    }
    return broker_of(scheme, broker.ports[scheme], number, **{**own, **settings})


def with_token(scheme: str, broker: TokenBroker, number: int = 1, **settings) -> BrokerConfig:
    own = {
        "use_auth_token": True,
        "token_audience": AUDIENCE,
        "tls_ca": str(broker.authority.file),
    }
    return broker_of(scheme, broker.ports[scheme], number, **{**own, **settings})


async def witness_of(key_file: Path | None = None) -> Witness:
    """Alice's radio, with logins signed by a key from a file, or none."""
    if key_file is None:
        return Witness(OBSERVER, ALICE, silence="no radio signs")

    async def nobody(_request: Sign) -> None:
        pytest.fail("the file comes first")

    config = CaptureConfig(private_key_path=str(key_file), auth_token_method="python")
    maker = TokenMaker(config, OBSERVER, nobody, SystemClock())
    audiences = (AUDIENCE, "mqtt.other.net")
    tokens = {(each, 86_400.0): await maker.make(ALICE, each) for each in audiences}
    return Witness(OBSERVER, ALICE, tokens)


async def told(*brokers: BrokerConfig, witness: Witness, **settings: object) -> dict[str, Check]:
    found: list[Check] = []
    config = CaptureConfig(brokers=brokers, iata="SEA", **settings)
    await check_publishers(config, witness, found.append)
    assert len({check.check for check in found}) == len(found)
    return {check.check: check for check in found}


def steps(found: dict[str, Check]) -> list[str]:
    return [name.rpartition(": ")[2] for name in found]


def only_fault(found: dict[str, Check]) -> Check:
    [fault] = [check for check in found.values() if not check.is_ok]
    assert list(found.values())[-1] is fault
    return fault


@pytest.mark.broker
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_good_broker_is_walked_to_the_end(scheme: str, locked: Mosquitto) -> None:
    found = await told(with_login(scheme, locked), witness=await witness_of())

    tls = ["tls"] * (scheme in {"mqtts", "wss"})
    upgrade = ["websocket"] * (scheme in {"ws", "wss"})
    assert steps(found) == ["settings", "name", "tcp", *tls, *upgrade, "login", "publish"]
    assert all(check.is_ok and check.is_tried for check in found.values())
    assert "as alice" in found["mqtt1: login"].detail
    assert f"{FILLED} took the status `offline`" in found["mqtt1: publish"].detail


@pytest.mark.broker
async def test_what_is_published_is_the_retained_last_will_and_nothing_else(
    locked: Mosquitto,
) -> None:
    user, password = LOGIN
    await told(with_login("mqtt", locked), witness=await witness_of())

    url = locked.url("mqtt", f"{user}:{password.replace(' ', '%20')}")
    async with opened(url, "meshcore/#") as reader:
        await asyncio.sleep(0.1)
        got = list(reader.payloads)
    assert len(got) == 1
    assert b'"status":"offline"' in got[0]
    assert KEY.encode() in got[0]


@pytest.mark.broker
async def test_a_wrong_password_and_a_missing_one_are_told_with_the_keys(
    locked: Mosquitto,
) -> None:
    wrong = with_login("ws", locked, password=SecretBytes(b"hunter2"))
    none = with_login("mqtt", locked, username="")
    for broker in (wrong, none):
        fault = only_fault(await told(broker, witness=await witness_of()))

        assert fault.check == "mqtt1: login"
        assert "mqtt1_password" in fault.fix
        assert "hunter2" not in repr(fault)


@pytest.mark.broker
async def test_a_topic_that_the_access_rules_forbid_is_found_though_the_broker_says_yes(
    locked: Mosquitto,
) -> None:
    for topic in ("meshcore/forbidden", "elsewhere/status"):
        found = await told(
            with_login("mqtt", locked, topic_status=topic), witness=await witness_of()
        )

        assert only_fault(found).check == "mqtt1: publish"
        assert topic in only_fault(found).detail
        assert "may this user publish" in only_fault(found).fix


@pytest.mark.broker
async def test_a_topic_that_is_none_is_told(locked: Mosquitto) -> None:
    found = await told(with_login("mqtt", locked, topic_status="a/#"), witness=await witness_of())

    assert only_fault(found).check == "mqtt1: publish"
    assert "mqtt1_topic_status" in only_fault(found).fix


@pytest.mark.broker
async def test_without_a_radio_all_but_its_part_is_looked_at(locked: Mosquitto) -> None:
    by_token = with_login("ws", locked, 2, use_auth_token=True)
    witness = Witness(OBSERVER, silence="no radio answers")

    found = await told(with_login("mqtt", locked), by_token, witness=witness)

    assert all(check.is_ok for check in found.values())
    assert [name for name, check in found.items() if not check.is_tried] == [
        "mqtt1: publish",
        "mqtt2: token",
    ]
    assert found["mqtt2: token"].detail == "not tried: no radio answers"


@pytest.mark.broker
async def test_where_the_service_runs_nothing_is_said_in_its_place(locked: Mosquitto) -> None:
    witness = dataclasses.replace(await witness_of(), is_at_work=True)
    broker = with_login("mqtt", locked, topic_status="meshcore/atwork")

    found = await told(broker, witness=witness)

    assert found["mqtt1: login"].is_tried
    assert not found["mqtt1: publish"].is_tried
    assert "the service is running" in found["mqtt1: publish"].detail


@pytest.mark.broker
async def test_a_service_that_runs_elsewhere_is_not_thrown_out(locked: Mosquitto) -> None:
    broker = with_login("mqtt", locked, topic_status="meshcore/elsewhere")
    spec = spec_of(broker, broker.username, LOGIN[1])
    name = OBSERVER.client_id(ALICE, broker.number)
    service = await open_feed(spec, name, None, SystemClock().now)

    found = await told(broker, witness=await witness_of())
    await service.send([Publication("meshcore/elsewhere", b"still here", is_confirmed=True)])
    await service.aclose()

    assert found["mqtt1: publish"].is_ok


async def test_a_name_that_is_set_is_used_for_the_broker_may_go_by_it(
    tmp_path: Path, key_file: Path
) -> None:
    async with TokenBroker(tmp_path) as broker:
        config = with_token("mqtt", broker, client_id="observer-7")
        await told(config, witness=await witness_of(key_file))

        assert [login.client_id for login in broker.logins] == ["observer-7"]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_token_is_made_accepted_and_used_once(
    scheme: str, tmp_path: Path, key_file: Path
) -> None:
    async with TokenBroker(tmp_path) as broker:
        found = await told(with_token(scheme, broker), witness=await witness_of(key_file))

        assert all(check.is_ok and check.is_tried for check in found.values())
        assert steps(found)[-2:] == ["token", "publish"]
        assert f"takes the token for {AUDIENCE}, as v1_{KEY}" in found["mqtt1: token"].detail
        [login], [message] = broker.logins, broker.messages
    assert login.will is None
    assert (message.topic, message.body["status"], message.is_will) == (FILLED, "offline", False)
    assert (message.is_retained, message.qos) == (True, 1)
    assert not broker.denied


async def test_a_refused_token_says_clock_audience_and_key_and_is_tried_once(
    tmp_path: Path, key_file: Path
) -> None:
    async with TokenBroker(tmp_path) as broker:
        other = with_token("mqtt", broker, token_audience="mqtt.other.net")
        fault = only_fault(await told(other, witness=await witness_of(key_file)))

        assert fault.check == "mqtt1: token"
        assert broker.refused == {"audience": 1}
    for word in ("clock", "mqtt1_token_audience", "mqtt.other.net", "key"):
        assert word in fault.fix


async def test_a_token_that_came_too_late_says_clock(tmp_path: Path, key_file: Path) -> None:
    async with TokenBroker(tmp_path, now=lambda: time.time() + 2 * 86_400) as broker:
        fault = only_fault(
            await told(with_token("mqtt", broker), witness=await witness_of(key_file))
        )

        assert broker.refused == {"expired": 1}
    assert fault.fix.startswith("clock: this machine's says")


async def test_where_the_clock_is_known_to_be_wrong_it_alone_is_to_blame(
    tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meshtui.runtime.doctor_broker._skew_s", lambda _: -86_400)
    async with TokenBroker(tmp_path, audience="elsewhere") as broker:
        found = await told(with_token("ws", broker), witness=await witness_of(key_file))

    assert [name for name, check in found.items() if not check.is_ok] == [
        "mqtt1: clock",
        "mqtt1: token",
    ]
    assert found["mqtt1: token"].fix.startswith("set the clock: it is 24 h 0 min behind")


async def test_a_place_the_broker_does_not_know_ends_in_the_publish_step(
    tmp_path: Path, key_file: Path
) -> None:
    async with TokenBroker(tmp_path) as broker:
        nowhere = with_token("wss", broker, topic_status="meshcore/XXX/{PUBLIC_KEY}/status")
        fault = only_fault(await told(nowhere, witness=await witness_of(key_file)))

        assert broker.denied == {"place": 1}
    assert fault.check == "mqtt1: publish"
    assert "iata" in fault.fix


@pytest.mark.parametrize(("qos", "is_ok"), [(0, True), (1, False)])
async def test_a_broker_that_confirms_nothing_will_do_for_qos_0_alone(
    qos: int, is_ok: bool, tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_publishers, "CONFIRM_S", 0.1)
    async with TokenBroker(tmp_path) as broker:
        broker.is_mute = True
        settings = with_token("mqtt", broker, qos=qos)
        check = (await told(settings, witness=await witness_of(key_file)))["mqtt1: publish"]

    assert check.is_ok is is_ok
    assert ("confirmed nothing" if is_ok else "mqtt1_qos = 0") in check.detail


async def test_without_a_token_the_broker_is_not_asked(tmp_path: Path) -> None:
    async with TokenBroker(tmp_path) as broker:
        found = await told(with_token("mqtt", broker), witness=await witness_of())

        assert not broker.logins
        assert not broker.refused
    assert not found["mqtt1: token"].is_tried
    assert found["mqtt1: token"].detail == "not tried: no radio signs"


async def test_neither_token_nor_password_shows_itself(key_file: Path) -> None:
    witness = await witness_of(key_file)

    assert "eyJ" not in repr(witness)


async def test_each_broker_is_told_in_order_whatever_the_others_do(
    tmp_path: Path, key_file: Path
) -> None:
    async with TokenBroker(tmp_path) as broker:
        found = await told(
            BrokerConfig(1, problem="config.ini: line 7: mqtt1_port: must be a number"),
            broker_of("mqtt", free_port(), 2),
            with_token("mqtt", broker, 4),
            broker_of("mqtt", 1, 9, is_enabled=False),
            witness=await witness_of(key_file),
        )

    assert found["mqtt1: settings"].detail == "config.ini: line 7: mqtt1_port: must be a number"
    assert [name for name, check in found.items() if not check.is_ok] == [
        "mqtt1: settings",
        "mqtt2: tcp",
    ]
    assert "mqtt9_enabled is false" in found["mqtt9: settings"].detail
    numbers = [int(name[4]) for name in found]
    assert numbers == sorted(numbers)


@contextlib.asynccontextmanager
async def old_broker(connects: list[int], *, hangs_up: bool = False) -> AsyncIterator[int]:
    """It speaks MQTT 3.1.1 only and takes all that comes; `connects` are the versions it heard."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = mqtt.TcpWire(reader, writer)
        with contextlib.suppress(mqtt.HungUpError, asyncio.CancelledError):
            _, _, body = await mqtt.read_packet(wire)
            connects.append(body[6])
            if body[6] == 4:
                await wire.write(mqtt.connack())
                _, flags, body = await mqtt.read_packet(wire)
                await wire.write(mqtt.puback(mqtt.read_publish(flags, body).packet_id))
                if not hangs_up:
                    await mqtt.read_packet(wire)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_broker_that_cannot_say_no_is_believed_and_that_is_said() -> None:
    versions: list[int] = []
    async with old_broker(versions) as port:
        found = await told(broker_of("mqtt", port), witness=await witness_of())

    assert versions == [4, 5]
    assert found["mqtt1: publish"].is_ok
    assert "without a word, as brokers without MQTT 5 do" in found["mqtt1: publish"].detail


async def test_a_broker_that_hangs_up_after_the_message_did_not_like_it() -> None:
    async with old_broker([], hangs_up=True) as port:
        fault = only_fault(await told(broker_of("mqtt", port), witness=await witness_of()))

    assert fault.check == "mqtt1: publish"
    assert "after the status message, the broker closed the connection" in fault.detail


async def test_who_takes_connections_and_is_no_broker_fails_at_the_login() -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        fault = only_fault(await told(broker_of("mqtt", port), witness=await witness_of()))

    assert fault.check == "mqtt1: login"
    assert "does it speak MQTT" in fault.fix


async def test_without_any_broker_there_must_be_a_file() -> None:
    nothing = await told(witness=Witness())
    only_file = await told(witness=Witness(), output_file="x")
    no_mqtt = await told(witness=Witness(), has_mqtt=False)

    assert not nothing["brokers"].is_ok
    assert "mqtt1_server" in nothing["brokers"].fix
    assert only_file["brokers"].is_ok
    assert "mqtt_enabled is false" in no_mqtt["brokers"].detail
