"""`meshtui` without a command: the terminal client, and its first run."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING

from meshtui.cli.choices import Choices
from meshtui.cli.collector import collecting_late, settle_soon
from meshtui.cli.logs import log_to_file
from meshtui.cli.output import Exit, Output
from meshtui.cli.profile import load_profile
from meshtui.cli.settings import save_values
from meshtui.cli.terminal import require_terminal
from meshtui.config.options import GLYPHS, NAME, THEME
from meshtui.errors import ConfigError, MeshtuiError
from meshtui.runtime.api import Preferences

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Awaitable, Callable

    from meshtui.cli.profile import Profile
    from meshtui.config.settings import Config
    from meshtui.crypto.keys import Identity
    from meshtui.runtime.api import MeshApi
    from meshtui.runtime.setup import ProfileSetup

_log = logging.getLogger(__name__)


def run(args: argparse.Namespace) -> int:
    """Show the client until the user leaves it."""
    with collecting_late():
        profile = load_profile(args, output=Output(as_json=False), has_service=True)
        require_terminal()
        identity = _identity(profile)
        level = "debug" if args.verbose else profile.config.log_level
        capture = profile.config.capture
        has_packets = args.verbose or capture.verbose or capture.debug
        log_to_file(profile.paths.log_file, level, has_packets=has_packets)
        code = asyncio.run(_show(args, profile, identity))
    if code is not None:
        return code
    from meshtui.cli.demo import run_demo

    return run_demo()


def _identity(profile: Profile) -> Identity | None:
    """Open the key file while the terminal can still ask for a password; None = there is none."""
    if not profile.paths.keys_file.exists():
        return None
    from meshtui.cli.mesh import load_identity

    return load_identity(profile)


async def _show(
    args: argparse.Namespace, profile: Profile, identity: Identity | None
) -> int | None:
    """Show the client; returns its exit code, or None where a newcomer wants the demo."""
    from meshtui.runtime.setup import ProfileSetup
    from meshtui.tui.app import WANTS_DEMO, MeshtuiApp

    settle_soon()
    save = partial(save_values, profile.paths.config_file)
    setup = ProfileSetup(profile.paths.keys_file, save, profile.config.name)
    is_first_run = not profile.config.links or (identity is None and _needs_us(profile.config))
    choices = Choices(profile.paths.database_file.with_name("choices.json"))
    async with _mesh_keeper() as keep:

        async def start() -> MeshApi:
            # said before; now the screen is drawn where it would be said
            again = load_profile(args, output=None, has_service=True) if is_first_run else profile
            return await keep(profile, again.config, _either(identity, setup, again.config))

        app = MeshtuiApp(
            start,
            Preferences(profile.config.theme, profile.config.glyphs, choices.saved),
            profile.paths,
            setup if is_first_run else None,
            partial(_remember, profile, choices),
        )
        result = await app.run_to_end(Exit.INTERRUPTED.value)
    return None if result == WANTS_DEMO else result or Exit.DONE


def _needs_us(config: Config) -> bool:
    """Tell whether we are a node ourselves on one of the links."""
    from meshtui.cli.nobody import link_that_needs_us

    return link_that_needs_us(config) is not None


def _either(identity: Identity | None, setup: ProfileSetup, config: Config) -> Identity:
    known = identity or setup.identity
    if known is not None:
        return known
    if _needs_us(config):
        msg = "there is no identity; make one with `meshtui identity new`"
        raise ConfigError(msg)
    from meshtui.cli.nobody import throw_away_identity

    return throw_away_identity()


@contextlib.asynccontextmanager
async def _mesh_keeper() -> AsyncIterator[
    Callable[[Profile, Config, Identity], Awaitable[MeshApi]]
]:
    """Give a function that opens the mesh, from whichever task; it lives until the block ends.

    The mesh's tasks belong to the task that opened them, and Textual's tasks come and go: so it
    is opened, and said goodbye to, in a task of its own.
    """
    closing = asyncio.Event()

    async def live(
        profile: Profile, config: Config, identity: Identity, opened: asyncio.Future[MeshApi]
    ) -> None:
        from meshtui.runtime.bootstrap import open_mesh

        try:
            async with open_mesh(
                config, profile.paths.database_file, identity, opens_links=False
            ) as hub:
                opened.set_result(hub)
                await closing.wait()
        except MeshtuiError as error:
            if opened.done():
                raise
            opened.set_exception(error)

    async with asyncio.TaskGroup() as group:

        async def keep(profile: Profile, config: Config, identity: Identity) -> MeshApi:
            opened: asyncio.Future[MeshApi] = asyncio.get_running_loop().create_future()
            group.create_task(live(profile, config, identity, opened), name="mesh")
            return await opened

        try:
            yield keep
        finally:
            closing.set()


def _remember(profile: Profile, choices: Choices, key: str, value: str) -> None:
    """Keep what was chosen on the screen: in the settings where it is one, else beside the data."""
    try:
        if key in {THEME.key, GLYPHS.key, NAME.key}:
            save_values(profile.paths.config_file, {key: value})
        else:
            choices.keep(key, value)
    except ConfigError as error:
        # A choice that is forgotten is no reason to disturb anybody.
        _log.warning("not remembered: %s", error)
