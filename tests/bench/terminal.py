"""A program under a pseudo-terminal, of 80x24 unless said otherwise, watched from outside."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS, ROWS = 80, 24
GIVE_UP_S = 30.0


class Terminal:
    """One running program; `output` holds all that it wrote."""

    def __init__(self, args: Sequence[str], columns: int = COLUMNS, rows: int = ROWS) -> None:
        """Start this Python with `args`."""
        self.output = bytearray()
        self._begin_s = time.perf_counter()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, *args])

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the program."""
        os.kill(self._pid, signal.SIGTERM)
        os.close(self._fd)
        os.waitpid(self._pid, 0)

    @property
    def age_s(self) -> float:
        """Since it was started."""
        return time.perf_counter() - self._begin_s

    @property
    def rss_mb(self) -> float:
        """Memory it holds now."""
        with open(f"/proc/{self._pid}/status", encoding="utf-8") as lines:  # noqa: PTH123
            kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
        return int(kilobytes) / 1024

    @property
    def cpu_s(self) -> float:
        """Processor time it has used."""
        with open(f"/proc/{self._pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._fd, keys)

    def until(self, marker: str) -> float:
        """Read until `marker` was written; returns the age then."""
        wanted, patience_s = marker.encode(), self.age_s + GIVE_UP_S
        while wanted not in self.output:
            if self.age_s > patience_s or not self._read(0.5):
                seen = bytes(self.output[-2000:])
                msg = f"{marker!r} was not written; last: {seen!r}"
                raise TimeoutError(msg)
        return self.age_s

    def drain(self, seconds: float) -> int:
        """Read for so long; returns how many bytes came."""
        before, end_s = len(self.output), time.perf_counter() + seconds
        while (left_s := end_s - time.perf_counter()) > 0:
            self._read(left_s)
        return len(self.output) - before

    def _read(self, timeout_s: float) -> bool:
        """Read what there is; False = the program has ended."""
        ready, _, _ = select.select([self._fd], [], [], timeout_s)
        if ready:
            try:
                self.output += os.read(self._fd, 65536)
            except OSError:
                return False
        return True
