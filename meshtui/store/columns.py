"""Values between the model and SQLite's columns, losslessly where foreign text is odd.

A damaged file may hold anything anywhere: what is read is brought to its type, without an error.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import Enum

    Choice = TypeVar("Choice", bound=Enum)

_MAX_INT = 2**63 - 1
_encode = json.JSONEncoder(separators=(",", ":")).encode


def of_text(text: str) -> str | bytes:
    """Return a text as SQLite can hold it: bytes where it has a lone surrogate."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def to_text(value: object) -> str:
    """Undo `of_text`."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace")


def of_int(number: int) -> int:
    """Return the nearest number that 64 bits hold."""
    return max(-_MAX_INT, min(number, _MAX_INT))


def of_share(share: float) -> float:
    """Return the nearest number from 0 to 1; what is no number counts as even chances."""
    return min(max(share, 0.0), 1.0) if not math.isnan(share) else 0.5


def to_share(value: object) -> float:
    """Undo `of_share`."""
    return of_share(value) if isinstance(value, float | int) else 0.5


def of_optional_int(number: int | None) -> int | None:
    """Do as `of_int`, and keep None."""
    return None if number is None else of_int(number)


def of_texts(texts: Iterable[str]) -> str:
    """Return texts as a JSON array; none as the empty text."""
    listed = list(texts)
    return _encode(listed) if listed else ""


def to_texts(value: object) -> list[str]:
    """Undo `of_texts`."""
    if not value:
        return []
    try:
        texts = json.loads(to_text(value))
    except (ValueError, RecursionError):
        return []
    return [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []


def to_choice(choice: type[Choice], value: str, otherwise: Choice) -> Choice:
    """Return the member with this value; `otherwise` for one this version does not know."""
    try:
        return choice(value)
    except ValueError:
        return otherwise
