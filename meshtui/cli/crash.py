"""The last boundary: an error nobody foresaw becomes one line and a report without secrets."""

from __future__ import annotations

import errno
import os
import tempfile
import traceback
from pathlib import Path
from typing import Final

from meshtui import __version__
from meshtui.cli.output import Exit, Output

_MAX_CAUSES: Final = 8
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def report(error: BaseException) -> int:
    """Keep the trace in a private file and say where it is; returns the exit code.

    That there is no room where we write, our own output too, is no mistake of ours.

    The trace names files and lines only: an exception's text, or a line of arguments, may hold
    anything, a password too.
    """
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        Output(as_json=False).say(f"meshtui: cannot write: {error.strerror}")
        return Exit.FAILED
    text = f"meshtui {__version__} " + "caused by ".join(_trace(link) for link in _chain(error))
    handle, name = tempfile.mkstemp(prefix="meshtui-crash-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Output(as_json=False).say(
        f"meshtui: unexpected {type(error).__name__}; this is our mistake. "
        f"Where it happened: {Path(name)}"
    )
    return Exit.FAILED


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it came from; Textual keeps what a worker raised in `error`."""
    chain: list[BaseException] = []
    link: object = error
    while isinstance(link, BaseException) and link not in chain and len(chain) < _MAX_CAUSES:
        chain.append(link)
        link = getattr(link, "error", None) or link.__cause__ or link.__context__
    return chain


def _trace(error: BaseException) -> str:
    where = [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return f"{type(error).__module__}.{type(error).__qualname__}\n{''.join(where)}"
