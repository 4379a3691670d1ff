"""Foreign text made fit for a terminal: the one place where control characters lose their power.

Names, messages, topics, file names and other people's error texts pass through here wherever they
are shown. What could move the cursor, change colours, set the clipboard, reorder or hide text
becomes a visible symbol; what stacks without end is bounded. Ordinary text, accents and emoji
come out as they went in.

    control characters, DEL      their picture: ESC is shown as `␛`
    C1, bidi, zero-width, tags,
    lone surrogates, separators  `�`
    combining marks              at most 4 a base; a mark without a base gets `◌`
    variation selectors          at most 1 a base
    zero-width joiner            only between emoji, at most 6 a cluster

Markup (`[red]`) is not treated here: who shows text must not read it as markup.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

MAX_MARKS: Final = 4
MAX_JOINERS: Final = 6
ELLIPSIS: Final = "…"
REPLACEMENT: Final = "\ufffd"

_JOINER: Final = "\u200d"
_DOTTED_CIRCLE: Final = "\u25cc"
# A flood of invisible characters must not make a short limit expensive, nor hide the text after it.
_READ_AHEAD: Final = 8
_PICTURES: Final = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "\u2421"}
# They count as letters or marks and still show nothing.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_EMOJI: Final = (
    range(0x2190, 0x2200),
    range(0x2300, 0x2400),
    range(0x25A0, 0x27C0),
    range(0x2B00, 0x2C00),
    range(0x1F000, 0x1FB00),
)


def clean(text: str, *, keep_newlines: bool = False, limit: int | None = None) -> str:
    """Make foreign text harmless to show.

    Args:
        keep_newlines: Leave line ends (CRLF counts as one); otherwise they are shown as `␊`.
            Tabs become a space either way: their width depends on where they stand.
        limit: At most that many characters, the last an ellipsis if any were cut off; None = all.

    Returns:
        Text for which `clean` changes nothing more (under the same arguments).
    """
    if text.isascii() and text.isprintable():
        return _cut(text, limit, is_cut=False)
    source = text if limit is None else text[: max(limit, 0) * _READ_AHEAD + 1]
    if keep_newlines:
        source = source.replace("\r\n", "\n")
    return _cut(_Cleaner(source, keep_newlines).run(), limit, is_cut=len(source) < len(text))


def clean_line(text: str, limit: int | None = None) -> str:
    """Make foreign text harmless and one line: runs of white space, line ends too, become a space.

    For names and titles. The result may be empty.
    """
    source = text if limit is None else text[: max(limit, 0) * _READ_AHEAD + 1]
    return clean(" ".join(source.split()), limit=limit)


def _cut(text: str, limit: int | None, *, is_cut: bool) -> str:
    if limit is None or (len(text) <= limit and not is_cut):
        return text
    if limit <= 0:
        return ""
    return text[: limit - 1] + ELLIPSIS


class _Cleaner:
    """One pass over one text."""

    def __init__(self, text: str, keep_newlines: bool) -> None:  # noqa: FBT001
        self._text = text
        self._keep_newlines = keep_newlines
        self._out: list[str] = []
        self._base = ""  # the last character with a width, "" at the start of a line
        self._marks = 0
        self._has_selector = False
        self._joiners = 0

    def run(self) -> str:
        for index, character in enumerate(self._text):
            kind = _kind(character)
            if kind == "mark":
                self._add_mark(character)
            elif kind == "selector":
                self._add_selector(character)
            elif character == _JOINER and self._joins(index):
                self._joiners += 1
                self._out.append(character)
            else:
                self._add_base(character, kind)
        return "".join(self._out)

    def _add_base(self, character: str, kind: str) -> None:
        if character == "\n" and self._keep_newlines:
            self._out.append(character)
            self._start("")
            return
        shown = character if kind == "plain" else kind
        self._out.append(shown)
        if not (self._out[-2:-1] == [_JOINER] or _is_skin_tone(character)):
            self._joiners = 0
        self._start(shown)

    def _start(self, base: str) -> None:
        self._base = base
        self._marks = 0
        self._has_selector = False

    def _add_mark(self, character: str) -> None:
        if not self._base:
            self._add_base(_DOTTED_CIRCLE, "plain")
        if self._marks < MAX_MARKS:
            self._marks += 1
            self._out.append(character)

    def _add_selector(self, character: str) -> None:
        if self._base and not self._has_selector and self._marks == 0:
            self._has_selector = True
            self._out.append(character)

    def _joins(self, index: int) -> bool:
        following = self._text[index + 1 : index + 2]
        return (
            self._joiners < MAX_JOINERS
            and self._out[-1:] != [_JOINER]
            and _is_emoji(self._base)
            and _is_emoji(following)
        )


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """Return `plain`, `mark`, `selector`, or the symbol to show instead."""
    if character in " \t":
        return " "
    if character in _PICTURES:
        return _PICTURES[character]
    if "\ufe00" <= character <= "\ufe0f":
        return "selector"
    code = ord(character)
    # U+xxFFFE and U+xxFFFF are no characters at all, U+FDD0..FDEF neither.
    is_nothing = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or 0xE0000 <= code <= 0xE0FFF
    if is_nothing or character in _BLANK:
        return REPLACEMENT
    category = unicodedata.category(character)
    if category in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return REPLACEMENT
    if category == "Zs" and character != "\u3000":
        return " "
    return "mark" if category in {"Mn", "Me"} else "plain"


def _is_emoji(character: str) -> bool:
    return bool(character) and any(ord(character) in block for block in _EMOJI)


def _is_skin_tone(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"
