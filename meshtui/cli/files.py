"""Reading and writing the user's small files: settings, passwords, words.

Whatever stands in a file's place (a pipe, a directory, a disk image, a link to itself) ends in a
`ConfigError` that names it, at once and in bounded memory. Written files appear whole or not at
all, readable by their owner only.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

MAX_FILE_BYTES: Final = 1024 * 1024
PRIVATE_MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file's text and mode bits; both empty where there is no file."""

    text: str
    mode: int

    @property
    def is_open_to_others(self) -> bool:
        """Somebody else on this machine can read or write it."""
        return bool(self.mode & 0o077)


def read_text(path: Path, *, is_required: bool = True) -> TextFile:
    """Read a UTF-8 file of at most 1 MiB.

    Raises:
        ConfigError: It cannot be read, is no regular file, too large or not UTF-8; also where it
            is missing and `is_required`. The text never quotes the content.
    """
    try:
        # Non-blocking: a pipe in the file's place must not be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                msg = f"{path}: is not a regular file"
                raise ConfigError(msg)
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        if is_required or path.is_symlink():
            msg = f"{path}: there is no such file"
            raise ConfigError(msg) from None
        return TextFile("", 0)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {_why(error)}") from None  # noqa: EM102
    return TextFile(_decode(path, content), status.st_mode)


def read_secret(path: Path) -> str:
    """Read a password or words: the file's text without the line end.

    Raises:
        ConfigError: As `read_text`, or the file is empty.
    """
    text = read_text(path).text.rstrip("\r\n")
    if not text:
        msg = f"{path}: is empty"
        raise ConfigError(msg)
    return text


def write_new(path: Path, text: str) -> None:
    """Write a file that must not be there yet, for its owner's eyes only.

    Raises:
        ConfigError: It is there already, or cannot be written.
    """
    try:
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_MODE
        )
        _fill(descriptor, text)
    except FileExistsError:
        msg = f"{path}: is there already; choose another file"
        raise ConfigError(msg) from None
    except OSError as error:
        raise ConfigError(f"{path}: {_why(error)}") from None  # noqa: EM102


def replace(path: Path, text: str, mode: int = 0) -> None:
    """Put `text` in a file's place, whole or not at all; a symbolic link stays one.

    Args:
        mode: Permission bits of the file; 0 = owner only.

    Raises:
        ConfigError: It cannot be written; what was there is untouched.
    """
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(draft, flags, PRIVATE_MODE)
        try:
            _fill(descriptor, text)
            draft.chmod(stat.S_IMODE(mode) or PRIVATE_MODE)
            draft.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
    except (OSError, RuntimeError) as error:
        raise ConfigError(f"{path}: {_why(error)}") from None  # noqa: EM102


def _fill(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _decode(path: Path, content: bytes) -> str:
    if len(content) > MAX_FILE_BYTES:
        msg = f"{path}: larger than {MAX_FILE_BYTES // 1024} KiB"
        raise ConfigError(msg)
    try:
        # Some editors put a byte order mark before UTF-8.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        msg = f"{path}: line {line}: must be UTF-8 text"
        raise ConfigError(msg) from None


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return "cannot be used as a file name"
