"""The display filter: one small language over packets, the same on screen and headless.

    any        = all { "||" all } ;
    all        = term { "&&" term } ;
    term       = "!" term | "(" any ")" | field [ comparison ] ;
    comparison = ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" ) value
               | "in" "{" value { "," value } "}" ;

A bare field means: it is there. `a != b` is `!(a == b)`, so a missing figure differs from every
figure; `<` and its kin are false for a missing one. `~` is "contains". Texts match in any case,
and `from`, `to` match by id or by name. There are no regular expressions: no filter takes more
than time linear in the packet.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from meshtui.errors import FilterError
from meshtui.model.filter_fields import FIELDS, FieldKind
from meshtui.model.filter_tokens import TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.filter_fields import FilterField, NameBook
    from meshtui.model.filter_tokens import Token
    from meshtui.model.packet_row import PacketRow

MAX_LENGTH = 1_000
"""Characters; far beyond what a person types, and it bounds every later step."""

MAX_DEPTH = 32
"""Nested brackets and negations."""

Test: TypeAlias = "Callable[[PacketRow], bool]"

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class DisplayFilter:
    """A filter ready for use.

    Attributes:
        text: As typed; blank lets everything through.
        matches: Tells whether a packet passes. Never raises.
    """

    text: str
    matches: Test


def compile_filter(text: str, names: NameBook | None = None) -> DisplayFilter:
    """Read a filter.

    Args:
        names: Looked into at every match, so later changes of it count.

    Raises:
        FilterError: It cannot be read; the error says where.
    """
    if len(text) > MAX_LENGTH:
        msg = f"a filter has at most {MAX_LENGTH} characters"
        raise FilterError(msg, MAX_LENGTH, len(text))
    if not text.strip():
        return DisplayFilter(text, lambda _: True)
    parser = _Parser(text, {} if names is None else names)
    return DisplayFilter(text, parser.parse())


class _Parser:
    """Recursive descent; each method reads one rule of the grammar and returns its test."""

    def __init__(self, text: str, names: NameBook) -> None:
        self._length = len(text)
        self._tokens = list(tokens(text))
        self._at = 0
        self._names = names

    def parse(self) -> Test:
        test = self._any(0)
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            msg = "this ) closes nothing"
            raise FilterError(msg, token.start, token.end)
        return test

    def _any(self, depth: int) -> Test:
        tests = [self._all(depth)]
        while self._take_mark("||"):
            tests.append(self._all(depth))
        return tests[0] if len(tests) == 1 else _any_of(tests)

    def _all(self, depth: int) -> Test:
        tests = [self._term(depth)]
        while self._take_mark("&&"):
            tests.append(self._term(depth))
        return tests[0] if len(tests) == 1 else _all_of(tests)

    def _term(self, depth: int) -> Test:
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

    def _comparison(self, token: Token) -> Test:
        field = FIELDS.get(token.text)
        if field is None:
            msg = f"no field {token.text}; there are {', '.join(FIELDS)}"
            raise FilterError(msg, token.start, token.end)
        sign = self._peek()
        if sign is None or sign.kind is not TokenKind.OPERATOR:
            return _present(field, self._names)
        self._at += 1
        if sign.text not in field.operators:
            msg = f"{field.name} takes {' '.join(field.operators)}"
            raise FilterError(msg, sign.start, sign.end)
        values = self._set() if sign.text == "in" else [self._value()]
        return _compare(field, sign.text, values, self._names)

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


def _any_of(tests: list[Test]) -> Test:
    def matches(row: PacketRow) -> bool:
        return any(test(row) for test in tests)

    return matches


def _all_of(tests: list[Test]) -> Test:
    def matches(row: PacketRow) -> bool:
        return all(test(row) for test in tests)

    return matches


def _not(test: Test) -> Test:
    return lambda row: not test(row)


def _present(field: FilterField, names: NameBook) -> Test:
    if (texts := field.texts) is not None:
        return lambda row: any(texts(row, names))
    if (number := field.number) is not None:
        return lambda row: number(row) is not None
    return lambda row: bool(row.payload)


def _compare(field: FilterField, sign: str, values: list[Token], names: NameBook) -> Test:
    if field.kind is FieldKind.NUMBER:
        return _compare_number(field, sign, [_number_of(field, value) for value in values])
    if field.kind is FieldKind.BYTES:
        return _contains_bytes(field, values[0])
    for value in values:
        _check_choice(field, sign, value)
    return _compare_text(field, sign, [value.text.casefold() for value in values], names)


def _compare_number(field: FilterField, sign: str, wanted: list[float]) -> Test:
    number = field.number
    if number is None:
        return lambda _: False
    if sign in {"==", "in"}:
        accepted = frozenset(wanted)
        return lambda row: number(row) in accepted
    limit = wanted[0]
    if sign == "!=":
        return lambda row: number(row) != limit
    holds = _COMPARISONS[sign]

    def matches(row: PacketRow) -> bool:
        value = number(row)
        return value is not None and holds(value, limit)

    return matches


def _compare_text(field: FilterField, sign: str, wanted: list[str], names: NameBook) -> Test:
    texts = field.texts
    if texts is None:
        return lambda _: False
    if sign == "~":
        part = wanted[0]
        return lambda row: any(part in text.casefold() for text in texts(row, names))
    accepted = frozenset(wanted)

    def equals(row: PacketRow) -> bool:
        return any(text.casefold() in accepted for text in texts(row, names) if text)

    return _not(equals) if sign == "!=" else equals


def _contains_bytes(field: FilterField, value: Token) -> Test:
    if field.name == "hex":
        digits = value.text.replace(" ", "").replace(":", "")
        try:
            needle = bytes.fromhex(digits)
        except ValueError:
            msg = 'hex takes whole bytes, such as hex~"15 02 66"'
            raise FilterError(msg, value.start, value.end) from None
        return lambda row: needle in row.payload
    # lower() of bytes knows ASCII only, as does the needle's: other letters match exactly
    lowered = value.text.encode("utf-8", "surrogatepass").lower()
    return lambda row: lowered in row.payload.lower()


def _number_of(field: FilterField, value: Token) -> float:
    try:
        number = float(value.text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        msg = f"{field.name} is a number"
        raise FilterError(msg, value.start, value.end)
    return number


def _check_choice(field: FilterField, sign: str, value: Token) -> None:
    if field.choices and sign != "~" and value.text.casefold() not in field.choices:
        msg = f"{field.name} is one of {', '.join(field.choices)}"
        raise FilterError(msg, value.start, value.end)
