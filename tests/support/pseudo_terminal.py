"""A program on a terminal of its own, without any terminal program."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Terminal:
    """What a person at the terminal sees and does; made by `on_a_terminal`."""

    def __init__(self, pid: int, fd: int) -> None:
        self.pid = pid
        self.output = b""
        self._fd = fd
        self.code: int | None = None

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def wait_for(self, text: str, times: int = 1, timeout_s: float = 20) -> None:
        """Read until `text` was written, so many times in all; fails where it never is."""
        until_s = time.monotonic() + timeout_s
        while self.output.count(text.encode()) < times:
            assert self._read(until_s), self.output[-2000:]

    def wait(self, timeout_s: float = 20) -> int:
        """Read to the end; returns the exit code."""
        until_s = time.monotonic() + timeout_s
        while self._read(until_s):
            pass
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code

    def _read(self, until_s: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], max(0.0, until_s - time.monotonic()))
        assert ready, f"nothing more came after {self.output[-2000:]!r}"
        try:
            piece = os.read(self._fd, 65_536)
        except OSError:  # Linux says so at the end
            return False
        self.output += piece
        return bool(piece)


@contextlib.contextmanager
def on_a_terminal(argv: Sequence[str], **environment: str) -> Iterator[Terminal]:
    """Run a program on an 80x24 terminal for the length of a block."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(argv[0], list(argv), {**os.environ, "TERM": "xterm-256color", **environment})
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    terminal = Terminal(pid, fd)
    try:
        yield terminal
    finally:
        if terminal.code is None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        os.close(fd)
