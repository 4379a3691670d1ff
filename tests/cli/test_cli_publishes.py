"""Who publishes what is heard: what stays, not what sends one message and goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.mesh import running_mesh
from meshtui.cli.profile import Profile, find_paths
from meshtui.config.settings import parse_config
from meshtui.crypto.keys import Identity

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
links = ["meshcore+tcp://127.0.0.1:1?id=radio"]
[capture]
enabled = true
mqtt1_server = "127.0.0.1"
"""


@pytest.mark.parametrize("publishes", [True, False])
def test_the_service_runs_where_it_is_wanted(tmp_path: Path, publishes: bool) -> None:
    paths = find_paths(str(tmp_path), None, {})
    profile = Profile(paths, parse_config(paths.config_file, SETTINGS), None)

    async def has_service() -> bool:
        identity = Identity(bytes(range(64)))
        async with running_mesh(profile, identity=identity, publishes=publishes) as hub:
            return hub.publishing() is not None

    assert asyncio.run(has_service()) is publishes
