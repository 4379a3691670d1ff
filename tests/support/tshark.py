"""Wireshark's own reader, to read what we wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def tshark(path: Path, *fields: str) -> list[list[str]]:
    """Return the named fields of each packet; skips the test where there is no tshark."""
    if shutil.which("tshark") is None:
        if os.environ.get("MESHTUI_TEST_REQUIRE") == "1":
            pytest.fail("tshark is missing")
        pytest.skip("needs Debian's tshark")
    options = [option for field in fields for option in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-T", "fields", *options],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]
