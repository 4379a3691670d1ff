"""A simulated companion radio as a process, for clients of ours and of other people."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WAIT_S = 20.0
# a short street: Near and Far hear us, Away only the repeater; one fast channel
STREET = """
title = "A street"
seed = 1
boot_s = 1
origin = [45.0, 3.0]
known_contacts = "all"
[air]
shadowing_db = 0
[place]
rule = "list"
[own]
x_m = 0
y_m = 0
[traffic]
dms_per_node_hour = 0
[meshcore]
channels = ["#street"]
advert_every_min = 60
admin_password = "secret"
[meshcore.radio]
sf = 7
bandwidth_khz = 500
coding_rate = 5
[character.echo]
any = ["echo {quote}"]
[[node]]
name = "Near"
x_m = 100
y_m = 0
character = "echo"
[[node]]
name = "Hill Rpt"
x_m = 1500
y_m = 0
[node.meshcore]
role = "repeater"
[[node]]
name = "Away"
x_m = 3200
y_m = 0
character = "echo"
[[node]]
name = "Cellar"
x_m = 50
y_m = 50
[node.meshcore]
role = "room"
"""


class Place(NamedTuple):
    """Where a server is.

    Attributes:
        port: On the loopback interface; 0 = it is on a line.
        pty: The device of its line; empty = it has none.
        key: The radio's public key, hex.
    """

    process: subprocess.Popen[bytes]
    port: int
    pty: str
    key: str


def require(module: str):
    """Import a package of other people; without it the test is skipped, or fails where required."""
    if importlib.util.find_spec(module) is None:
        if os.environ.get("MESHTUI_TEST_REQUIRE") == "1":
            pytest.fail(f"{module} is not installed; it is in the extra `dev`")
        pytest.skip(f"{module} is not installed")
    return importlib.import_module(module)


@contextlib.contextmanager
def running_server(folder: Path, *arguments: str, scenario: str = STREET) -> Iterator[Place]:
    """Run a server for the length of a block; it ends with its stdin."""
    path = folder / "street.toml"
    path.write_text(scenario)
    process = subprocess.Popen(
        [sys.executable, "-m", "meshtui.sim.companion_server", str(path), "--speed=10", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        said = json.loads(process.stdout.readline())
        yield Place(process, said.get("port", 0), said.get("pty", ""), said["key"])
    finally:
        process.stdin.close()
        process.wait(WAIT_S)
        process.stdout.close()
