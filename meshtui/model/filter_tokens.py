"""The words of a display filter, read with the grammar's own expectations.

What a character means depends on where it stands (`!` begins a term, but also a Meshtastic id in
a value), so the reader keeps one expectation and every token says what may follow it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from meshtui.errors import FilterError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Expect(Enum):
    """What may come next."""

    TERM = "a field, ! or ("
    OPERATOR = "an operator, && or ||"
    VALUE = "a value"
    SET_OPEN = "{"
    SET_VALUE = "a value of the set"
    SET_NEXT = ", or }"
    JOIN = "&&, || or )"


class TokenKind(Enum):
    """What a token is."""

    FIELD = "field"
    OPERATOR = "operator"
    VALUE = "value"
    MARK = "mark"  # ! ( ) && || { } ,


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        text: A value's text without its quotes.
        follows: What may come after it.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    follows: Expect


_SPACE = re.compile(r"[ \t]*")
_FIELD = re.compile(r"[A-Za-z_]+")
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>|~|in(?![A-Za-z0-9_])")
_BARE_VALUE = re.compile(r'[^\s"&|(){},<>=~]+')
_QUOTED_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_MARKS = {
    Expect.TERM: {"!": Expect.TERM, "(": Expect.TERM},
    Expect.JOIN: {"&&": Expect.TERM, "||": Expect.TERM, ")": Expect.JOIN},
    Expect.SET_OPEN: {"{": Expect.SET_VALUE},
    Expect.SET_NEXT: {",": Expect.SET_VALUE, "}": Expect.JOIN},
}
_HINTS = {"=": "write == for equal", "&": "write && for and", "|": "write || for or"}


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a filter.

    Raises:
        FilterError: At the first character that cannot stand where it stands.
    """
    expect = Expect.TERM
    at = _skip(text, 0)
    while at < len(text):
        token = _next(text, at, expect)
        yield token
        expect = token.follows
        at = _skip(text, token.end)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _next(text: str, at: int, expect: Expect) -> Token:
    if expect in {Expect.VALUE, Expect.SET_VALUE}:
        follows = Expect.JOIN if expect is Expect.VALUE else Expect.SET_NEXT
        return _value(text, at, follows)
    if expect is Expect.OPERATOR:
        match = _OPERATOR.match(text, at)
        if match:
            follows = Expect.SET_OPEN if match.group() == "in" else Expect.VALUE
            return Token(TokenKind.OPERATOR, match.group(), at, match.end(), follows)
    marks = _MARKS[Expect.JOIN if expect is Expect.OPERATOR else expect]
    for mark, follows in marks.items():
        if text.startswith(mark, at):
            return Token(TokenKind.MARK, mark, at, at + len(mark), follows)
    if expect is Expect.TERM and (match := _FIELD.match(text, at)):
        return Token(TokenKind.FIELD, match.group().lower(), at, match.end(), Expect.OPERATOR)
    hint = _HINTS.get(text[at], f"expected {expect.value}")
    raise FilterError(hint, at, at + 1)


def _value(text: str, at: int, follows: Expect) -> Token:
    if text[at] == '"':
        match = _QUOTED_VALUE.match(text, at)
        if match is None:
            msg = 'the closing " is missing'
            raise FilterError(msg, at, len(text))
        plain = _ESCAPED.sub(r"\1", match.group(1))
        return Token(TokenKind.VALUE, plain, at, match.end(), follows)
    match = _BARE_VALUE.match(text, at)
    if match is None:
        msg = "expected a value"
        raise FilterError(msg, at, at + 1)
    return Token(TokenKind.VALUE, match.group(), at, match.end(), follows)
