"""`meshtui demo` as a process: it comes up, does what it says, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from meshtui.errors import TransportError
from meshtui.sim import child
from meshtui.sim.child import running_mesh_process

pytest.importorskip("amqtt", reason="the extra `demo` is not installed")

ROOT = Path(__file__).parents[2]
WAIT_S = 20.0


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + WAIT_S
    while is_alive(pid):
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.02)


def mesh_process(**more) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "meshtui.sim.demo"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **more,
    )


def test_the_check_delivers_by_broker_and_by_both_radios_and_leaves_no_files(tmp_path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "MESHTUI_HOME": str(tmp_path / "home")}

    done = subprocess.run(
        [sys.executable, "-m", "meshtui", "demo", "--check", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["by"], row["state"]) for row in rows] == [
        ("broker", "delivered"),
        ("radio", "delivered"),
        ("meshcore", "delivered"),
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_the_mesh_ends_with_its_stdin() -> None:
    process = mesh_process()
    ports = json.loads(process.stdout.readline())["ports"]

    process.stdin.close()

    assert len(ports) == 3
    assert process.wait(WAIT_S) == 0
    process.stdout.close()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_the_mesh_does_not_outlive_a_parent_that_is_killed() -> None:
    code = (
        "import asyncio, os\n"
        "from meshtui.sim.child import running_mesh_process\n"
        "async def main():\n"
        "    async with running_mesh_process():\n"
        "        path = '/proc/self/task/%d/children' % os.getpid()\n"
        "        print(open(path).read(), flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    mesh = int(parent.stdout.readline().split()[0])
    assert is_alive(mesh)

    parent.send_signal(signal.SIGKILL)
    parent.wait(WAIT_S)

    wait_until_gone(mesh)
    parent.stdout.close()


async def test_a_mesh_that_does_not_start_is_an_error_for_a_person(monkeypatch) -> None:
    monkeypatch.setattr(child.sys, "executable", "/bin/true")

    with pytest.raises(TransportError, match=r"meshtui\.sim\.demo"):
        async with running_mesh_process():
            pass
