"""The file that packet messages are written to, as JSON Lines.

A thread writes: a disk that is slow, or hangs, delays no radio and no broker. The thread is a
daemon, so that a program that ends does not wait for a disk that never comes back.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections import deque
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.model.publishing import OutputStatus
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.publishing.rotating_file import RotatingFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshtui.model.capture import CaptureConfig
    from meshtui.runtime.clock import Clock

MAX_WAITING_LINES: Final = 20_000
MAX_WAITING_BYTES: Final = 8 * 1024 * 1024
MAX_BATCH_LINES: Final = 1_000
FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 30.0
LAST_WORDS_S: Final = 2.0
_MEGABYTE: Final = 1024 * 1024

_log = logging.getLogger(__name__)


def output_of(config: CaptureConfig) -> OutputFile | None:
    """Return the file that the settings name; None = they name none."""
    if not config.output_file:
        return None
    return OutputFile(
        Path(config.output_file).expanduser(),
        max_bytes=round(config.output_max_mb * _MEGABYTE),
        keep=config.output_keep,
    )


class OutputFile:
    """Writes messages in order; what finds no room in memory is lost, and counted."""

    def __init__(
        self, path: Path, *, max_bytes: int, keep: int, clock: Clock | None = None
    ) -> None:
        """Write nothing yet.

        Args:
            path: A regular file, or one to be made for its owner's eyes only.
            max_bytes: A file that would become larger is put aside, as `name.1`, and so on.
            keep: So many are kept; 0 = none, what has grown is deleted.
        """
        self._path = path
        self._file = RotatingFile(path, max_bytes=max_bytes, keep=keep)
        self._clock = clock or SystemClock()
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._written = 0
        self._lost = 0
        self._failure = ""
        self._remark = ""
        self._is_closed = False
        self._has_lines = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._batches: queue.SimpleQueue[Sequence[bytes] | None] = queue.SimpleQueue()
        self._is_started = False

    def write(self, line: bytes) -> None:
        """Queue one message, which holds no line's end."""
        if (
            self._is_closed
            or len(self._lines) >= MAX_WAITING_LINES
            or self._bytes + len(line) > MAX_WAITING_BYTES
        ):
            self._lost += 1
            return
        self._lines.append(line)
        self._bytes += len(line)
        self._has_lines.set()

    async def run(self) -> None:
        """Write until cancelled; what fails is tried again, and nothing overtakes it."""
        delay_s = FIRST_RETRY_S
        while True:
            await self._write_batch()
            if self._failure:
                await self._clock.sleep(delay_s)
                delay_s = min(2 * delay_s, LONGEST_RETRY_S)
            else:
                delay_s = FIRST_RETRY_S
                await self._has_lines.wait()

    async def aclose(self) -> None:
        """Write what waits, for at most two seconds, once `run` has ended; the rest is lost."""
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                while self._lines:
                    await self._write_batch()
                    if self._failure:
                        break
                await self._is_idle.wait()
        except TimeoutError:
            self._note(self._failure or "the disk does not answer", self._remark)
        self._is_closed = True
        if self._lines:
            _log.warning("%s: %s messages were not written", self._path, len(self._lines))
        self._lost += len(self._lines)
        self._lines.clear()
        self._bytes = 0
        self._batches.put(None)

    def status(self) -> OutputStatus:
        """Say where it stands."""
        reason = self._failure or self._remark
        return OutputStatus(str(self._path), self._written, self._lost, reason)

    async def _write_batch(self) -> None:
        """Wait until the thread has dealt with the lines that wait, or with none at the start."""
        if self._is_idle.is_set():
            if not self._is_started:
                self._is_started = True
                loop = asyncio.get_running_loop()
                threading.Thread(
                    target=self._work, args=(loop,), name="output", daemon=True
                ).start()
            self._is_idle.clear()
            self._batches.put(tuple(islice(self._lines, MAX_BATCH_LINES)))
        await self._is_idle.wait()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write batches; in the thread."""
        while (lines := self._batches.get()) is not None:
            written, failure = self._file.append(lines)
            try:
                loop.call_soon_threadsafe(self._settle, written, failure, self._file.remark)
            except RuntimeError:
                break  # the loop is closed: nobody waits any more
        self._file.close()

    def _settle(self, written: int, failure: str, remark: str) -> None:
        """Take what came of a batch; its lines waited in their place so far."""
        self._is_idle.set()
        if self._is_closed:
            return
        for _ in range(written):
            self._bytes -= len(self._lines.popleft())
        self._written += written
        if not self._lines:
            self._has_lines.clear()
        self._note(failure, remark)

    def _note(self, failure: str, remark: str) -> None:
        reason, before = failure or remark, self._failure or self._remark
        self._failure, self._remark = failure, remark
        if reason == before:
            return
        if reason:
            _log.warning("%s: %s", self._path, reason)
        else:
            _log.info("%s: is written again", self._path)
