"""The table `[capture]` of our settings: the same keys as in the INI file, values in TOML's types.

What is text there may be text here, too. TOML does not tell where a value stands: lines are found
by their keys, and a message goes without where a file is written too freely for that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from meshtui.config.capture import Entry
from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TABLE: Final = "capture"

_HEADING = re.compile(r"""\s*\[\s*["']?([\w-]+)["']?\s*\]""")
_SETTING = re.compile(r"""\s*((?:["']?[\w-]+["']?\.)?["']?[\w-]+["']?)\s*=""")


def toml_entries(path: Path, text: str, table: object) -> dict[str, Entry]:
    """Return what a table holds and where.

    Args:
        text: The whole file, for the lines.
        table: What TOML made of `capture`.

    Raises:
        ConfigError: It is no table.
    """
    if not isinstance(table, dict):
        msg = f"{path}: {TABLE}: must be a table, [{TABLE}]"
        raise ConfigError(msg)
    lines = _lines(text) if table else {}
    return {
        key.lower(): Entry(value, f"{path}: line {lines[key]}" if key in lines else str(path))
        for key, value in table.items()
    }


def _lines(text: str) -> Mapping[str, int]:
    """Return the lines of keys in the table, counted from 1."""
    lines: dict[str, int] = {}
    before = ""
    for number, line in enumerate(text.split("\n"), 1):
        if heading := _HEADING.match(line):
            before = f"{heading[1]}."
        elif setting := _SETTING.match(line):
            name = before + re.sub("[\"']", "", setting[1])
            if name.startswith(f"{TABLE}."):
                lines.setdefault(name.removeprefix(f"{TABLE}."), number)
    return lines
