"""A file of lines that is put aside when it has grown: `name`, then `name.1`, `name.2` …

Every line in it is whole: what an error cut off is taken away again, before anything follows.
Others may move it, empty it or put another in its place; that is noticed before each write.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, Final

import orjson

from meshtui.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_FLAGS: Final = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_APPEND
    | os.O_CLOEXEC
    | os.O_NONBLOCK
    | os.O_NOCTTY
    | getattr(os, "O_NOFOLLOW", 0)
)
# A message is shorter than 2 KiB: a longer tail without a line's end is nothing of ours.
_TAIL_BYTES: Final = 64 * 1024
_IN_WORDS: Final = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "your share of the disk is used up: make room",
    errno.EFBIG: "the file may not become larger here: set output_max_mb lower",
    errno.EACCES: "we may not write there: change its permissions, or choose another place",
    errno.EPERM: "we may not write there: change its permissions, or choose another place",
    errno.EROFS: "this disk can only be read: choose another place",
    errno.ELOOP: "is a symbolic link: name the file itself",
    errno.ENOTDIR: "what should be its folder is none: choose another place",
    errno.EISDIR: "is a folder: name a file",
}


class RotatingFile:
    """Appends lines. Everything here blocks: call it in a worker."""

    def __init__(self, path: Path, *, max_bytes: int, keep: int) -> None:
        """Open nothing yet; see `OutputFile`."""
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._descriptor: int | None = None
        self._written = 0
        self.remark = ""

    def append(self, lines: Sequence[bytes]) -> tuple[int, str]:
        """Write lines, which hold no line's end; without any, see whether it could.

        Afterwards `remark` says what is odd though it goes on, or is empty.

        Returns:
            How many are in the file now, from the first; and why not all, with what to do.
        """
        self._written = 0
        self.remark = ""
        try:
            with _translated(self._path):
                self._append(lines)
        except StoreError as error:
            self.close()
            return self._written, str(error)
        return self._written, ""

    def close(self) -> None:
        """Let go of the file; `append` opens it again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _append(self, lines: Sequence[bytes]) -> None:
        descriptor = self._opened()
        size = os.fstat(descriptor).st_size
        while self._written < len(lines):
            end = self._fitting(lines, size)
            if end == self._written:
                if self._put_aside():
                    descriptor = self._opened()
                    size = os.fstat(descriptor).st_size
                    continue
                end = len(lines)
            size += self._write(descriptor, size, lines[self._written : end])

    def _fitting(self, lines: Sequence[bytes], size: int) -> int:
        """Return the index past the last line that has room; one always has in an empty file."""
        end = self._written
        while end < len(lines):
            grown = size + len(lines[end]) + 1
            if grown > self._max_bytes and size:
                break
            size = grown
            end += 1
        return end

    def _write(self, descriptor: int, size: int, lines: Sequence[bytes]) -> int:
        """Append lines to a file of that size; returns by how much it grew.

        Raises:
            OSError: What was whole is counted, what was not is no longer there.
        """
        content = b"".join(line + b"\n" for line in lines)
        done = 0
        try:
            while done < len(content):
                done += os.write(descriptor, content[done:])
        except OSError:
            whole = content.rfind(b"\n", 0, done) + 1
            self._written += content.count(b"\n", 0, whole)
            # had somebody else written behind it, the end would be theirs: it is mended later
            with contextlib.suppress(OSError):
                if os.fstat(descriptor).st_size == size + done:
                    os.ftruncate(descriptor, size + whole)
            raise
        self._written += len(lines)
        return done

    def _opened(self) -> int:
        """Return the file of that name, as it is now."""
        if self._descriptor is not None and self._is_still_there(self._descriptor):
            return self._descriptor
        self.close()
        _refuse_what_is_no_file(self._path)
        self._descriptor = descriptor = os.open(self._path, _FLAGS, 0o600)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            msg = "is no regular file: name one"
            raise StoreError(msg)
        _mend_tail(descriptor)
        return descriptor

    def _is_still_there(self, descriptor: int) -> bool:
        try:
            named = self._path.stat(follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(descriptor))

    def _put_aside(self) -> bool:
        """Give the file another name, or delete it; False = that failed, and `remark` says why."""
        try:
            if self._keep < 1:
                self._path.unlink()
            else:
                self._move_up()
        except OSError as error:
            self.remark = f"it has grown and cannot be put aside: {_words(error, self._path)}"
            return False
        return True

    def _move_up(self) -> None:
        places = [self._path, *(self._aside(number) for number in range(1, self._keep + 1))]
        # only what must make room moves, so that trying again after a failure deletes nothing more
        free = next((n for n in range(1, self._keep) if not os.path.lexists(places[n])), self._keep)
        for number in range(free, 0, -1):
            places[number - 1].replace(places[number])

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _refuse_what_is_no_file(path: Path) -> None:
    """Do not even open a device or a pipe: that alone can have effects."""
    try:
        mode = path.stat(follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "")
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "")
    if not stat.S_ISREG(mode):
        msg = "is a pipe or a device: name a file"
        raise StoreError(msg)


def _mend_tail(descriptor: int) -> None:
    """End the last line of a file whose writer died within it, or take away what is half one."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL_BYTES)
    tail = os.pread(descriptor, size - start, start)
    if not tail or tail.endswith(b"\n"):
        return
    at = tail.rfind(b"\n") + 1
    if _is_half_a_message(tail[at:]):
        os.ftruncate(descriptor, start + at)
    else:
        os.write(descriptor, b"\n")


def _is_half_a_message(line: bytes) -> bool:
    if not line.startswith(b'{"'):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return True
    return False


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what the operating system raises into words for the user."""
    try:
        yield
    except OSError as error:
        raise StoreError(_words(error, path)) from error
    except ValueError as error:
        msg = "cannot be the name of a file"
        raise StoreError(msg) from error


def _words(error: OSError, path: Path) -> str:
    if error.errno == errno.ENOENT:
        return f"there is no folder {path.parent}: make it, or choose another place"
    return _IN_WORDS.get(error.errno or 0) or error.strerror or type(error).__name__
