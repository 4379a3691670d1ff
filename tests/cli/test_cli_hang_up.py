"""A terminal that is gone ends the client, whether or not it says so."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.program import new_identity

if TYPE_CHECKING:
    from pathlib import Path

MESHTUI = [sys.executable, "-m", "meshtui"]


def test_a_terminal_that_vanishes_without_a_signal_ends_the_client(tmp_path: Path) -> None:
    home = tmp_path / "home"
    new_identity(home)
    ours, theirs = pty.openpty()
    # not its controlling terminal: nothing tells the client but what it tries to write
    client = subprocess.Popen(
        [*MESHTUI, "--home", str(home), "--link", "jsonmesh+tcp://127.0.0.1:9"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    try:
        seen = b""
        while b"CHAT" not in seen:
            seen += os.read(ours, 65_536)
        os.close(ours)

        assert client.wait(timeout=20) == 130
    finally:
        client.kill()
        client.wait()
