"""What the command line says: data on stdout, diagnostics on stderr, and exit codes.

stdout carries nothing but rows: JSON Lines with `--json`, else aligned text. No colours and no
cursor movements anywhere: they do not survive a pipe, and a terminal does not miss them.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from enum import IntEnum
from typing import TYPE_CHECKING, TextIO

from meshtui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_CONNECTION = 3
    TIMED_OUT = 4
    INTERRUPTED = 130


class Output:
    """Writes rows and diagnostics.

    A reader that went away (`| head`) raises BrokenPipeError here; `main` ends quietly on it.
    """

    def __init__(
        self, *, as_json: bool, stdout: TextIO | None = None, stderr: TextIO | None = None
    ) -> None:
        """Write to the given streams, by default the process's own."""
        self.as_json = as_json
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr

    def row(self, values: Mapping[str, object], text: Callable[[], str]) -> None:
        """Write one row at once: `values` as a JSON line, or what `text` returns, clean already."""
        self._line(self.line_of(values, text))

    def line_of(self, values: Mapping[str, object], text: Callable[[], str]) -> str:
        """Return what `row` would write, without its newline."""
        return _encodable(as_json_line(values) if self.as_json else text(), self._stdout)

    def write_unbuffered(self, line: str) -> None:
        """Write a line of `line_of` past Python's buffers; blocks while nobody reads.

        A thread that is stuck here holds no lock that the end of the program would need.
        """
        try:
            descriptor = self._stdout.fileno()
        except OSError:  # it is no file: a test's or an embedder's stream
            self._stdout.write(f"{line}\n")
            return
        content = f"{line}\n".encode(self._stdout.encoding or "utf-8")
        while content:
            content = content[os.write(descriptor, content) :]

    def table(self, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
        """Write rows as JSON Lines, or the named columns aligned under a heading.

        Args:
            columns: Keys to show; a row may hold more for JSON, and may lack some.
        """
        if self.as_json:
            for values in rows:
                self._line(as_json_line(values))
            return
        if not rows:
            return
        cells = [[cell(row.get(column)) for column in columns] for row in rows]
        for line in align([[column.upper() for column in columns], *cells]):
            self._line(line)

    def say(self, text: str) -> None:
        """Tell the person at the terminal something that is not data."""
        print(_encodable(clean(text, keep_newlines=True), self._stderr), file=self._stderr)

    def _line(self, text: str) -> None:
        # Line by line, so that a reader of a pipe sees each event as it happens.
        print(_encodable(text, self._stdout), file=self._stdout, flush=True)


def as_json_line(values: Mapping[str, object]) -> str:
    """Write a row as JSON in printable ASCII: a terminal that shows it obeys nothing in it."""
    return json.dumps(values).replace("\x7f", "\\u007f")


def cell(value: object) -> str:
    """Show a value in a table: nothing for None, lists with blanks, foreign text made harmless."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5f}".rstrip("0").rstrip(".")
    if isinstance(value, list | tuple):
        return clean(" ".join(str(part) for part in value), limit=120) or "-"
    return clean(str(value), limit=200)


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Pad columns to equal width in terminal cells; the last column is left ragged."""
    widths = [max(cell_width(text) for text in column) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    return [
        "  ".join(
            text + " " * max(width - cell_width(text), 0)
            for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def cell_width(text: str) -> int:
    """Count the terminal cells a clean text takes."""
    if text.isascii():
        return len(text)
    width = 0
    previous = ""
    for character in text:
        if previous != "\u200d":  # what follows a joiner shares its cells
            width += _character_width(character)
        previous = character
    return width


def _character_width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"} or "🏻" <= character <= "🏿":
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _encodable(text: str, stream: TextIO) -> str:
    """Replace what the stream's encoding cannot say, and lone surrogates anywhere."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
