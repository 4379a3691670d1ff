"""`meshtui demo`: the terminal client on a simulated mesh; touches no real profile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.arguments import seconds
from meshtui.cli.output import Exit, Output

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Iterator, Mapping

    from meshtui.config import Config
    from meshtui.runtime.api import MeshApi, Paths
    from meshtui.runtime.hub import MeshHub
    from meshtui.sim.scenario import Scenario

CHECK_TIMEOUT_S: Final = 30.0
AIR: Final = "jsonmesh+sim://valley?id=air"  # people on a simulated LoRa channel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "--check",
        action="store_true",
        help="no screen: write to the farthest node and to one by radio, and wait for both",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=CHECK_TIMEOUT_S,
        metavar="S",
        help=f"with --check: give up after so many seconds; default {CHECK_TIMEOUT_S:.0f}",
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo until the user leaves it, or its check."""
    if not args.check:
        return run_demo()
    from meshtui.cli.demo_check import check

    with _folder() as folder:
        return asyncio.run(check(folder, args.timeout, Output(as_json=args.json)))


def run_demo() -> int:
    """Show the client on the simulated mesh until the user leaves it; returns the exit code.

    Raises:
        ConfigError: The broker's library is not installed.
        LocalProtocolError: There is no terminal to draw on.
        TransportError: The simulated mesh did not start.
    """
    from meshtui.cli.collector import collecting_late
    from meshtui.cli.terminal import require_terminal

    require_terminal()
    with _folder() as folder, collecting_late():
        return asyncio.run(_show(folder))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder for a profile that lives as long as the demo."""
    from meshtui.sim.broker import require_broker

    require_broker()
    with tempfile.TemporaryDirectory(prefix="meshtui-demo-") as folder:
        yield Path(folder)


@contextlib.asynccontextmanager
async def demo_mesh(
    folder: Path, air: str = AIR
) -> AsyncIterator[tuple[MeshHub, Config, Scenario]]:
    """Run the simulated mesh and our own node on it, with its files in `folder`.

    Args:
        air: The link to its radio part.

    Raises:
        TransportError: The simulated mesh did not start.
    """
    from meshtui.config import parse_config
    from meshtui.runtime.bootstrap import open_mesh
    from meshtui.sim.child import running_mesh_process
    from meshtui.sim.scenario import load_scenario

    scenario = load_scenario()
    paths = _paths(folder)
    async with running_mesh_process() as ports:
        settings = _settings(scenario, ports, air)
        config = parse_config(paths.config_file, "", environment=os.environ, overrides=settings)
        _join(scenario, paths)
        async with open_mesh(config, paths.database_file, scenario.own_identity) as hub:
            yield hub, config, scenario


async def _show(folder: Path) -> int:
    """Show the client on the mesh."""
    from meshtui.cli.collector import settle_soon
    from meshtui.cli.logs import log_to_file
    from meshtui.runtime.api import Preferences
    from meshtui.tui.app import MeshtuiApp

    paths = _paths(folder)
    async with demo_mesh(folder) as (hub, config, _):

        async def start() -> MeshApi:
            return hub

        log_to_file(paths.log_file, config.log_level)
        app = MeshtuiApp(start, Preferences(config.theme, config.glyphs, {}), paths)
        settle_soon()
        return await app.run_to_end(Exit.INTERRUPTED.value) or Exit.DONE


def _settings(scenario: Scenario, ports: Mapping[str, int], air: str) -> Mapping[str, object]:
    port = ports[scenario.islands[0]]
    position = scenario.own_position
    return {
        "name": scenario.own_name,
        "links": [f"jsonmesh+mqtt://127.0.0.1:{port}?id=demo", air],
        "position": [position.lat, position.lng],
        "jsonmesh.share_position": True,
        # else those on the broker and those on the air would take each other for guests
        "jsonmesh.relay": False,
    }


def _join(scenario: Scenario, paths: Paths) -> None:
    """Make the user a member of some forums before the first link opens."""
    from meshtui.model.event import ChannelChanged
    from meshtui.model.message import Channel
    from meshtui.runtime.bootstrap import DEFAULT_NETWORK, open_database
    from meshtui.store.writer import StoreWriter

    database = open_database(paths.database_file)
    with contextlib.closing(database):
        StoreWriter(database).apply(
            [
                ChannelChanged(Channel(DEFAULT_NETWORK, name, is_joined=True))
                for name in scenario.joined
            ]
        )


def _paths(folder: Path) -> Paths:
    from meshtui.cli.profile import find_paths

    return find_paths(str(folder), None, {})
