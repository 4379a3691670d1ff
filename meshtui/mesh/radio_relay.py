"""When a radio passes on what it heard, and when it leaves that to others.

Everybody in reach of a sender hears a packet at the same moment, so whoever relays must wait a
random time, or all relays collide. Who hears enough others relay it meanwhile need not.

Chosen by simulation (`meshtui sim`): delivered / acknowledged in percent, and transmissions for
each message delivered, of messages of 100 characters. `plain` is the protocol to the letter, `ours`
floods in this way, `dsr` sends along learned paths first:

    mesh, seeds x hours   plain                ours                 dsr
    dm60     8 x 4        78.8 / 59.8   354    100.0 / 99.2    73   100.0 / 99.4    41
    sparse   2 x 4        57.8 / 31.2   241     98.2 / 91.7    80   100.0 / 95.4    41
    line     2 x 8        93.9 / 58.5    45    100.0 / 98.8    14   100.0 / 100.0    9
    dense    2 x 4        89.0 / 82.6   416    100.0 / 100.0   35   100.0 / 99.1    20
    city     2 x 2        91.8 / 84.7   835     97.6 / 95.3    90    97.6 / 96.5    77

Gateways here listen before they talk, and our queues pace `plain` too: it would fare worse without.
Some pairs in city are more than ten hops apart.

Before there were slots, and copies withdrew relays that their gateways had long taken, a message
cost 142 in dense and 116 in dm60. One copy sparing a relay everywhere costs less, but in dm60 only
95 of 100 arrive, and in sparse 89; so patience goes by the number of neighbours. More or fewer
slots, and more or less weight for nearness, change less than the seed does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST_S = 0.05
LONGEST_S = 0.2
TURN_S = 0.25  # from the end of one packet to the end of the longest wait of the next
LONGEST_WAIT_S = 120.0
FEW, SOME = 3, 10  # neighbours
FIRST_OF_SLOTS = 0.25  # the first relay of many goes about so early in the window
PATH_REPEATS = 2
FLOOD_REPEATS = 1  # by who wrote it; relays of a flood never repeat


@dataclass(frozen=True, slots=True)
class RelayTiming:
    """How long to wait, and for how many copies.

    Attributes:
        slots: The window, in times-on-air of the packet and a turn, beyond the protocol's
            50..200 ms. Relays go at the beginning of a slot: who has a later one has then heard
            the whole of what went before, and does not wait for its end with a packet that its
            gateway will send whatever it says.
        patience: Leave it to others at so many copies overheard; 0 = never.
        bias: The part of the window that nearness decides, the rest being chance.
        near_db, far_db: Signal-to-noise ratios of a sender close by, and at the edge of reach.
            Who is further away covers more new ground, and goes first.
    """

    slots: int = 12
    patience: int = 1
    bias: float = 0.5
    near_db: float = 8.0
    far_db: float = -15.0

    def delay_s(self, airtime_s: float, snr_db: float | None, chance: Callable[[], float]) -> float:
        """Draw how long to wait.

        Args:
            snr_db: How well the packet was heard; None = unknown.
            chance: Returns a number from 0 up to 1.
        """
        delay_s = SHORTEST_S + (LONGEST_S - SHORTEST_S) * chance()
        if not self.slots:
            return delay_s
        nearness = 0.5
        if snr_db is not None:
            nearness = (snr_db - self.far_db) / (self.near_db - self.far_db)
            nearness = min(1.0, max(0.0, nearness))
        slot = int(self.slots * (self.bias * nearness + (1 - self.bias) * chance()))
        return delay_s + slot * (airtime_s + TURN_S)

    def listen_s(self, airtime_s: float, chance: Callable[[], float]) -> float:
        """Draw how long to listen, after sending, for somebody who passes it on."""
        slots = self.slots or 2  # one for it to wait until the air is free, one to send
        return (slots + chance()) * (airtime_s + TURN_S)


PLAIN = RelayTiming(slots=0, patience=0)
"""As the protocol has it: 50..200 ms, and everybody relays."""


def among(neighbours: int) -> RelayTiming:
    """Choose the timing for a place with so many neighbours.

    Where few hear a packet each of them may be the only way on; where many do, one or two are
    enough, and need more slots not to be sent at once.
    """
    if neighbours <= FEW:
        return RelayTiming(slots=6, patience=3)
    if neighbours <= SOME:
        return RelayTiming(slots=8, patience=2)
    return RelayTiming(slots=12, patience=1)


def answer_timeout_s(
    message_s: float, answer_s: float, hops: int, timing: RelayTiming, chance: float
) -> float:
    """Reckon how long an answer by radio may take, from the moment the message is handed over.

    Twice what message and answer need at every hop, the relays' waiting included; spread, so that
    two who collided once do not again.

    Args:
        message_s: Time on air of the message, all its packets.
        hops: Relays between the two.
        chance: From 0 up to 1.
    """
    waits_s = LONGEST_S + timing.slots * FIRST_OF_SLOTS * (message_s + TURN_S)
    once_s = (hops + 1) * (message_s + answer_s) + hops * 2 * waits_s
    return min(LONGEST_WAIT_S, 2.0 + 2.0 * once_s) * (1.0 + 0.5 * chance)
