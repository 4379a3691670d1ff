"""What could stand at the cursor of a display filter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from meshtui.errors import FilterError
from meshtui.model.display_filter import MAX_LENGTH
from meshtui.model.filter_tokens import Expect, TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from meshtui.model.filter_fields import FilterField
    from meshtui.model.filter_tokens import Token

MAX_CANDIDATES = 50

FieldTable: TypeAlias = "Mapping[str, FilterField[Any]]"
Seen: TypeAlias = "Callable[[str], Iterable[str]]"

_PLAIN = re.compile(r'[^\s"&|(){},<>=~\\]+')


@dataclass(frozen=True, slots=True)
class Completion:
    """What may replace `text[start:end]`, best first; no candidates where nothing fits."""

    start: int
    end: int
    candidates: tuple[str, ...]


def complete(text: str, cursor: int, fields: FieldTable, seen: Seen) -> Completion:
    """Propose what could stand at the cursor.

    Args:
        seen: Returns the values seen of a field, for proposals; may repeat itself.
    """
    cursor = max(0, min(cursor, len(text), MAX_LENGTH))
    read, error = _read(text[:cursor])
    if error is not None:
        return Completion(cursor, cursor, ())
    proposer = _Proposer(fields, seen)
    last = read[-1] if read else None
    if last is None or last.end < cursor or last.kind in {TokenKind.MARK, TokenKind.OPERATOR}:
        expect = last.follows if last else Expect.TERM
        return Completion(cursor, cursor, tuple(proposer.candidates(expect, read, "")))
    before = read[:-1]
    expect = before[-1].follows if before else Expect.TERM
    found = proposer.candidates(expect, before, last.text)
    others = tuple(candidate for candidate in found if candidate != last.text)
    if found and not others:
        return Completion(cursor, cursor, tuple(proposer.candidates(last.follows, read, "")))
    return Completion(last.start, cursor, others)


def quoted(value: str) -> str:
    """Return a value as a filter writes it, quoted where it must be."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _read(text: str) -> tuple[list[Token], FilterError | None]:
    read: list[Token] = []
    try:
        for token in tokens(text):
            read.append(token)  # noqa: PERF402 - what was read before an error is kept
    except FilterError as error:
        # an open quote at the end is a value still being typed
        if text[error.start : error.start + 1] != '"':
            return read, error
        try:
            return list(tokens(text + '"')), None
        except FilterError:
            return read, error
    return read, None


class _Proposer:
    """Knows what may stand where, for one table of fields."""

    def __init__(self, fields: FieldTable, seen: Seen) -> None:
        self._fields = fields
        self._seen = seen

    def candidates(self, expect: Expect, read: list[Token], typed: str) -> list[str]:
        if expect is Expect.TERM:
            return [name for name in self._fields if name.startswith(typed.lower())]
        if expect is Expect.OPERATOR:
            field = self._fields.get(_field_of(read))
            return [*(field.operators if field else ()), "&&", "||"]
        if expect in {Expect.VALUE, Expect.SET_VALUE}:
            return self._values(_field_of(read), typed)
        if expect is Expect.SET_OPEN:
            return ["{"]
        return [",", "}"] if expect is Expect.SET_NEXT else ["&&", "||"]

    def _values(self, name: str, typed: str) -> list[str]:
        field = self._fields.get(name)
        known = field.choices if field and field.choices else self._seen(name)
        part = typed.casefold()
        # a dict keeps the order in which they were seen
        fitting = dict.fromkeys(value for value in known if value and part in value.casefold())
        begins = sorted(fitting, key=lambda value: not value.casefold().startswith(part))
        return [quoted(value) for value in begins[:MAX_CANDIDATES]]


def _field_of(read: list[Token]) -> str:
    return next((t.text for t in reversed(read) if t.kind is TokenKind.FIELD), "")
