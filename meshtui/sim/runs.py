"""Running scenarios: one after the other, or on every core at once."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from meshtui.sim.meshcore_scenario import MESHCORE
from meshtui.sim.outcome import Outcome, outcome_of
from meshtui.sim.placement import mean_degree
from meshtui.sim.radio_scenario import load_radio_scenario
from meshtui.sim.world import JSONMESH, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meshtui.sim.radio_scenario import RadioScenario


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """A run to be made.

    Attributes:
        scenario: A name or a file (see `load_radio_scenario`).
        hours: Instead of the scenario's; None = its own.
        network: Whose nodes live on it.
    """

    scenario: str
    variant: str = ""
    seed: int = 1
    hours: float | None = None
    network: str = JSONMESH


def scenario_of(job: Job) -> RadioScenario:
    """Read a job's scenario.

    Raises:
        ConfigError: There is none, or it is wrong.
    """
    scenario = load_radio_scenario(job.scenario)
    return scenario if job.hours is None else dataclasses.replace(scenario, hours=job.hours)


def run_job(job: Job) -> Outcome:
    """Make a run from beginning to end.

    Raises:
        ConfigError: The scenario is wrong.
    """
    if job.network == MESHCORE:
        return _run_meshcore(job)
    world = World(scenario_of(job), job.variant, job.seed)
    degree = mean_degree(world.audible, world.propagation.sensitivity_dbm)
    started_s = time.perf_counter()
    world.run()
    return outcome_of(world, time.perf_counter() - started_s, degree)


def _run_meshcore(job: Job) -> Outcome:
    """Make a run of a MeshCore mesh."""
    from meshtui.sim.meshcore_traffic import MeshcoreTraffic

    traffic = MeshcoreTraffic(scenario_of(job), job.seed)
    world = traffic.world
    degree = mean_degree(world.audible, world.propagation.sensitivity_dbm)
    started_s = time.perf_counter()
    traffic.run()
    return traffic.outcome(time.perf_counter() - started_s, degree)


def run_jobs(jobs: Sequence[Job], processes: int = 0) -> Iterator[Outcome]:
    """Make runs, several at once where there are cores; what is done first comes first.

    Args:
        processes: At most so many at once; 0 = one for each core.

    Raises:
        ConfigError: A scenario is wrong.
    """
    most = min(len(jobs), processes or os.cpu_count() or 1)
    if most <= 1:
        yield from map(run_job, jobs)
        return
    # not forked: the parent may hold threads, and a fresh start costs a run nothing
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(most, mp_context=context) as pool:
        waiting = [pool.submit(run_job, job) for job in jobs]
        try:
            yield from (done.result() for done in as_completed(waiting))
        finally:
            for future in waiting:
                future.cancel()
