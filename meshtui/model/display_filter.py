"""The display filter: one small language over rows, the same on screen and headless.

    any        = all { "||" all } ;
    all        = term { "&&" term } ;
    term       = "!" term | "(" any ")" | field [ comparison ] ;
    comparison = ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" ) value
               | "in" "{" value { "," value } "}" ;

A bare field means: it is there. `a != b` is `!(a == b)`, so a missing figure differs from every
figure; `<` and its kin are false for a missing one. `~` is "contains". Texts match in any case;
a field may hold several texts (an id and a name). There are no regular expressions: no filter
takes more than time linear in the row. What takes long to find out of a row is asked last.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from meshtui.errors import FilterError
from meshtui.model.filter_tokens import TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from meshtui.model.filter_fields import FilterField
    from meshtui.model.filter_tokens import Token

MAX_LENGTH = 1_000
"""Characters; far beyond what a person types, and it bounds every later step."""

MAX_DEPTH = 32
"""Nested brackets and negations."""

RowT = TypeVar("RowT")
FILTER_SIGNS = frozenset("=<>~&|(){}!")

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
        if len(text) > MAX_LENGTH or any(sign in text for sign in FILTER_SIGNS):
            raise
    part = text.strip().casefold()
    return DisplayFilter(text, lambda row: part in words_of(row).casefold())


class _Part(NamedTuple, Generic[RowT]):
    """A test, and whether it looks at a field that takes long."""

    test: Test[RowT]
    is_slow: bool


class _Parser(Generic[RowT]):
    """Recursive descent; each method reads one rule of the grammar and returns its test."""

    def __init__(self, text: str, fields: Mapping[str, FilterField[RowT]]) -> None:
        self._length = len(text)
        self._tokens = list(tokens(text))
        self._at = 0
        self._fields = fields

    def parse(self) -> Test[RowT]:
        test = self._any(0).test
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            msg = "this ) closes nothing"
            raise FilterError(msg, token.start, token.end)
        return test

    def _any(self, depth: int) -> _Part[RowT]:
        parts = [self._all(depth)]
        while self._take_mark("||"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else _joined(_either, parts)

    def _all(self, depth: int) -> _Part[RowT]:
        parts = [self._term(depth)]
        while self._take_mark("&&"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else _joined(_both, parts)

    def _term(self, depth: int) -> _Part[RowT]:
        token = self._take("a field, ! or ( is missing here")
        if depth >= MAX_DEPTH:
            msg = "too many brackets within brackets"
            raise FilterError(msg, token.start, token.end)
        if token.kind is TokenKind.FIELD:
            return self._comparison(token)
        if token.text == "!":
            part = self._term(depth + 1)
            return part._replace(test=_not(part.test))
        part = self._any(depth + 1)
        if not self._take_mark(")"):
            msg = "this ( is not closed"
            raise FilterError(msg, token.start, token.end)
        return part

    def _comparison(self, token: Token) -> _Part[RowT]:
        field = self._fields.get(token.text)
        if field is None:
            msg = f"no field {token.text}; there are {', '.join(self._fields)}"
            raise FilterError(msg, token.start, token.end)
        sign = self._peek()
        if sign is None or sign.kind is not TokenKind.OPERATOR:
            return _Part(_present(field), field.is_slow)
        self._at += 1
        if sign.text not in field.operators:
            msg = f"{field.name} takes {' '.join(field.operators)}"
            raise FilterError(msg, sign.start, sign.end)
        values = self._set() if sign.text == "in" else [self._value()]
        return _Part(_compare(field, sign.text, values), field.is_slow)

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


def _joined(
    join: Callable[[Test[RowT], Test[RowT]], Test[RowT]], parts: list[_Part[RowT]]
) -> _Part[RowT]:
    """Join tests, the quick ones first: none of them raises or changes anything."""
    parts.sort(key=_is_slow)
    return _Part(_folded(join, [part.test for part in parts]), parts[-1].is_slow)


def _is_slow(part: _Part[RowT]) -> bool:
    return part.is_slow


def _folded(
    join: Callable[[Test[RowT], Test[RowT]], Test[RowT]], tests: Sequence[Test[RowT]]
) -> Test[RowT]:
    """Join halves of halves: two tests take half the time of a loop, and many do not nest deep."""
    if len(tests) == 1:
        return tests[0]
    half = len(tests) // 2
    return join(_folded(join, tests[:half]), _folded(join, tests[half:]))


def _either(left: Test[RowT], right: Test[RowT]) -> Test[RowT]:
    return lambda row: left(row) or right(row)


def _both(left: Test[RowT], right: Test[RowT]) -> Test[RowT]:
    return lambda row: left(row) and right(row)


def _not(test: Test[RowT]) -> Test[RowT]:
    return lambda row: not test(row)


def _present(field: FilterField[RowT]) -> Test[RowT]:
    if (data := field.data) is not None:
        return lambda row: bool(data(row))
    if (text := field.text) is not None:
        return lambda row: bool(text(row))
    if (texts := field.texts) is not None:
        return lambda row: any(texts(row))
    number = field.number
    return lambda row: number is not None and number(row) is not None


def _compare(field: FilterField[RowT], sign: str, values: list[Token]) -> Test[RowT]:
    if field.data is not None:
        return _contains_bytes(field, field.data, values[0])
    if (number := field.number) is not None:
        return _compare_number(number, sign, [_number_of(field, value) for value in values])
    for value in values:
        _check_choice(field, sign, value)
    wanted = [value.text.casefold() for value in values]
    if (text := field.text) is not None:
        return _compare_text(text, sign, wanted)
    return _compare_texts(field.texts or _no_texts, sign, wanted)


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


def _compare_text(text: Callable[[RowT], str], sign: str, wanted: list[str]) -> Test[RowT]:
    if sign == "~":
        part = wanted[0]
        return lambda row: part in text(row).casefold()
    accepted = frozenset(wanted) - {""}
    if sign == "!=":
        return lambda row: text(row).casefold() not in accepted
    return lambda row: text(row).casefold() in accepted


def _compare_texts(
    texts: Callable[[RowT], tuple[str, ...]], sign: str, wanted: list[str]
) -> Test[RowT]:
    if sign == "~":
        return _contains_text(texts, wanted[0])
    accepted = frozenset(wanted)

    def equals(row: RowT) -> bool:
        for text in texts(row):  # noqa: SIM110
            if text and text.casefold() in accepted:
                return True
        return False

    return _not(equals) if sign == "!=" else equals


def _contains_text(texts: Callable[[RowT], tuple[str, ...]], part: str) -> Test[RowT]:
    def contains(row: RowT) -> bool:
        for text in texts(row):  # noqa: SIM110
            if part in text.casefold():
                return True
        return False

    return contains


def _contains_bytes(
    field: FilterField[RowT], data: Callable[[RowT], bytes], value: Token
) -> Test[RowT]:
    if field.takes_hex:
        needle = _bytes_of(field, value)
        return lambda row: needle in data(row)
    # lower() of bytes knows ASCII only, as does the needle's: other letters match exactly
    lowered = value.text.encode("utf-8", "surrogatepass").lower()
    if (text := field.text) is None:
        return lambda row: lowered in data(row).lower()
    part = value.text.casefold()

    def contains(row: RowT) -> bool:
        opened = text(row)
        return part in opened.casefold() if opened else lowered in data(row).lower()

    return contains


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
