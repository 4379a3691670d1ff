"""Values of a display filter that nothing has, as far as anybody knows: mistyped, most likely.

Such a filter is taken, for what nobody knows today may come from the air tomorrow, but doubted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from meshtui.errors import FilterError
from meshtui.model.filter_tokens import TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meshtui.model.filter_tokens import Token

    Values: TypeAlias = Callable[[str], Iterable[str]]


_OPEN = frozenset({"verdict"})  # a reason will do, too, and nobody knows all of them


@dataclass(frozen=True, slots=True)
class FilterDoubt:
    """A value that nothing has.

    Attributes:
        text: What to tell the user; not cleaned.
        start: Index of its first character in the filter.
        end: Index past the last one.
    """

    text: str
    start: int
    end: int

    def __str__(self) -> str:
        """What to tell the user."""
        return self.text


def doubt_of(text: str, known: Values, seen: Values = lambda _: ()) -> FilterDoubt | None:
    """Find the first value of a filter that is neither known nor seen.

    Args:
        text: What is no filter holds no doubt.
        known: Returns the values known of a field; none where it may hold anything.
        seen: Returns those that rows at hand have, too.
    """
    try:
        read = list(tokens(text))
    except FilterError:
        return None
    field, sign = "", ""
    for token in read:
        if token.kind is TokenKind.FIELD:
            field = token.text
        elif token.kind is TokenKind.OPERATOR:
            sign = token.text
        elif token.kind is TokenKind.VALUE:
            doubt = _doubt_about(token, field, sign, known, seen)
            if doubt is not None:
                return doubt
    return None


def _doubt_about(
    value: Token, field: str, sign: str, known: Values, seen: Values
) -> FilterDoubt | None:
    wanted = value.text.casefold()
    usual = {each.casefold(): each for each in reversed(tuple(known(field)))}
    is_part = sign == "~"
    if not usual or _is_among(wanted, usual, is_part=is_part):
        return None
    if _is_among(wanted, [each.casefold() for each in seen(field)], is_part=is_part):
        return None
    from difflib import get_close_matches  # only for what is mistyped

    is_open = field in _OPEN
    near = [usual[each] for each in get_close_matches(wanted, usual, 1, 0.85 if is_open else 0.6)]
    if is_open and not near:
        return None
    hint = f"; did you mean {near[0]}?" if near else ""
    verb = "holds" if is_part else "is"
    return FilterDoubt(f"no known {field} {verb} {value.text}{hint}", value.start, value.end)


def _is_among(wanted: str, values: Iterable[str], *, is_part: bool) -> bool:
    return any(wanted in each if is_part else wanted == each for each in values)
