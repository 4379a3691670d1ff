"""The simulator against real time: the radio alone, real sessions, and where their time goes.

All figures are of one core, in CPU time, so that other work on the machine takes no part.
"""

from __future__ import annotations

import cProfile
import dataclasses
import pstats
import time
from typing import TYPE_CHECKING

from meshtui.sim.radio_scenario import load_radio_scenario
from meshtui.sim.world import World
from tests.support.flood_session import FloodSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.measure import Table

HOURS = 0.1
PARTS = {
    "air and gateways": ("sim/air.py", "sim/gateway.py", "sim/engine.py"),
    "world and tally": ("sim/world.py", "sim/tally.py", "sim/traffic.py", "sim/placement.py"),
    "finding packets": ("jsonmesh/deframer.py", "jsonmesh/receiver.py", "mesh/reassembly.py"),
    "compact frames": (
        *("jsonmesh/compact", "jsonmesh/cbor.py", "jsonmesh/stuffing.py", "jsonmesh/packing.py"),
        "jsonmesh/dictionary.py",
    ),
    "radio queue and relays": (
        *("mesh/radio", "mesh/airtime.py", "jsonmesh/radio.py", "jsonmesh/repeater.py"),
        "jsonmesh/bridge.py",
    ),
    "keys and seals": ("crypto/", "jsonmesh/seal.py", "coincurve", "cryptography"),
    "rest of the session": ("meshtui/",),
}


def report(table: Table) -> None:
    """Measure, and add what was found."""
    table.head(f"simulated air: 1,000 nodes, 8 in reach, {HOURS:g} h at 0.25 DM/node/h, one core")
    radio, sent = _speed(_flooding())
    table.add(
        "radio alone (simplest flood)", f"{radio:,.0f} x", f"{sent:,.0f} packets/s", "", "100"
    )
    for variant in ("ours", "dsr"):
        speed, sent = _speed(lambda variant=variant: _world(variant))  # type: ignore[misc]
        words = f"real sessions, {variant}"
        table.add(words, f"{speed:,.0f} x", f"{sent:,.0f} packets/s", "", "20")
    table.head("where the time of real sessions goes")
    for part, share in _shares(_world("ours")).items():
        table.add(part, f"{100 * share:.0f} %")


def _flooding() -> Callable[[], World]:
    def build() -> World:
        return _world("ours", is_flooding=True)

    return build


def _world(variant: str, *, is_flooding: bool = False) -> World:
    scenario = dataclasses.replace(load_radio_scenario("thousand"), hours=HOURS, drain_s=60.0)
    if is_flooding:
        return World(
            scenario,
            open_session=lambda world, n: FloodSession(n, world._random(f"{n}").randbytes),
        )
    return World(scenario, variant)


def _speed(build: Callable[[], World]) -> tuple[float, float]:
    """Run while people write; returns virtual seconds and packets in a second."""
    world = build()
    world.run(is_until_s=world.scenario.warmup_s)
    began_s, sent = time.process_time(), world.air.counts.sent
    world.run()
    taken_s = time.process_time() - began_s
    virtual_s = world.engine.now_s - world.scenario.warmup_s
    return virtual_s / taken_s, (world.air.counts.sent - sent) / taken_s


def _shares(world: World) -> dict[str, float]:
    """Tell which part of the time is spent in which files."""
    world.run(is_until_s=world.scenario.warmup_s)
    profile = cProfile.Profile()
    profile.runcall(world.run)
    spent = dict.fromkeys([*PARTS, "Python itself"], 0.0)
    for (file, _, _), (_, _, own_s, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        spent[_part(file)] += own_s
    total = sum(spent.values())
    return {part: own_s / total for part, own_s in spent.items()}


def _part(file: str) -> str:
    return next(
        (part for part, names in PARTS.items() if any(name in file for name in names)),
        "Python itself",
    )
