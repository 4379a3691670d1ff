"""What simulated people answer. Nothing here reads a clock or sends anything."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from meshtui.sim.scenario import Scenario, SimNode

_QUOTE_CHARS = 60
_ANY = "any"
_BRACES = re.compile(r"\{(\w+)\}")
_WINDS = ("calm", "a light breeze", "wind from the west", "gusts on the ridge")
_SKIES = ("clear", "high cloud", "fog over the water", "some drizzle", "a rainbow, honestly")
_HOPS = ("no relay", "one relay", "two relays", "many relays")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said to a character, and how it came.

    Attributes:
        via: Names of the relays it passed, in order.
        at_ms: When it arrived.
    """

    text: str
    by: str
    via: tuple[str, ...]
    at_ms: int


class Character:
    """One node's manner of speaking; answers follow from the seed of `random`."""

    def __init__(self, scenario: Scenario, node: SimNode, random: Random) -> None:
        """Prepare one node's answers."""
        self._node = node
        self._random = random
        own = scenario.characters[node.character]
        self._rules: Mapping[str, Sequence[str]] = {**scenario.common, **own}
        self._left: list[str] = []

    def answer(self, said: Said) -> str:
        """Answer a line; the first rule whose word occurs in it wins."""
        for word, answers in self._rules.items():
            if word != _ANY and re.search(rf"\b{re.escape(word)}", said.text, re.IGNORECASE):
                return self.speak(self._random.choice(answers), said)
        if not self._left:
            self._left = self._random.sample(self._rules[_ANY], len(self._rules[_ANY]))
        return self.speak(self._left.pop(), said)

    def speak(self, line: str, said: Said) -> str:
        """Fill a line's braces."""
        position = self._node.position
        words = {
            "you": said.by,
            "me": self._node.name,
            "time": time.strftime("%H:%M", time.localtime(said.at_ms / 1000)),
            "quote": _shortened(said.text),
            "hops": _HOPS[min(len(said.via), len(_HOPS) - 1)],
            "via": f"through {' and '.join(said.via)}" if said.via else "directly",
            "where": f"{position.lat:.4f} N {position.lng:.4f} E",
            "place": self._node.place,
            "news": self._news() if "{news}" in line else "",
        }
        return _BRACES.sub(lambda match: words.get(match[1], match[0]), line)

    def _news(self) -> str:
        celsius = self._random.uniform(-2, 9)
        hectopascal = self._random.randint(1004, 1021)
        wind, sky = self._random.choice(_WINDS), self._random.choice(_SKIES)
        return f"{celsius:.1f} °C, {hectopascal} hPa, {wind}, {sky}"


def _shortened(text: str) -> str:
    """Fit a quotation into one line."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTE_CHARS else f"{line[: _QUOTE_CHARS - 1]}…"
