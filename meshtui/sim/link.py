"""`jsonmesh+sim://SCENARIO`, `meshcore+sim://SCENARIO`: a radio in the middle of a simulated mesh.

The mesh is a process of its own (see `sim.live`), in real time, that speaks as a line gateway does,
or as a companion radio. How its radios are set comes from the URL, as with a gateway of metal; what
a MeshCore mesh's URL leaves out is as its scenario says.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import socket
import sys
from asyncio.subprocess import DEVNULL
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.errors import ConfigError, TransportError
from meshtui.model.link import LinkKind
from meshtui.sim.meshcore_scenario import MESHCORE
from meshtui.sim.radio_scenario import MAX_NODES, load_radio_scenario
from meshtui.transports.base import OptionSpec
from meshtui.transports.radio import RADIO_OPTIONS, radio_settings
from meshtui.transports.stream_link import StreamLink

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable

    from meshtui.model.ids import Instant, LinkId
    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import Link, LinkSpec

STOP_TIMEOUT_S: Final = 2.0
_FIELDS: Final = {
    "sf": "spreading_factor",
    "bw": "bandwidth_khz",
    "cr": "coding_rate",
    "preamble": "preamble_symbols",
    "duty": "duty_cycle",
}
OPTIONS: Final = (
    *RADIO_OPTIONS,
    OptionSpec("seed", "another mesh by the same rules: a number"),
    OptionSpec("speed", "virtual seconds in a real one, 0.1 to 100", "1"),
    OptionSpec("node", "stand where this node would, by number from 0"),
)


class SimLink(StreamLink):
    """The line to a simulated gateway; the mesh ends with it."""

    def __init__(self, link_id: LinkId, now: Callable[[], Instant], process: Process) -> None:
        """Begin with a process that was started."""
        super().__init__(link_id, now, lambda _: "the simulated mesh has ended", "simulated")
        self._process = process

    async def aclose(self) -> None:
        """Let what was handed over leave, then end the mesh."""
        await super().aclose()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


@dataclass(frozen=True, slots=True)
class SimTransport:
    """Starts simulated meshes."""

    schemes: tuple[str, ...] = ("sim",)
    kind: LinkKind = LinkKind.STREAM
    options: tuple[OptionSpec, ...] = OPTIONS

    def check(self, spec: LinkSpec) -> None:
        """Refuse what names no scenario, or sets it up wrongly."""
        _settings(spec)

    async def open(
        self,
        spec: LinkSpec,
        setup: LinkSetup,  # noqa: ARG002 - nobody is there to be told
        now: Callable[[], Instant],
    ) -> Link:
        """Start a mesh and connect to the gateway in its middle.

        Raises:
            TransportError: There is no such scenario, or an option is wrong.
        """
        name, settings = _settings(spec)
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "meshtui.sim.live", name, json.dumps(settings)),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=DEVNULL,
                start_new_session=True,  # Ctrl-C is for us; the child follows in order
            )
        except OSError as error:
            ours.close()
            msg = f"the simulated mesh did not start: {error.strerror or error}"
            raise TransportError(msg) from error
        finally:
            theirs.close()
        link = SimLink(spec.link_id, now, process)
        ours.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: link, sock=ours)
        return link


SIM = SimTransport()


def _settings(spec: LinkSpec) -> tuple[str, dict[str, object]]:
    """Read which scenario is meant, and what the process must know.

    Raises:
        TransportError: There is no such scenario, or an option is wrong.
    """
    try:
        return _checked_settings(spec)
    except ConfigError as error:
        raise TransportError(str(error), is_final=True) from error


def _checked_settings(spec: LinkSpec) -> tuple[str, dict[str, object]]:
    name = f"{spec.host}{spec.path}"  # of a relative path, the first part looks like a host
    scenario = load_radio_scenario(name)
    radio = radio_settings(spec)
    if radio is None:
        raise ConfigError("link URL: a simulated mesh has radios; air=none makes no sense here")
    nodes = min(scenario.place.nodes, MAX_NODES)
    if spec.network == MESHCORE:
        nodes += len(scenario.only_meshcore)
        given = {
            _FIELDS[name]: getattr(radio, _FIELDS[name]) for name in _FIELDS.keys() & spec.options
        }
        radio = dataclasses.replace(scenario.meshcore.radio, **given)
    settings: dict[str, object] = {
        "network": spec.network,
        "radio": dataclasses.asdict(radio),
        "speed": _number(spec, "speed", 0.1, 100),
    }
    if "seed" in spec.options:
        settings["seed"] = int(_number(spec, "seed", 0, 2**31))
    if "node" in spec.options:
        settings["node"] = int(_number(spec, "node", 0, nodes - 1))
    return name, settings


def _number(spec: LinkSpec, name: str, lowest: float, highest: float) -> float:
    text = spec.options.get(name, "1")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        msg = f"link URL: {name}={text[:20]}: a number from {lowest:g} to {highest:g}"
        raise ConfigError(msg)
    return value
