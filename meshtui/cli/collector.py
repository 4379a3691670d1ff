"""When Python looks for garbage in the terminal client.

What a start loads stays for good. Looking through all of it again and again costs a tenth of the
time to the first screen, and later holds the screen up for tens of milliseconds at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTED_S: Final = 1.0
"""After so long in the event loop what was loaded counts as what stays."""


@contextlib.contextmanager
def collecting_late() -> Iterator[None]:
    """Collect nothing in this block until `settle_soon`; then only what is younger than that."""
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()


def settle_soon() -> None:
    """In the event loop: take what the start has made as permanent once it is over."""
    asyncio.get_running_loop().call_later(STARTED_S, _settle)


def _settle() -> None:
    gc.freeze()
    gc.enable()
