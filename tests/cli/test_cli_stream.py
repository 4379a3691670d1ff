"""A reader that stalls stalls nobody but itself."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING

import paho.mqtt.publish
import pytest

from meshtui.cli.output import Output
from meshtui.cli.stream import MAX_WAITING_LINES, LineStream
from tests.support.mosquitto import running
from tests.support.program import new_identity, run_program, running_process

if TYPE_CHECKING:
    from pathlib import Path


async def test_lines_are_written_in_order_and_flushed() -> None:
    written: list[str] = []
    stream = LineStream(written.append)

    for number in range(3_000):
        await stream.put(str(number))
    await stream.flush()

    assert written == [str(number) for number in range(3_000)]


async def test_the_loop_lives_while_nobody_reads() -> None:
    reads = threading.Event()

    def write(_line: str) -> None:
        reads.wait(30)

    stream = LineStream(write)

    async def write_too_much() -> None:
        for _ in range(MAX_WAITING_LINES + 10):
            await stream.put("x")

    writing = asyncio.get_running_loop().create_task(write_too_much())
    for _ in range(20):
        await asyncio.sleep(0)

    assert not writing.done()
    reads.set()
    await writing
    await stream.flush()


async def test_a_reader_that_went_away_is_named_at_the_next_line() -> None:
    def write(_line: str) -> None:
        raise BrokenPipeError

    stream = LineStream(write)
    await stream.put("first")

    with pytest.raises(BrokenPipeError):
        await stream.flush()
    with pytest.raises(BrokenPipeError):
        await stream.put("second")


def test_a_row_reaches_a_pipe_past_the_buffers() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="ascii") as stream, os.fdopen(reader, "rb") as end:
        output = Output(as_json=True, stdout=stream)
        output.write_unbuffered(output.line_of({"text": "é\x9b"}, lambda: ""))

        assert end.readline() == b'{"text": "\\u00e9\\u009b"}\n'


@pytest.mark.broker
def test_a_follower_whose_output_nobody_reads_still_acknowledges_and_ends(tmp_path: Path) -> None:
    anna, ben = tmp_path / "anna", tmp_path / "ben"
    new_identity(anna)
    ben_id = new_identity(ben)
    with running(tmp_path / "broker") as broker:
        link = ("--link", broker.url())
        with running_process(ben, "listen", *link) as listening:
            first = run_program(anna, "send", "--to", ben_id, "before", *link)
            junk = [(f"meshcore/dm/{ben_id}", "junk", 1, False)] * (MAX_WAITING_LINES + 1_500)
            paho.mqtt.publish.multiple(junk, "127.0.0.1", broker.ports["mqtt"])
            second = run_program(anna, "send", "--to", ben_id, "after", *link)

            listening.send_signal(signal.SIGTERM)
            code = listening.wait(10)

    assert [first[1][0]["state"], second[1][0]["state"]] == ["delivered", "delivered"]
    assert code == 130
