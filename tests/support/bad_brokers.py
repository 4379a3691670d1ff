"""Brokers that fail in every way they can, each on a free loopback port for the length of a block.

async with never_answers() as broker:
    ...broker.port, broker.connections...
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, TypeAlias

from tests.support import mqtt_server as mqtt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Serve: TypeAlias = Callable[["Caller"], Awaitable[None]]

# a record of TLS 1.2 that announces a handshake message and never brings it
HALF_A_HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76"


class Caller:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.wire = mqtt.TcpWire(reader, writer)

    async def welcome(self) -> None:
        """Accept the login, whosever it is."""
        await mqtt.read_packet(self.wire)
        await self.wire.write(mqtt.connack())

    async def forever(self) -> None:
        """Do nothing more, and read nothing more."""
        self.writer.transport.pause_reading()
        await asyncio.Event().wait()


class BadBroker:
    """Where it is, and how it goes.

    Attributes:
        connections: Accepted so far.
        taken: Messages read so far, by those that read.
    """

    def __init__(self, serve: Serve) -> None:
        self.connections = 0
        self.taken: list[mqtt.Message] = []
        self.port = 0
        self._serve = serve
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until it ends, or all do."""
        self.connections += 1
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(mqtt.HungUpError, mqtt.MalformedError, asyncio.CancelledError):
                await self._serve(Caller(reader, writer))
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def aclose(self) -> None:
        """End every connection."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def broker_that(serve: Callable[[BadBroker, Caller], Awaitable[None]]):
    """Run a broker that treats every connection so."""
    broker = BadBroker(lambda caller: serve(broker, caller))
    server = await asyncio.start_server(broker.take, "127.0.0.1", 0, limit=4_096)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        await broker.aclose()
        await server.wait_closed()


def hangs_in_tls() -> contextlib.AbstractAsyncContextManager[BadBroker]:
    """Begins the handshake and does not go on."""

    async def serve(_: BadBroker, caller: Caller) -> None:
        await caller.reader.read(4_096)
        await caller.wire.write(HALF_A_HELLO)
        await caller.forever()

    return broker_that(serve)


def never_answers() -> contextlib.AbstractAsyncContextManager[BadBroker]:
    """Accepts TCP, and that is all."""

    async def serve(_: BadBroker, caller: Caller) -> None:
        await caller.forever()

    return broker_that(serve)


def never_acks(*, reads: bool = False) -> contextlib.AbstractAsyncContextManager[BadBroker]:
    """Accepts the login and confirms nothing; without `reads` it does not even read."""

    async def serve(broker: BadBroker, caller: Caller) -> None:
        await caller.welcome()
        while reads:
            kind, flags, body = await mqtt.read_packet(caller.wire)
            if kind == mqtt.PUBLISH:
                broker.taken.append(mqtt.read_publish(flags, body))
        await caller.forever()

    return broker_that(serve)


def refuses(code: int = mqtt.NOT_AUTHORISED) -> contextlib.AbstractAsyncContextManager[BadBroker]:
    """Refuses every login."""

    async def serve(_: BadBroker, caller: Caller) -> None:
        await mqtt.read_packet(caller.wire)
        await caller.wire.write(mqtt.connack(code))
        await caller.wire.close()

    return broker_that(serve)


def closes_at_once(*, after_login: bool = False) -> contextlib.AbstractAsyncContextManager:
    """Hangs up on everybody."""

    async def serve(_: BadBroker, caller: Caller) -> None:
        if after_login:
            await caller.welcome()
        await caller.wire.close()

    return broker_that(serve)


def talks_nonsense(*, after_login: bool = False) -> contextlib.AbstractAsyncContextManager:
    """Is no broker at all."""

    async def serve(_: BadBroker, caller: Caller) -> None:
        if after_login:
            await caller.welcome()
        else:
            await caller.reader.read(4_096)
        await caller.wire.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(range(256)))
        await caller.forever()

    return broker_that(serve)


def floods() -> contextlib.AbstractAsyncContextManager[BadBroker]:
    """Lets everybody in, reads nothing, and sends without end."""

    async def serve(_: BadBroker, caller: Caller) -> None:
        await caller.welcome()
        while not caller.writer.is_closing():
            await caller.wire.write(mqtt.publish("unasked", b"x" * 8_000))
            await asyncio.sleep(0)

    return broker_that(serve)


def reads_slowly(
    bytes_per_s: int = 10_000, *, confirms: bool = True
) -> contextlib.AbstractAsyncContextManager[BadBroker]:
    """Takes everything, in its own time."""

    async def serve(broker: BadBroker, caller: Caller) -> None:
        # a small window, so that the sender soon feels it
        sock = caller.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await caller.welcome()
        while True:
            kind, flags, body = await mqtt.read_packet(caller.wire)
            await asyncio.sleep(len(body) / bytes_per_s)
            if kind == mqtt.PUBLISH:
                message = mqtt.read_publish(flags, body)
                broker.taken.append(message)
                if message.qos and confirms:
                    await caller.wire.write(mqtt.puback(message.packet_id))
            elif kind == mqtt.PINGREQ:
                await caller.wire.write(mqtt.pingresp())

    return broker_that(serve)


@contextlib.asynccontextmanager
async def dead_port() -> AsyncIterator[int]:
    """A port where nothing listens, and nothing else can come to listen."""
    with socket.socket() as keeper:
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]
