"""The real program as a process, its rows read as they come."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = dict[str, Any]


def run_program(home: Path, *argv: str, timeout_s: float = 30) -> tuple[int, list[Row], str]:
    """Run a command with --json to its end; returns code, rows and what it said."""
    done = subprocess.run(
        _command(home, argv),
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=_environment(),
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def new_identity(home: Path) -> str:
    """Make an identity without a password; returns its node id."""
    code, [row], _ = run_program(home, "identity", "new", "--words", "12", "--no-encrypt")
    assert code == 0
    return row["node_id"]


class Program:
    """A command that goes on running; made by `running_program`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.rows: list[Row] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, is_wanted: Callable[[Row], bool], timeout_s: float = 15) -> Row:
        """Return the first row, from the beginning, that is wanted; fails where none comes."""
        for row in self.rows:
            if is_wanted(row):
                return row
        until_s = time.monotonic() + timeout_s
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, until_s - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, f"not among {self.rows}"
            self.rows.append(json.loads(line))
            if is_wanted(self.rows[-1]):
                return self.rows[-1]

    def wait_for_event(self, event: str, **fields: object) -> Row:
        """Return the first event of a kind whose fields are as given."""
        return self.wait_for(
            lambda row: (
                row["event"] == event
                and all(row.get(key) == value for key, value in fields.items())
            )
        )

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal and wait; returns code and what it said on stderr."""
        self.process.send_signal(number)
        code = self.process.wait(10)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)


@contextlib.contextmanager
def running_program(home: Path, *argv: str) -> Iterator[Program]:
    """Run a command with --json for the length of a block."""
    with running_process(home, *argv) as process:
        yield Program(process)


@contextlib.contextmanager
def running_process(home: Path, *argv: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command with --json for the length of a block; nobody reads what it writes."""
    process = subprocess.Popen(
        _command(home, argv),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def _command(home: Path, argv: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "meshtui", *argv, "--home", str(home), "--json"]


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("MESHTUI_")}
