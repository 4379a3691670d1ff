"""Reading a table of a TOML file: every fault names its key and says what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class TomlTable:
    """One table; what was not asked for by `close` is a fault, too: it is a slip of the pen."""

    def __init__(self, data: Mapping[str, Any], where: str = "") -> None:
        """Read from `data`; `where` names the table in complaints."""
        self._data = data
        self._where = where
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        """Tell whether a key is there."""
        return key in self._data

    def number(self, key: str, default: float | None, low: float, high: float) -> float:
        """Read a number within bounds; None as default = it must be there.

        Raises:
            ConfigError: It is no number or out of bounds.
        """
        value = self._get(key, default)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise self.fault(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, default: int | None, low: int, high: int) -> int:
        """Read a whole number within bounds.

        Raises:
            ConfigError: It is none or out of bounds.
        """
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.fault(key, f"a whole number from {low} to {high}")
        return value

    def text(self, key: str, default: str | None = None, choices: Sequence[str] = ()) -> str:
        """Read a text of at most 500 characters.

        Raises:
            ConfigError: It is none, too long, or none of the choices.
        """
        value = self._get(key, default)
        if not isinstance(value, str) or len(value) > 500 or (choices and value not in choices):
            words = f"one of {', '.join(choices)}" if choices else "a text of up to 500 characters"
            raise self.fault(key, words)
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Read true or false.

        Raises:
            ConfigError: It is neither.
        """
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.fault(key, "true or false")
        return value

    def numbers(self, key: str, default: Sequence[float], low: float, high: float) -> list[float]:
        """Read a list of numbers within bounds.

        Raises:
            ConfigError: It is none.
        """
        value = self._get(key, list(default))
        if not isinstance(value, list) or not all(
            isinstance(part, int | float) and not isinstance(part, bool) and low <= part <= high
            for part in value
        ):
            raise self.fault(key, f"a list of numbers from {low:g} to {high:g}")
        return [float(part) for part in value]

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts; empty where it is missing.

        Raises:
            ConfigError: It is none.
        """
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self.fault(key, "a list of texts")
        return tuple(value)

    def plain(self, key: str) -> dict[str, Any]:
        """Read a table as it is; empty where it is missing.

        Raises:
            ConfigError: It is none.
        """
        value = self._get(key, {})
        if not isinstance(value, dict):
            raise self.fault(key, "a table")
        return value

    def table(self, key: str) -> TomlTable:
        """Read a table within; empty where it is missing.

        Raises:
            ConfigError: It is none.
        """
        return TomlTable(self.plain(key), self._name(key))

    def tables(self, key: str, most: int) -> Iterator[TomlTable]:
        """Read a list of tables.

        Raises:
            ConfigError: It is none, or longer than `most`.
        """
        value = self._get(key, [])
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(part, dict) for part in value)
        ):
            raise self.fault(key, f"up to {most} tables")
        for number, part in enumerate(value, start=1):
            yield TomlTable(part, f"{self._name(key)}[{number}]")

    def close(self) -> None:
        """Complain of what nobody asked for.

        Raises:
            ConfigError: There is something.
        """
        unknown = sorted(set(self._data) - self._asked)
        if unknown:
            known = ", ".join(sorted(self._asked))
            raise self.fault(unknown[0], f"an unknown key; known are {known}", verb="is")

    def fault(self, key: str, allowed: str, verb: str = "must be") -> ConfigError:
        """Make the complaint about a key."""
        return ConfigError(f"{self._name(key)} {verb} {allowed}")

    def _get(self, key: str, default: object) -> Any:
        self._asked.add(key)
        value = self._data.get(key, default)
        if value is None:
            raise self.fault(key, "missing", verb="is")
        return value

    def _name(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key
