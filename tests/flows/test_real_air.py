"""The protocol's four flows once in real time, on real parts: brokers, serial ports, Bluetooth.

The radios are set quick, so that a packet is some 20 to 100 ms on the air. What a way must take is
reckoned from what was on the air, and three times as much is allowed for a busy machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from meshtui.mesh.airtime import time_on_air_ms
from meshtui.model.event import ReassemblyProgressed
from meshtui.model.link import RadioSettings
from meshtui.networks.jsonmesh import presences
from tests.support.ble_bed import running_bed
from tests.support.gateway_pair import gateway_on, gateways
from tests.support.mosquitto import eventually, running
from tests.support.someone import introduced, someone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.someone import Someone

RADIO = RadioSettings(spreading_factor=7, bandwidth_khz=500, duty_cycle=1.0)
QUICK = "sf=7&bw=500&duty=100"
CHATTY = {"radio_presence_s": 3}
BROKER_S = 0.2
RELAY_S = 0.3  # 50 to 200 ms, and between two frames a pause
SLACK = 3
LONGEST = (0, bytes(240))  # a line, and whose
TEXT = "Is the bridge at Vals passable? I come down with two mules before dark."


@pytest.fixture(autouse=True)
def prompt(monkeypatch):
    """Everybody introduces himself at once."""
    monkeypatch.setattr(presences, "FIRST_AFTER_S", 0.05)
    monkeypatch.setattr(presences, "FIRST_SPREAD_S", 0.3)


async def said(writer: Someone, reader: Someone, text: str = TEXT) -> tuple[float, float]:
    """Let a message pass; returns the seconds until it was read, and until its writer knew."""
    began_s = time.monotonic()
    message_id = await writer.say(reader, text)
    await eventually(lambda: text in reader.texts, 10)
    read_s = time.monotonic() - began_s
    await eventually(lambda: writer.state(message_id) == "delivered", 10)
    assert writer.deliveries[message_id].attempt == 1
    return read_s, time.monotonic() - began_s


def reckoned_s(*airs: list[tuple[int, bytes]]) -> float:
    """How long these lines were on the air."""
    return sum(time_on_air_ms(len(line), RADIO) for lines in airs for _, line in lines) / 1000


@pytest.mark.broker
async def test_flow_1_by_one_broker(tmp_path) -> None:
    with running(tmp_path / "broker") as broker:
        async with (
            someone("alice", tmp_path, broker.url()) as alice,
            someone("bob", tmp_path, broker.url()) as bob,
        ):
            await introduced(alice, bob)
            read_s, known_s = await said(alice, bob)
    assert read_s < SLACK * BROKER_S
    assert known_s < SLACK * 2 * BROKER_S


@pytest.mark.ble
async def test_flow_2_by_bluetooth_and_the_air(tmp_path) -> None:
    sent: list[tuple[int, bytes]] = []
    with running_bed() as bed:
        other = bed.add("BASE", "C4:00:00:00:00:02")
        _join(bed.radio, other, sent)
        _join(other, bed.radio, sent)
        async with (
            someone("alice", tmp_path, f"jsonmesh+ble://MESH-GW?{QUICK}", **CHATTY) as alice,
            someone("bob", tmp_path, f"jsonmesh+ble://BASE?{QUICK}", **CHATTY) as bob,
        ):
            await introduced(alice, bob)
            await said(alice, bob, "first")
            sent.clear()
            read_s, _ = await said(alice, bob)
    assert read_s < SLACK * (reckoned_s(sent[:1]) + RELAY_S)


@pytest.mark.broker
async def test_flow_3_by_a_relay_between_two_brokers(tmp_path) -> None:
    with running(tmp_path / "here") as here, running(tmp_path / "there") as there:
        async with (
            someone("carol", tmp_path, here.url(), there.url(), relay=True) as carol,
            someone("alice", tmp_path, here.url()) as alice,
            someone("bob", tmp_path, there.url()) as bob,
        ):
            await introduced(alice, bob, carol)
            read_s, known_s = await said(alice, bob)
            (message,) = bob.received
    assert message.route == (alice.node_id, carol.node_id)
    assert read_s < SLACK * 2 * BROKER_S
    assert known_s < SLACK * 4 * BROKER_S


@contextlib.asynccontextmanager
async def two_valleys(tmp_path, count: int):
    """Two brokers, two airs with so many gateways on serial ports, and a relay in between."""
    with running(tmp_path / "here") as here, running(tmp_path / "there") as there:
        async with (
            gateways(count, radio=RADIO) as valley,
            gateways(count, radio=RADIO) as coast,
            someone("carol", tmp_path, here.url(), there.url(), relay=True),
        ):
            yield here, there, valley, coast


@pytest.mark.broker
async def test_flow_4_by_relays_with_a_radio_and_a_broker_each(tmp_path) -> None:
    async with two_valleys(tmp_path, 2) as (here, there, valley, coast):
        left, right = f"{valley.urls[0]}?{QUICK}", f"{coast.urls[0]}?{QUICK}"
        async with (
            someone("left", tmp_path, here.url(), left, relay=True, **CHATTY),
            someone("right", tmp_path, there.url(), right, relay=True, **CHATTY),
            someone("alice", tmp_path, f"{valley.urls[1]}?{QUICK}", **CHATTY) as alice,
            someone("bob", tmp_path, f"{coast.urls[1]}?{QUICK}", **CHATTY) as bob,
        ):
            await introduced(alice, bob)
            read_s, known_s = await said(alice, bob)
    assert len(bob.received[0].route) == 4
    most_s = reckoned_s([LONGEST] * 2) + RELAY_S + 3 * BROKER_S
    assert read_s < SLACK * most_s
    assert known_s < SLACK * 2 * most_s


@pytest.mark.broker
async def test_flow_4_by_gateways_that_know_nothing(tmp_path) -> None:
    async with (
        two_valleys(tmp_path, 1) as (here, there, valley, coast),
        gateway_on(here.url(), valley),
        gateway_on(there.url(), coast),
        someone("alice", tmp_path, f"{valley.urls[0]}?{QUICK}", **CHATTY) as alice,
        someone("bob", tmp_path, f"{coast.urls[0]}?{QUICK}", **CHATTY) as bob,
    ):
        await introduced(alice, bob)
        read_s, known_s = await said(alice, bob)
    assert len(bob.received[0].route) == 2
    most_s = reckoned_s([LONGEST] * 3) + RELAY_S + 2 * BROKER_S
    assert read_s < SLACK * most_s
    assert known_s < SLACK * 2 * most_s


async def test_a_long_message_arrives_in_chunks_that_are_seen_coming(tmp_path) -> None:
    text = "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=900))
    async with (
        gateways(2, radio=RADIO) as air,
        someone("alice", tmp_path, f"{air.urls[0]}?{QUICK}", **CHATTY) as alice,
        someone("bob", tmp_path, f"{air.urls[1]}?{QUICK}", **CHATTY) as bob,
    ):
        await introduced(alice, bob)
        await said(alice, bob, text)
    seen = [(e.have, e.total) for e in bob.events if isinstance(e, ReassemblyProgressed)]
    total = seen[-1][1]
    assert total >= 3
    assert seen == [(number, total) for number in range(1, total + 1)]


def _join(radio, other, sent: list[tuple[int, bytes]]) -> None:
    """Let what is written to one peripheral come out of another, when it was on the air."""
    held = bytearray()

    def on_data(data: bytes) -> None:
        held.extend(data)
        while (end := held.find(b"\n")) >= 0:
            line = bytes(held[:end])
            del held[: end + 1]
            sent.append((0, line))
            give: Callable[[bytes], None] = other.say
            airtime_s = time_on_air_ms(len(line), RADIO) / 1000
            loop = asyncio.get_running_loop()
            loop.call_later(airtime_s, give, b"RSSI:-92|SNR:7.5|" + line + b"\n")

    radio.on_data = on_data
