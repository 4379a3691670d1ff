"""What could stand at the cursor of a display filter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshtui.errors import FilterError
from meshtui.model.display_filter import MAX_LENGTH
from meshtui.model.filter_fields import FIELDS
from meshtui.model.filter_tokens import Expect, TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.model.filter_tokens import Token

MAX_CANDIDATES = 50

_PLAIN = re.compile(r'[^\s"&|(){},<>=~\\]+')


@dataclass(frozen=True, slots=True)
class Completion:
    """What may replace `text[start:end]`, best first; no candidates where nothing fits."""

    start: int
    end: int
    candidates: tuple[str, ...]


def complete(text: str, cursor: int, seen: Callable[[str], Iterable[str]]) -> Completion:
    """Propose what could stand at the cursor.

    Args:
        seen: Returns the values seen of a field, for proposals; may repeat itself.
    """
    cursor = max(0, min(cursor, len(text), MAX_LENGTH))
    read, stop = _read(text[:cursor])
    if stop is not None:
        return Completion(cursor, cursor, ())
    last = read[-1] if read else None
    touching = last is not None and last.end >= cursor and last.kind is not TokenKind.MARK
    if last is None or not touching:
        expect = last.follows if last else Expect.TERM
        return Completion(cursor, cursor, tuple(_candidates(expect, read, "", seen)))
    return _replace(read, last, cursor, seen)


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


def _replace(
    read: list[Token], last: Token, cursor: int, seen: Callable[[str], Iterable[str]]
) -> Completion:
    before = read[:-1]
    if last.kind is TokenKind.OPERATOR:
        found = _candidates(last.follows, read, "", seen)
        return Completion(cursor, cursor, tuple(found))
    expect = before[-1].follows if before else Expect.TERM
    found = _candidates(expect, before, last.text, seen)
    others = [candidate for candidate in found if candidate != last.text]
    if found and not others:
        follow = _candidates(last.follows, read, "", seen)
        return Completion(cursor, cursor, tuple(follow))
    return Completion(last.start, cursor, tuple(others))


def _candidates(
    expect: Expect, read: list[Token], typed: str, seen: Callable[[str], Iterable[str]]
) -> list[str]:
    if expect is Expect.TERM:
        return [name for name in FIELDS if name.startswith(typed.lower())]
    if expect is Expect.OPERATOR:
        return [*_operators(read), "&&", "||"]
    if expect in {Expect.VALUE, Expect.SET_VALUE}:
        return _values(read, typed, seen)
    if expect is Expect.SET_OPEN:
        return ["{"]
    return [",", "}"] if expect is Expect.SET_NEXT else ["&&", "||"]


def _field_of(read: list[Token]) -> str:
    return next((t.text for t in reversed(read) if t.kind is TokenKind.FIELD), "")


def _operators(read: list[Token]) -> tuple[str, ...]:
    field = FIELDS.get(_field_of(read))
    return field.operators if field else ()


def _values(read: list[Token], typed: str, seen: Callable[[str], Iterable[str]]) -> list[str]:
    name = _field_of(read)
    field = FIELDS.get(name)
    known = field.choices if field and field.choices else seen(name)
    part = typed.casefold()
    # a dict keeps the order in which they were seen, newest first
    fitting = dict.fromkeys(value for value in known if value and part in value.casefold())
    begins = sorted(fitting, key=lambda value: not value.casefold().startswith(part))
    return [quoted(value) for value in begins[:MAX_CANDIDATES]]
