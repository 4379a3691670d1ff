"""Two TCP ports of one server: what goes into one comes out of the other, as from two gateways."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Self


class TcpWire:
    """Each port serves one client at a time; a second one takes the first one's place."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._clients: dict[int, asyncio.StreamWriter] = {}
        self._has_both = asyncio.Event()

    async def __aenter__(self) -> Self:
        for end in range(2):
            serve = self._serving(end)
            self._servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        self.cut()

    @property
    def left_url(self) -> str:
        return self._url(0)

    @property
    def right_url(self) -> str:
        return self._url(1)

    def cut(self) -> None:
        """Break both connections with a TCP reset."""
        for writer in self._clients.values():
            raw = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self._clients.clear()

    def _url(self, end: int) -> str:
        return f"jsonmesh+tcp://127.0.0.1:{self._servers[end].sockets[0].getsockname()[1]}"

    def _serving(self, end: int):
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._clients[end] = writer
            if len(self._clients) == 2:
                self._has_both.set()
            with contextlib.suppress(OSError):
                await self._has_both.wait()
                while data := await reader.read(65_536):
                    other = self._clients.get(1 - end)
                    if other is not None:
                        other.write(data)
                        await other.drain()
            self._clients.pop(end, None)
            writer.close()

        return serve
