"""Readers that are not ours: mosquitto's subscriber for topics, `pymc_core` for packets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.companion_server import require
from tests.support.mosquitto import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def find_client(name: str = "mosquitto_sub") -> str:
    """Where a client of mosquitto's is; without it the test is skipped (fails where required)."""
    path = shutil.which(name)
    if path is None:
        why = f"{name} is not installed (Debian: apt install mosquitto-clients)"
        if os.environ.get("MESHTUI_TEST_REQUIRE") == "1":
            pytest.fail(why)
        pytest.skip(why)
    return path


class Heard(NamedTuple):
    """What a subscriber was told. `is_retained`: it is from before it subscribed."""

    topic: str
    payload: bytes
    is_retained: bool

    @property
    def body(self) -> dict:
        return json.loads(self.payload)


@dataclass
class PublicReader:
    """A running `mosquitto_sub`."""

    heard: list[Heard] = field(default_factory=list)
    is_ready: bool = False

    def bodies(self, ending: str = "/packets") -> list[dict]:
        """What came on topics that end so, in order."""
        return [heard.body for heard in self.heard if heard.topic.endswith(ending)]

    def take(self, line: bytes) -> None:
        """Read one line of its output."""
        match line.rstrip(b"\n").split(b" ", 3):
            case [b"M", is_retained, payload, topic]:
                data = bytes.fromhex(payload.decode())
                self.heard.append(Heard(topic.decode(), data, is_retained == b"1"))
            case [b"Subscribed", *_]:
                self.is_ready = True


@contextlib.asynccontextmanager
async def reading(
    port: int, *filters: str, login: tuple[str, str] | None = None, ca: Path | None = None
) -> AsyncIterator[PublicReader]:
    """Subscribe for the length of a block; it is subscribed when the block begins."""
    words = [word for each in filters or ("#",) for word in ("-t", each)]
    if login is not None:
        words += ["-u", login[0], "-P", login[1]]
    if ca is not None:
        words += ["--cafile", str(ca)]
    reader = PublicReader()
    process = await asyncio.create_subprocess_exec(
        *("stdbuf", "-oL", find_client()),  # else what it says of itself waits for a message
        *("-d", "-h", "localhost", "-p", str(port), "-F", "M %r %x %t", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    async def follow() -> None:
        while line := await process.stdout.readline():
            reader.take(line)

    async with asyncio.TaskGroup() as group:
        group.create_task(follow())
        try:
            await eventually(lambda: reader.is_ready)
            yield reader
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Reading(NamedTuple):
    """A packet as another program reads it; named as in packet messages."""

    packet_type: str
    route: str
    payload_len: str
    hash: str
    hops: list[str]


def read_packet(raw: str) -> Reading:
    """Read a packet in hex with `pymc_core`."""
    protocol = require("pymc_core.protocol.packet")
    packet = protocol.Packet()
    assert packet.read_from(bytes.fromhex(raw))
    return Reading(
        packet_type=str(packet.get_payload_type()),
        route="FFDT"[packet.get_route_type()],
        payload_len=str(packet.payload_len),
        hash=packet.calculate_packet_hash().hex().upper()[:16],
        hops=packet.get_path_hashes_hex(),
    )
