"""The collector waits for the start to be over, and never looks at what it loaded."""

from __future__ import annotations

import gc

from meshtui.cli import collector
from tests.support.mosquitto import eventually


async def test_nothing_is_collected_until_the_start_is_over(monkeypatch) -> None:
    monkeypatch.setattr(collector, "STARTED_S", 0.01)
    with collector.collecting_late():
        collector.settle_soon()
        during = (gc.isenabled(), gc.get_freeze_count())
        await eventually(gc.isenabled)
        after = gc.get_freeze_count()

    assert during == (False, 0)
    assert after > 1_000
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, 0)


def test_a_start_that_fails_leaves_the_collector_as_it_was() -> None:
    try:
        with collector.collecting_late():
            raise ValueError
    except ValueError:
        pass

    assert gc.isenabled()
