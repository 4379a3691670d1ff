"""Running the mesh for a headless command: identity, signals, links, following events."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import signal
import sys
from typing import TYPE_CHECKING, Final

from meshtui.cli.logs import log_to_stderr
from meshtui.cli.output import Exit
from meshtui.config.options import LINKS
from meshtui.errors import ConfigError, KeystoreError, TransportError
from meshtui.model.capture import CaptureConfig
from meshtui.model.event import LinkChanged
from meshtui.model.link import LinkState
from meshtui.runtime.bootstrap import first_cause, open_mesh
from meshtui.store.keystore import KeyFile

PASSWORD_ATTEMPTS: Final = 3
SILENCE_S: Final = 4.0
"""Until then a radio that has just been opened may still be telling of its contacts."""

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
    from contextlib import AbstractAsyncContextManager

    from meshtui.cli.output import Output
    from meshtui.cli.profile import Profile
    from meshtui.config.settings import Config
    from meshtui.crypto.keys import Identity
    from meshtui.model.event import Event
    from meshtui.model.ids import NetworkName
    from meshtui.runtime.api import MeshApi


def load_identity(profile: Profile) -> Identity:
    """Open the key file, asking for its password where it has one.

    Raises:
        KeystoreError: It is missing, damaged, open to others, or the password is wrong.
        ConfigError: A password is needed and there is no way to ask.
    """
    path = profile.paths.keys_file
    if not KeyFile.is_encrypted(path):
        return KeyFile.load(path)
    for _ in range(PASSWORD_ATTEMPTS - 1 if profile.asks_for_password else 0):
        try:
            return KeyFile.load(path, profile.password())
        except KeystoreError as error:
            sys.stderr.write(f"{error}\n")
    return KeyFile.load(path, profile.password())


def identity_for(profile: Profile, config: Config) -> Identity:
    """Open the key file; where there is none, and all links are companion radios, do without."""
    if config.links and not profile.paths.keys_file.exists():
        from meshtui.cli.nobody import link_that_needs_us, throw_away_identity

        if link_that_needs_us(config) is None:
            return throw_away_identity()
    return load_identity(profile)


@contextlib.asynccontextmanager
async def running_mesh(
    profile: Profile,
    *,
    relays: bool = False,
    has_links: bool = True,
    also: Collection[NetworkName] = (),
    identity: Identity | None = None,
    publishes: bool = False,
) -> AsyncIterator[MeshApi]:
    """Run the profile's mesh; `has_links` False = only identity and store.

    Links open with the first `Follower`, so that it hears of every attempt.

    Args:
        also: Networks that are needed though no link leads there.
        identity: Who we are; None = whoever the key file says, or nobody where
            none is needed.
        publishes: Run the packet capture service, where the settings switch it on: it is for what
            stays, not for what sends one message.
    """
    config = profile.config
    if has_links and not config.links:
        msg = f"{profile.paths.config_file}: {LINKS.key}: no link is set, and none given by --link"
        raise ConfigError(msg)
    if not publishes:
        config = dataclasses.replace(config, capture=CaptureConfig())
    if not has_links:
        config = dataclasses.replace(config, links=())
    async with open_mesh(
        config,
        profile.paths.database_file,
        identity or identity_for(profile, config),
        relays=relays,
        opens_links=False,
        also=also,
    ) as hub:
        yield hub


def run_mesh(
    profile: Profile,
    work: Callable[[MeshApi], Awaitable[int]],
    *,
    relays: bool = False,
    publishes: bool = False,
    is_verbose: bool = False,
) -> int:
    """Run `work` on the mesh until it returns an exit code, or Ctrl-C or SIGTERM.

    Either way the mesh says goodbye and what is queued for a link leaves first.
    """
    log_to_stderr("debug" if is_verbose else "warning")
    return run_logged(profile, work, relays=relays, publishes=publishes)


def run_logged(
    profile: Profile,
    work: Callable[[MeshApi], Awaitable[int]],
    *,
    relays: bool = False,
    publishes: bool = False,
    identity: Identity | None = None,
) -> int:
    """Do as `run_mesh` where it is settled already what is logged."""
    if identity is None and profile.config.links:
        # a password is asked for without a loop, which would keep Ctrl-C to itself meanwhile
        identity = identity_for(profile, profile.config)
    running = running_mesh(profile, relays=relays, identity=identity, publishes=publishes)
    return asyncio.run(_run(running, work))


async def _run(
    running: AbstractAsyncContextManager[MeshApi], work: Callable[[MeshApi], Awaitable[int]]
) -> int:
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, interrupted.set)
    try:
        async with running as hub:
            return await _until(interrupted, work(hub))
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)


async def _until(interrupted: asyncio.Event, work: Awaitable[int]) -> int:
    """Return what `work` returns, or that it was interrupted."""
    code = Exit.INTERRUPTED.value

    async def body() -> None:
        nonlocal code
        code = await work
        interrupted.set()

    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(body())
            await interrupted.wait()
            task.cancel()
    except BaseExceptionGroup as group_error:
        raise first_cause(group_error) from None
    return code


class Follower:
    """Events one by one, up to a moment."""

    def __init__(self, hub: MeshApi, timeout_s: float | None) -> None:
        """Follow the mesh, and let its links open; None = for ever."""
        self._subscription = hub.subscribe()
        hub.open_links()
        loop_now = asyncio.get_running_loop().time()
        self._until_s = None if timeout_s is None else loop_now + timeout_s
        self._waiting: list[Event] = []

    async def next(self) -> Event | None:
        """Wait for an event; None once the time is over or the mesh has ended."""
        try:
            async with asyncio.timeout_at(self._until_s):
                while not self._waiting:
                    batch = await self._subscription.next_batch()
                    if not batch:
                        return None
                    self._waiting = list(reversed(batch))
        except TimeoutError:
            return None
        return self._waiting.pop()


@contextlib.contextmanager
def telling(output: Output, text: str) -> Iterator[None]:
    """Say what is waited for, where the block takes longer than a person expects."""
    handle = asyncio.get_running_loop().call_later(SILENCE_S, output.say, text)
    try:
        yield
    finally:
        handle.cancel()


async def wait_for_link(hub: MeshApi, follower: Follower) -> None:
    """Wait until a link is up.

    Raises:
        TransportError: Every link failed at its first attempt, or the time is over; says why.
    """
    while not any(link.state is LinkState.UP for link in hub.links()):
        tried = [link for link in hub.links() if link.state is LinkState.DOWN and link.reason]
        if len(tried) == len(hub.links()):
            raise TransportError(_reasons(hub))
        event = await follower.next()
        while event is not None and not isinstance(event, LinkChanged):
            event = await follower.next()
        if event is None:
            raise TransportError(_reasons(hub) or "no link came up in time")


def _reasons(hub: MeshApi) -> str:
    return "; ".join(f"{link.link_id}: {link.reason}" for link in hub.links() if link.reason)
