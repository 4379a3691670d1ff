"""The demo's mesh with the user's own node on it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from meshtui.config.settings import Config
    from meshtui.model.capture import CaptureConfig
    from meshtui.runtime.api import Paths
    from meshtui.runtime.hub import MeshHub
    from meshtui.sim.scenario import Scenario

AIR: Final = "jsonmesh+sim://valley?id=air"  # people on a simulated LoRa channel
COMPANION: Final = "meshcore+sim://valley?id=companion"  # the same place with MeshCore radios


@contextlib.asynccontextmanager
async def demo_mesh(
    folder: Path, air: str = AIR, companion: str = COMPANION
) -> AsyncIterator[tuple[MeshHub, Config, Scenario]]:
    """Run the simulated meshes and our own node on them, with its files in `folder`.

    Args:
        air: The link to the radio part of the JSON mesh.
        companion: The link to the MeshCore radio.

    Raises:
        TransportError: The simulated mesh did not start.
    """
    from meshtui.config.settings import parse_config
    from meshtui.runtime.bootstrap import open_mesh
    from meshtui.sim.child import running_mesh_process
    from meshtui.sim.scenario import load_scenario

    scenario = load_scenario()
    paths = demo_paths(folder)
    async with running_mesh_process() as ports:
        settings = _settings(scenario, ports, [air, companion])
        config = parse_config(paths.config_file, "", environment=os.environ, overrides=settings)
        config = dataclasses.replace(config, capture=_capture(ports[scenario.islands[-1]]))
        _join(scenario, paths)
        async with open_mesh(config, paths.database_file, scenario.own_identity) as hub:
            yield hub, config, scenario


def _settings(
    scenario: Scenario, ports: Mapping[str, int], radios: Sequence[str]
) -> Mapping[str, object]:
    port = ports[scenario.islands[0]]
    position = scenario.own_position
    return {
        "name": scenario.own_name,
        "links": [f"jsonmesh+mqtt://127.0.0.1:{port}?id=demo", *radios],
        "position": [position.lat, position.lng],
        "jsonmesh.share_position": True,
        # else those on the broker and those on the air would take each other for guests
        "jsonmesh.relay": False,
    }


def _capture(port: int) -> CaptureConfig:
    """Publish what the MeshCore radio hears to the mesh's own broker, as an observer does."""
    from meshtui.model.capture import BrokerConfig, CaptureConfig

    topic = "meshcore/{IATA}/{PUBLIC_KEY}"
    broker = BrokerConfig(
        1,
        server="127.0.0.1",
        port=port,
        topic_packets=f"{topic}/packets",
        topic_status=f"{topic}/status",
    )
    return CaptureConfig(is_enabled=True, iata="TEST", filter="!own", brokers=(broker,))


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


def demo_paths(folder: Path) -> Paths:
    """Say where the profile of a demo lies."""
    from meshtui.cli.profile import find_paths

    return find_paths(str(folder), None, {})
