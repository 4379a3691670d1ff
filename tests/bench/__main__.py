"""`make bench`: figures of this machine, as ratios within one run. Nothing here is a test.

python -m tests.bench [startup] [pipeline] [framing] [sizes] [hub] [search] [screen] [inspector]
    [sim] [decode] [captures] [capture_service]
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib import import_module

from tests.bench.measure import Table

PARTS = (
    "startup",
    "pipeline",
    "framing",
    "sizes",
    "hub",
    "search",
    "screen",
    "inspector",
    "sim",
    "decode",
    "captures",
    "publish",
    "capture_service",
)


def main(names: list[str]) -> None:
    """Run all parts, or the named ones."""
    table = Table()
    with tempfile.TemporaryDirectory() as compiled:
        # As installed: whoever forbids byte code here would time the compiler instead.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        for name in names or PARTS:
            import_module(f"tests.bench.{name}").report(table)


if __name__ == "__main__":
    main(sys.argv[1:])
