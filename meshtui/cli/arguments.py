"""Types of arguments; argparse quotes their names when a value is refused."""

from __future__ import annotations

import math

MAX_SECONDS = 10 * 365 * 24 * 3600.0


def seconds(text: str) -> float:
    """Read a span of time in seconds, above zero.

    Raises:
        ValueError: It is none.
    """
    value = float(text)
    if not (math.isfinite(value) and 0 < value <= MAX_SECONDS):
        raise ValueError
    return value


def count(text: str) -> int:
    """Read a number from 1.

    Raises:
        ValueError: It is none.
    """
    value = int(text)
    if not 1 <= value <= 10**9:
        raise ValueError
    return value


seconds.__name__ = "number of seconds"
count.__name__ = "number from 1"
