"""Laws of delivery over a radio that lies: no state goes backwards, and honesty is enough."""

from __future__ import annotations

import pytest

from tests.support.lying_radio import undone_after


@pytest.mark.parametrize("seed", range(8))
def test_whatever_a_radio_said_an_honest_one_delivers_and_nothing_is_left_undone(
    seed: int,
) -> None:
    assert undone_after(seed, steps=150) == []
