"""A companion radio that lies: no state of a message goes backwards, nothing is left undone."""

from __future__ import annotations

import time

from tests.fuzz.mutation import MAX_FINDINGS
from tests.support.lying_radio import undone_after

STEPS = 400
_A_NIGHT = 1_000_000


def fuzz(seconds: float, seed: int) -> tuple[int, list[tuple[bytes, str]]]:
    """Live with lying radios for that long; of one that broke a promise its number is kept."""
    end = time.monotonic() + seconds
    tried = 0
    found: list[tuple[bytes, str]] = []
    while time.monotonic() < end and len(found) < MAX_FINDINGS:
        number = seed * _A_NIGHT + tried
        tried += 1
        try:
            undone = undone_after(number, STEPS)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the finding
            undone = [f"{type(error).__name__}: {error}"]
        found += [(str(number).encode(), words) for words in undone[:1]]
    return tried, found
