"""Is there a terminal to draw on?"""

from __future__ import annotations

import sys

from meshtui.errors import LocalProtocolError


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
