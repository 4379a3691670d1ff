"""Virtual time."""

from __future__ import annotations

from meshtui.sim.engine import START_UNIX_MS, Engine


def test_what_is_due_happens_in_order_and_then_time_stands_at_the_end() -> None:
    engine = Engine()
    seen: list[tuple[float, str]] = []

    def note(word: str) -> None:
        seen.append((engine.now_s, word))

    engine.at(3.0, note, "third")
    engine.at(1.0, note, "first")
    engine.at(1.0, note, "second")
    engine.at(9.0, note, "too late")
    engine.run_until(5.0)

    assert seen == [(1.0, "first"), (1.0, "second"), (3.0, "third")]
    assert engine.now_s == 5.0
    assert engine.next_at_s == 9.0
    assert engine.events == 3


def test_what_happens_may_ask_for_more_and_time_never_runs_back() -> None:
    engine = Engine()
    seen: list[float] = []

    def again() -> None:
        seen.append(engine.now_s)
        if len(seen) < 3:
            engine.after(1.0, again)

    engine.at(2.0, again)
    engine.at(2.5, engine.at, 0.5, again)  # in the past: at once
    engine.run_until(10.0)

    assert seen == [2.0, 2.5, 3.0, 3.5]


def test_both_clocks_run_together() -> None:
    engine = Engine()

    engine.run_until(1.5)

    assert engine.instant().mono_s == 1.5
    assert engine.instant().unix_ms == START_UNIX_MS + 1500
    assert engine.instant() is engine.instant()
