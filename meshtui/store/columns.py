"""Values between the model and SQLite's columns, losslessly where foreign text is odd."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import Enum

    Choice = TypeVar("Choice", bound=Enum)

_MAX_INT = 2**63 - 1


def of_text(text: str) -> str | bytes:
    """Return a text as SQLite can hold it: bytes where it has a lone surrogate."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def to_text(value: str | bytes) -> str:
    """Undo `of_text`."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def of_int(number: int) -> int:
    """Return the nearest number that 64 bits hold."""
    return max(-_MAX_INT, min(number, _MAX_INT))


def of_optional_int(number: int | None) -> int | None:
    """Do as `of_int`, and keep None."""
    return None if number is None else of_int(number)


def of_texts(texts: Iterable[str]) -> str:
    """Return texts as a JSON array; none as the empty text."""
    listed = list(texts)
    return json.dumps(listed, separators=(",", ":")) if listed else ""


def to_texts(value: str) -> list[str]:
    """Undo `of_texts`."""
    return json.loads(value) if value else []


def to_choice(choice: type[Choice], value: str, otherwise: Choice) -> Choice:
    """Return the member with this value; `otherwise` for one this version does not know."""
    try:
        return choice(value)
    except ValueError:
        return otherwise
