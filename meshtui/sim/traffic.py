"""What the people of a simulated mesh write, to whom, and when: all of it drawn beforehand.

So every variant of a scenario carries the same messages, whatever its nodes make of them.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from meshtui.sim.propagation import Place
    from meshtui.sim.radio_scenario import RadioScenario, Traffic

_SAYINGS: Final = """
the relay on the ridge is back since noon and we read you well from the old mill tonight
bring bread water two batteries and the long antenna to the bridge before dark please
snow above the pass road closed all fine here who comes along tomorrow morning at eight
"""
_WORDS: Final = tuple(_SAYINGS.split())


@dataclass(frozen=True, slots=True)
class Writing:
    """Somebody writes something.

    Attributes:
        recipient: A node's number; None = to `forum`.
    """

    at_s: float
    author: int
    recipient: int | None
    forum: str
    text: str
    message_id: str


def choose_partners(traffic: Traffic, places: Sequence[Place], random: Random) -> list[list[int]]:
    """Choose whom each node writes to; empty for a node with nobody in reach."""
    everybody = range(len(places))
    chosen = []
    for author, here in enumerate(places):
        others = [
            other
            for other in everybody
            if other != author
            and (
                not traffic.partner_km
                or math.dist(here, places[other]) <= traffic.partner_km * 1000
            )
        ]
        if traffic.partners and len(others) > traffic.partners:
            others = sorted(random.sample(others, traffic.partners))
        chosen.append(others)
    return chosen


def choose_members(traffic: Traffic, nodes: int, random: Random) -> dict[str, list[int]]:
    """Choose who is in which forum."""
    return {
        forum.name: sorted(random.sample(range(nodes), round(forum.share * nodes)))
        for forum in traffic.forums
    }


def writings(
    scenario: RadioScenario,
    partners: Sequence[Sequence[int]],
    members: dict[str, list[int]],
    random: Random,
) -> Iterator[Writing]:
    """Draw everything that is written, in order of time; endless sources cost no memory."""
    traffic = scenario.traffic
    senders = [author for author, others in enumerate(partners) if others]
    sources = [(traffic.dms_per_node_hour * len(senders), senders, "")]
    for forum in traffic.forums:
        here = members[forum.name]
        sources.append((forum.per_node_hour * len(here), here, forum.name))
    total_per_s = sum(rate for rate, _, _ in sources) / 3600
    if total_per_s <= 0:
        return
    at_s, end_s = scenario.warmup_s, scenario.warmup_s + scenario.hours * 3600
    while (at_s := at_s + random.expovariate(total_per_s)) < end_s:
        _, authors, forum_name = random.choices(sources, [rate for rate, _, _ in sources])[0]
        author = random.choice(authors)
        recipient = None if forum_name else random.choice(partners[author])
        message_id = str(uuid.UUID(bytes=random.randbytes(16), version=4))
        text = _text(traffic.text_chars, random)
        yield Writing(at_s, author, recipient, forum_name, text, message_id)


def _text(length: int, random: Random) -> str:
    """Write something of just that length, of words people use."""
    words: list[str] = []
    size = 0
    while size <= length:
        words.append(random.choice(_WORDS))
        size += len(words[-1]) + 1
    text = " ".join(words)[:length]
    return text if not text.endswith(" ") else f"{text[:-1]}."
