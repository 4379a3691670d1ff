"""What sending by radio takes, and what is on its way, as the lines around the talk say it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from meshtui.tui.text.format import count_of, duration, size_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meshtui.model.message import SendCost
    from meshtui.tui.state.arrivals import Arrival
    from meshtui.tui.text.glyphs import Glyphs

NEARLY_USED: Final = 0.8
"""Above this part of what may be sent in an hour a warning is due."""
_MINUTE_S = 60


def cost_words(cost: SendCost, size: int, room: int, glyphs: Glyphs) -> str:
    """Say what a text takes, as fully as `room` cells allow, and never less than what warns.

    `42 B · 1 packet · 1.4 s on air · duty 12 %`; while the duty cycle forbids it,
    `1 packet · leaves in 3 min: duty cycle`.

    Args:
        size: The text's own bytes.
    """
    bytes_, packets = size_words(size), count_of(cost.packets, "packet")
    air, duty = duration(cost.airtime_ms), f"duty {cost.duty_used * 100:.0f} %"
    if cost.wait_s > 0:
        leaves = f"leaves in {wait_words(cost.wait_s)}: duty cycle"
        versions = [[bytes_, packets, f"{air} on air", leaves], [packets, leaves]]
        last = [leaves]
    elif is_nearly_used(cost):
        spent = f"{duty}, nearly used"
        versions = [[bytes_, packets, f"{air} on air", spent], [packets, f"{air} air", spent]]
        last = [spent]
    else:
        versions = [
            [bytes_, packets, f"{air} on air", duty],
            [packets, f"{air} on air", duty],
            [packets, f"{air} air", duty],
            [packets, f"{air} air"],
        ]
        last = [f"{air} air"]
    joined = [f" {glyphs.dot} ".join(parts) for parts in versions]
    return next((words for words in joined if len(words) <= room), last[0])


def is_nearly_used(cost: SendCost) -> bool:
    """Tell whether little of the hour's time on the air is left, or nothing for this text."""
    return cost.wait_s > 0 or cost.duty_used >= NEARLY_USED


def wait_words(seconds: float) -> str:
    """A wait, rounded up: `4 s`, `3 min`."""
    if seconds < _MINUTE_S:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / _MINUTE_S)} min"


def arrival_pieces(
    arrivals: Sequence[Arrival], name_of: Callable[[str], str]
) -> list[tuple[str, str]]:
    """Say what is on its way or was given up, as pieces for a bar line; [] = nothing.

    Args:
        arrivals: The latest first; it is named, the others are counted.
        name_of: A node id as a person reads it; cleaned.
    """
    if not arrivals:
        return []
    latest = arrivals[0]
    whose = f" from {name_of(latest.source)}" if latest.source else ""
    more = f", and {count_of(len(arrivals) - 1, 'other')}" if len(arrivals) > 1 else ""
    if latest.reason:
        words = f"incomplete: {latest.have} of {latest.total} arrived{whose}{more}"
        return [(words, "warn")]
    return [(f"receiving {latest.have} of {latest.total}{whose}{more}", "accent")]
