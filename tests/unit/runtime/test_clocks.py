"""Waiting, by the machine's clock and by a wound one."""

from __future__ import annotations

import asyncio
import time

import pytest

from meshtui.runtime.clock import SystemClock
from tests.support.clock import FakeClock


def test_both_clocks_are_read_at_once() -> None:
    now = SystemClock().now()
    assert abs(now.unix_ms - time.time() * 1_000) < 1_000
    assert abs(now.mono_s - time.monotonic()) < 1


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()], ids=["system", "fake"])
async def test_a_set_event_ends_the_wait_and_a_past_deadline_does_too(clock) -> None:
    wake = asyncio.Event()
    await clock.wait(wake, clock.now().mono_s - 1)
    wake.set()
    await clock.wait(wake, None)
    await clock.wait(wake, clock.now().mono_s + 60)


async def test_the_system_clock_wakes_at_the_deadline() -> None:
    clock = SystemClock()
    began = clock.now().mono_s
    await clock.wait(asyncio.Event(), began + 0.02)
    assert 0.015 < clock.now().mono_s - began < 1


async def test_a_wound_clock_wakes_its_sleepers_in_time_and_not_before() -> None:
    clock = FakeClock()
    async with asyncio.TaskGroup() as group:
        sleeping = group.create_task(clock.sleep(10))
        await clock.wind(0)
        await clock.wind(9.5)
        assert not sleeping.done()
        await clock.wind(0.5)
        assert sleeping.done()


async def test_giving_up_a_wait_is_not_swallowed() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(SystemClock().wait(asyncio.Event(), None), 0.01)
