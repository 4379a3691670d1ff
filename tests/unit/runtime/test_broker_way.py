"""The way to a broker, tried step by step: the first step that fails names the culprit."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from meshtui.model.ids import LinkId
from meshtui.runtime import doctor_broker
from meshtui.runtime.doctor_broker import Way, Wording, skew_words
from meshtui.transports.base import LinkSpec
from tests.support.certificates import Authority
from tests.support.mosquitto import SCHEMES, free_port, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from meshtui.runtime.check import Check

UPGRADE = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n{date}\r\n"
REFUSAL = "HTTP/1.1 403 For\x1bbidden\r\n{date}\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def spec_of(port: int, scheme: str = "mqtt", host: str = "localhost", **options: str) -> LinkSpec:
    return LinkSpec(LinkId("x"), scheme, host, port, options=options)


async def walked(spec: LinkSpec, wording: Wording | None = None) -> tuple[Way, dict[str, Check]]:
    way = Way("x", spec, wording)
    return way, {check.check.removeprefix("x: "): check async for check in way.checks()}


@contextlib.asynccontextmanager
async def web_server(answer: Callable[[str], str]) -> AsyncIterator[int]:
    """Answer every request by what `answer` makes of its first line."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            request = await reader.read(4_096)
            writer.write(answer(request.decode("latin-1")).encode())
            await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def tls_server(certificate: Path, key: Path) -> AsyncIterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def date(**off: float) -> str:
    return f"Date: {format_datetime(datetime.now(UTC) + timedelta(**off), usegmt=True)}\r\n"


@pytest.mark.broker
def test_every_way_into_a_real_broker_is_open(tmp_path: Path) -> None:
    with running(tmp_path) as broker:
        for scheme in SCHEMES:
            trust = {"ca": str(broker.authority.file)} if scheme in {"mqtts", "wss"} else {}
            way, found = asyncio.run(walked(spec_of(broker.ports[scheme], scheme, **trust)))
            assert way.is_open
            assert all(check.is_ok for check in found.values())
            assert ("tls" in found, "websocket" in found) == (bool(trust), scheme[0] == "w")


async def test_an_unknown_name_and_a_closed_port_are_the_last_thing_said() -> None:
    nobody, by_name = await walked(spec_of(1, host="no-such-host.invalid"))
    closed, by_port = await walked(spec_of(free_port()))

    assert not nobody.is_open
    assert not closed.is_open
    assert list(by_name) == ["name"]
    assert list(by_port) == ["name", "tcp"]
    assert "Connection refused" in by_port["tcp"].detail


@pytest.mark.parametrize(
    ("words", "advice", "how"),
    [
        ("expired", "is the clock", {"from_day": -10, "to_day": -1}),
        ("not yet valid", "is the clock", {"from_day": 2, "to_day": 10}),
        ("self-signed", "mqtt1_tls_ca", {"is_self_signed": True}),
    ],
)
async def test_a_bad_certificate_ends_the_way_with_the_setting_that_mends_it(
    authority: Authority, words: str, advice: str, how: dict[str, int]
) -> None:
    async with tls_server(*authority.issue("localhost", **how)) as port:
        spec = spec_of(port, "mqtts", ca=str(authority.file))
        way, found = await walked(spec, Wording(authority="mqtt1_tls_ca"))

    assert not way.is_open
    assert list(found) == ["name", "tcp", "tls"]
    assert words in found["tls"].detail
    assert advice in found["tls"].fix


async def test_a_certificate_for_another_host_and_a_stranger_are_not_trusted(
    authority: Authority, tmp_path: Path
) -> None:
    async with tls_server(*authority.issue("other.example")) as port:
        _, wrong = await walked(spec_of(port, "mqtts", ca=str(authority.file)))
        _, private = await walked(spec_of(port, "mqtts"))
        _, missing = await walked(spec_of(port, "mqtts", ca=str(tmp_path / "none.pem")))

    assert "not valid for 'localhost'" in wrong["tls"].detail
    assert "private authority is trusted by ?ca=FILE" in private["tls"].fix
    assert "none.pem" in missing["tls"].detail
    assert "?ca=FILE" in missing["tls"].fix


async def test_who_checks_no_certificate_is_told_so_and_the_way_goes_on(
    authority: Authority,
) -> None:
    wording = Wording(insecure="mqtt2_tls_insecure")
    async with tls_server(*authority.issue("localhost", is_self_signed=True)) as port:
        way, found = await walked(spec_of(port, "mqtts", insecure="1"), wording)

    assert way.is_open
    assert not found["tls"].is_ok
    assert "mqtt2_tls_insecure" in found["tls"].fix


async def test_a_plain_port_is_no_tls() -> None:
    async with web_server(lambda _: "HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        _, found = await walked(spec_of(port, "mqtts", insecure="1"))

    assert list(found) == ["name", "tcp", "tls"]
    assert "no TLS there" in found["tls"].detail


async def test_a_server_that_goes_silent_in_the_handshake_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor_broker, "STEP_TIMEOUT_S", 0.1)
    async with web_server(lambda _: "") as port:
        _, by_tls = await walked(spec_of(port, "mqtts"))
        _, by_upgrade = await walked(spec_of(port, "ws"))

    assert "no answer in time" in by_tls["tls"].detail
    assert "no answer in time" in by_upgrade["websocket"].detail


async def test_a_path_that_does_not_upgrade_is_named() -> None:
    async with web_server(lambda _: REFUSAL.format(date="")) as port:
        way, found = await walked(spec_of(port, "ws"), Wording(path="look at mqtt3_websocket_path"))

    assert not way.is_open
    assert found["websocket"].detail.startswith("/mqtt answers HTTP/1.1 403 For")
    assert found["websocket"].detail.isprintable()
    assert found["websocket"].fix == "look at mqtt3_websocket_path"


@pytest.mark.parametrize(
    ("off", "is_ok", "words"),
    [
        ({"seconds": 200}, True, "agree"),
        ({"days": 1}, False, "24 h 0 min behind the broker's"),
        ({"minutes": -6}, False, "6 min ahead of the broker's"),
        ({"days": -700}, False, "700 days ahead of the broker's"),
    ],
)
async def test_the_clock_is_compared_with_the_brokers(
    off: dict[str, float], is_ok: bool, words: str
) -> None:
    told = date(**off)
    async with web_server(lambda _: UPGRADE.format(date=told)) as port:
        way, found = await walked(spec_of(port, "ws"), Wording(clock="tokens fail"))

    assert way.is_open
    assert found["clock"].is_ok is is_ok
    assert words in found["clock"].detail
    assert is_ok or "tokens fail" in found["clock"].fix


async def test_a_broker_that_upgrades_without_its_time_is_asked_as_a_web_server() -> None:
    def answer(request: str) -> str:
        return UPGRADE.format(date="" if "/mqtt" in request else date(hours=-3))

    async with web_server(answer) as port:
        way, found = await walked(spec_of(port, "ws"))

    assert way.skew_s == pytest.approx(3 * 3600, abs=5)
    assert "3 h 0 min ahead" in found["clock"].detail


async def test_a_broker_that_keeps_its_time_to_itself_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor_broker, "DATE_TIMEOUT_S", 0.05)
    async with web_server(
        lambda request: UPGRADE.format(date="") if "/mqtt" in request else ""
    ) as port:
        way, found = await walked(spec_of(port, "ws"))

    assert way.is_open
    assert list(found) == ["name", "tcp", "websocket"]


@pytest.mark.parametrize(
    "told",
    [
        "",
        "Date: yesterday\r\n",
        "Date: 99 Foo 99999 99:99:99\r\n",
        "Date\r\n",
        "\xff" * 50 + "\r\n",
    ],
)
async def test_a_broker_that_tells_no_time_is_not_compared(told: str) -> None:
    async with web_server(lambda _: UPGRADE.format(date=told)) as port:
        way, found = await walked(spec_of(port, "ws"))

    assert way.is_open
    assert way.skew_s is None
    assert list(found) == ["name", "tcp", "websocket"]


@pytest.mark.parametrize(
    "flood", ["x" * 10_000_000, "a: b\r\n" * 500_000, "HTTP/1.1 101 x\r\n" + "y" * 10_000_000]
)
async def test_an_endless_answer_is_cut_off(flood: str) -> None:
    async with web_server(lambda _: flood) as port:
        _, found = await walked(spec_of(port, "ws"))

    assert not found["websocket"].is_ok
    assert len(found["websocket"].detail) < 200
    assert "Error" not in found["websocket"].detail


def test_how_far_a_clock_is_off_is_said_in_fitting_units() -> None:
    assert skew_words(-301) == "5 min behind"
    assert skew_words(7_260) == "2 h 1 min ahead of"
    assert skew_words(-10 * 86_400) == "10 days behind"
