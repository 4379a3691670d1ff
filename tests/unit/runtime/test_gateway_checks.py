"""What the doctor and a first run say of gateways, and that neither sends a byte."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from meshtui.runtime import doctor_gateways
from meshtui.runtime.api import Found
from meshtui.runtime.doctor import check_link
from meshtui.runtime.doctor_gateways import check_ports
from meshtui.runtime.nearby_serial import serial_gateways
from meshtui.transports.url import parse_link_url
from tests.support.links import opened
from tests.support.mosquitto import free_port
from tests.support.pty_wire import Pty

if TYPE_CHECKING:
    from pathlib import Path

LINE = b'RSSI:-92|SNR:7.5|{"from":"MESH-1"}\n'


@pytest.fixture
def pty(monkeypatch):
    monkeypatch.setattr(doctor_gateways, "LISTEN_S", 0.2)
    made = Pty()
    yield made
    made.unplug()


async def checks(url: str) -> dict[str, tuple[bool, str]]:
    _, spec = parse_link_url(url)
    return {
        check.check.rpartition(": ")[2]: (check.is_ok, check.detail)
        async for check in check_link(spec, None)
    }


async def hearing(pty: Pty, data: bytes) -> tuple[bool, str]:
    async def speak() -> None:
        while True:  # opening a port throws away what came before
            with contextlib.suppress(BlockingIOError):
                pty.write(data)
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(speak())
        found = await checks(f"jsonmesh+serial://{pty.device}")
        task.cancel()
    return found["hears"]


async def test_a_quiet_gateway_is_in_order_and_hears_nothing_from_us(pty) -> None:
    found = await checks(f"jsonmesh+serial://{pty.device}")
    assert [is_ok for is_ok, _ in found.values()] == [True, True, True]
    assert "nothing in" in found["hears"][1]
    assert pty.read() == b""


async def test_packets_are_known(pty) -> None:
    assert await hearing(pty, b"half a line" + LINE * 2) == (True, "packets of a mesh")
    for compact in (b"\xca\x01\x02\n", b"\xcb\x01\x02\n"):
        assert (await hearing(pty, compact * 2))[1] == "packets of a mesh"


async def test_a_boards_boot_messages_are_no_packets_and_no_fault(pty) -> None:
    is_ok, detail = await hearing(pty, b"rst:0x1 (POWERON_RESET),boot:0x13\r\n")
    assert is_ok
    assert "no packet" in detail


async def test_noise_is_a_wrong_baud_rate(pty) -> None:
    is_ok, detail = await hearing(pty, bytes(range(0x80, 0xC0)) + b"\xff\xfe\x9a")
    assert not is_ok
    assert "neither text nor packets" in detail


async def test_the_first_fault_is_the_last_thing_said(pty) -> None:
    found = await checks("jsonmesh+serial:///dev/no-such-port")
    assert list(found) == ["port"]
    assert "is not there" in found["port"][1]
    assert (await checks("jsonmesh+serial:///etc/passwd"))["port"] == (
        False,
        "/etc/passwd is not a serial port",
    )
    async with opened(f"jsonmesh+serial://{pty.device}"):
        found = await checks(f"jsonmesh+serial://{pty.device}")
    assert found["open"][0] is False
    assert "is in use" in found["open"][1]


async def test_a_gateway_behind_tcp_is_listened_to(monkeypatch) -> None:
    monkeypatch.setattr(doctor_gateways, "LISTEN_S", 0.5)
    heard = asyncio.get_running_loop().create_future()

    async def serve(reader, writer) -> None:
        writer.write(LINE)
        heard.set_result(await reader.read())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await checks(f"jsonmesh+tcp://127.0.0.1:{port}")
    assert found == {"open": (True, "it opens"), "hears": (True, "packets of a mesh")}
    assert await heard == b""
    server.close()
    is_ok, detail = (await checks(f"jsonmesh+tcp://127.0.0.1:{free_port()}"))["open"]
    assert not is_ok
    assert "nothing listens" in detail


async def test_gateways_without_a_link_are_pointed_out(tmp_path: Path) -> None:
    assert check_ports(tmp_path) is None
    (tmp_path / "ttyUSB0").touch()
    check = check_ports(tmp_path)
    assert check is not None
    assert check.is_ok
    assert check.detail == f"the serial ports here are {tmp_path}/ttyUSB0; no link uses one"
    assert f"jsonmesh+serial://{tmp_path}/ttyUSB0" in check.fix


def test_a_first_run_offers_what_is_plugged_in(tmp_path: Path) -> None:
    for name in ("ttyUSB0", "ttyACM1", "ttyAMA0", "ttyS0"):
        (tmp_path / name).touch()
    (tmp_path / "serial" / "by-id").mkdir(parents=True)
    (tmp_path / "serial" / "by-id" / "usb-CP2102-if00").symlink_to(tmp_path / "ttyUSB0")
    usb, acm = f"{tmp_path}/ttyUSB0", f"{tmp_path}/ttyACM1"
    assert serial_gateways(tmp_path) == [
        Found(f"MeshCore radio on {usb}", f"meshcore+serial://{usb}", "CP2102"),
        Found(f"LoRa gateway on {usb}", f"jsonmesh+serial://{usb}", "CP2102"),
        Found(f"MeshCore radio on {acm}", f"meshcore+serial://{acm}"),
        Found(f"LoRa gateway on {acm}", f"jsonmesh+serial://{acm}"),
    ]


async def test_a_simulated_mesh_is_opened_and_listened_to(pty) -> None:
    found = await checks("jsonmesh+sim://valley")

    assert list(found) == ["open", "hears"]
    assert found["open"] == (True, "simulated")
