"""A TCP proxy that misbehaves when told to: cuts, goes silent, stops reading, refuses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Self


class ChaosProxy:
    """Stands between a client and a port of this machine."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.accepted = 0
        self._target_port = target_port
        self._is_silent = False
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._refuses = False
        self._pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.reset()

    def reset(self) -> None:
        """Cut every connection with a TCP reset."""
        for writers in self._pairs:
            for writer in writers:
                raw = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        self._pairs.clear()

    def silence(self, is_silent: bool = True) -> None:
        """Swallow every byte both ways: a half-open connection."""
        self._is_silent = is_silent

    def hold(self, is_held: bool = True) -> None:
        """Read nothing more either way until let go: buffers fill up."""
        (self._may_read.clear if is_held else self._may_read.set)()

    def refuse(self, refuses: bool = True) -> None:
        """Cut new connections at once."""
        self._refuses = refuses

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.accepted += 1
        if self._refuses:
            writer.transport.abort()
            return
        with contextlib.suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._pairs.append((writer, far_writer))
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._may_read.wait()
                if not self._is_silent:
                    writer.write(data)
                    await writer.drain()
            writer.close()
