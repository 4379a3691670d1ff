"""Greeting what is at the other end of a link."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from meshtui.networks.meshcore.companion.answers import CurrTime
from meshtui.networks.meshcore.companion.deframer import enframe
from meshtui.networks.meshcore.companion.frames import encode_frame
from meshtui.runtime import greeting
from meshtui.runtime.doctor import check_link
from meshtui.runtime.setup import try_link
from meshtui.transports.url import parse_link_url
from tests.support.fake_kiss_modem import UNTUNED, FakeKissModem, serve_on_a_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SELF_INFO = bytes.fromhex(
    "050114148A88E3DD7409F195FD52DB2D3CBA5D72CA6709BF1D94121BF3748801B40F6F5C00000000000000"
    "000000000038F60D0090D003000A05"
)


@contextlib.asynccontextmanager
async def somebody(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Listen on loopback; answers the first bytes with `answer`, and gives what was heard."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            heard.append(await reader.read(200))
            writer.write(answer)
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


async def test_a_radio_that_answers_is_named_by_the_doctor() -> None:
    answer = enframe(SELF_INFO + b"Al\x1bice", to_radio=False)
    async with somebody(answer) as (port, _):
        _, spec = parse_link_url(f"meshcore+tcp://127.0.0.1:{port}")
        checks = [check async for check in check_link(spec, None)]
        complaint = (await try_link(spec)).problem

    assert [check.is_ok for check in checks] == [True, True]
    assert "MeshCore radio Al" in checks[-1].detail
    assert "\x1b" not in checks[-1].detail
    assert complaint == ""


@pytest.mark.parametrize("answer", [b"", b"RSSI:-80|{}\n" * 20])
async def test_who_does_not_answer_as_a_radio_is_told_from_one(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greeting, "GREET_S", 0.05)
    async with somebody(answer) as (port, _):
        _, spec = parse_link_url(f"meshcore+tcp://127.0.0.1:{port}")
        checks = [check async for check in check_link(spec, None)]
        complaint = (await try_link(spec)).problem

    assert not checks[-1].is_ok
    assert "companion firmware" in checks[-1].fix
    assert "no meshcore radio answers" in complaint


async def test_a_gateway_of_the_json_mesh_is_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greeting, "LISTEN_S", 0.2)
    async with somebody(b"") as (port, heard):
        _, spec = parse_link_url(f"jsonmesh+tcp://127.0.0.1:{port}")
        complaint = (await try_link(spec)).problem

    assert complaint == ""
    assert heard in ([], [b""])


@pytest.mark.parametrize(
    ("said", "is_silent"), [(b"", True), (b"\x3e\x01\x00\x83", True), (b"x\nRSSI:-80|{}\n", False)]
)
async def test_a_gateway_that_tells_nothing_is_not_said_to_work(
    said: bytes, is_silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greeting, "LISTEN_S", 0.2)

    def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, spec = parse_link_url(f"jsonmesh+tcp://127.0.0.1:{port}")
        checked = await try_link(spec)

    assert (checked.problem, checked.is_silent) == ("", is_silent)


async def test_a_radios_clock_is_looked_at_by_the_doctor() -> None:
    late = encode_frame(CurrTime(1_000_000))
    answer = enframe(late, to_radio=False) + enframe(SELF_INFO, to_radio=False)
    async with somebody(answer) as (port, _):
        _, spec = parse_link_url(f"meshcore+tcp://127.0.0.1:{port}")
        checks = [check async for check in check_link(spec, None)]

    assert [check.check.rpartition(": ")[2] for check in checks] == ["open", "radio", "clock"]
    assert "behind ours" in checks[-1].detail
    assert "sync-time" in checks[-1].fix


async def test_a_modem_is_found_by_a_ping_on_its_port() -> None:
    modem = FakeKissModem(radio=UNTUNED)
    with serve_on_a_terminal(modem) as device:
        _, spec = parse_link_url(f"meshcore+kiss://{device}")
        checks = [check async for check in check_link(spec, None)]
        complaint = (await try_link(spec)).problem

    assert [check.check.rpartition(": ")[2] for check in checks] == [
        "port", "open", "radio", "tuning"
    ]  # fmt: skip
    assert all(check.is_ok for check in checks)
    assert "KISS modem Host Sim" in checks[2].detail
    assert complaint == ""
    assert modem.on_air == []


async def test_a_modem_behind_tcp_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greeting, "GREET_S", 0.05)
    async with somebody(b"RSSI:-80|{}\n") as (port, _):
        _, spec = parse_link_url(f"meshcore+kiss://127.0.0.1:{port}")
        checks = [check async for check in check_link(spec, None)]

    assert [check.is_ok for check in checks] == [True, False]
    assert "KISS modem firmware" in checks[-1].fix


async def test_a_simulated_radio_is_greeted_like_any() -> None:
    _, spec = parse_link_url("meshcore+sim://valley")
    checks = [check async for check in check_link(spec, None)]

    assert all(check.is_ok for check in checks)
    assert "MeshCore radio" in checks[1].detail
