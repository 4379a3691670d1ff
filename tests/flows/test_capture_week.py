"""A week of an observer in wound time: logins are renewed, and no packet is missed for it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from meshtui.runtime.clock import SystemClock
from tests.support.capture_bed import (
    Capturing,
    at_tokens,
    capture_radio,
    hexes,
    numbered,
    publishing,
    settings,
)
from tests.support.clock import FakeClock
from tests.support.meshcore_people import MESHCORE
from tests.support.mosquitto import eventually
from tests.support.someone import running_hub
from tests.support.token_broker import TokenBroker

if TYPE_CHECKING:
    from tests.support.capture_bed import CaptureRadio

HOUR_S = 3_600


@contextlib.asynccontextmanager
async def watching(radio: CaptureRadio, clock: FakeClock, folder, lines: str, **brokers: str):
    """A service that goes by a wound clock; the mesh it listens to goes by the machine's."""
    url = f"meshcore+tcp://127.0.0.1:{radio.port}"
    config = settings(radio.port, lines, **brokers).capture
    async with (
        running_hub(MESHCORE, "observer", folder, [url], SystemClock(), {}) as hub,
        publishing(hub, config, clock) as service,
    ):
        yield service


@pytest.mark.parametrize(
    ("life_s", "step_s", "steps"), [(24 * HOUR_S, 3 * HOUR_S, 56), (HOUR_S, 20 * 60, 72)]
)
async def test_a_week_passes_without_a_gap_however_often_connections_break(
    life_s, step_s, steps, tmp_path
) -> None:
    clock = FakeClock()
    sent = numbered(2 * steps)
    async with (
        TokenBroker(tmp_path, now=lambda: clock.now().unix_ms / 1000) as tokens,
        capture_radio(tmp_path, "--no-key-export") as radio,
        watching(
            radio,
            clock,
            tmp_path,
            f"jwt_ttl_seconds = {life_s}",
            mqtt1=at_tokens(tokens, "ws"),
            mqtt2=at_tokens(tokens, "mqtt", "qos = 1"),
        ) as service,
    ):
        await service.up()
        oldest_s = 0.0
        for step in range(steps):
            await clock.wind(step_s)
            oldest_s = max(oldest_s, *ages_s(clock, service))
            await settled(clock, service, life_s)
            radio.hear(sent[2 * step])
            if step % 10 == 9:
                # in the middle of everything, the connections break
                tokens.hang_up()
            radio.hear(sent[2 * step + 1])
            await eventually(lambda: service.status.captured == radio.told)
            await settled(clock, service, life_s)
        statuses = [service.of(name) for name in ("mqtt1", "mqtt2")]

    assert oldest_s <= life_s / 2 + step_s
    for status in statuses:
        assert (status.published, status.dropped) == (2 * steps, 0)
    clients = {login.client_id for login in tokens.logins}
    assert len(clients) == 2
    for client in clients:
        logins = [login for login in tokens.logins if login.client_id == client]
        assert len(logins) >= steps * step_s / (life_s / 2 + step_s)
        # a login is never made with an old token
        assert all(login.at_s - login.claims["iat"] <= 60 for login in logins)
        assert all(login.claims["exp"] - login.claims["iat"] == life_s for login in logins)
    confirmed = [m.body["raw"] for m in tokens.messages if m.kind == "packets" and m.qos]
    assert list(dict.fromkeys(confirmed)) == hexes(sent)
    assert not tokens.refused
    assert not tokens.denied


async def test_while_the_radio_is_away_an_old_login_serves_until_its_end(tmp_path) -> None:
    clock = FakeClock()
    brokers = ("mqtt1", "mqtt2")
    async with (
        TokenBroker(tmp_path, now=lambda: clock.now().unix_ms / 1000) as tokens,
        capture_radio(tmp_path, "--no-key-export") as radio,
        watching(
            radio,
            clock,
            tmp_path,
            "",
            **{name: at_tokens(tokens, "ws", f"client_id = {name}") for name in brokers},
        ) as service,
    ):
        await service.up()
        await clock.wind(3 * HOUR_S)
        radio.switch_off()
        await eventually(lambda: not service.status.is_radio_up)
        tokens.hang_up()
        await service.down(*brokers)
        await settled(clock, service, 24 * HOUR_S)
        again = tokens.logins[2:]
        # by now it has come to its half, and nobody signs a new one: the connection stands
        await clock.wind(10 * HOUR_S)
        await eventually(lambda: "could not be renewed" in service.of("mqtt1").reason)
        assert service.are_up()
        # a day is over, and a new connection needs a new login
        await clock.wind(12 * HOUR_S)
        tokens.hang_up()
        await service.down(*brokers)
        await clock.wind(2)
        await service.reason("mqtt1", "no login", "not connected")
        await radio.switch_on()
        await eventually(lambda: service.retried(*brokers), 10)
        radio.hear(*numbered(3))
        await eventually(lambda: len(tokens.bodies()) == 6)
        last = tokens.logins[4:]

    assert [round(login.at_s - login.claims["iat"]) // HOUR_S for login in again] == [3, 3]
    assert [round(login.at_s - login.claims["iat"]) // 60 for login in last] == [0, 0]
    assert not tokens.refused


def ages_s(clock: FakeClock, service: Capturing) -> list[float]:
    """How old the tokens are that the connections were made with."""
    held = [service.of(name).token for name in ("mqtt1", "mqtt2")]
    return [(clock.now().unix_ms - token.issued_ms) / 1000 for token in held]


async def settled(clock: FakeClock, service: Capturing, life_s: float) -> None:
    """Let everything that is due happen; time goes on by seconds while a broker is away."""
    async with asyncio.timeout(20):
        while not (
            service.are_up()
            and not any(service.of(name).queued for name in ("mqtt1", "mqtt2"))
            and max(ages_s(clock, service)) < life_s / 2
        ):
            await asyncio.sleep(0.002)
            if any(service.of(name).retry_at_ms for name in ("mqtt1", "mqtt2")):
                await clock.wind(1.0, turns=5)
