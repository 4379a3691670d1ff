"""A broker that sends without end what nobody asked for is left; one that sends some is not."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from meshtui.errors import LinkLostError
from meshtui.transports import mqtt_connection, mqtt_feed
from meshtui.transports.mqtt_feed import Publication
from tests.support.feeds import CONNACK, fed, served_by, shake_hands
from tests.support.mosquitto import eventually

FLOODS = {
    "messages": b"\x30\x80\x40\x00\x01t" + b"x" * 8_189,
    "small messages": b"\x30\x03\x00\x01t" * 1_000,
    "answers to pings": b"\xd0\x00" * 1_000,
    "confirmations": b"\x40\x02\x12\x34" * 1_000,
    "what no broker says": b"\xc0\x00" * 1_000,
}
WORDS = "the broker sends without end what nobody asked for"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_connection, "MISC_INTERVAL_S", 0.05)
    monkeypatch.setattr(mqtt_feed, "MOST_UNASKED_BYTES", 1024 * 1024)
    monkeypatch.setattr(mqtt_feed, "UNASKED_BYTES_PER_S", 64 * 1024)


def flooding(flood: bytes):
    async def deed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CONNACK)
        while True:
            writer.write(flood)
            await writer.drain()

    return served_by(deed)


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_who_floods_us_is_left_with_a_reason(flood: bytes) -> None:
    async with asyncio.timeout(10), flooding(flood) as url, fed(url) as feed:
        assert await feed.lost() == WORDS
        with pytest.raises(LinkLostError, match=WORDS):
            await feed.send([Publication("t", b"x")])


@pytest.mark.parametrize("frame", [b"\x89\x00", b"\x8a\x02hi", b"\x80\x00"])
async def test_frames_that_bring_nothing_are_a_flood_too(frame: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake_hands(reader, writer)
        with contextlib.suppress(OSError):
            while True:
                writer.write(frame * 1_000)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(10), fed(f"jsonmesh+ws://127.0.0.1:{port}") as feed:
        assert await feed.lost() == WORDS
    server.close()


async def test_all_that_a_broker_has_kept_and_a_little_for_ever_is_borne() -> None:
    turns = 0

    async def deed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal turns
        writer.write(CONNACK + FLOODS["messages"] * 100)
        while True:
            turns += 1
            writer.write(FLOODS["messages"])
            await asyncio.sleep(0.01)

    async with asyncio.timeout(10), served_by(deed) as url, fed(url) as feed:
        await eventually(lambda: turns > 20)
        await feed.send([Publication("t", b"x")])
        assert feed.remark == "the broker sends messages unasked"


async def test_who_confirms_what_was_never_sent_has_confirmed_nothing(monkeypatch) -> None:
    monkeypatch.setattr(mqtt_connection, "CONFIRM_TIMEOUT_S", 0.3)

    async def deed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CONNACK)
        while True:
            writer.write(b"\x40\x02\x12\x34")
            await asyncio.sleep(0.02)

    async with asyncio.timeout(10), served_by(deed) as url, fed(url) as feed:
        with pytest.raises(LinkLostError, match="confirmed nothing"):
            await feed.send([Publication("t", b"x", is_confirmed=True)])
