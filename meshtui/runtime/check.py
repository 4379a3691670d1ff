"""What `meshtui doctor` says of one thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        detail: What was found.
        fix: What to do about it; empty where nothing is wrong or nothing is known.
        is_tried: False = it was not looked at, and `detail` says why: neither right nor wrong.
    """

    check: str
    is_ok: bool
    detail: str
    fix: str = ""
    is_tried: bool = True
