"""What a filter can ask of a row: fields, their kinds, how each is read; those of packets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

RowT = TypeVar("RowT")


class NameBook(Protocol):
    """Names by node id, as they are known when a filter looks, not when the packet passed."""

    def get(self, node_id: str, default: str, /) -> str:
        """Return the name a node claims, not cleaned."""
        ...


class FieldKind(Enum):
    """What a field holds, and so which operators it takes."""

    TEXT = "text"
    NUMBER = "number"
    BYTES = "bytes"


_OPERATORS = {
    FieldKind.TEXT: ("==", "!=", "~", "in"),
    FieldKind.NUMBER: ("==", "!=", "<", "<=", ">", ">=", "in"),
    FieldKind.BYTES: ("~",),
}


@dataclass(frozen=True, slots=True)
class FilterField(Generic[RowT]):
    """One field of the language; one of `text`, `texts`, `number` and `data` reads it.

    Attributes:
        help: What it is, in a few words.
        text: The text; empty = the row does not say. Beside `data`: what it is looked for in
            where there is any.
        texts: The texts any one of which may match; empty ones do not count.
        number: The figure, None where the row does not say.
        data: Bytes to look into.
        takes_hex: A value for `data` is hex digits, not text.
        choices: All values there are; empty = any.
        figure_of: Reads a value that is not written as a number, such as `21:05`; None = no such
            figure. Its error says `example`.
        example: A value as it is written.
        is_slow: It may have to be found out first: whoever can decide without it does.
    """

    name: str
    help: str
    text: Callable[[RowT], str] | None = None
    texts: Callable[[RowT], tuple[str, ...]] | None = None
    number: Callable[[RowT], float | None] | None = None
    data: Callable[[RowT], bytes] | None = None
    takes_hex: bool = False
    choices: tuple[str, ...] = ()
    figure_of: Callable[[str], float | None] | None = None
    example: str = ""
    is_slow: bool = False

    @property
    def kind(self) -> FieldKind:
        """What it holds."""
        if self.data is not None:
            return FieldKind.BYTES
        return FieldKind.NUMBER if self.number is not None else FieldKind.TEXT

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it takes."""
        return _OPERATORS[self.kind]


Fields: TypeAlias = "Mapping[str, FilterField[RowT]]"


def values_of(field: FilterField[RowT] | None, rows: Iterable[RowT]) -> list[str]:
    """Return the texts of a field among rows, each once, in their order; none of bytes."""
    if field is None or field.data is not None:
        return []
    if (text := field.text) is not None:
        return list(dict.fromkeys(value for row in rows if (value := text(row))))
    if (texts := field.texts) is not None:
        return list(dict.fromkeys(value for row in rows for value in texts(row) if value))
    return []


def by_name(fields: Iterable[FilterField[RowT]]) -> Mapping[str, FilterField[RowT]]:
    """Make the table a filter is read with."""
    return {field.name: field for field in fields}
