"""A feed at a broker that takes tokens: what was taken is never more than what the broker has."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import pytest

from meshtui.errors import LinkLostError, TransportError
from meshtui.transports.mqtt_feed import Publication
from tests.support.feeds import fed, feed_to
from tests.support.mosquitto import eventually
from tests.support.token_broker import TokenBroker
from tests.support.token_maker import Signer

NODE = Signer()
TOPIC = f"meshcore/BTS/{NODE.key}/packets"


@pytest.fixture
async def broker(tmp_path):
    async with TokenBroker(tmp_path) as broker:
        yield broker


def url_of(broker: TokenBroker, scheme: str, signer: Signer = NODE) -> str:
    token = signer.token(NODE.claims(broker.audience, time.time()))
    at = f"{quote(NODE.user)}:{quote(token)}@localhost:{broker.ports[scheme]}"
    trust = f"?ca={broker.authority.file}" if scheme in {"mqtts", "wss"} else ""
    return f"jsonmesh+{scheme}://{at}{trust}"


def messages(numbers: range, *, is_confirmed: bool = True) -> list[Publication]:
    return [
        Publication(TOPIC, json.dumps({"origin_id": NODE.key, "n": n}).encode(), is_confirmed)
        for n in numbers
    ]


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts", "ws", "wss"])
async def test_it_logs_in_with_a_token_and_is_never_closed(scheme, broker) -> None:
    async with fed(url_of(broker, scheme)) as feed:
        await feed.send(messages(range(100)))
        assert [body["n"] for body in broker.bodies()] == list(range(100))
        await feed.aclose()

    assert (broker.denied, broker.refused) == ({}, {})


async def test_a_token_of_somebody_else_is_a_refused_login(broker) -> None:
    with pytest.raises(TransportError) as caught:
        await feed_to(url_of(broker, "ws", Signer(b"\2" * 32)))
    assert caught.value.is_refused
    assert broker.refused == {"signature": 1}


@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_after_a_loss_between_two_batches_nothing_of_the_second_was_taken(
    is_confirmed, broker
) -> None:
    async with fed(url_of(broker, "ws")) as feed:
        await feed.send(messages(range(3), is_confirmed=is_confirmed))
        await eventually(lambda: len(broker.messages) == 3)
        broker.hang_up()
        await feed.lost()
        with pytest.raises(LinkLostError):
            await feed.send(messages(range(3, 5), is_confirmed=is_confirmed))
        assert feed.taken == 0

    assert len(broker.messages) == 3
