"""A private key from a file: one line of hex, as radios export it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from meshtui.model.secret import SecretBytes

if TYPE_CHECKING:
    from pathlib import Path

MAX_KEY_FILE_BYTES: Final = 1_024


def read_key_file(path: Path) -> tuple[SecretBytes, bool]:
    """Read a file, bounded, never waiting for a pipe's other end.

    Returns:
        What it holds, unread, and whether others can read it, too.

    Raises:
        OSError: It cannot be read, or is no file; `strerror` says why.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError:
        raise OSError(0, "cannot be the name of a file") from None
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(0, "it is no file")
        return SecretBytes(file.read(MAX_KEY_FILE_BYTES)), bool(mode & 0o077)
