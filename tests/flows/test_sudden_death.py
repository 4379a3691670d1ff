"""A process killed without warning loses nothing it had confirmed, and says goodbye by its will."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.mosquitto import eventually, running
from tests.support.someone import introduced, someone

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parents[2]
PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.support.someone import someone
async def main():
    async with someone("bob", Path(sys.argv[1]), sys.argv[2]) as bob:
        print("up", flush=True)
        while True:
            await asyncio.sleep(0.01)
asyncio.run(main())
"""


async def start_bob(home, url: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", PROGRAM, str(home), url),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert await process.stdout.readline() == b"up\n"
    return process


async def test_what_was_acknowledged_before_a_kill_is_in_the_store_after_it(tmp_path) -> None:
    with running(tmp_path / "broker") as broker:
        async with someone("alice", tmp_path, broker.url()) as alice:
            process = await start_bob(tmp_path, broker.url())
            await eventually(lambda: any(alice.has_heard_of("bob")))
            bob_id = next(iter(alice.has_heard_of("bob")))
            sent = [await alice.say_to(bob_id, str(number)) for number in range(40)]
            await eventually(lambda: any(alice.state(item) == "delivered" for item in sent))
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            acknowledged = {
                str(number) for number, item in enumerate(sent) if alice.state(item) == "delivered"
            }
            async with someone("bob", tmp_path, broker.url()) as bob:
                await introduced(alice, bob)
                await eventually(lambda: {alice.state(item) for item in sent} == {"delivered"}, 20)
                history = await bob.hub.history(bob.talk_with(alice))
    texts = [message.text for message in history]
    assert acknowledged <= set(texts)
    assert sorted(texts, key=int) == [str(number) for number in range(40)]


async def test_the_others_see_a_killed_process_go(tmp_path) -> None:
    with running(tmp_path / "broker") as broker:
        async with someone("alice", tmp_path, broker.url()) as alice:
            process = await start_bob(tmp_path, broker.url())
            await eventually(lambda: any(alice.has_heard_of("bob")))
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            await eventually(lambda: not any(alice.has_heard_of("bob").values()))
