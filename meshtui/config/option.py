"""What a setting is, and readers for the values it may have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from meshtui.model.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENVIRONMENT_PREFIX: Final = "MESHTUI_"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Option(Generic[_T]):
    """One setting.

    Attributes:
        key: As in the file, with its table: `jsonmesh.relay`.
        read: Returns the checked value; ValueError says what is allowed.
        help: Lines for the documented file.
        example: TOML shown there where the default shows nothing.
    """

    key: str
    default: _T
    read: Callable[[object], _T]
    help: str
    example: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that overrides the file."""
        return ENVIRONMENT_PREFIX + self.key.upper().replace(".", "_")

    def of(self, values: Mapping[str, object]) -> _T:
        """Return the value among checked ones."""
        return self.read(values[self.key]) if self.key in values else self.default


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        msg = "must be true or false"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for a value that is not allowed
    return value


def number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)  # NaN compares with nothing
        msg = f"must be a number from {low:g} to {high:g}"
        raise ValueError(msg)

    return read


def integer(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            msg = f"must be a whole number from {low} to {high}"
            raise ValueError(msg)
        return value

    return read


def text(limit: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > limit or clean_line(value) != value:
            msg = f'must be "text" of one line, at most {limit} characters, nothing invisible'
            raise ValueError(msg)
        return value

    return read


def choice(*allowed: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            msg = f"must be one of {', '.join(json.dumps(word) for word in allowed)}"
            raise ValueError(msg)
        return value

    return read


def position(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        msg = "must be [latitude, longitude] in degrees"
        raise ValueError(msg)
    return number(-90, 90)(value[0]), number(-180, 180)(value[1])
