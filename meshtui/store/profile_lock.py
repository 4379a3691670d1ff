"""One writing process a profile, told apart from a crash by a small file beside the database.

`NAME.lock` is locked (flock) while a process writes and holds its number; a clean end empties it.
So an unlocked file with a number in it means: the last writer did not end cleanly. So does a
write-ahead log, which a clean end removes; it may even be another database's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from meshtui.store.connection import failure, has_log

if TYPE_CHECKING:
    from pathlib import Path


class ProfileLock:
    """The right to write, until `release`."""

    def __init__(self, fd: int, was_left_unclean: bool) -> None:  # noqa: FBT001
        """Hold an open and locked file."""
        self._fd = fd
        self.was_left_unclean = was_left_unclean

    @classmethod
    def take(cls, database: Path) -> ProfileLock:
        """Lock the profile of a database.

        Raises:
            StoreError: Another process has it, or the folder cannot be written.
        """
        path = database.with_name(database.name + ".lock")
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise failure(path, f"cannot be made: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # the number must be on disk before the database changes, or a power cut looks clean
            was_left_unclean = bool(_holder(fd)) or has_log(database)
            os.ftruncate(fd, 0)
            os.pwrite(fd, b"%d\n" % os.getpid(), 0)
            os.fsync(fd)
        except BlockingIOError as error:
            holder = _holder(fd)
            os.close(fd)
            by = f"process {holder}" if holder else "another process"
            way_out = "close that meshtui first, or give this one a folder of its own by --home"
            words = f"this profile is in use by {by}; {way_out}"
            raise failure(database, words) from error
        except OSError as error:
            os.close(fd)
            raise failure(path, f"{error.strerror}") from error
        return cls(fd, was_left_unclean)

    def release(self) -> None:
        """End cleanly."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
        self._close()

    def abandon(self) -> None:
        """End, and leave word that the database was not closed cleanly if it was so before."""
        if self.was_left_unclean:
            self._close()
        else:
            self.release()

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def holder_of(database: Path) -> str:
    """Say who has the profile of a database, such as `process 4711`; empty = nobody."""
    try:
        fd = os.open(database.with_name(database.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(fd)
        return f"process {holder}" if holder else "another process"
    except OSError:
        return ""
    finally:
        os.close(fd)
    return ""


def _holder(fd: int) -> str:
    """Return the number in the file, or nothing; whoever wrote it, it is digits only."""
    text = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
    return text if text.isdecimal() else ("?" if text else "")
