"""Where log lines go: stderr for headless commands, a private file under the TUI.

What a log line quotes may come from the air, so every line is cleaned like any other text.
"""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Final

from meshtui.errors import ConfigError
from meshtui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_LOG_BYTES: Final = 2 * 1024 * 1024
PACKET_LOG: Final = "meshtui.runtime.publishing.packets"
_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_SERVICE_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
_LINE_LIMIT: Final = 8_000


class CleanFormatter(logging.Formatter):
    """Formats records without anything a terminal would obey."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the cleaned line, traces with their line ends."""
        return clean(super().format(record), keep_newlines=True, limit=_LINE_LIMIT)


def log_to_stderr(level: str) -> None:
    """Write what is at least of `level` to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(CleanFormatter("%(levelname)s %(name)s: %(message)s"))
    _install(handler, level)


def log_service_to_stderr(levels: Mapping[str, str]) -> None:
    """Write to stderr, with the time, what a service says that runs for months, and all warnings.

    Args:
        levels: What is written of which logger, by name.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(CleanFormatter(_SERVICE_FORMAT))
    _install(handler, "warning")
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level.upper())


def log_to_file(path: Path, level: str, *, has_packets: bool = False) -> None:
    """Write what is at least of `level` to a file for its owner's eyes, two of 2 MiB at most.

    Args:
        has_packets: Also a line a packet that is published; they soon drown everything else.

    Raises:
        ConfigError: It cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _PrivateFile(path, maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise ConfigError(msg) from None
    handler.setFormatter(CleanFormatter(_FORMAT))
    _install(handler, level)
    logging.getLogger(PACKET_LOG).setLevel(logging.NOTSET if has_packets else logging.WARNING)


def _install(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, CleanFormatter):
            root.removeHandler(old)
            old.close()
    root.addHandler(handler)
    root.setLevel(level.upper())
    # What libraries find worth debugging may hold whole payloads.
    for library in ("paho", "asyncio", "textual", "amqtt", "transitions", "dbus_fast"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # It warns of what no user can mend, and what it fails at has words of ours.
    logging.getLogger("bleak").setLevel(logging.ERROR)


class _PrivateFile(RotatingFileHandler):
    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as the base class says it
        descriptor = os.open(
            self.baseFilename,
            os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK,
            0o600,
        )
        return os.fdopen(descriptor, "a", encoding=self.encoding, errors="backslashreplace")
