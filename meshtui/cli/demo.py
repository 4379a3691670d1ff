"""`meshtui demo`: the terminal client on a simulated mesh; touches no real profile."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.cli.arguments import seconds
from meshtui.cli.output import Exit, Output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from meshtui.runtime.api import MeshApi

CHECK_TIMEOUT_S: Final = 30.0
CHECK_SPEED: Final = 10  # times real time, on the air: a check need not wait for slow radios


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "--check",
        action="store_true",
        help="no screen: write to the farthest node and to one by each radio, and wait for all",
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
    from meshtui.cli.demo_mesh import AIR, COMPANION, demo_mesh

    with _folder() as folder:
        fast = f"&speed={CHECK_SPEED}"
        mesh = demo_mesh(folder, f"{AIR}{fast}", f"{COMPANION}{fast}")
        return asyncio.run(check(mesh, args.timeout, Output(as_json=args.json)))


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


async def _show(folder: Path) -> int:
    """Show the client on the mesh."""
    from meshtui.cli.collector import settle_soon
    from meshtui.cli.demo_mesh import demo_mesh, demo_paths
    from meshtui.cli.logs import log_to_file
    from meshtui.runtime.api import Preferences
    from meshtui.tui.app import MeshtuiApp

    paths = demo_paths(folder)
    async with demo_mesh(folder) as (hub, config, _):

        async def start() -> MeshApi:
            return hub

        log_to_file(paths.log_file, config.log_level)
        app = MeshtuiApp(start, Preferences(config.theme, config.glyphs, {}), paths)
        settle_soon()
        return await app.run_to_end(Exit.INTERRUPTED.value) or Exit.DONE
