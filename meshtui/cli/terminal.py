"""Is there a terminal to draw on, and anything to read?"""

from __future__ import annotations

import sys

from meshtui.errors import ConfigError, LocalProtocolError


def require_terminal() -> None:
    """Refuse where there is nothing to draw on; the screen is drawn on standard error.

    Raises:
        LocalProtocolError: One of the three standard streams is no terminal.
    """
    streams = {"input": sys.stdin, "output": sys.stdout, "error": sys.stderr}
    for name, stream in streams.items():
        if not stream.isatty():
            msg = (
                f"the client needs a terminal, and standard {name} is none;"
                " scripts use `meshtui listen` and `meshtui send`"
            )
            raise LocalProtocolError(msg)


def require_input() -> None:
    """Refuse to read a standard input that whoever started us closed: that is not an empty one.

    Raises:
        ConfigError: There is none.
    """
    if sys.__stdin__ is None:
        msg = "there is no standard input"
        raise ConfigError(msg)
