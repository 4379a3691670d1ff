"""One open serial port on the asyncio loop: pyserial-asyncio, where it waits made harmless.

pyserial-asyncio 0.6 does its work on Python 3.11 to 3.13. Left as they are, pyserial's calls would
hold the loop up, though: closing waits until the hardware has sent everything (`tcdrain`, and then
`close` itself, for up to 30 seconds where a gateway stopped reading), writing spins where the
system has no room, and reading throws away what came just before the plug was pulled.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import termios
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from serial import Serial
from serial_asyncio import SerialTransport

if TYPE_CHECKING:
    import asyncio

PTY_FOLDER = Path("/dev/pts")


class Port(Serial):  # type: ignore[misc]
    """A raw 8N1 port that is ours alone; `open` may block, nothing else does.

    Attributes:
        discards: What the system has not sent when we close may be lost.
    """

    discards = False

    def __init__(self, device: str, baud: int) -> None:
        """Open nothing yet."""
        super().__init__(
            None, baud, timeout=0, write_timeout=0, exclusive=True, rtscts=False, xonxoff=False
        )
        self.port = device

    def open(self) -> None:
        """Open it for us alone.

        Raises:
            OSError: It does not open; `errno` is None where it is no serial port.
            ValueError: It does not take the baud rate.
        """
        try:
            super().open()
        except termios.error as error:  # pyserial lets it pass, and it is no OSError
            raise _serial_error(OSError(*error.args)) from None
        # Against programs that know no lock. A pty outlives us and would stay closed to others.
        if Path(self.port).resolve().parent != PTY_FOLDER:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.fd, termios.TIOCEXCL)

    def read(self, size: int = 1) -> bytes:
        """Read what is there, once; an unplugged port is an OSError."""
        try:
            data = os.read(self.fd, size)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            raise _serial_error(error) from None
        if not data:  # a pty without its other end, or a USB device that is gone
            raise _serial_error(OSError(errno.EIO, os.strerror(errno.EIO)))
        return data

    def write(self, data: bytes) -> int:
        """Write once, as much as there is room for.

        Raises:
            BlockingIOError: There is none.
        """
        try:
            return os.write(self.fd, data)
        except (BlockingIOError, InterruptedError):
            raise
        except OSError as error:
            raise _serial_error(error) from None

    def flush(self) -> None:
        """Do nothing: the system sends what it took."""

    def close(self) -> None:
        """Give the port back, without waiting until it is empty."""
        if not self.is_open:
            return
        with contextlib.suppress(OSError):
            fcntl.flock(self.fd, fcntl.LOCK_UN)
        threading.Thread(target=self._close, name="close a serial port", daemon=True).start()

    def _close(self) -> None:
        if self.discards:
            with contextlib.suppress(OSError, termios.error):
                termios.tcflush(self.fd, termios.TCOFLUSH)
        super().close()


class PortTransport(SerialTransport):  # type: ignore[misc]
    """pyserial-asyncio's transport: a failure ends it once, at once, and fills no log."""

    def __init__(self, loop: asyncio.AbstractEventLoop, link: asyncio.Protocol, port: Port) -> None:
        """Serve an open port; `link` hears of it in the loop's next turn."""
        super().__init__(loop, link, port)

    def _close(self, exc: Exception | None = None) -> None:
        if exc is not None:  # nothing more will leave: do not wait for it
            self._abort(exc)
        else:
            super()._close()

    def _fatal_error(self, exc: Exception, message: str = "") -> None:  # noqa: ARG002
        self._abort(exc)

    def _abort(self, exc: Exception | None) -> None:
        if self._serial is not None:
            self._serial.discards = True
            super()._abort(exc)

    def _call_connection_lost(self, exc: Exception | None) -> None:
        if self._serial is not None:
            super()._call_connection_lost(exc)


def _serial_error(error: OSError) -> OSError:
    from serial import SerialException

    return SerialException(error.errno, error.strerror)  # type: ignore[no-any-return]
