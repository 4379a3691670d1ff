"""Logins by token: the radio signs, or its key does; what goes wrong is said, secrets are not."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from typing import TYPE_CHECKING

import pytest

from meshtui.model.packet import Frame
from meshtui.model.publishing import PublisherState
from tests.support.capture_bed import (
    at_tokens,
    capture_radio,
    capturing,
    hexes,
    numbered,
)
from tests.support.meshcore_vectors import vectors
from tests.support.mosquitto import eventually
from tests.support.token_broker import AUDIENCE, TokenBroker

if TYPE_CHECKING:
    from pathlib import Path

HOUR_S = 3_600
NO_SIGNING, NO_EXPORT = "--no-signing", "--no-key-export"
OTHERS_KEY = vectors()["keys"]["A"]["private_key_64"]


@pytest.fixture
async def tokens(tmp_path):
    async with TokenBroker(tmp_path) as broker:
        yield broker


def key_file(folder: Path, text: str, mode: int = 0o600) -> str:
    """Write a private key down; returns the line of the settings that names it."""
    path = folder / "radio.key"
    path.write_text(text)
    path.chmod(mode)
    return f"private_key_path = {path}"


async def test_the_radio_signs_and_the_token_says_whose_it_is(tokens, tmp_path) -> None:
    owner = "AB" * 32
    lines = f"owner_public_key = {owner}\nowner_email = Somebody@Example.ORG"
    before_s = time.time()
    async with (
        capture_radio(tmp_path, NO_EXPORT) as radio,
        capturing(radio, lines, mqtt1=at_tokens(tokens)) as service,
    ):
        await service.up()
        status = service.of("mqtt1")
    (login,) = tokens.logins
    claims = login.claims

    assert status.token.signed_by == "the radio"
    assert login.user == f"v1_{radio.key}"
    assert claims["aud"] == AUDIENCE
    assert claims["owner"] == owner
    assert claims["email"] == "somebody@example.org"
    assert claims["client"].startswith("meshtui/")
    assert "iata" not in claims
    assert before_s - 1 <= claims["iat"] <= time.time()
    assert claims["exp"] - claims["iat"] == 24 * HOUR_S
    renewal_s = (status.token.renew_at_ms - status.token.issued_ms) / 1000
    assert renewal_s <= 12 * HOUR_S


@pytest.mark.parametrize("radios", [(NO_SIGNING,), ("--wrong-signatures",)])
async def test_where_the_radio_does_not_sign_its_exported_key_does(
    radios, tokens, tmp_path
) -> None:
    async with (
        capture_radio(tmp_path, *radios) as radio,
        capturing(radio, mqtt1=at_tokens(tokens)) as service,
    ):
        await service.up()
        signed_by = service.of("mqtt1").token.signed_by

        kept = [each for each in gc.get_objects() if isinstance(each, Frame)]
        is_kept = any(bytes.fromhex(radio.private_key) in each.payload for each in kept)

    assert signed_by == "the key the radio exported"
    assert not tokens.refused
    assert not is_kept


@pytest.mark.parametrize(
    ("radios", "service_line"),
    [
        ((NO_SIGNING, NO_EXPORT), "auth_token_method = device"),
        (("--wrong-signatures", NO_EXPORT), "auth_token_method = device"),
        ((), "auth_token_method = python"),
    ],
)
async def test_a_key_file_signs_instead(radios, service_line, tokens, tmp_path) -> None:
    async with capture_radio(tmp_path, *radios) as radio:
        lines = f"{service_line}\n{key_file(tmp_path, radio.private_key)}"
        async with capturing(radio, lines, mqtt1=at_tokens(tokens)) as service:
            await service.up()
            signed_by = service.of("mqtt1").token.signed_by

    assert signed_by == "private_key_path"
    assert not tokens.refused


@pytest.mark.parametrize(
    ("radios", "text", "words"),
    [
        ((NO_SIGNING, NO_EXPORT), None, ("private_key_path",)),
        (("--wrong-signatures", NO_EXPORT), None, ("sign", "private_key_path")),
        ((NO_SIGNING, NO_EXPORT), OTHERS_KEY, ("private_key_path", "radio.key")),
        ((NO_SIGNING, NO_EXPORT), "no key at all", ("private_key_path", "radio.key")),
    ],
)
async def test_where_nobody_signs_it_says_what_to_do_and_knocks_nowhere(
    radios, text, words, tokens, tmp_path
) -> None:
    async with capture_radio(tmp_path, *radios) as radio:
        lines = "" if text is None else key_file(tmp_path, text)
        async with capturing(radio, lines, mqtt1=at_tokens(tokens)) as service:
            reason = await service.reason("mqtt1", *words)
            await service.hear(radio, numbered(3))
            status = service.of("mqtt1")

    assert tokens.connections == 0
    assert status.queued == 3
    assert status.retry_at_ms > 0
    assert OTHERS_KEY[:16] not in reason


async def test_a_key_of_another_radio_is_said_to_be_that(tokens, tmp_path) -> None:
    async with capture_radio(tmp_path) as radio:
        lines = f"auth_token_method = python\n{key_file(tmp_path, OTHERS_KEY)}"
        async with capturing(radio, lines, mqtt1=at_tokens(tokens)) as service:
            # the radio itself signs, so nothing is lost
            await service.up()
            assert service.of("mqtt1").token.signed_by == "the radio"
        async with (
            capture_radio(tmp_path, NO_SIGNING) as weak,
            capturing(weak, lines, mqtt1=at_tokens(tokens)) as service,
        ):
            reason = await service.reason("mqtt1", "radio.key")

    assert "another node" in reason


@pytest.mark.parametrize("ahead_h", [25, 24 * 30])
async def test_a_clock_that_is_behind_is_what_a_refused_token_is_blamed_on(
    ahead_h, tmp_path
) -> None:
    async with (
        TokenBroker(tmp_path, now=lambda: time.time() + ahead_h * HOUR_S) as tokens,
        capture_radio(tmp_path) as radio,
        capturing(radio, mqtt1=at_tokens(tokens)) as service,
    ):
        reason = await service.reason("mqtt1", "clock")
        status = service.of("mqtt1")

    assert tokens.refused == {"expired": 1}  # brokers ban who knocks too often
    assert time.strftime("%Y-%m-%d", time.gmtime()) in reason
    assert status.retry_at_ms - status.since_ms >= 30_000


async def test_a_token_for_another_broker_is_what_a_refused_token_is_blamed_on(
    tokens, tmp_path
) -> None:
    lines = at_tokens(tokens, "wss").replace(AUDIENCE, "mqtt.example.org")
    async with capture_radio(tmp_path) as radio, capturing(radio, mqtt1=lines) as service:
        reason = await service.reason("mqtt1", "mqtt1_token_audience")

    assert "mqtt.example.org" in reason
    assert tokens.refused == {"audience": 1}


async def test_a_person_can_ask_for_a_new_token_and_loses_nothing(tokens, tmp_path) -> None:
    sent = numbered(60)
    async with (
        capture_radio(tmp_path) as radio,
        capturing(radio, mqtt1=at_tokens(tokens)) as service,
    ):
        await service.up()
        await service.hear(radio, sent[:30])
        await asyncio.sleep(1.1)  # tokens count in seconds
        service.api.renew("mqtt1")
        await service.hear(radio, sent[30:])
        await eventually(lambda: service.of("mqtt1").connects == 2)
        await eventually(lambda: len(tokens.bodies()) == 60)
        status = service.of("mqtt1")

    assert [body["raw"] for body in tokens.bodies()] == hexes(sent)
    assert tokens.logins[1].claims["iat"] > tokens.logins[0].claims["iat"]
    assert (status.connects, status.dropped, status.failures) == (2, 0, 0)
    assert not [message for message in tokens.messages if message.is_will]


async def test_ten_brokers_ask_one_radio_for_ten_tokens(tokens, tmp_path) -> None:
    brokers = {f"mqtt{number}": at_tokens(tokens, "ws") for number in range(1, 11)}
    async with (
        capture_radio(tmp_path, NO_EXPORT) as radio,
        capturing(radio, **brokers) as service,
    ):
        await service.up(timeout_s=20)
        signers = {each.token.signed_by for each in service.status.publishers}

    assert signers == {"the radio"}
    assert len({login.client_id for login in tokens.logins}) == 10
    assert len(tokens.logins) == 10


async def test_no_secret_is_ever_logged(tokens, tmp_path, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    async with capture_radio(tmp_path, NO_SIGNING) as radio:
        brokers = {
            "mqtt1": at_tokens(tokens),
            "mqtt2": at_tokens(tokens).replace(AUDIENCE, "mqtt.example.org"),
        }
        async with capturing(radio, "debug = true", **brokers) as service:
            await service.up("mqtt1")
            await service.reason("mqtt2", "clock")
            await service.hear(radio, numbered(2))
            shown = repr(service.status)
        key = radio.private_key
    text = "\n".join(record.getMessage() for record in caplog.records) + shown

    assert service.of("mqtt1").state is not PublisherState.BROKEN
    assert key[:32] not in text.lower()
    assert key[64:96] not in text.lower()
    assert "eyJ" not in text  # how every token begins
