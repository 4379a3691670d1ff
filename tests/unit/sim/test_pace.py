"""Virtual time that keeps pace with a clock."""

from __future__ import annotations

import asyncio

import pytest

from meshtui.model.ids import Instant
from meshtui.sim.engine import Engine
from meshtui.sim.pace import MAX_STEP_S, Pace


class WoundClock:
    """It goes on by what is waited for, at once; then somebody may look."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.waits: list[float | None] = []
        self.at_each_wait = lambda: None

    def now(self) -> Instant:
        return Instant(self.now_s, int(self.now_s * 1000))

    async def wait(self, event: asyncio.Event, until_s: float | None) -> None:
        self.waits.append(until_s)
        self.at_each_wait()
        if until_s is not None and not event.is_set():
            self.now_s = max(self.now_s, until_s + 1e-6)  # no clock is exact
        await asyncio.sleep(0)


async def test_what_is_due_happens_at_its_time_and_faster_where_time_runs_faster() -> None:
    engine, clock = Engine(), WoundClock()
    pace = Pace(engine, clock, 100.0, speed=10)
    seen: list[float] = []
    for at_s in (1.0, 25.0):
        engine.at(at_s, lambda: seen.append(clock.now_s))
    engine.at(30.0, pace.end)

    await pace.run(lambda: None)

    assert seen == pytest.approx([100.1, 102.5], abs=1e-4)


async def test_a_deed_from_outside_is_done_when_time_has_caught_up() -> None:
    engine, clock = Engine(), WoundClock()
    pace = Pace(engine, clock, 100.0)
    seen: list[float] = []
    engine.at(50.0, pace.end)

    def knock() -> None:
        if not seen:
            clock.now_s = 107.0
            pace.do(lambda: seen.append(engine.now_s))

    clock.at_each_wait = knock
    await pace.run(lambda: None)

    assert seen == [7.0]


async def test_after_a_nap_of_the_machine_time_goes_on_in_steps() -> None:
    engine, clock = Engine(), WoundClock()
    pace = Pace(engine, clock, 100.0)
    tidied: list[float] = []
    clock.now_s = 100.0 + 3 * MAX_STEP_S
    engine.at(2.5 * MAX_STEP_S, pace.end)

    await pace.run(lambda: tidied.append(engine.now_s))

    assert tidied == [MAX_STEP_S, 2 * MAX_STEP_S, 3 * MAX_STEP_S]
