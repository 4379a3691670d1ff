"""Opening feeds in tests, and servers that answer them as told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import time
from typing import TYPE_CHECKING

from meshtui.runtime.clock import SystemClock
from meshtui.transports.mqtt_connection import MqttConnection
from meshtui.transports.mqtt_feed import Publication, open_feed
from meshtui.transports.url import parse_link_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import pytest

    from meshtui.transports.mqtt_feed import MqttFeed

CONNACK = b"\x20\x02\x00\x00"
CONNACK_5 = b"\x20\x03\x00\x00\x00"


async def feed_to(url: str, client_id: str = "", will: Publication | None = None) -> MqttFeed:
    return await open_feed(parse_link_url(url)[1], client_id, will, SystemClock().now)


@contextlib.asynccontextmanager
async def fed(url: str, client_id: str = "", will: Publication | None = None):
    """A feed for the length of a block."""
    feed = await feed_to(url, client_id, will)
    try:
        yield feed
    finally:
        feed.abort()


def numbered(count: int, topic: str, *, size: int = 0, is_confirmed: bool = True):
    """Messages whose payloads begin with their number."""
    return [
        Publication(topic, b"%d" % number + b" " * size, is_confirmed) for number in range(count)
    ]


def cost_of_turns(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What each turn of reading or writing costs from now on, in seconds of this thread."""
    turns_s: list[float] = []
    for name in ("_on_readable", "_on_writable"):
        turn = getattr(MqttConnection, name)

        def timed(connection: MqttConnection, turn: Callable[..., None] = turn) -> None:
            begin_s = time.thread_time()
            turn(connection)
            turns_s.append(time.thread_time() - begin_s)

        monkeypatch.setattr(MqttConnection, name, timed)
    return turns_s


@contextlib.asynccontextmanager
async def served_by(
    deed: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    protocol: str = "4",
) -> AsyncIterator[str]:
    """The URL of a server that reads a CONNECT and then does as told."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.read(4_096)
            await deed(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=4_096)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"jsonmesh+mqtt://127.0.0.1:{port}?protocol={protocol}"
    finally:
        server.close()


async def shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be the server's side of a WebSocket from now on, and welcome whoever logs in by MQTT."""
    request = await reader.readuntil(b"\r\n\r\n")
    assert request.startswith(b"GET /mqtt HTTP/1.1\r\n")
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    writer.write(
        b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n\x82\x04" + CONNACK
    )
