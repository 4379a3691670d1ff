"""A simulated radio mesh in real time, as a process: `python -m meshtui.sim.live SCENARIO`.

Its stdin and stdout are a radio that stands in the middle of the mesh. For `jsonmesh` that is a
line gateway: what is written there goes on the simulated air, and what that radio hears comes back
as `RSSI:…|SNR:…|…` lines. For `meshcore` it is a companion radio, as on a serial line. It ends when
its stdin does, so it cannot outlive who started it. Nothing is written to disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, Final, Protocol

from meshtui.errors import MeshtuiError
from meshtui.model.link import RadioSettings
from meshtui.runtime.clock import SystemClock
from meshtui.sim.meshcore_scenario import MESHCORE
from meshtui.sim.pace import Pace
from meshtui.sim.radio_scenario import load_radio_scenario
from meshtui.sim.talkers import Talkers
from meshtui.sim.world import Guest, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meshtui.networks.base import Output
    from meshtui.runtime.clock import Clock
    from meshtui.sim.radio_scenario import RadioScenario

MAX_UNREAD_BYTES: Final = 64 * 1024  # a gateway whose host does not listen loses what it hears
KEPT_MESSAGES: Final = 1_000


class LiveMesh:
    """A world that keeps pace with a clock, and a guest's radio in it."""

    def __init__(
        self,
        scenario: RadioScenario,
        clock: Clock,
        hear: Callable[[bytes], None],
        *,
        radio: RadioSettings | None = None,
        seed: int | None = None,
        speed: float = 1.0,
        place_of: int | None = None,
    ) -> None:
        """Prepare.

        Args:
            hear: Called with each line for the guest's host.
            speed: So many virtual seconds pass in a real one.
            place_of: The guest stands where this node would.
        """
        self._talkers: Talkers | None = None
        start = clock.now()
        self.world = World(
            scenario,
            seed=seed,
            radio=radio,
            guest=Guest(hear, self._listen, place_of),
            start_unix_ms=start.unix_ms,
        )
        self._talkers = Talkers(self.world)
        self._gateway = self.world.gateways[-1]
        self._pace = Pace(self.world.engine, clock, start.mono_s, speed)

    def say(self, data: bytes) -> None:
        """Take what the guest's host writes."""
        self._pace.do(lambda: self._gateway.take(data))

    def end(self) -> None:
        """Let `run` return."""
        self._pace.end()

    async def run(self) -> None:
        """Live until `end`."""
        await self._pace.run(lambda: self.world.tally.forget(KEPT_MESSAGES))

    def _listen(self, number: int, output: Output) -> None:
        if self._talkers is not None:
            self._talkers.hear(number, output)


class _Voice:
    """Stdout, which may be read slowly or not at all.

    Not asyncio's: its write pipe takes whatever comes *in* on a socket for the far end's farewell,
    and our stdin may well be the same socket.
    """

    def __init__(self) -> None:
        self._unwritten = b""

    def write(self, line: bytes) -> None:
        if len(self._unwritten) < MAX_UNREAD_BYTES:
            self._unwritten += line
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionError):
            written = os.write(sys.stdout.fileno(), self._unwritten)
            self._unwritten = self._unwritten[written:]


class _Ear(asyncio.Protocol):
    """Stdin."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh

    def data_received(self, data: bytes) -> None:
        self._mesh.say(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._mesh.end()


class Mesh(Protocol):
    """A mesh in real time, and a radio of ours in it."""

    def say(self, data: bytes) -> None:
        """Take what the radio's host writes."""
        ...

    def end(self) -> None:
        """Let `run` return."""
        ...

    async def run(self) -> None:
        """Live until `end`."""
        ...


def open_mesh(
    scenario: RadioScenario, settings: Mapping[str, object], write: Callable[[bytes], None]
) -> Mesh:
    """Make the mesh that the settings ask for; `write` is called with what its radio says.

    Raises:
        ConfigError: The scenario gives no mesh.
    """
    radio = settings.get("radio")
    seed, speed, node = settings.get("seed"), settings.get("speed"), settings.get("node")
    is_meshcore = settings.get("network") == MESHCORE
    if is_meshcore:
        from meshtui.sim.companion.stream import StreamMesh
    return (StreamMesh if is_meshcore else LiveMesh)(
        scenario,
        SystemClock(),
        write,
        radio=RadioSettings(**radio) if isinstance(radio, dict) else None,
        seed=seed if isinstance(seed, int) else None,
        speed=speed if isinstance(speed, float) else 1.0,
        place_of=node if isinstance(node, int) else None,
    )


async def play(scenario: RadioScenario, settings: Mapping[str, object]) -> None:
    """Run a mesh until stdin ends."""
    voice = _Voice()
    mesh = open_mesh(scenario, settings, voice.write)
    if not sys.stdout.isatty():  # the shell would inherit it
        os.set_blocking(sys.stdout.fileno(), False)
    await asyncio.get_running_loop().connect_read_pipe(lambda: _Ear(mesh), sys.stdin)
    await mesh.run()


def main(argv: list[str]) -> int:
    """Run the process; returns its exit code."""
    if not 1 <= len(argv) <= 2:
        sys.stderr.write("usage: python -m meshtui.sim.live SCENARIO [SETTINGS AS JSON]\n")
        return 2
    try:
        settings = json.loads(argv[1]) if argv[1:] else {}
        asyncio.run(play(load_radio_scenario(argv[0]), settings))
    except MeshtuiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
