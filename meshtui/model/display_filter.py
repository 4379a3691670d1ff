"""The display filter: one small language over rows, the same on screen and headless.

    any        = all { "||" all } ;
    all        = term { "&&" term } ;
    term       = "!" term | "(" any ")" | field [ comparison ] ;
    comparison = ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" ) value
               | "in" "{" value { "," value } "}" ;

A bare field means: it is there. `a != b` is `!(a == b)`, so a missing figure differs from every
figure; `<` and its kin are false for a missing one. `~` is "contains". Texts match in any case;
a field may hold several texts (an id and a name). There are no regular expressions: no filter
takes more than time linear in the row.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from meshtui.errors import FilterError
from meshtui.model.filter_tokens import TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meshtui.model.filter_fields import FilterField
    from meshtui.model.filter_tokens import Token

MAX_LENGTH = 1_000
"""Characters; far beyond what a person types, and it bounds every later step."""

MAX_DEPTH = 32
"""Nested brackets and negations."""

RowT = TypeVar("RowT")
_SIGNS = frozenset("=<>~&|(){}!")

Test: TypeAlias = "Callable[[RowT], bool]"

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class DisplayFilter(Generic[RowT]):
    """A filter ready for use.

    Attributes:
        text: As typed; blank lets everything through.
        matches: Tells whether a row passes. Never raises.
    """

    text: str
    matches: Callable[[RowT], bool]


def compile_filter(text: str, fields: Mapping[str, FilterField[RowT]]) -> DisplayFilter[RowT]:
    """Read a filter over the rows that `fields` can read.

    Raises:
        FilterError: It cannot be read; the error says where.
    """
    if len(text) > MAX_LENGTH:
        msg = f"a filter has at most {MAX_LENGTH} characters"
        raise FilterError(msg, MAX_LENGTH, len(text))
    if not text.strip():
        return DisplayFilter(text, lambda _: True)
    return DisplayFilter(text, _Parser(text, fields).parse())


def compile_words_or_filter(
    text: str,
    fields: Mapping[str, FilterField[RowT]],
    words_of: Callable[[RowT], str],
) -> DisplayFilter[RowT]:
    """Read a filter; a plain word that is no field means: it is part of `words_of` the row.

    Raises:
        FilterError: It is no filter, and holds signs of one.
    """
    try:
        return compile_filter(text, fields)
    except FilterError:
        if len(text) > MAX_LENGTH or any(sign in text for sign in _SIGNS):
            raise
    part = text.strip().casefold()
    return DisplayFilter(text, lambda row: part in words_of(row).casefold())


class _Parser(Generic[RowT]):
    """Recursive descent; each method reads one rule of the grammar and returns its test."""

    def __init__(self, text: str, fields: Mapping[str, FilterField[RowT]]) -> None:
        self._length = len(text)
        self._tokens = list(tokens(text))
        self._at = 0
        self._fields = fields

    def parse(self) -> Test[RowT]:
        test = self._any(0)
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            msg = "this ) closes nothing"
            raise FilterError(msg, token.start, token.end)
        return test

    def _any(self, depth: int) -> Test[RowT]:
        tests = [self._all(depth)]
        while self._take_mark("||"):
            tests.append(self._all(depth))
        return tests[0] if len(tests) == 1 else _any_of(tests)

    def _all(self, depth: int) -> Test[RowT]:
        tests = [self._term(depth)]
        while self._take_mark("&&"):
            tests.append(self._term(depth))
        return tests[0] if len(tests) == 1 else _all_of(tests)

    def _term(self, depth: int) -> Test[RowT]:
        token = self._take("a field, ! or ( is missing here")
        if depth >= MAX_DEPTH:
            msg = "too many brackets within brackets"
            raise FilterError(msg, token.start, token.end)
        if token.kind is TokenKind.FIELD:
            return self._comparison(token)
        if token.text == "!":
            return _not(self._term(depth + 1))
        test = self._any(depth + 1)
        if not self._take_mark(")"):
            msg = "this ( is not closed"
            raise FilterError(msg, token.start, token.end)
        return test

    def _comparison(self, token: Token) -> Test[RowT]:
        field = self._fields.get(token.text)
        if field is None:
            msg = f"no field {token.text}; there are {', '.join(self._fields)}"
            raise FilterError(msg, token.start, token.end)
        sign = self._peek()
        if sign is None or sign.kind is not TokenKind.OPERATOR:
            return _present(field)
        self._at += 1
        if sign.text not in field.operators:
            msg = f"{field.name} takes {' '.join(field.operators)}"
            raise FilterError(msg, sign.start, sign.end)
        values = self._set() if sign.text == "in" else [self._value()]
        return _compare(field, sign.text, values)

    def _set(self) -> list[Token]:
        self._take("{ is missing here")
        values = [self._value()]
        while self._take_mark(","):
            values.append(self._value())
        self._take("} is missing here")
        return values

    def _value(self) -> Token:
        return self._take("a value is missing here")

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, missing: str) -> Token:
        token = self._peek()
        if token is None:
            raise FilterError(missing, self._length, self._length)
        self._at += 1
        return token

    def _take_mark(self, mark: str) -> bool:
        token = self._peek()
        if token is None or token.kind is not TokenKind.MARK or token.text != mark:
            return False
        self._at += 1
        return True


def _any_of(tests: list[Test[RowT]]) -> Test[RowT]:
    def matches(row: RowT) -> bool:
        return any(test(row) for test in tests)

    return matches


def _all_of(tests: list[Test[RowT]]) -> Test[RowT]:
    def matches(row: RowT) -> bool:
        return all(test(row) for test in tests)

    return matches


def _not(test: Test[RowT]) -> Test[RowT]:
    return lambda row: not test(row)


def _present(field: FilterField[RowT]) -> Test[RowT]:
    if (data := field.data) is not None:
        return lambda row: bool(data(row))
    if (texts := field.texts) is not None:
        return lambda row: any(texts(row))
    number = field.number
    return lambda row: number is not None and number(row) is not None


def _compare(field: FilterField[RowT], sign: str, values: list[Token]) -> Test[RowT]:
    if field.data is not None:
        return _contains_bytes(field, field.data, values[0])
    if (number := field.number) is not None:
        return _compare_number(number, sign, [_number_of(field, value) for value in values])
    texts = field.texts or _no_texts
    for value in values:
        _check_choice(field, sign, value)
    return _compare_text(texts, sign, [value.text.casefold() for value in values])


def _no_texts(_row: RowT) -> tuple[str, ...]:
    return ()


def _compare_number(
    number: Callable[[RowT], float | None], sign: str, wanted: list[float]
) -> Test[RowT]:
    if sign in {"==", "in"}:
        accepted = frozenset(wanted)
        return lambda row: number(row) in accepted
    limit = wanted[0]
    if sign == "!=":
        return lambda row: number(row) != limit
    holds = _COMPARISONS[sign]

    def matches(row: RowT) -> bool:
        value = number(row)
        return value is not None and holds(value, limit)

    return matches


def _compare_text(
    texts: Callable[[RowT], tuple[str, ...]], sign: str, wanted: list[str]
) -> Test[RowT]:
    if sign == "~":
        part = wanted[0]
        return lambda row: any(part in text.casefold() for text in texts(row))
    accepted = frozenset(wanted)

    def equals(row: RowT) -> bool:
        return any(text.casefold() in accepted for text in texts(row) if text)

    return _not(equals) if sign == "!=" else equals


def _contains_bytes(
    field: FilterField[RowT], data: Callable[[RowT], bytes], value: Token
) -> Test[RowT]:
    if field.takes_hex:
        needle = _bytes_of(field, value)
        return lambda row: needle in data(row)
    # lower() of bytes knows ASCII only, as does the needle's: other letters match exactly
    lowered = value.text.encode("utf-8", "surrogatepass").lower()
    texts, part = field.texts or _no_texts, value.text.casefold()

    def matches(row: RowT) -> bool:
        return lowered in data(row).lower() or any(part in text.casefold() for text in texts(row))

    return matches


def _bytes_of(field: FilterField[RowT], value: Token) -> bytes:
    try:
        return bytes.fromhex(value.text.replace(":", ""))
    except ValueError:
        msg = f'{field.name} takes whole bytes, such as {field.name}~"15 02 66"'
        raise FilterError(msg, value.start, value.end) from None


def _number_of(field: FilterField[RowT], value: Token) -> float:
    try:
        found = float(value.text) if field.figure_of is None else field.figure_of(value.text)
    except ValueError:
        found = None
    number = math.nan if found is None else found
    if not math.isfinite(number):
        written = f"written as {field.example}" if field.example else "a number"
        msg = f"{field.name} is {written}"
        raise FilterError(msg, value.start, value.end)
    return number


def _check_choice(field: FilterField[RowT], sign: str, value: Token) -> None:
    if field.choices and sign != "~" and value.text.casefold() not in field.choices:
        msg = f"{field.name} is one of {', '.join(field.choices)}"
        raise FilterError(msg, value.start, value.end)
