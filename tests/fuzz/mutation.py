"""Making inputs: from nothing, or from good ones by what radios and attackers do to them."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_FINDINGS = 20
_ODD = (0x00, 0x01, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xDB, 0xFF)


def mutate(seeds: Sequence[bytes], random: Random) -> bytes:
    """Make one input."""
    if random.random() < 0.1:
        return random.randbytes(random.randrange(270))
    data = bytearray(random.choice(seeds))
    for _ in range(random.randint(1, 5)):
        at = random.randrange(len(data) + 1)
        match random.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << random.randrange(8)
            case 1 if data:
                data[at % len(data)] = random.choice(_ODD)
            case 2:
                del data[at:]
            case 3:
                data[at:at] = random.randbytes(random.randrange(1, 20))
            case 4:
                del data[at : at + random.randrange(1, 9)]
            case _:
                data[at:] = random.choice(seeds)[at:]
    return bytes(data)


def run(
    seeds: Sequence[bytes], check: Callable[[bytes], object], seconds: float, seed: int
) -> tuple[int, list[tuple[bytes, str]]]:
    """Check inputs for that long; returns how many, and those that made `check` raise."""
    random = Random(seed)  # reproducible, not secret
    end = time.monotonic() + seconds
    tried = 0
    found: list[tuple[bytes, str]] = []
    while time.monotonic() < end and len(found) < MAX_FINDINGS:
        for _ in range(100):
            data = mutate(seeds, random)
            tried += 1
            try:
                check(data)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is the finding
                found.append((data, f"{type(error).__name__}: {error}"))
    return tried, found
