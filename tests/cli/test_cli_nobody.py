"""Who needs an identity: members of the JSON mesh and modems do, a companion radio is somebody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.mesh import running_mesh
from meshtui.cli.profile import Profile, find_paths
from meshtui.config.settings import parse_config
from meshtui.errors import KeystoreError

if TYPE_CHECKING:
    from pathlib import Path

COMPANION = "meshcore+tcp://127.0.0.1:1?id=radio"


def run(home: Path, *links: str) -> list[str]:
    """Run a mesh without a key file; returns whose links those are."""
    paths = find_paths(str(home), None, {})
    config = parse_config(paths.config_file, "", overrides={"links": list(links)})

    async def networks() -> list[str]:
        async with running_mesh(Profile(paths, config, None)) as hub:
            return [link.network for link in hub.links()]

    return asyncio.run(networks())


def test_with_companion_radios_alone_no_key_file_is_needed(tmp_path: Path) -> None:
    assert run(tmp_path, COMPANION) == ["meshcore"]
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize(
    "link", ["meshcore+kiss:///dev/null?id=modem", "jsonmesh+mqtt://127.0.0.1:1?id=broker"]
)
def test_where_we_are_a_node_ourselves_one_is(tmp_path: Path, link: str) -> None:
    with pytest.raises(KeystoreError, match="identity new"):
        run(tmp_path, COMPANION, link)
