"""What really goes to the terminal: the right picture, few bytes, no foreign sequence."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from typing import TYPE_CHECKING

import pyte

from tests.support.pty_chat import BEGIN, END

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS, ROWS = 80, 24
MESSAGES = 15
# What Textual and we send ourselves: modes, colours, cursor moves, scroll region, our two marks.
KNOWN = re.compile(
    rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b\[>?[0-9;]*[qu]|\x1b\[\?[0-9;]*\$p"
    rb"|\x1b\]2;(begin|end|(\([0-9]+\) )?meshtui)\x07|\x1b_Gi=31[^\x1b]*\x1b\\"
)
DANGEROUS_FINALS = set(b"cnt")


def stream_of(report: Path, count: int) -> bytes:
    """Run the chat in a pseudo-terminal and return all it wrote."""
    pid, fd = pty.fork()
    if pid == 0:  # pragma: no cover - the child
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        module = ["-m", "tests.support.pty_chat", str(report), str(count)]
        os.execv(sys.executable, [sys.executable, *module])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    parts = []
    while True:
        try:
            part = os.read(fd, 65_536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(fd)
    os.waitpid(pid, 0)
    return b"".join(parts)


def test_lines_moved_by_the_terminal_are_where_they_should_be_and_cost_little(
    tmp_path: Path,
) -> None:
    report = tmp_path / "screen.txt"

    stream = stream_of(report, MESSAGES)
    before_end, _, _ = stream.partition(END.encode())
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.ByteStream(screen).feed(before_end)
    shown = [line.rstrip() for line in screen.display]
    believed = [line.rstrip() for line in report.read_text(encoding="utf-8").split("\n")]
    spent = len(before_end.partition(BEGIN.encode())[2])

    assert shown == believed
    assert spent / MESSAGES < 700


def test_no_escape_sequence_of_a_message_reaches_the_terminal(tmp_path: Path) -> None:
    stream = stream_of(tmp_path / "screen.txt", 0)

    _, _, rest = stream.partition(BEGIN.encode())
    during, _, _ = rest.partition(END.encode())
    strange = KNOWN.sub(b"", during)
    finals = {match.group()[-1] for match in KNOWN.finditer(during)}

    assert during
    assert b"\x1b" not in strange
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", strange.decode())
    assert not finals & DANGEROUS_FINALS
