"""How an unforeseen exception reaches the log: the place, never the values."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging


def log_bug(log: logging.Logger, what: str, error: BaseException) -> None:
    """Name what failed and where; the error's own text may hold anybody's words or secrets."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
    log.error("bug: %s raised %s at %s", what, type(error).__name__, where)
