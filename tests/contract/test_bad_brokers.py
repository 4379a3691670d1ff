"""The brokers that fail do so as they say, and leave nothing behind; readers of others read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import threading

import pytest

from tests.support import bad_brokers
from tests.support import mqtt_server as mqtt
from tests.support.meshcore_vectors import packets
from tests.support.mosquitto import eventually, running
from tests.support.public_reader import find_client, read_packet, reading
from tests.support.token_broker import READER, TokenBroker
from tests.support.token_maker import Signer

CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x"
MESSAGE = mqtt.publish("a/b", b"text")
CONFIRMED = b"\x32\x0b\x00\x03a/b\x00\x07text"


@contextlib.asynccontextmanager
async def caller(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answer(port: int, *said: bytes) -> bytes | None:
    """What a broker answers; None = nothing within the while it is given."""
    async with caller(port) as (reader, writer):
        writer.writelines(said)
        heard = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(0.2):
                while data := await reader.read(4_096):
                    heard += data
                return heard
        return heard or None


@pytest.mark.parametrize(
    ("broker", "said", "heard"),
    [
        (bad_brokers.never_answers, (CONNECT,), None),
        (bad_brokers.hangs_in_tls, (CONNECT,), bad_brokers.HALF_A_HELLO),
        (bad_brokers.never_acks, (CONNECT, CONFIRMED), mqtt.connack()),
        (lambda: bad_brokers.never_acks(reads=True), (CONNECT, CONFIRMED), mqtt.connack()),
        (bad_brokers.refuses, (CONNECT,), mqtt.connack(5)),
        (lambda: bad_brokers.refuses(mqtt.BAD_USER), (CONNECT,), mqtt.connack(4)),
        (bad_brokers.closes_at_once, (), b""),
        (lambda: bad_brokers.closes_at_once(after_login=True), (CONNECT,), mqtt.connack()),
        (bad_brokers.reads_slowly, (CONNECT, CONFIRMED), mqtt.connack() + mqtt.puback(7)),
    ],
)
async def test_each_fails_in_its_way(broker, said, heard) -> None:
    threads = threading.active_count()
    tasks = len(asyncio.all_tasks())
    async with broker() as bad:
        assert await answer(bad.port, *said) == heard
        assert bad.connections == 1
    await eventually(lambda: len(asyncio.all_tasks()) == tasks)
    assert threading.active_count() == threads


async def test_a_handshake_hangs_and_does_not_fail() -> None:
    async with bad_brokers.hangs_in_tls() as bad:
        context = ssl.create_default_context()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await asyncio.open_connection("localhost", bad.port, ssl=context)


async def test_nonsense_is_none_of_mqtts() -> None:
    async with (
        bad_brokers.talks_nonsense() as bad,
        bad_brokers.talks_nonsense(after_login=True) as late,
    ):
        assert (await answer(bad.port, CONNECT)).startswith(b"HTTP/1.1 400")
        assert (await answer(late.port, CONNECT)).startswith(mqtt.connack() + b"HTTP")


async def test_who_reads_without_an_answer_has_it() -> None:
    async with bad_brokers.never_acks(reads=True) as bad:
        await answer(bad.port, CONNECT, MESSAGE, CONFIRMED)
        assert [message.payload for message in bad.taken] == [b"text", b"text"]


async def test_who_does_not_read_stops_the_sender() -> None:
    async with bad_brokers.never_acks() as bad, caller(bad.port) as (reader, writer):
        writer.write(CONNECT)
        assert await reader.readexactly(4) == mqtt.connack()
        writer.write(bytes(16 << 20))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.drain(), 0.5)


async def test_nothing_listens_at_a_dead_port() -> None:
    async with bad_brokers.dead_port() as port:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.broker
async def test_mosquittos_clients_are_served_by_both_brokers(tmp_path) -> None:
    node = Signer()
    topic = f"meshcore/test/{node.key}/packets"
    body = {"origin_id": node.key, "origin": "Žofia 📡"}

    async def publish(port: int, user: str, password: str) -> None:
        words = ("-p", str(port), "-u", user, "-P", password, "-q", "1", "-t", topic)
        run = await asyncio.create_subprocess_exec(
            find_client("mosquitto_pub"), "-h", "localhost", *words, "-m", json.dumps(body)
        )
        assert await run.wait() == 0

    with running(tmp_path / "mosquitto") as mosquitto:
        ca = mosquitto.authority.file
        async with (
            TokenBroker(tmp_path) as broker,
            reading(broker.ports["mqtt"], "meshcore/#", login=READER) as first,
            reading(mosquitto.ports["mqtts"], "x/y", "meshcore/#", ca=ca) as second,
        ):
            token = node.token(node.claims(broker.audience, broker._now()))
            await publish(broker.ports["mqtt"], node.user, token)
            await publish(mosquitto.ports["mqtt"], "anybody", "with anything")
            await eventually(lambda: first.heard and second.heard)

    assert first.bodies() == second.bodies() == [body]
    assert {heard.topic for heard in first.heard} == {topic}


@pytest.mark.peers
def test_packets_are_read_by_a_program_of_others() -> None:
    entry = next(each for each in packets() if each["name"].startswith("GRP_TXT scoped"))
    reading = read_packet(entry["hex"])
    assert (reading.packet_type, reading.route) == ("5", "F")
    assert reading.hash == "EF45AA385BECC213"
