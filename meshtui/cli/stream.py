"""Rows for a reader that may be slow, or stop reading: it must not stop the mesh.

A pipe whose reader stalls blocks whoever writes to it. So a thread writes, and the loop waits for
room without standing still; what it does not take meanwhile, the bounded queue of its subscription
drops and counts (`missed`). The thread is a daemon: a program that ends does not wait for a reader
that never comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_WAITING_LINES: Final = 1_000


class LineStream:
    """Writes lines in order, from a thread of its own."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Write by `write`, which may block; an OSError of it is raised by the next call here."""
        self._write = write
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._waiting = 0
        self._failure: OSError | None = None
        self._loop = asyncio.get_running_loop()
        self._progress = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="stdout", daemon=True)
        self._thread.start()

    async def put(self, line: str) -> None:
        """Write a line soon; waits while too many are unwritten.

        Raises:
            OSError: An earlier line could not be written; BrokenPipeError: the reader is gone.
        """
        await self._until_at_most(MAX_WAITING_LINES - 1)
        self._waiting += 1
        self._lines.put(line)

    async def flush(self) -> None:
        """Wait until all is written.

        Raises:
            OSError: As for `put`.
        """
        await self._until_at_most(0)

    def write_last(self, line: str, timeout_s: float) -> None:
        """Write a line behind all others, and wait for that; to be called without the loop."""
        self._lines.put(line)
        self._lines.put(None)
        self._thread.join(timeout_s)

    async def _until_at_most(self, count: int) -> None:
        while self._waiting > count and self._failure is None:
            self._progress.clear()
            await self._progress.wait()
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        failure: OSError | None = None
        while failure is None and (line := self._lines.get()) is not None:
            try:
                self._write(line)
            except OSError as error:
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._note, failure)

    def _note(self, failure: OSError | None) -> None:
        self._waiting -= 1
        self._failure = failure
        self._progress.set()
