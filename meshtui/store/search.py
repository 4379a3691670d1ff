"""Full-text search, newest first.

Each typed word must occur; the last, unless a blank follows it, may be the beginning of one.
Words are looked up in the FTS5 index, quoted, so nothing typed is ever query syntax. What its
tokenizer cannot part into words (emoji, and scripts without spaces) is looked for in the newest
messages one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.store.columns import of_int, of_text
from meshtui.store.messages import NOT_BLOCKED, SELECT, of_row

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from meshtui.model.message import Message

MAX_CHARS = 1_000
MAX_WORDS = 32
SCANNED = 200_000
"""How many of the newest messages are read where the index cannot help; about 0.1 s."""

_NO_SPACES_FROM = 0x2E80
_NO_SPACES = ((0x0E00, 0x109F), (0x1780, 0x17FF))  # Thai to Burmese; Khmer


def search(
    connection: sqlite3.Connection, text: str, conversation: int | None, limit: int
) -> Sequence[Message]:
    """Return messages from nobody blocked that hold all words of `text`, newest first."""
    words = text[:MAX_CHARS].replace("\0", " ").split()[:MAX_WORDS]
    if not words:
        return []
    is_last_open = not text[-1:].isspace()  # a whole word is found faster than a beginning
    scanned = [word for word in words if _must_scan(word)]
    indexed = [word for word in words if not _must_scan(word)]
    clauses = [NOT_BLOCKED]
    values: list[object] = []
    if indexed:
        tables = "message_text AS f CROSS JOIN message AS m ON m.id = f.rowid"
        clauses.append("message_text MATCH ?")
        values.append(_match(indexed, is_last_open=is_last_open and indexed[-1] is words[-1]))
        order = "f.rowid"
    else:
        tables = "message AS m"
        clauses.append("m.id > (SELECT coalesce(max(id), 0) FROM message) - ?")
        values.append(SCANNED)
        order = "m.id"
    for word in scanned:
        clauses.append("instr(m.text, ?)")
        values.append(of_text(word))
    if conversation is not None:
        clauses.append("m.conversation = ?")
        values.append(conversation)
    sql = SELECT.replace(
        "message AS m", f"{tables} CROSS JOIN conversation AS c ON c.id = m.conversation"
    )
    sql = f"{sql} WHERE {' AND '.join(clauses)} ORDER BY {order} DESC LIMIT ?"
    values.append(of_int(max(limit, 0)))
    return [of_row(row) for row in connection.execute(sql, values)]


def _match(words: list[str], *, is_last_open: bool) -> str:
    quoted = ['"' + _encodable(word).replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + ("*" if is_last_open else "")


def _encodable(word: str) -> str:
    return word.encode("utf-8", "replace").decode()


def _must_scan(word: str) -> bool:
    return not any(map(str.isalnum, word)) or any(map(_has_no_spaces, map(ord, word)))


def _has_no_spaces(code: int) -> bool:
    return code >= _NO_SPACES_FROM or any(first <= code <= last for first, last in _NO_SPACES)
