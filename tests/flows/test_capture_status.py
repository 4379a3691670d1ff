"""Brokers know whether an observer is there: retained, by its will, and without its radio."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.capture_bed import (
    at_mosquitto,
    at_tokens,
    capture_radio,
    capturing,
    hexes,
    ini,
    numbered,
)
from tests.support.mosquitto import ALICE, eventually, running
from tests.support.public_reader import PublicReader, reading
from tests.support.token_broker import TokenBroker

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mosquitto(tmp_path):
    with running(tmp_path / "mosquitto", has_login=True) as broker:
        yield broker


@pytest.fixture
async def radio(tmp_path):
    async with capture_radio(tmp_path) as radio:
        yield radio


@contextlib.asynccontextmanager
async def reading_all(mosquitto):
    async with reading(mosquitto.ports["mqtt"], "meshcore/#", login=ALICE) as reader:
        yield reader


async def retained(mosquitto) -> dict:
    """What somebody who comes now is told of the observer."""
    async with reading_all(mosquitto) as late:
        await eventually(lambda: late.heard)
    assert [heard.is_retained for heard in late.heard] == [True]
    return late.heard[0].body


def states(reader: PublicReader) -> list[str]:
    """What was said of the observer; the same again is left out."""
    said = [body["status"] for body in reader.bodies("/status")]
    return [now for now, before in zip(said, ["", *said], strict=False) if now != before]


async def test_an_observer_is_online_until_it_ends_and_latecomers_know(radio, mosquitto) -> None:
    async with reading_all(mosquitto) as reader:
        async with capturing(radio, mqtt1=at_mosquitto(mosquitto, "wss")) as service:
            await service.up()
            await eventually(lambda: states(reader) == ["online"])
            online = await retained(mosquitto)
        offline = await retained(mosquitto)
        await eventually(lambda: states(reader) == ["online", "offline"])

    assert online["status"] == "online"
    assert online["origin_id"] == offline["origin_id"] == radio.key
    assert online["origin"] == offline["origin"]
    assert online["model"] == "meshtui virtual radio"
    assert online["firmware_version"] == "v1.17.1-sim (Build: 14 Aug 2026)"
    assert online["client_version"].startswith("meshtui/")
    frequency, bandwidth, spreading, coding = online["radio"].split(",")
    assert 400 < float(frequency) < 1000
    assert float(bandwidth) > 0
    assert int(spreading) in range(5, 13)
    assert int(coding) in range(5, 9)
    assert online["timestamp"].endswith("+00:00")
    assert offline["status"] == "offline"
    assert "stats" not in offline


@contextlib.asynccontextmanager
async def program(home: Path, text: str):
    """`meshtui capture` as a process, with this settings file."""
    config = home / "config.ini"
    config.write_text(text)
    config.chmod(0o600)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MESHTUI_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "meshtui", "capture", "--config", str(config)),
        *("--home", str(home / "home")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=(home / "said").open("wb"),
        cwd=ROOT,
        env=clean,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_program_that_is_ended_is_offline_however_that_happens(
    number, radio, mosquitto, tmp_path
) -> None:
    sent = numbered(20)
    async with TokenBroker(tmp_path) as tokens, reading_all(mosquitto) as reader:
        text = ini(
            radio.port,
            mqtt1=at_mosquitto(mosquitto),
            mqtt2=at_mosquitto(mosquitto, "ws", "qos = 1"),
            mqtt3=at_tokens(tokens),
        )
        async with program(tmp_path, text) as process:
            await eventually(lambda: len(reader.bodies("/status")) >= 2, 20)
            await eventually(lambda: tokens.bodies("status"))
            radio.hear(*sent)
            await eventually(lambda: len(reader.bodies()) == 2 * len(tokens.bodies()) == 40)
            process.send_signal(number)
            code = await process.wait()
            await eventually(lambda: states(reader) == ["online", "offline"])
            await eventually(lambda: tokens.bodies("status")[-1]["status"] == "offline")
    said = (tmp_path / "said").read_text()

    assert (await retained(mosquitto))["status"] == "offline"
    assert code == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    assert "Connected to MQTT broker" in said
    assert "Captured packet #20" not in said  # only where `verbose` asks for it
    assert ALICE[1] not in said
    assert "eyJ" not in said  # how every token begins
    assert tokens.messages[-1].is_will is (number is signal.SIGKILL)
    assert "Traceback" not in said


async def test_a_radio_that_is_lost_costs_no_session_and_brokers_are_told(
    radio, mosquitto, tmp_path
) -> None:
    async with (
        TokenBroker(tmp_path) as tokens,
        reading_all(mosquitto) as reader,
        capturing(
            radio,
            "health_check_grace_period = 1",
            mqtt1=at_mosquitto(mosquitto),
            mqtt2=at_tokens(tokens),
        ) as service,
    ):
        await service.up()
        await service.hear(radio, numbered(5))
        radio.switch_off()
        await eventually(lambda: states(reader) == ["online", "offline"])
        assert not service.status.is_radio_up
        assert "away" in service.status.problem
        assert service.are_up()
        await radio.switch_on()
        await eventually(lambda: states(reader) == ["online", "offline", "online"])
        await eventually(lambda: service.status.problem == "")
        radio.hear(*numbered(8)[5:])
        await eventually(lambda: len(tokens.bodies()) == len(reader.bodies()) == 8)
        connects = [each.connects for each in service.status.publishers]

    assert connects == [1, 1]
    assert len(tokens.logins) == 1
    assert [body["raw"] for body in reader.bodies()] == hexes(numbered(8))
    assert [body["status"] for body in tokens.bodies("status")][-1] == "offline"
    assert not tokens.stale


async def test_the_radios_figures_are_in_the_status(radio, mosquitto) -> None:
    async with (
        reading_all(mosquitto) as reader,
        capturing(radio, stats_s=0.3, mqtt1=at_mosquitto(mosquitto)) as service,
    ):
        await service.up()
        await service.hear(radio, numbered(5))
        await eventually(lambda: any("stats" in body for body in reader.bodies("/status")))
    stats = next(body["stats"] for body in reader.bodies("/status") if "stats" in body)

    assert stats["battery_mv"] == 4123
    assert {"uptime_secs", "noise_floor", "tx_air_secs", "rx_air_secs"} <= set(stats)
