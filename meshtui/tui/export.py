"""Writing packets to a file of their own, which nobody else could have prepared."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from meshtui.model.packet_row import json_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from meshtui.model.packet_row import PacketRow

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_ATTEMPTS = 100


def write_export(folder: Path, rows: Iterable[PacketRow], now_ms: int) -> Path:
    """Write rows as JSON Lines to a new file of mode 0600; blocks, so call it in a worker.

    Returns:
        The file, named after the moment.

    Raises:
        OSError: The folder cannot be made, or the file cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, descriptor = _new_file(folder, now_ms)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(json_line(row) + "\n" for row in rows)
    return path


def _new_file(folder: Path, now_ms: int) -> tuple[Path, int]:
    moment = dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC).strftime("%Y%m%d-%H%M%S")
    for count in range(1, _ATTEMPTS + 1):
        suffix = "" if count == 1 else f"-{count}"
        path = folder / f"packets-{moment}{suffix}.jsonl"
        try:
            return path, os.open(path, _FLAGS, 0o600)
        except FileExistsError:
            continue
    msg = f"{folder}: {_ATTEMPTS} exports of this second are there already"
    raise FileExistsError(msg)
