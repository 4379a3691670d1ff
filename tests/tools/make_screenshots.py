"""Writes `screenshots/*.svg`: every pane on the demo's mesh, at 80x24 and 140x40.

    python -m tests.tools.make_screenshots [--png FOLDER] [NAME…]

The mesh is the demo's, with real brokers and relays, but its clock starts at a fixed moment and
runs eight times as fast, so that the pictures differ little from one run to the next.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.config.settings import parse_config
from meshtui.model.command import SendText
from meshtui.model.event import ChannelChanged
from meshtui.model.ids import (
    Instant,
    MessageId,
    NetworkName,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.message import Channel
from meshtui.runtime import bootstrap
from meshtui.runtime.api import Preferences
from meshtui.runtime.setup import ProfileSetup
from meshtui.sim.demo import running_brokers
from meshtui.sim.director import Director
from meshtui.sim.live import LiveMesh
from meshtui.sim.radio_scenario import load_radio_scenario
from meshtui.sim.scenario import load_scenario
from meshtui.store.writer import StoreWriter
from meshtui.tui.app import MeshtuiApp
from meshtui.tui.themes import load_themes
from tests.support.tui_app import text_of
from tests.tools.meshcore_pictures import take_meshcore
from tests.tools.packet_pictures import take_packets
from tests.tools.publisher_pictures import take_publishers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from textual.pilot import Pilot

    from meshtui.runtime.hub import MeshHub
    from meshtui.sim.scenario import Scenario

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "screenshots"
SMALL, LARGE = (80, 24), (140, 40)
SPEED = 8.0
BEGIN_MS = 1_795_208_520_000  # Friday 20 November 2026, 21:02 UTC
NETWORK = NetworkName("jsonmesh")
NEIGHBOUR, OLD_CLIENT = "Nadia", "Old Jonas"


class QuickClock:
    """Time that begins at a fixed moment and hurries."""

    def __init__(self) -> None:
        self._begin_s = time.monotonic()

    def now(self) -> Instant:
        """Read both clocks."""
        passed_s = (time.monotonic() - self._begin_s) * SPEED
        return Instant(1_000 + passed_s, BEGIN_MS + int(passed_s * 1000))

    async def wait(self, wake: asyncio.Event, until_s: float | None) -> None:
        """Return when `wake` is set or `until_s` has come."""
        delay_s = None if until_s is None else max(0.0, until_s - self.now().mono_s) / SPEED
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await wake.wait()

    async def sleep(self, seconds: float) -> None:
        """Return when that much of this time has passed."""
        await asyncio.sleep(seconds / SPEED)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: how to come there from the picture before, and its name."""

    name: str
    keys: Sequence[str]
    theme: str = ""


SHOTS = (
    Shot("chat", ("f5",)),
    Shot("chats", ("f2",)),
    Shot("direct", ("escape", "ctrl+p", *"misaki", "enter")),
    Shot("failed", ("ctrl+p", *"gus", "enter")),
    Shot("key-changed", ("alt+k",)),
    Shot("palette", ("escape", "ctrl+p", *"harrow", "enter", "ctrl+p", "m", "i")),
    Shot("help", ("escape", "f1")),
    Shot("nodes", ("escape", "f6", "down", "down")),
    Shot("node-details", ("enter",)),
    Shot("routes", ("escape", "f7")),
    Shot("metrics", ("f9",)),
)


async def main(names: Sequence[str], png: Path | None) -> None:
    """Write all pictures, or the named ones."""
    FOLDER.mkdir(exist_ok=True)
    await take_meshcore(lambda pilot, name: save(pilot, name, names))
    await take_packets(lambda pilot, name: save(pilot, name, names))
    await take_publishers(lambda pilot, name: save(pilot, name, names))
    if names and all(name.startswith(("meshcore", "packet", "publishers")) for name in names):
        return
    clock = QuickClock()
    bootstrap.SystemClock = lambda: clock  # type: ignore[assignment,misc]  # the whole mesh hurries
    with tempfile.TemporaryDirectory() as folder:
        async with mesh(clock, Path(folder)) as (hub, scenario):

            async def start() -> MeshHub:
                return hub

            app = MeshtuiApp(
                start,
                Preferences("", "unicode", {}),
                now_ms=lambda: clock.now().unix_ms,
            )
            async with app.run_test(size=SMALL) as pilot:
                await tell_story(hub, scenario, clock)
                await take_all(pilot, names)
        await take_radio(clock, Path(folder), names)
        await take_welcome(Path(folder), names)
    if png is not None:
        from tests.tools.render_png import render_folder

        render_folder(FOLDER, png)


@contextlib.asynccontextmanager
async def mesh(clock: QuickClock, folder: Path) -> AsyncIterator[tuple[MeshHub, Scenario]]:
    """Run the demo's mesh in this process, and our node on it."""
    scenario = load_scenario()
    database_file = folder / "meshtui.db"
    database = bootstrap.open_database(database_file)
    StoreWriter(database).apply(
        [ChannelChanged(Channel(NETWORK, name, is_joined=True)) for name in scenario.joined]
    )
    database.close()
    async with running_brokers(scenario) as ports, asyncio.TaskGroup() as group:
        play = group.create_task(Director(scenario, ports, clock).run())
        url = f"jsonmesh+mqtt://127.0.0.1:{ports[scenario.islands[0]]}?id=demo"
        position = scenario.own_position
        settings = {
            "name": scenario.own_name,
            "links": [url],
            "position": [position.lat, position.lng],
            "jsonmesh.share_position": True,
        }
        config = parse_config(folder / "config.toml", "", overrides=settings)
        async with bootstrap.open_mesh(config, database_file, scenario.own_identity) as hub:
            yield hub, scenario
        play.cancel()


async def tell_story(hub: MeshHub, scenario: Scenario, clock: QuickClock) -> None:
    """Let things happen that are worth a picture."""
    while len(known := {node.name: node.node_id for node, _ in await hub.nodes()}) < len(
        scenario.nodes
    ):
        await clock.sleep(0.5)

    async def write(target: str, text: str) -> None:
        conversation = (
            channel_conversation(NETWORK, target[1:])
            if target.startswith("#")
            else direct_conversation(NETWORK, known[target])
        )
        await hub.submit(SendText(conversation, text, MessageId(str(uuid.uuid4()))))

    await clock.sleep(10)
    await write("#harrow-hills", "Hello everybody! First day here, reading you from the valley.")
    await write("美咲 Misaki", "Which way did this come, and how many hops?")
    await write("Grandpa Gus", "Are you there? Your battery worries us.")
    await clock.sleep(12)
    await write("Dov", "What is your new key?")
    await write("Bruno (BitMesh)", "Is the bus on time?")
    await write("#harrow-hills", "Thanks! Copy that, loud and clear.")
    await clock.sleep(25)


async def take_all(pilot: Pilot[int], names: Sequence[str]) -> None:
    """Take every picture at both sizes, then the chat in every theme."""
    for size, suffix in ((SMALL, "80x24"), (LARGE, "140x40")):
        await pilot.resize_terminal(*size)
        for shot in SHOTS:
            await pilot.press(*shot.keys)
            await settle(pilot)
            save(pilot, f"{shot.name}-{suffix}", names)
        await pilot.press("escape", "escape", "escape", "f5")
    await pilot.resize_terminal(*SMALL)
    for theme in sorted(load_themes(None).themes):
        pilot.app.theme = theme
        await settle(pilot)
        save(pilot, f"theme-{theme}", names)


@contextlib.asynccontextmanager
async def valley(clock: QuickClock) -> AsyncIterator[str]:
    """Run the demo's radio mesh in this process; gives the URL of the gateway in its middle."""
    writers: list[asyncio.StreamWriter] = []

    def hear(line: bytes) -> None:
        for writer in writers:
            writer.write(line)

    mesh = LiveMesh(load_radio_scenario("valley"), clock, hear)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while data := await reader.read(4_096):
            mesh.say(data)
        writers.remove(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with asyncio.TaskGroup() as group:
        group.create_task(mesh.run())
        yield f"jsonmesh+tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}?id=gateway"
        mesh.end()
        server.close()


async def take_radio(clock: QuickClock, folder: Path, names: Sequence[str]) -> None:
    """Take a talk by radio while a letter arrives in chunks, and something is being typed."""
    scenario = load_scenario()
    async with valley(clock) as url:
        settings = {"name": scenario.own_name, "links": [url]}
        config = parse_config(folder / "config.toml", "", overrides=settings)
        file = folder / "radio.db"
        async with bootstrap.open_mesh(config, file, scenario.own_identity) as hub:

            async def start() -> MeshHub:
                return hub

            app = MeshtuiApp(
                start, Preferences("", "unicode", {}), now_ms=lambda: clock.now().unix_ms
            )
            async with app.run_test(size=LARGE) as pilot:
                await talk_by_radio(pilot, hub)
                await settle(pilot)
                save(pilot, "radio-140x40", names)
                await pilot.resize_terminal(*SMALL)
                await settle(pilot)
                save(pilot, "radio-80x24", names)


async def talk_by_radio(pilot: Pilot[int], hub: MeshHub) -> None:
    """Talk with somebody until a letter of somebody else is half here."""
    known: dict[str, NodeId] = {}
    async with asyncio.timeout(60):
        while not {NEIGHBOUR, OLD_CLIENT} <= set(known):
            await pilot.pause(0.1)
            known = {node.name: node.node_id for node, _ in await hub.nodes()}

    async def write(name: str, text: str) -> None:
        conversation = direct_conversation(NETWORK, known[name])
        await hub.submit(SendText(conversation, text, MessageId(str(uuid.uuid4()))))
        await pilot.pause(3)

    for text in ("Good morning! Do you read me up there?", "What is the weather like?"):
        await write(NEIGHBOUR, text)
    await pilot.press("ctrl+p", *NEIGHBOUR.lower(), "enter")
    await pilot.press(*"There is a long letter coming in, piece by piece.")
    for _ in range(5):  # an old client's letter does not always get through
        await write(OLD_CLIENT, "letter")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(15):
                while not re.search("receiving [345] of [67]", text_of(pilot.app)):
                    await pilot.pause(0.02)
                return


async def take_welcome(folder: Path, names: Sequence[str]) -> None:
    """Take the first run's first page, as somebody sees it whose machine has no broker."""

    async def never() -> MeshHub:
        raise AssertionError

    setup = ProfileSetup(folder / "new" / "keys.json", lambda _: None)
    app = MeshtuiApp(never, Preferences("", "unicode", {}), setup=setup)
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        save(pilot, "welcome-80x24", names)


async def settle(pilot: Pilot[int]) -> None:
    """Wait until what was asked for is on the screen."""
    await pilot.pause(0.3)


def save(pilot: Pilot[int], name: str, names: Sequence[str]) -> None:
    """Write one picture."""
    if not names or any(name.startswith(wanted) for wanted in names):
        path = FOLDER / f"{name}.svg"
        path.write_text(pilot.app.export_screenshot(title="meshtui"), encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--png", type=Path, help="also write PNGs there, to look at")
    parser.add_argument("names", nargs="*", help="only pictures whose names begin so")
    args = parser.parse_args()
    os.environ.update(TZ="UTC", COLORTERM="truecolor", TERM="xterm-256color")
    time.tzset()
    sys.exit(asyncio.run(main(args.names, args.png)))
