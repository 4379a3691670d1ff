"""What the user chose on the screen and no setting names: sort orders, columns, and the like."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Final

from meshtui.cli.files import read_text, replace
from meshtui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_CHOICES: Final = 200
MAX_CHARS: Final = 1_000

_log = logging.getLogger(__name__)


class Choices:
    """A small file of texts by name; one that cannot be read counts as empty."""

    def __init__(self, path: Path) -> None:
        """Read the file where there is one."""
        self._path = path
        self._saved = _read(path)

    @property
    def saved(self) -> Mapping[str, str]:
        """What was kept, by name."""
        return dict(self._saved)

    def keep(self, key: str, value: str) -> None:
        """Keep a choice; too many or too long ones are forgotten.

        Raises:
            ConfigError: The file cannot be written.
        """
        if self._saved.get(key) == value:
            return
        if len(value) > MAX_CHARS or (key not in self._saved and len(self._saved) >= MAX_CHOICES):
            return
        self._saved[key] = value
        replace(self._path, json.dumps(self._saved, indent=1, sort_keys=True) + "\n")


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(read_text(path, is_required=False).text or "{}")
    except (ConfigError, ValueError, RecursionError) as error:
        _log.warning("%s: not used: %s", path, type(error).__name__)
        return {}
    if not isinstance(content, dict):
        return {}
    texts = {key: value for key, value in content.items() if isinstance(value, str)}
    return dict(list(texts.items())[:MAX_CHOICES])
