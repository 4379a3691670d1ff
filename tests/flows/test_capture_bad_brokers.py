"""Brokers of every bad kind, and a radio that becomes another: said in words, and over in time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time

from meshtui.model.publishing import PublisherState
from meshtui.transports import mqtt_connection, mqtt_feed
from tests.support import bad_brokers, mqtt_server
from tests.support.capture_bed import (
    CaptureRadio,
    at_port,
    at_tokens,
    capture_radio,
    capturing,
    hexes,
    numbered,
)
from tests.support.mosquitto import eventually
from tests.support.token_broker import TokenBroker

WEB, TLS = "transport = websockets", "use_tls = true"


async def test_every_kind_of_bad_broker_has_words_and_none_keeps_the_end_waiting(
    tmp_path, caplog
) -> None:
    threads, tasks = {each.name for each in threading.enumerate()}, len(asyncio.all_tasks())
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        radio = await enter(capture_radio(tmp_path))
        dead = await enter(bad_brokers.dead_port())
        kinds = [
            (bad_brokers.closes_at_once(), WEB),
            (bad_brokers.closes_at_once(after_login=True), ""),
            (bad_brokers.talks_nonsense(), ""),
            (bad_brokers.talks_nonsense(after_login=True), ""),
            (bad_brokers.talks_nonsense(), TLS),
            (bad_brokers.talks_nonsense(), WEB),
            (bad_brokers.refuses(mqtt_server.BAD_USER), ""),
            (bad_brokers.never_answers(), WEB),
            (bad_brokers.never_acks(), "qos = 1"),
        ]
        brokers = [(await enter(kind), lines) for kind, lines in kinds]
        lines = {
            f"mqtt{number}": at_port(broker.port, more)
            for number, (broker, more) in enumerate(brokers, 1)
        }
        async with capturing(radio, mqtt10=at_port(dead, TLS, WEB), **lines) as service:
            await service.up("mqtt9")
            await service.hear(radio, numbered(3))
            await eventually(lambda: all(service.of(f"mqtt{n}").reason for n in (*range(1, 8), 10)))
            # long enough for one that hammers to be seen
            await asyncio.sleep(2)
            statuses = {each.name: each for each in service.status.publishers}
            attempts = {
                name: broker.connections for name, (broker, _) in zip(lines, brokers, strict=True)
            }
            began_s = time.monotonic()
        took_s = time.monotonic() - began_s

    for name in ("mqtt1", "mqtt3", "mqtt5", "mqtt6", "mqtt7", "mqtt10"):
        assert statuses[name].connects == 0
        assert statuses[name].failures >= 1
    for name, words in {
        "mqtt1": "WebSocket",
        "mqtt2": "closed the connection",
        "mqtt5": "TLS",
        "mqtt6": "WebSocket",
        "mqtt7": "password",
        "mqtt10": "nothing listens",
    }.items():
        assert words in statuses[name].reason, statuses[name]
    assert statuses["mqtt8"].state is PublisherState.CONNECTING
    assert max(attempts.values()) <= 5, attempts
    assert took_s < 4
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    await eventually(lambda: {each.name for each in threading.enumerate()} <= threads)
    await eventually(lambda: len(asyncio.all_tasks()) == tasks)


async def test_a_broker_that_floods_us_is_left_and_tried_ever_more_seldom(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(mqtt_connection, "MISC_INTERVAL_S", 0.02)
    monkeypatch.setattr(mqtt_feed, "MOST_UNASKED_BYTES", 256 * 1024)
    async with (
        bad_brokers.floods() as broker,
        TokenBroker(tmp_path) as tokens,
        capture_radio(tmp_path) as radio,
        capturing(radio, mqtt1=at_port(broker.port), mqtt2=at_tokens(tokens)) as service,
    ):
        await service.up("mqtt2")
        await service.reason("mqtt1", "without end what nobody asked for")
        await service.hear(radio, numbered(20))
        await service.published(20, "mqtt2")
        await eventually(lambda: service.of("mqtt1").failures >= 2)
        status = service.of("mqtt1")

    assert (status.connects, status.failures) == (2, 2)
    assert status.dropped == 0
    assert status.queued + status.published == 20


async def test_another_radio_at_the_same_place_is_another_observer(tmp_path) -> None:
    async with TokenBroker(tmp_path) as tokens, capture_radio(tmp_path) as first:
        async with capturing(first, mqtt1=at_tokens(tokens)) as service:
            await service.up()
            await service.hear(first, numbered(4))
            await eventually(lambda: len(tokens.bodies()) == 4)
            first.switch_off()
            second = CaptureRadio(tmp_path / "desert.toml", "--seed=7")
            second.port = first.port
            await second.switch_on()
            async with asyncio.TaskGroup() as group:
                group.create_task(second.mesh.run())
                await eventually(lambda: service.status.node_id == second.key.lower(), 15)
                await eventually(lambda: len(tokens.logins) == 2)
                await service.up()
                second.hear(*numbered(9)[4:])
                await eventually(lambda: len(tokens.bodies()) == 9)
                second.mesh.end()
                second.switch_off()
        keys = [login.key for login in tokens.logins]

    assert first.key != second.key
    assert keys == [first.key, second.key]
    assert [body["origin_id"] for body in tokens.bodies()] == 4 * [first.key] + 5 * [second.key]
    assert [body["raw"] for body in tokens.bodies()] == hexes(numbered(9))
    assert not tokens.denied
    assert not tokens.refused
