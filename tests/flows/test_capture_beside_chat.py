"""The service beside a chat: on a real air, with a modem of our own, with a broker that froze."""

from __future__ import annotations

import contextlib

import pytest

from meshtui.model.publishing import PublisherState
from tests.support import bad_brokers
from tests.support.capture_bed import (
    at_mosquitto,
    at_port,
    at_tokens,
    capture_radio,
    capturing,
    hexes,
    numbered,
    publishing,
    settings,
)
from tests.support.meshcore_people import radio_user
from tests.support.meshcore_street import street
from tests.support.mosquitto import ALICE, eventually, running
from tests.support.public_reader import read_packet, reading
from tests.support.token_broker import TokenBroker


@pytest.mark.broker
async def test_a_broker_that_is_stopped_delays_no_other_and_gets_the_rest_later(tmp_path) -> None:
    sent = numbered(500)
    async with contextlib.AsyncExitStack() as stack:
        frozen = stack.enter_context(running(tmp_path / "frozen", has_login=True))
        other = stack.enter_context(running(tmp_path / "other", has_login=True))
        tokens = await stack.enter_async_context(TokenBroker(tmp_path))
        radio = await stack.enter_async_context(capture_radio(tmp_path))
        readers = [
            await stack.enter_async_context(reading(each.ports["mqtt"], "meshcore/#", login=ALICE))
            for each in (frozen, other)
        ]
        service = await stack.enter_async_context(
            capturing(
                radio,
                mqtt1=at_mosquitto(frozen, "mqtts", "qos = 1"),
                mqtt2=at_mosquitto(other, "wss", "qos = 1"),
                mqtt3=at_tokens(tokens),
            )
        )
        await service.up()
        await service.hear(radio, sent[:100])
        await service.published(100, "mqtt1", "mqtt2", "mqtt3")
        frozen.freeze()
        try:
            await service.hear(radio, sent[100:])
            await service.published(500, "mqtt2", "mqtt3")
            while_frozen = service.of("mqtt1")
        finally:
            frozen.thaw()
        await service.published(500, "mqtt1")
        await eventually(lambda: all(len(each.bodies()) >= 500 for each in readers))
        after = service.of("mqtt1")

    assert while_frozen.published == 100
    assert while_frozen.queued == 400
    assert (after.dropped, after.connects, after.state) == (0, 1, PublisherState.UP)
    for reader in readers:
        assert [body["raw"] for body in reader.bodies()] == hexes(sent)


@pytest.mark.peers
async def test_chat_goes_on_and_what_is_on_the_air_is_published_once_for_each_time_it_is_heard(
    tmp_path,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        air = await enter(street())
        hangs, mute = await enter(bad_brokers.hangs_in_tls()), await enter(bad_brokers.never_acks())
        tokens = await enter(
            TokenBroker(tmp_path, now=lambda: air.clock.now().unix_ms / 1000, bans=False)
        )
        url = await air.companion("Alice")
        alice = await enter(radio_user("alice", tmp_path, air, url))
        bob = await enter(radio_user("bob", tmp_path, air, await air.companion("Bob")))
        config = settings(
            int(url.rpartition(":")[2]),
            mqtt1=at_tokens(tokens),
            mqtt2=at_port(hangs.port, "use_tls = true"),
            mqtt3=at_port(mute.port, "qos = 1"),
        ).capture
        service = await enter(publishing(alice.hub, config, air.clock))
        await service.up("mqtt1")
        before = len(air.sent)
        question = await alice.say(bob, "hello, bob")
        await alice.until(question, "delivered")
        await bob.until(await bob.say(alice, "hello, alice"), "delivered")
        await air.advertise("Hill Rpt")
        await eventually(lambda: heard_by_alice(tokens, air, before), 10)
        mine = air.companions["Alice"].desk.node.public_key.hex().upper()

    assert alice.texts == ["hello, alice"]
    assert bob.texts == ["hello, bob"]
    assert {body["origin_id"] for body in tokens.bodies()} == {mine}
    assert {body["direction"] for body in tokens.bodies()} == {"rx"}
    for body in tokens.bodies():
        assert body["hash"] == read_packet(body["raw"]).hash


def heard_by_alice(tokens: TokenBroker, air, before: int) -> bool:
    """Tell whether all that others sent, and Alice is near enough to hear, was published."""
    others = [raw for name, raw in air.sent[before:] if name in ("Bob", "Hill Rpt", "Cellar")]
    raws = [body["raw"] for body in tokens.bodies()]
    return bool(others) and raws == hexes(others)


@pytest.mark.peers
async def test_with_a_modem_we_are_the_observer_and_what_we_send_can_be_published(
    tmp_path,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        air = await enter(street())
        tokens = await enter(TokenBroker(tmp_path, now=lambda: air.clock.now().unix_ms / 1000))
        alice = await enter(radio_user("alice", tmp_path, air, await air.modem("Alice")))
        bob = await enter(radio_user("bob", tmp_path, air, await air.companion("Bob")))
        config = settings(1, "publish_own = true", mqtt1=at_tokens(tokens, "ws")).capture
        service = await enter(publishing(alice.hub, config, air.clock))
        await service.up()
        signed_by = service.of("mqtt1").token.signed_by
        await bob.ask("advert-flood")
        await alice.ask("advert-flood")
        await eventually(lambda: {body["direction"] for body in tokens.bodies()} == {"rx", "tx"})
        own = [body for body in tokens.bodies() if body["direction"] == "tx"]

    assert signed_by == "our own key"
    assert {body["origin_id"] for body in tokens.bodies()} == {alice.node_id.upper()}
    for body in tokens.bodies():
        assert body["hash"] == read_packet(body["raw"]).hash
    assert alice.node_id.upper() in own[0]["raw"]
    assert (own[0]["SNR"], own[0]["RSSI"]) == ("Unknown", "Unknown")
    assert not tokens.refused
