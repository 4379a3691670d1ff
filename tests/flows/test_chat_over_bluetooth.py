"""Whole flows by radio: real sessions, stores and hubs over gateways on Bluetooth."""

from __future__ import annotations

import contextlib

import pytest

from meshtui.networks.jsonmesh import presences
from tests.support.ble_bed import running_bed
from tests.support.mosquitto import eventually
from tests.support.someone import introduced, someone

pytestmark = pytest.mark.ble
QUICK = "sf=5&bw=500&duty=100"
# Everybody says who they are every other second, not every third hour.
CHATTY = {"radio_presence_s": 2}


@pytest.fixture(scope="module")
def bed():
    with running_bed() as bed:
        yield bed


@pytest.fixture
def air(bed, monkeypatch):
    """Two gateways, each of which hears what the other sends."""
    monkeypatch.setattr(presences, "FIRST_AFTER_S", 0.1)
    monkeypatch.setattr(presences, "FIRST_SPREAD_S", 0.2)
    other = bed.add("BASE", "C4:00:00:00:00:02")
    bed.radio.on_data, other.on_data = other.say, bed.radio.say
    yield bed
    bed.tidy()


@contextlib.asynccontextmanager
async def alice_and_bob(home):
    async with (
        someone("alice", home, f"jsonmesh+ble://MESH-GW?{QUICK}", **CHATTY) as alice,
        someone("bob", home, f"jsonmesh+ble://C4:00:00:00:00:02?{QUICK}", **CHATTY) as bob,
    ):
        await introduced(alice, bob)
        yield alice, bob


async def test_a_direct_message_is_delivered_and_its_answer_too(air, tmp_path) -> None:
    async with alice_and_bob(tmp_path) as (alice, bob):
        question = await alice.say(bob, "hello, bob é世界")
        await eventually(lambda: alice.state(question) == "delivered", 10)
        answer = await bob.say(alice, "hello, alice, " + "it is a long way " * 20)
        await eventually(lambda: bob.state(answer) == "delivered", 10)
    assert bob.texts == ["hello, bob é世界"]
    assert alice.texts == ["hello, alice, " + "it is a long way " * 20]


async def test_gateways_that_notify_bytewise_and_drop_us_lose_no_message(air, tmp_path) -> None:
    for radio in air.radios:
        radio.is_bytewise = True
    async with alice_and_bob(tmp_path) as (alice, bob):
        first = await alice.say(bob, "before")
        await eventually(lambda: alice.state(first) == "delivered", 10)
        air.do(air.radios[1].drop)
        second = await alice.say(bob, "while you are away")
        await eventually(lambda: alice.state(second) == "delivered", 25)
    assert bob.texts == ["before", "while you are away"]
