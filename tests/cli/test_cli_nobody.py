"""Who needs an identity: members of the JSON mesh and modems do, a companion radio is somebody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.main import main
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


def test_the_client_shows_a_companion_radio_without_a_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[bool, int]] = []

    class App:
        """Opens the mesh, and leaves at once."""

        def __init__(self, start, preferences, paths, setup, remember) -> None:
            self._start, self._is_first_run = start, setup is not None

        async def run_to_end(self, interrupted: int) -> int:
            if not self._is_first_run:
                begun.append((self._is_first_run, len((await self._start()).links())))
            else:
                begun.append((True, 0))
            return 0

    monkeypatch.setattr("meshtui.tui.app.MeshtuiApp", App)
    monkeypatch.setattr("meshtui.cli.tui.require_terminal", lambda: None)
    home = ["--home", str(tmp_path)]

    assert main([*home, "--link", COMPANION]) == 0
    assert main([*home, "--link", COMPANION, "--link", "jsonmesh+mqtt://127.0.0.1:1"]) == 0
    assert main(home) == 0
    assert begun == [(False, 1), (True, 0), (True, 0)]
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize(
    "link", ["meshcore+kiss:///dev/null?id=modem", "jsonmesh+mqtt://127.0.0.1:1?id=broker"]
)
def test_where_we_are_a_node_ourselves_one_is(tmp_path: Path, link: str) -> None:
    with pytest.raises(KeystoreError, match="identity new"):
        run(tmp_path, COMPANION, link)
