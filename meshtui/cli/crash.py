"""The last boundary: an error nobody foresaw becomes one line and a report without secrets."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path

from meshtui import __version__
from meshtui.cli.output import Exit, Output


def report(error: BaseException) -> int:
    """Keep the trace in a private file and say where it is; returns the exit code.

    The trace names files and lines only: an exception's text, or a line of arguments, may hold
    anything, a password too.
    """
    where = [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    text = f"meshtui {__version__} {kind}\n{''.join(where)}"
    handle, name = tempfile.mkstemp(prefix="meshtui-crash-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Output(as_json=False).say(
        f"meshtui: unexpected {type(error).__name__}; this is our mistake. "
        f"Where it happened: {Path(name)}"
    )
    return Exit.FAILED
