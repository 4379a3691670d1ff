"""Rate limits of a repeater."""

from __future__ import annotations

from meshtui.networks.meshcore.node.limits import Window


def test_so_many_in_a_window_and_again_in_the_next() -> None:
    window = Window(2, 100.0)

    granted = [window.allow(at) for at in (0.0, 1.0, 2.0, 99.9, 100.0, 101.0, 102.0)]

    assert granted == [True, True, False, False, True, True, False]


def test_a_clock_that_steps_back_opens_a_new_window() -> None:
    window = Window(1, 100.0)

    assert window.allow(1000.0)
    assert not window.allow(1001.0)
    assert window.allow(5.0)
    assert not window.allow(6.0)
