"""Fuzz a surface for some minutes: `python -m tests.fuzz meshcore --minutes 10`.

Every input that breaks a promise is kept as a file in the folder named by `--keep`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

SURFACES = ("meshcore", "kiss", "radio")


def main() -> int:
    """Fuzz, and say how many inputs were tried; 1 where one broke a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("surface", choices=SURFACES)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    arguments = parser.parse_args()
    surface = importlib.import_module(f"tests.fuzz.{arguments.surface}")
    tried, found = surface.fuzz(arguments.minutes * 60, arguments.seed)
    for number, (data, error) in enumerate(found):
        arguments.keep.mkdir(parents=True, exist_ok=True)
        path = arguments.keep / f"{arguments.surface}-{arguments.seed}-{number}.bin"
        path.write_bytes(data)
        sys.stdout.write(f"{path}: {error}\n")
    sys.stdout.write(f"{arguments.surface}: {tried} inputs, {len(found)} broke a promise\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
