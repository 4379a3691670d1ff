"""What a gateway behind TCP does that no other link does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest

from meshtui.errors import TransportError
from meshtui.model.packet import Frame, Transmit
from meshtui.transports.stream_link import MAX_FRAME_BYTES, MAX_UNREAD_BYTES
from tests.support.chaos import ChaosProxy
from tests.support.heartbeat import longest_gap
from tests.support.links import open_link, opened
from tests.support.mosquitto import eventually, free_port


class Gateway:
    """A server that does what a test says with its one client."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.writer: asyncio.StreamWriter | None = None
        self.may_read = asyncio.Event()
        self.may_read.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        with contextlib.suppress(OSError):
            while True:
                await self.may_read.wait()
                data = await reader.read(65_536)
                if not data:
                    break
                self.heard += data
        writer.close()


@pytest.fixture
async def gateway():
    made = Gateway()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    made.url = f"jsonmesh+tcp://127.0.0.1:{made.port}"
    yield made
    server.close()
    if made.writer is not None:
        made.writer.transport.abort()


async def why_not(url: str) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await open_link(url)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("jsonmesh+tcp://gateway", "write host and port of the radio: jsonmesh+tcp://HOST:PORT"),
        ("jsonmesh+tcp://u@gateway:1", "has no user and no path: jsonmesh+tcp://gateway:1"),
        ("jsonmesh+tcp://[::1]:1/x", "has no user and no path: jsonmesh+tcp://[::1]:1"),
        (f"jsonmesh+tcp://{'a' * 70}.example:1", "a.example:1 names no host"),
    ],
)
async def test_what_can_never_work_is_final(url, words) -> None:
    error = await why_not(url)
    assert words in str(error)
    assert error.is_final


async def test_nobody_there_is_said_and_tried_again() -> None:
    port = free_port()
    error = await why_not(f"jsonmesh+tcp://127.0.0.1:{port}")
    assert f"nothing listens at 127.0.0.1:{port}" in str(error)
    assert not error.is_final
    error = await why_not("jsonmesh+tcp://no-such-gateway.invalid:1")
    assert "the name in no-such-gateway.invalid:1 is not known" in str(error)
    assert not error.is_final


async def test_small_writes_leave_at_once_and_a_dead_far_end_is_noticed(gateway) -> None:
    async with opened(gateway.url) as reading:
        raw = reading.link._transport.get_extra_info("socket")
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 35_000


async def test_a_gateway_that_hangs_up_is_a_lost_link(gateway) -> None:
    async with opened(gateway.url) as reading:
        await eventually(lambda: gateway.writer)
        gateway.writer.write(b"bye\n")
        gateway.writer.close()
        await eventually(lambda: reading.lost is not None)
        assert reading.payloads == [b"bye\n"]
        assert reading.lost == "the radio closed the connection"


async def test_a_reset_is_a_lost_link(gateway) -> None:
    async with (
        ChaosProxy(gateway.port) as proxy,
        opened(f"jsonmesh+tcp://127.0.0.1:{proxy.port}") as reading,
    ):
        await eventually(lambda: gateway.writer)
        proxy.reset()
        await eventually(lambda: reading.lost is not None)
        assert reading.lost == "the radio broke the connection off"


async def test_a_gateway_that_stops_reading_holds_up_its_sender_only(gateway) -> None:
    gateway.may_read.clear()
    async with opened(gateway.url) as reading, asyncio.TaskGroup() as group:

        async def fill() -> None:
            for _ in range(1_500):
                await reading.send(bytes(10_000))

        stuck = group.create_task(fill())
        gap_s = await longest_gap(0.3)
        assert not stuck.done()
        assert reading.link._transport.get_write_buffer_size() <= 10_000
        assert gap_s < 0.05

        gateway.may_read.set()
        await asyncio.wait([stuck], timeout=10)
        await eventually(lambda: len(reading.transmitted) == 1_500)


async def test_closing_does_not_wait_for_a_gateway_that_stopped_reading(gateway) -> None:
    gateway.may_read.clear()
    link = await open_link(gateway.url)
    await link.send(Transmit(link.link_id, bytes(20_000_000)))
    began_s = time.monotonic()
    await link.aclose()
    assert 1.5 < time.monotonic() - began_s < 3


async def test_what_nobody_reads_stays_in_the_gateway(gateway) -> None:
    link = await open_link(gateway.url)
    await eventually(lambda: gateway.writer)
    total = 10_000_000  # without one newline
    gateway.writer.write(bytes(total))
    await asyncio.sleep(0.2)
    held = sum(len(arrival.payload) for arrival in link._arrivals)
    # asyncio reads up to 256 KiB at once.
    assert MAX_UNREAD_BYTES <= held <= MAX_UNREAD_BYTES + 256 * 1024
    seen = 0
    async with asyncio.timeout(20):
        async for batch in link.arrivals():
            frames = [item for item in batch if isinstance(item, Frame)]
            assert all(0 < len(frame.payload) <= MAX_FRAME_BYTES for frame in frames)
            seen += sum(len(frame.payload) for frame in frames)
            if seen == total:
                break
    await link.aclose()


async def test_an_empty_transmission_is_reported_like_any_other(gateway) -> None:
    async with opened(gateway.url) as reading:
        await reading.send(b"")
        await reading.send(b"x")
        await eventually(lambda: len(reading.transmitted) == 2)
        await eventually(lambda: gateway.heard == b"x")


async def test_senders_that_wait_for_each_other_do_not_mix_their_bytes(gateway) -> None:
    lines = [b"%03d" % number * 3_000 + b"\n" for number in range(60)]
    async with opened(gateway.url) as reading:
        async with asyncio.TaskGroup() as group:
            for line in lines:
                group.create_task(reading.send(line))
        await eventually(lambda: len(gateway.heard) == sum(map(len, lines)))
        assert gateway.heard.splitlines(keepends=True) == lines
