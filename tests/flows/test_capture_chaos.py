"""Everything goes wrong in turn, at random: nothing is lost, and nothing overtakes."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

import pytest

from tests.support.capture_bed import at_tokens, capture_radio, capturing, hexes, numbered
from tests.support.mosquitto import eventually
from tests.support.token_broker import TokenBroker

if TYPE_CHECKING:
    from tests.support.capture_bed import Capturing

QOS_1 = "qos = 1"
NAMES = ("mqtt1", "mqtt2")
DEEDS = 40


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_brokers_confirm_is_complete_and_in_order(seed, tmp_path, caplog) -> None:
    chance = random.Random(seed)
    for name in NAMES:
        (tmp_path / name).mkdir()
    async with (
        TokenBroker(tmp_path / "mqtt1") as one,
        TokenBroker(tmp_path / "mqtt2") as two,
        capture_radio(tmp_path) as radio,
        capturing(
            radio, mqtt1=at_tokens(one, "ws", QOS_1), mqtt2=at_tokens(two, "mqtts", QOS_1)
        ) as service,
    ):
        brokers = dict(zip(NAMES, (one, two), strict=True))
        await service.up()
        sent: list[bytes] = []
        for _ in range(DEEDS):
            fresh = numbered(len(sent) + chance.randrange(1, 80))[len(sent) :]
            sent += fresh
            radio.hear(*fresh)
            name = chance.choice(NAMES)
            await chance.choice(HARMS)(brokers[name], service, name, chance)
            if chance.random() < 0.2:
                await eventually(lambda: service.status.captured == radio.told)
            hurry(service)
        await eventually(lambda: service.status.captured == radio.told)
        await eventually(lambda: hurry(service), 20)
        statuses = {name: service.of(name) for name in NAMES}

    for name, broker in brokers.items():
        raws = [body["raw"] for body in broker.bodies()]
        assert list(dict.fromkeys(raws)) == hexes(sent), statuses[name]
        assert (statuses[name].published, statuses[name].dropped) == (len(sent), 0)
        assert not broker.denied
        assert not broker.refused
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def hurry(service: Capturing) -> bool:
    """Let nobody wait before trying again; tells whether all have everything."""
    for name in NAMES:
        service.api.retry(name)
    return all(service.of(name).queued == 0 for name in NAMES)


async def hang_up(broker: TokenBroker, *_: object) -> None:
    broker.hang_up()


async def restart(
    broker: TokenBroker, _service: Capturing, _name: str, chance: random.Random
) -> None:
    await broker.close()
    await asyncio.sleep(chance.random() / 10)
    await broker.open()


async def fall_silent(
    broker: TokenBroker, _service: Capturing, _name: str, chance: random.Random
) -> None:
    broker.is_mute = True
    await asyncio.sleep(chance.random() / 10)
    broker.hang_up()
    broker.is_mute = False


async def renew(_: TokenBroker, service: Capturing, name: str, __: random.Random) -> None:
    service.api.renew(name)


async def rest(_: TokenBroker, _service: Capturing, _name: str, chance: random.Random) -> None:
    await asyncio.sleep(chance.random() / 5)


HARMS = (hang_up, restart, fall_silent, renew, rest)
