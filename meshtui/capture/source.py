"""Where a recording's bytes come from: a file, or what a pipe or a gzip file gives, kept on disk.

Nothing here is held in memory but what was asked for. A source that grows is filled by whoever
reads it, piece by piece.
"""

from __future__ import annotations

import contextlib
import os
import select
import stat
import tempfile
import zlib
from typing import TYPE_CHECKING, Final, Protocol

from meshtui.errors import DecodeError

if TYPE_CHECKING:
    from pathlib import Path

PIECE_BYTES: Final = 1024 * 1024
MAX_SPOOL_BYTES: Final = 4 * 1024 * 1024 * 1024
"""Bytes of a pipe, or of what gzip unpacks to, that are kept on disk; then reading stops."""

_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31


class Source(Protocol):
    """Bytes by place.

    Attributes:
        size: Bytes there are by now.
        is_complete: There will be no more.
        problem: Why there are fewer than there should be; or empty.
    """

    size: int
    is_complete: bool
    problem: str

    def fill(self, timeout_s: float) -> None:
        """Wait for more, at most so long."""
        ...

    def read(self, place: int, count: int) -> bytes:
        """Return bytes from a place on; fewer where there are fewer."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class FileSource:
    """A regular file, as long as it was when it was opened."""

    def __init__(self, descriptor: int, size: int) -> None:
        """Own an open file."""
        self.size = size
        self.is_complete = True
        self.problem = ""
        self._descriptor = descriptor

    def fill(self, timeout_s: float) -> None:
        """There is no more."""

    def read(self, place: int, count: int) -> bytes:
        """Return bytes from a place on."""
        try:
            return os.pread(self._descriptor, max(min(count, self.size - place), 0), place)
        except OSError as error:
            self.problem = f"cannot be read any more: {error.strerror}"
            return b""

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class SpoolSource:
    """What a pipe or a gzip file gives, in a temporary file without a name."""

    def __init__(self, descriptor: int, limit: int = MAX_SPOOL_BYTES) -> None:
        """Own an open pipe or file."""
        self.size = 0
        self.is_complete = False
        self.problem = ""
        self._descriptor = descriptor
        self._limit = limit
        self._file = tempfile.TemporaryFile(prefix="meshtui-")  # noqa: SIM115 - lives as long as we
        self._start = b""
        self._unpacker: _Unpacker | None = None
        self._is_plain = False
        self._has_begun = False

    def fill(self, timeout_s: float) -> None:
        """Take what there is, at most `PIECE_BYTES` of it."""
        if self.is_complete:
            return
        unpacker = self._unpacker
        if unpacker is not None and unpacker.has_more:
            self._keep(unpacker.unpack(b""))
            return
        # a named pipe that nobody has opened for writing is silent to `select` for ever; to a read
        # that does not wait it is at its end
        if os.get_blocking(self._descriptor) or self._has_begun:
            ready, _, _ = select.select([self._descriptor], [], [], timeout_s)
            if not ready:
                return
        self._has_begun = True
        try:
            piece = os.read(self._descriptor, PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(f"cannot be read any more: {error.strerror}")
            return
        self._take(piece)

    def read(self, place: int, count: int) -> bytes:
        """Return bytes from a place on."""
        return os.pread(self._file.fileno(), max(min(count, self.size - place), 0), place)

    def close(self) -> None:
        """Close both, and so forget what was kept."""
        os.close(self._descriptor)
        self._file.close()

    def _take(self, piece: bytes) -> None:
        if not self._is_plain and self._unpacker is None:
            self._start += piece
            if len(self._start) < len(_GZIP) and piece:
                return
            piece, self._start = self._start, b""
            if piece.startswith(_GZIP):
                self._unpacker = _Unpacker()
            else:
                self._is_plain = True
            if not piece:
                self._end("")
                return
        elif not piece:
            self._end("gzip data that is cut off" if self._is_cut() else "")
            return
        self._keep(piece if self._unpacker is None else self._unpacker.unpack(piece))

    def _keep(self, data: bytes) -> None:
        try:
            room = self._limit - self.size
            self._file.write(data[:room])
            self._file.flush()
        except OSError as error:
            self._end(f"no room to keep it: {error.strerror}")
            return
        self.size += min(len(data), room)
        if len(data) > room:
            self._end(f"only the first {self._limit:,} bytes are read")
        elif self._unpacker is not None and self._unpacker.is_damaged:
            self._end("gzip data that is damaged")

    def _is_cut(self) -> bool:
        return self._unpacker is not None and not self._unpacker.is_at_end

    def _end(self, problem: str) -> None:
        self.problem = problem
        self.is_complete = True


class _Unpacker:
    """Unpacks gzip, one member after the other, at most `PIECE_BYTES` at a time."""

    def __init__(self) -> None:
        self.is_damaged = False
        self._unzip = zlib.decompressobj(_GZIP_WINDOW)
        self._waiting = b""
        self._is_fresh = True

    @property
    def has_more(self) -> bool:
        """Something given earlier is not unpacked yet."""
        return bool(self._waiting) and not self.is_damaged

    @property
    def is_at_end(self) -> bool:
        """Nothing is missing."""
        return (self._unzip.eof or self._is_fresh) and not self._waiting

    def unpack(self, data: bytes) -> bytes:
        """Return what comes next of all that was given."""
        data = self._waiting + data
        self._waiting = b""
        if self._unzip.eof:
            data = data.lstrip(b"\0")  # tape drives and some tools pad
            self._unzip, self._is_fresh = zlib.decompressobj(_GZIP_WINDOW), True
        if not data:
            return b""
        self._is_fresh = False
        try:
            content = self._unzip.decompress(data, PIECE_BYTES)
        except zlib.error:
            self.is_damaged = True
            return b""
        self._waiting = self._unzip.unused_data or self._unzip.unconsumed_tail
        return content


def open_file(path: Path) -> Source:
    """Open a file, or a pipe by its name; gzip is unpacked.

    Raises:
        DecodeError: It is a folder, a device or a socket.
        OSError: It cannot be opened.
    """
    # non-blocking: a named pipe that nobody writes to must not be waited for
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return open_descriptor(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise


def open_descriptor(descriptor: int) -> Source:
    """Take over an open file or pipe.

    Raises:
        DecodeError: It is a folder, a device, a terminal or a socket; it stays open.
    """
    status = os.fstat(descriptor)
    mode = status.st_mode
    if stat.S_ISFIFO(mode):
        return SpoolSource(descriptor)
    if stat.S_ISREG(mode):
        if os.pread(descriptor, len(_GZIP), 0) == _GZIP:
            return SpoolSource(descriptor)
        return FileSource(descriptor, status.st_size)
    if stat.S_ISSOCK(mode) and not os.get_blocking(descriptor):
        return SpoolSource(descriptor)
    what = "a folder" if stat.S_ISDIR(mode) else "a device or a terminal"
    raise DecodeError("not-a-capture", f"it is {what}")
