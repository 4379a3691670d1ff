"""What pcapng has no field for: our own remarks, as JSON in a comment that begins `meshtui: `."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import orjson

from meshtui.capture.packet import MAX_NAME_CHARS

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX: Final = "meshtui: "
MAX_TIME_MS: Final = 253_402_300_799_999
"""The end of the year 9999."""

_MAX_CHARS: Final = 8_000


def write_remarks(remarks: Mapping[str, object]) -> str:
    """Make a comment; values that JSON cannot hold are left out."""
    return PREFIX + orjson.dumps(remarks).decode()


def read_remarks(comment: str) -> Mapping[str, object]:
    """Read a comment; nothing where it is not ours."""
    if not comment.startswith(PREFIX) or len(comment) > _MAX_CHARS:
        return {}
    try:
        remarks = orjson.loads(comment[len(PREFIX) :])
    except orjson.JSONDecodeError:
        return {}
    return remarks if isinstance(remarks, dict) else {}


def text_of(value: object) -> str:
    """Read a short text; empty where it is none."""
    return value[:MAX_NAME_CHARS] if isinstance(value, str) else ""


def whole_of(value: object) -> int | None:
    """Read a whole number such as dBm, from a number or its digits; None where it is none."""
    number = figure_of(value)
    return None if number is None else round(number)


def figure_of(value: object) -> float | None:
    """Read a figure within ±1,000, from a number or its digits; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value[:40] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= 1_000 else None


def time_of(value: object) -> int:
    """Read Unix milliseconds; 0 where they are none, or beyond the year 9999."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    if not (isinstance(value, int) or math.isfinite(value)):
        return 0
    return int(value) if 0 <= value <= MAX_TIME_MS else 0
