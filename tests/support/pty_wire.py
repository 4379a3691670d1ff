"""Serial ports without hardware: pseudo-terminals served by a thread.

A thread, because a gateway does not wait for our loop; and full-duplex, because a wire that stops
reading while it writes locks up as soon as both its ends are full.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import tty
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

READ_BYTES = 4_096
MAX_HELD = 64 * 1024


class Pty:
    """One pseudo-terminal: `device` is what a program opens, `master` the far side of its cable."""

    def __init__(self, link: Path | None = None) -> None:
        """Make one; `link` becomes a symbolic link to it, as udev keeps them for gateways."""
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.device = os.ttyname(self._slave)
        if link is not None:
            link.unlink(missing_ok=True)
            link.symlink_to(self.device)
            self.device = str(link)

    def let_go(self) -> None:
        """Hold our own end only. Where no program has the device open, `read` is an OSError."""
        os.close(self._slave)
        self._slave = -1

    def unplug(self) -> None:
        """Pull the cable: the device is gone, for those who have it open, too."""
        for fd in (self.master, self._slave):
            if fd >= 0:
                os.close(fd)
        self.master = self._slave = -1

    def write(self, data: bytes) -> int:
        """Put bytes on the cable, as many as there is room for."""
        return os.write(self.master, data)

    def read(self) -> bytes:
        """Take what has come over the cable."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.master, READ_BYTES)
        return b""


class PtyWire:
    """Two pseudo-terminals; what goes into one comes out of the other."""

    def __init__(self) -> None:
        self.left, self.right = Pty(), Pty()
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._carry, name="pty wire", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        os.close(self._stop_read)

    def cut(self) -> None:
        """End it: both devices are gone."""
        if self._stop_write >= 0:
            os.close(self._stop_write)
            self._stop_write = -1
            self._thread.join()

    def _carry(self) -> None:
        ways = {self.left.master: self.right.master, self.right.master: self.left.master}
        held = dict.fromkeys(ways, b"")  # by where it must go
        while True:
            readers = [fd for fd, to in ways.items() if len(held[to]) < MAX_HELD]
            writers = [fd for fd, data in held.items() if data]
            readable, writable, _ = select.select([*readers, self._stop_read], writers, [])
            if self._stop_read in readable:
                break
            for fd in readable:
                held[ways[fd]] += os.read(fd, READ_BYTES)
            for fd in writable:
                held[fd] = held[fd][os.write(fd, held[fd]) :]
        self.left.unplug()
        self.right.unplug()
