"""Where in a JSON text each value stands, in bytes; for the inspector.

Only for text that a strict parser has accepted: it is scanned here, not judged. Bounded in number
and depth whatever the text holds, and never recursing while it scans.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import orjson

MAX_SPANS = 240
MAX_SPAN_DEPTH = 8
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_OPENING = (b"{", b"[")
_CLOSING = (b"}", b"]")


@dataclass(slots=True)
class JsonSpan:
    """One value.

    Attributes:
        key: Its key in an object, its position in a list, empty for the whole.
        start: Index of its first byte: the quote of a string, the bracket of a list.
        end: Index past its last byte.
        children: Of an object or list, in order; empty where it is too deep or too much.
    """

    key: str
    start: int
    end: int
    children: list[JsonSpan] = field(default_factory=list)


def find_spans(text: bytes) -> JsonSpan:
    """Find every value of a valid JSON text: at most 240, at most eight levels."""
    whole = JsonSpan("", 0, len(text))
    open_spans: list[JsonSpan] = []
    key: str | None = None  # the key read last in an object, until its value comes
    found = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in _CLOSING:
            if open_spans:
                open_spans.pop().end = match.end()
        elif token == b":" or token == b",":
            continue
        elif key is None and _is_key(text, match, open_spans):
            key = scalar_text(token)
        else:
            span = _begin(match, key, open_spans, whole)
            found += 1
            key = None
            if open_spans and found <= MAX_SPANS and len(open_spans) <= MAX_SPAN_DEPTH:
                open_spans[-1].children.append(span)
            if token in _OPENING:
                open_spans.append(span)
    return whole


def scalar_text(token: bytes) -> str:
    """Read a string without its quotes and escapes; anything else as it is written."""
    if token.startswith(b'"'):
        try:
            return str(orjson.loads(token))
        except ValueError:
            pass  # shown as it is written
    return token.decode(errors="replace")


def _is_key(text: bytes, match: re.Match[bytes], open_spans: list[JsonSpan]) -> bool:
    """Tell whether a token in key position is a key: strings in an object are, in turn."""
    return bool(open_spans) and text[open_spans[-1].start] == ord("{") and match[0][:1] == b'"'


def _begin(
    match: re.Match[bytes], key: str | None, open_spans: list[JsonSpan], whole: JsonSpan
) -> JsonSpan:
    """Start the span of a value; the outermost is the whole itself."""
    if not open_spans:
        whole.start, whole.end = match.span()
        return whole
    name = key if key is not None else str(len(open_spans[-1].children))
    return JsonSpan(name, match.start(), match.end())
