"""The file of packet messages: never waited for, never half a line, bounded in memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import TYPE_CHECKING

from meshtui.networks.base import KeyMaterial
from meshtui.runtime.inspection import open_recording
from meshtui.runtime.publishing import output
from meshtui.runtime.publishing.output import (
    FIRST_RETRY_S,
    MAX_BATCH_LINES,
    MAX_WAITING_BYTES,
    MAX_WAITING_LINES,
    OutputFile,
)
from meshtui.runtime.publishing.rotating_file import RotatingFile
from tests.support.clock import FakeClock
from tests.support.mosquitto import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import pytest

MESSAGE = {
    "origin": "Hill",
    "origin_id": "AB" * 32,
    "timestamp": "2026-11-21T12:00:00+00:00",
    "type": "PACKET",
    "direction": "rx",
    "len": "6",
    "packet_type": "3",
    "route": "F",
    "raw": "0D0001020304",
    "SNR": "8.5",
    "RSSI": "-42",
    "hash": "00112233AABBCCDD",
}


@contextlib.asynccontextmanager
async def running(file: OutputFile) -> AsyncIterator[None]:
    task = asyncio.get_running_loop().create_task(file.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await file.aclose()


def an_output(path: Path, clock: FakeClock | None = None) -> OutputFile:
    return OutputFile(path, max_bytes=1_000_000, keep=1, clock=clock)


async def test_messages_are_on_disk_in_order(tmp_path: Path) -> None:
    file = an_output(tmp_path / "out")
    lines = [b"%06d" % number for number in range(3 * MAX_BATCH_LINES)]

    async with running(file):
        for line in lines:
            file.write(line)
        await eventually(lambda: file.status().written == len(lines))

    assert (tmp_path / "out").read_bytes().splitlines() == lines
    assert (file.status().lost, file.status().reason) == (0, "")


async def test_what_waits_at_the_end_is_written(tmp_path: Path) -> None:
    file = an_output(tmp_path / "out")
    for number in range(2 * MAX_BATCH_LINES):
        file.write(b"%d" % number)

    await file.aclose()
    file.write(b"too late")

    assert file.status().written == 2 * MAX_BATCH_LINES
    assert file.status().lost == 1


async def test_a_place_that_is_wrong_is_said_before_there_is_a_message(tmp_path: Path) -> None:
    file = an_output(tmp_path / "nowhere" / "out")

    async with running(file):
        await eventually(lambda: file.status().reason != "")

    assert "there is no folder" in file.status().reason


async def test_what_waited_for_a_folder_is_written_when_it_is_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    file = an_output(tmp_path / "later" / "out", clock)

    with caplog.at_level("INFO"):
        async with running(file):
            await eventually(lambda: file.status().reason != "")
            file.write(b"one")
            (tmp_path / "later").mkdir()
            await clock.wind(FIRST_RETRY_S)
            await eventually(lambda: file.status().written == 1)

    assert file.status().reason == ""
    assert (tmp_path / "later" / "out").read_text() == "one\n"
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_place_that_never_comes_costs_bounded_memory(tmp_path: Path) -> None:
    file = an_output(tmp_path / "nowhere" / "out")

    for _ in range(MAX_WAITING_LINES + 5):
        file.write(b"x")
    await file.aclose()

    assert file.status().written == 0
    assert file.status().lost == MAX_WAITING_LINES + 5


async def test_bytes_are_bounded_as_well_as_lines(tmp_path: Path) -> None:
    file = an_output(tmp_path / "out")

    for _ in range(9):
        file.write(b"x" * (MAX_WAITING_BYTES // 8))

    assert file.status().lost == 1
    await file.aclose()
    assert file.status().written == 8


class StuckFile(RotatingFile):
    """A disk that does not answer."""

    answers = threading.Event()

    def append(self, lines: Sequence[bytes]) -> tuple[int, str]:
        self.answers.wait(30)
        return super().append(lines)


async def test_a_disk_that_hangs_holds_neither_the_loop_nor_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "RotatingFile", StuckFile)
    monkeypatch.setattr(output, "LAST_WORDS_S", 0.05)
    file = an_output(tmp_path / "out")

    async with asyncio.timeout(10):
        async with running(file):
            file.write(b"one")
            await asyncio.sleep(0)

    assert file.status().reason == "the disk does not answer"
    assert file.status().lost == 1
    StuckFile.answers.set()


async def test_nothing_is_written_twice_where_the_end_comes_amid_a_batch(tmp_path: Path) -> None:
    file = an_output(tmp_path / "out")
    for number in range(MAX_BATCH_LINES + 1):
        file.write(b"%d" % number)

    async with running(file):
        await asyncio.sleep(0)  # the first batch is on its way when `run` is cancelled

    assert file.status().written == MAX_BATCH_LINES + 1
    assert (tmp_path / "out").read_bytes().count(b"\n") == MAX_BATCH_LINES + 1


async def test_a_recording_opens_what_was_written_and_put_aside(tmp_path: Path) -> None:
    line = json.dumps(MESSAGE).encode()
    file = OutputFile(tmp_path / "out", max_bytes=3 * (len(line) + 1), keep=1)
    for _ in range(5):
        file.write(line)
    await file.aclose()

    for name, count in (("out", 2), ("out.1", 3)):
        with open_recording(tmp_path / name, name, KeyMaterial()) as recording:
            while recording.read_slice():
                pass
            assert len(recording) == count
            assert recording.progress().problems == ()
            assert recording.row(0).network == "meshcore"
