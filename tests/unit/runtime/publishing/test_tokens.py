"""Laws of logins by token: who can signs, nobody's key is believed unseen, no secret is told."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import LocalProtocolError
from meshtui.model.capture import CaptureConfig
from meshtui.model.device import Device
from meshtui.model.event import Signed
from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.observing.observer import MeshcoreObserver
from meshtui.runtime.publishing.tokens import (
    LONGEST_REST_S,
    SIGN_TIMEOUT_S,
    TokenError,
    TokenMaker,
)
from tests.support.clock import FakeClock
from tests.support.meshcore_vectors import vectors

if TYPE_CHECKING:
    from pathlib import Path

    from meshtui.model.command import Sign

JWT = vectors()["jwt"]
KEY = JWT["public_key"]
ORIGIN = Device(NetworkName("meshcore"), LinkId("usb"), NodeId(KEY.lower()), name="Hill")


class Radio:
    """Answers `Sign` as it is told to, through the maker's own door."""

    def __init__(self, answer: Signed | LocalProtocolError | None) -> None:
        self.answer = answer
        self.requests: list[Sign] = []
        self.maker: TokenMaker

    async def submit(self, request: Sign) -> None:
        self.requests.append(request)
        if isinstance(self.answer, LocalProtocolError):
            raise self.answer
        if self.answer is not None:
            answer = self.answer
            self.maker.signed(
                Signed(
                    request.network,
                    request.link_id,
                    request.request_id,
                    answer.at,
                    answer.signature,
                    answer.signed_by,
                    answer.reason,
                )
            )


def answer(signature: str = "", reason: str = "") -> Signed:
    secret = SecretBytes(bytes.fromhex(signature)) if signature else None
    now = FakeClock().now()
    return Signed(NetworkName("meshcore"), LinkId("usb"), "", now, secret, "the radio", reason)


def maker(radio: Radio, **settings: object) -> TokenMaker:
    config = CaptureConfig(**settings)  # type: ignore[arg-type]
    made = TokenMaker(config, MeshcoreObserver(), radio.submit, FakeClock())
    radio.maker = made
    return made


def key_file(folder: Path, text: str = JWT["private_key_64"], mode: int = 0o600) -> Path:
    path = folder / "radio.key"
    path.write_text(text)
    path.chmod(mode)
    return path


async def test_a_key_file_signs_where_the_radio_does_not(tmp_path: Path) -> None:
    radio = Radio(answer(reason="the radio does not sign"))
    made = maker(radio, private_key_path=str(key_file(tmp_path)))

    token = await made.make(ORIGIN, "mqtt-us-v1.letsmesh.net")

    assert token.username == JWT["username"]
    assert token.signed_by == "private_key_path"
    assert token.expires_ms - token.issued_ms == 24 * 3600 * 1000
    assert not radio.requests[0].may_export  # there is a file: the radio keeps its key
    assert token.secret.reveal.count(b".") == 2
    assert token.secret.reveal.decode() not in repr(token)


async def test_python_signing_does_not_trouble_the_radio(tmp_path: Path) -> None:
    radio = Radio(None)
    made = maker(radio, private_key_path=str(key_file(tmp_path)), auth_token_method="python")

    assert (await made.make(ORIGIN, "a.example")).signed_by == "private_key_path"
    assert radio.requests == []


class SlowRadio(Radio):
    """Takes half a minute for each answer; `made` asks it."""

    def __init__(self, answer: Signed) -> None:
        super().__init__(answer)
        self.clock = FakeClock()
        self.maker = TokenMaker(CaptureConfig(), MeshcoreObserver(), self.submit, self.clock)

    async def submit(self, request: Sign) -> None:
        self.clock.advance(30.0)
        await super().submit(request)


async def test_a_radio_that_is_slow_to_fail_is_left_alone_in_proportion() -> None:
    radio = SlowRadio(answer(reason="the radio does not answer"))
    made, clock = radio.maker, radio.clock

    for _ in range(10):  # as many brokers
        with pytest.raises(TokenError, match="does not answer"):
            await made.make(ORIGIN, "a.example")
    assert len(radio.requests) == 1

    clock.advance(301.0)
    with pytest.raises(TokenError):
        await made.make(ORIGIN, "a.example")
    assert len(radio.requests) == 2
    made.rested()
    with pytest.raises(TokenError):
        await made.make(ORIGIN, "a.example")
    assert len(radio.requests) == 3


async def test_a_radio_that_goes_on_being_slow_to_fail_is_left_alone_ever_longer() -> None:
    radio = SlowRadio(answer(reason="the radio does not answer"))

    for _ in range(24 * 60):
        with pytest.raises(TokenError, match="does not answer"):
            await radio.maker.make(ORIGIN, "a.example")
        radio.clock.advance(60.0)

    asked = len(radio.requests)
    assert 24 <= asked <= 28  # about once an hour in a day, a little more often at first
    for _ in range(1_100):  # for as long as it takes
        radio.clock.advance(LONGEST_REST_S)
        with pytest.raises(TokenError, match="does not answer"):
            await radio.maker.make(ORIGIN, "a.example")
    asked += 1_100
    assert len(radio.requests) == asked
    radio.clock.advance(LONGEST_REST_S)
    radio.answer = answer("00" * 64)  # it signs, if not well: it is no longer slow to fail
    for _ in range(3):
        with pytest.raises(TokenError, match="not this radio's"):
            await radio.maker.make(ORIGIN, "a.example")
    assert len(radio.requests) == asked + 3


async def test_a_radio_that_refuses_at_once_may_be_asked_at_once() -> None:
    radio = Radio(answer(reason="the radio does not sign: that is switched off"))
    made = maker(radio)

    for _ in range(3):
        with pytest.raises(TokenError):
            await made.make(ORIGIN, "a.example")
    assert len(radio.requests) == 3


async def test_without_a_file_the_radio_may_be_asked_for_its_key(tmp_path: Path) -> None:
    radio = Radio(answer(reason="the radio does not sign, and keeps its key"))
    made = maker(radio)

    with pytest.raises(TokenError) as told:
        await made.make(ORIGIN, "a.example")

    assert radio.requests[0].may_export
    assert "keeps its key" in str(told.value)
    assert "private_key_path" in str(told.value)


async def test_a_signature_that_is_not_this_radios_is_no_login() -> None:
    made = maker(Radio(answer("00" * 64)))

    with pytest.raises(TokenError, match="not this radio's"):
        await made.make(ORIGIN, "a.example")


async def test_a_radio_that_keeps_silent_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("meshtui.runtime.publishing.tokens.SIGN_TIMEOUT_S", 0.01)
    made = maker(Radio(None))

    with pytest.raises(TokenError, match="does not answer"):
        await made.make(ORIGIN, "a.example")
    assert SIGN_TIMEOUT_S > 1


async def test_a_radio_that_is_away_is_said_to_be() -> None:
    made = maker(Radio(LocalProtocolError("no radio is connected")))

    with pytest.raises(TokenError, match="no radio is connected"):
        await made.make(ORIGIN, "a.example")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "private key"),
        ("ab" * 64, ""),
        ("not hex", "private key"),
        ("11" * 32, ""),  # a seed, of another node
    ],
)
async def test_a_file_that_is_no_key_of_this_radio_says_so_and_nothing_of_it(
    tmp_path: Path, text: str, words: str
) -> None:
    path = key_file(tmp_path, text)
    made = maker(Radio(None), private_key_path=str(path), auth_token_method="python")
    with pytest.raises(TokenError) as told:
        await made._by_file(ORIGIN, b"data")

    assert str(path) in str(told.value)
    assert words in str(told.value)
    assert not text or text not in str(told.value)


async def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    made = maker(Radio(None), private_key_path=str(pipe))

    with pytest.raises(TokenError, match="no file"):
        await made._by_file(ORIGIN, b"data")
    made = maker(Radio(None), private_key_path=str(tmp_path / "none"))
    with pytest.raises(TokenError, match="No such file"):
        await made._by_file(ORIGIN, b"data")


async def test_a_key_others_can_read_is_used_and_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = key_file(tmp_path, mode=0o644)
    made = maker(Radio(None), private_key_path=str(path), auth_token_method="python")

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await made.make(ORIGIN, "a.example")

    assert sum("chmod 600" in record.message for record in caplog.records) == 1
    assert JWT["private_key_64"].lower() not in caplog.text.lower()


async def test_tokens_are_made_one_after_the_other() -> None:
    radio = Radio(None)
    made = maker(radio)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(made.make(ORIGIN, f"{n}.example")) for n in range(3)]
        for _ in range(5):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()

    assert len(radio.requests) == 1
