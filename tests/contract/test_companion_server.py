"""The simulated companion radio as a server: connections, a serial line, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from meshtui.crypto.ed25519 import verify
from meshtui.networks.meshcore.companion.deframer import Deframer, enframe
from meshtui.networks.meshcore.kiss import (
    Hardware,
    ModemRadio,
    data_frame,
    encode_radio,
    hardware_frame,
)
from tests.support.companion_server import ROOT, STREET, WAIT_S, Place, running_server
from tests.support.links import opened
from tests.support.meshcore_vectors import raw
from tests.support.mosquitto import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

APP_START = enframe(b"\x01" + bytes(7) + b"test")
SELF_INFO, ERR, DISABLED, SIGNATURE = 0x05, 0x01, 0x0F, 0x14


class Client:
    """A connection, and the frames that came over it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._deframer = Deframer()
        self._frames: list[bytes] = []

    async def ask(self, payload: bytes) -> bytes:
        """Send a command; returns the answer."""
        self._writer.write(enframe(payload))
        async with asyncio.timeout(WAIT_S):
            while True:
                while self._frames:
                    frame = self._frames.pop(0)
                    if frame[0] < 0x80:
                        return frame
                data = await self._reader.read(4_096)
                if not data:
                    raise ConnectionError("the radio has hung up")
                self._frames = self._deframer.feed(data, 0.0)

    async def ended(self) -> bool:
        async with asyncio.timeout(WAIT_S):
            with contextlib.suppress(ConnectionError):
                while await self._reader.read(4_096):
                    pass
            return True


@contextlib.asynccontextmanager
async def connected(place: Place) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    yield Client(reader, writer)
    writer.close()


async def test_a_new_client_takes_the_place_of_the_old(tmp_path) -> None:
    with running_server(tmp_path) as place:
        async with connected(place) as old:
            assert (await old.ask(APP_START[3:]))[0] == SELF_INFO
            async with connected(place) as new:
                assert await old.ended()
                assert (await new.ask(APP_START[3:]))[0] == SELF_INFO


async def test_a_reboot_cuts_the_client_off_and_it_may_come_back(tmp_path) -> None:
    with running_server(tmp_path) as place:
        async with connected(place) as client:
            with pytest.raises(ConnectionError):
                await client.ask(b"\x13reboot")
        await asyncio.sleep(0.3)  # two seconds, ten times as fast
        async with connected(place) as client:
            assert (await client.ask(APP_START[3:]))[0] == SELF_INFO


async def test_what_may_be_refused_is_refused(tmp_path) -> None:
    with running_server(tmp_path, "--no-key-export", "--no-signing") as place:
        async with connected(place) as client:
            assert (await client.ask(b"\x17"))[0] == DISABLED
            assert (await client.ask(b"\x21")) == bytes((ERR, 1))


async def test_a_radio_may_sign_what_nobody_can_verify(tmp_path) -> None:
    with running_server(tmp_path, "--wrong-signatures") as place:
        async with connected(place) as client:
            await client.ask(b"\x21")
            await client.ask(b"\x22data")
            answer = await client.ask(b"\x23")

    assert (answer[0], len(answer)) == (SIGNATURE, 65)
    assert not verify(bytes.fromhex(place.key), b"data", answer[1:])


async def test_frames_too_long_are_skipped_and_garbage_is_passed_over(tmp_path) -> None:
    with running_server(tmp_path) as place:
        async with connected(place) as client:
            client._writer.write(b"noise" + enframe(bytes(300)) + b"\x00\xff")
            assert (await client.ask(APP_START[3:]))[0] == SELF_INFO


async def test_a_serial_line_serves_as_well(tmp_path) -> None:
    with running_server(tmp_path, "--pty") as place:
        async with opened(f"meshcore+serial://{place.pty}?baud=115200") as link:
            await link.send(APP_START)
            await eventually(lambda: b"".join(link.payloads).startswith(b">"), 10)
            frame = Deframer().feed(b"".join(link.payloads), 0.0)[0]

    assert frame[0] == SELF_INFO
    assert frame[4:36].hex() == place.key


def test_it_ends_with_its_stdin(tmp_path) -> None:
    with running_server(tmp_path) as place:
        place.process.stdin.close()

        assert place.process.wait(WAIT_S) == 0


def test_without_a_stdin_that_ends_it_serves_until_it_is_told(tmp_path) -> None:
    path = tmp_path / "street.toml"
    path.write_text(STREET)
    process = subprocess.Popen(
        [sys.executable, "-m", "meshtui.sim.companion_server", str(path)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    said = json.loads(process.stdout.readline())
    with socket.create_connection(("127.0.0.1", said["port"]), WAIT_S) as client:
        client.sendall(APP_START)
        answer = client.recv(1)
    process.terminate()
    _, talk = process.communicate(timeout=WAIT_S)

    assert (answer, process.returncode, talk) == (b">", 0, b"")


def test_a_scenario_that_is_none_is_named(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "meshtui.sim.companion_server", "nowhere"],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )

    assert done.returncode == 1
    assert "no scenario called 'nowhere'" in done.stderr


@pytest.mark.parametrize("how", ["tcp", "pty"])
async def test_a_modem_that_is_lent_is_tuned_and_repeated_by_the_mesh(how: str, tmp_path) -> None:
    packet = raw("ADVERT flood A (name+latlon) via R | sent by A")
    street = ModemRadio(869_618_000, 500_000, 7, 5)
    with running_server(tmp_path, "--kiss", *(["--pty"] if how == "pty" else [])) as place:
        where = f"127.0.0.1:{place.port}" if how == "tcp" else place.pty
        async with opened(f"meshcore+kiss://{where}") as link:
            await link.send(hardware_frame(Hardware.GET_RADIO))
            await link.send(hardware_frame(Hardware.SET_RADIO, encode_radio(street)))
            await link.send(data_frame(packet))
            # the repeater on the hill passes it on
            await eventually(lambda: b"".join(link.payloads).count(packet[-64:]) == 1, WAIT_S)
            said = b"".join(link.payloads)

    assert place.key == ""
    assert said.startswith(hardware_frame(0x8B, bytes(10)) + hardware_frame(Hardware.OK))
    assert hardware_frame(Hardware.TX_DONE, b"\x01") in said
