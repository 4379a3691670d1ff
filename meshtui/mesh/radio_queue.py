"""What a radio is still to send: paced by time on air, within its duty cycle, best first.

A gateway takes a line in milliseconds that is seconds on the air, and says nothing of when it was
sent. So frames are handed over one at a time, the next when the last must be through. That keeps
the order ours: acknowledgements overtake, and a relay that others were quicker with is withdrawn.

Law: parcels leave by priority, then by their time; but after one of others the next is ours, if
there is one. The frames of one parcel leave in order, and no other parcel of the same or lower
rank between them. Never more time on air than the duty cycle allows, and of that at most a share
for others, of which presence leaves half to messages. What is ours never makes way for what is
others', and a message never makes way. What is others' and waits in vain is given up, and told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from meshtui.mesh.airtime import DutyCycle, time_on_air_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from meshtui.model.ids import MessageId
    from meshtui.model.link import RadioSettings
    from meshtui.model.packet import PacketSummary

MAX_PARCELS = 256
MAX_BYTES = 256 * 1024
MAX_MESSAGES = 224  # of ours, so that there is room for answers
CHANNEL, PRESENCE = 2, 3
# Others have sent theirs again by then, and a relay later on holds it for an old packet.
WAITS_S = 180.0
PRESENCE_WAITS_S = 600.0
# Between two of our frames: the gateway turns around, and a neighbour may get a word in.
PAUSE_S = 0.1


@dataclass(slots=True, eq=False)
class Parcel:
    """One packet, or the chunks of one message, to go on the air in order.

    Attributes:
        frames: What is left of it.
        priority: Lower leaves first: 0 acknowledgements, 1 direct, 2 channel, 3 presence.
        summary: What a list shows of it.
        key: What an overheard copy is known by; None = it is never withdrawn.
        copies: How many copies were overheard while it waited.
        patience: It is withdrawn at so many copies; 0 = never.
        not_before_s: It waits until then.
        is_own: Ours, not somebody else's.
        message_id: The message of ours that it carries.
        hops: Relays it has passed, us included.
        repeats: It is sent again so often while nobody is overheard passing it on; one frame only.
        repeat_after_s: From the end of its time on air until then.
        answered_by: What an overheard answer to it is known by; None = none counts.
        is_repeat: It was sent before.
        senders: Whose copies were overheard.
    """

    frames: list[bytes]
    priority: int
    summary: PacketSummary
    key: Hashable = None
    copies: int = 0
    patience: int = 0
    not_before_s: float = 0.0
    is_own: bool = True
    message_id: MessageId | None = None
    hops: int = 0
    repeats: int = 0
    repeat_after_s: float = 0.0
    answered_by: Hashable = None
    is_begun: bool = False
    is_repeat: bool = False
    senders: set[Hashable] = field(default_factory=set)
    number: int = field(default=0, compare=False)

    @property
    def size(self) -> int:
        """Bytes left to send."""
        return sum(map(len, self.frames))

    @property
    def is_direct(self) -> bool:
        """Tell whether it is for one node: a message, or its acknowledgement."""
        return self.priority < CHANNEL


class RadioQueue:
    """The queue of one radio."""

    def __init__(self, radio: RadioSettings) -> None:
        """Begin empty, with nothing sent in the last hour."""
        self._radio = radio
        self._duty = DutyCycle(radio.duty_cycle)
        self._parcels: list[Parcel] = []
        self._bytes = 0
        self._free_at_s = float("-inf")
        self._in_hand: Parcel | None = None
        self._is_our_turn = False
        self._given_up: list[tuple[Parcel, str]] = []
        self._number: Callable[[], int] = count(1).__next__

    def __len__(self) -> int:
        """Count the parcels that wait, the one in hand included."""
        return len(self._parcels)

    def airtime_s(self, frames: list[bytes]) -> float:
        """Reckon the time on air of some frames."""
        return sum(time_on_air_ms(len(frame), self._radio) for frame in frames) / 1000

    def duty_used(self, now_s: float) -> float:
        """Say how much of the allowed time was used in the last hour, 0..1."""
        return self._duty.used(now_s)

    def duty_wait_s(self, airtime_s: float, now_s: float) -> float:
        """Say how long the duty cycle makes a frame of ours wait."""
        return self._duty.wait_s(airtime_s, now_s, is_own=True)

    def restore(self, airtime_s: float, age_s: float, now_s: float, *, is_own: bool) -> None:
        """Count what an earlier life sent; see `DutyCycle.restore`."""
        self._duty.restore(airtime_s, age_s, now_s, is_own=is_own)

    def hold(self, until_s: float) -> None:
        """Send nothing before then: somebody is in the midst of a message in chunks."""
        self._free_at_s = max(self._free_at_s, until_s)

    def offer(self, parcel: Parcel) -> bool:
        """Take a parcel; False = there is no room, and none of less worth could make way."""
        messages = sum(waiting.message_id is not None for waiting in self._parcels)
        if parcel.message_id is not None and messages >= MAX_MESSAGES:
            return False
        while len(self._parcels) >= MAX_PARCELS or self._bytes + parcel.size > MAX_BYTES:
            least = max(
                (waiting for waiting in self._parcels if _makes_way(waiting, parcel)),
                key=lambda waiting: (not waiting.is_own, waiting.priority, waiting.number),
                default=None,
            )
            if least is None:
                return False
            self._remove(least)
            self._given_up.append((least, "no-room"))
        parcel.number = self._number()
        self._parcels.append(parcel)
        self._bytes += parcel.size
        return True

    def expire(self, now_s: float) -> list[tuple[Parcel, str]]:
        """Give up what waited too long; returns that, and what made way since last asked.

        Each with its word: `no-airtime`, `no-room`.
        """
        for parcel in list(self._parcels):
            waits_s = WAITS_S if parcel.priority < PRESENCE else PRESENCE_WAITS_S
            is_in_vain = now_s - parcel.not_before_s > waits_s
            is_needed = parcel.is_own and not parcel.is_repeat
            if is_in_vain and not is_needed and parcel is not self._in_hand:
                self._remove(parcel)
                if not parcel.is_repeat:
                    self._given_up.append((parcel, "no-airtime"))
        given_up, self._given_up = self._given_up, []
        return given_up

    def overheard(
        self, key: Hashable, hops: int | None = None, by: Hashable = None
    ) -> Parcel | None:
        """Note a copy from somebody else; returns the parcel that this withdraws.

        Args:
            hops: Relays it had passed. What waits to be repeated is spared by one further on than
                ours only: others at our place do not tell that we were heard.
            by: Who sent it; counts once, however often he does. None = unknown.
        """
        for parcel in self._parcels:
            if parcel.key != key or parcel.is_begun:
                continue
            if parcel.is_repeat:
                is_spared = hops is None or hops > parcel.hops
            else:
                is_new = by is None or by not in parcel.senders
                parcel.senders.add(by)
                parcel.copies += is_new
                is_spared = 0 < parcel.patience <= parcel.copies
            if is_spared:
                self._remove(parcel)
                return parcel
            return None
        return None

    def answered(self, key: Hashable) -> Parcel | None:
        """Note an overheard answer; returns the parcel that this withdraws, the oldest it is for.

        Never a message of ours that was not yet sent: what is answered is one before it.
        """
        for parcel in self._parcels:
            is_for_it = key is not None and parcel.answered_by == key
            if is_for_it and not parcel.is_begun and (parcel.is_repeat or not parcel.is_own):
                self._remove(parcel)
                return parcel
        return None

    def holds(self, key: Hashable) -> bool:
        """Tell whether a packet waits here, to be sent or repeated."""
        return any(parcel.key == key for parcel in self._parcels)

    def withdraw(self, message_id: MessageId) -> None:
        """Forget what has not begun of a message of ours."""
        for parcel in list(self._parcels):
            if parcel.message_id == message_id and not parcel.is_begun:
                self._remove(parcel)

    def next_deadline_s(self, now_s: float) -> float | None:
        """Say when `take` will next have a frame; None while nothing waits or one is in hand."""
        if self._in_hand is not None or not self._parcels:
            return None
        ready_at_s = min(self._ready_at_s(parcel, now_s) for parcel in self._parcels)
        return max(self._free_at_s, ready_at_s) if ready_at_s < math.inf else None

    def take(self, now_s: float) -> tuple[bytes, Parcel] | None:
        """Hand out the next frame, if one is due; `sent` or `lost` must follow."""
        if self._in_hand is not None or now_s < self._free_at_s:
            return None
        parcel = min(self._due(now_s), key=self._rank, default=None)
        if parcel is None:
            return None
        parcel.is_begun = True
        self._in_hand = parcel
        return parcel.frames[0], parcel

    def sent(self, now_s: float) -> Parcel | None:
        """Note that the gateway took the frame; returns its parcel where that was the last one."""
        parcel = self._in_hand
        if parcel is None:
            return None
        self._in_hand = None
        self._spend(parcel, now_s)
        frame = parcel.frames.pop(0)
        self._bytes -= len(frame)
        if parcel.frames:
            parcel.not_before_s = now_s
            return None
        self._parcels.remove(parcel)
        if parcel.repeats > 0:
            self._repeat(parcel, frame)
        self._is_our_turn = not parcel.is_own and not any(p.is_begun for p in self._parcels)
        return parcel

    def _repeat(self, parcel: Parcel, frame: bytes) -> None:
        """Let a packet that was just sent wait to be sent again."""
        again = replace(
            parcel,
            frames=[frame],
            repeats=parcel.repeats - 1,
            not_before_s=self._free_at_s + parcel.repeat_after_s,
            is_begun=False,
            is_repeat=True,
        )
        self.offer(again)

    def lost(self) -> Parcel | None:
        """Note that the gateway would not take the frame; its parcel is given up and returned."""
        parcel = self._in_hand
        self._in_hand = None
        if parcel is not None:
            self._remove(parcel)
        return parcel

    def clear(self, now_s: float) -> list[Parcel]:
        """Give up everything; returns what waited. The duty cycle is remembered.

        A frame in hand may be on the air by now, so it is booked as if it were.
        """
        if self._in_hand is not None:
            self._spend(self._in_hand, now_s)
        parcels, self._parcels = self._parcels, []
        self._bytes = 0
        self._in_hand = None
        return parcels

    def _due(self, now_s: float) -> Iterator[Parcel]:
        return (parcel for parcel in self._parcels if self._ready_at_s(parcel, now_s) <= now_s)

    def _ready_at_s(self, parcel: Parcel, now_s: float) -> float:
        airtime_s = time_on_air_ms(len(parcel.frames[0]), self._radio) / 1000
        if parcel.priority >= PRESENCE and not parcel.is_own:
            airtime_s += self._duty.relay_allowance_s / 2
        wait_s = self._duty.wait_s(airtime_s, now_s, is_own=parcel.is_own)
        return max(parcel.not_before_s, now_s + wait_s) if wait_s > 0 else parcel.not_before_s

    def _spend(self, parcel: Parcel, now_s: float) -> None:
        airtime_s = time_on_air_ms(len(parcel.frames[0]), self._radio) / 1000
        self._duty.spend(airtime_s, now_s, is_own=parcel.is_own)
        self._free_at_s = now_s + airtime_s + PAUSE_S

    def _rank(self, parcel: Parcel) -> tuple[bool, int, bool, float, int]:
        # what has begun goes on before others of its rank: its receivers wait for the rest
        waits_its_turn = self._is_our_turn and not parcel.is_own
        return (
            waits_its_turn,
            parcel.priority,
            not parcel.is_begun,
            parcel.not_before_s,
            parcel.number,
        )

    def _remove(self, parcel: Parcel) -> None:
        self._parcels.remove(parcel)
        self._bytes -= parcel.size


def _makes_way(waiting: Parcel, parcel: Parcel) -> bool:
    """Tell whether what waits may be forgotten for a new parcel.

    A message of ours is counted on by who wrote it, so it never is.
    """
    if waiting.is_begun or waiting.message_id is not None:
        return False
    if parcel.is_own is not waiting.is_own:
        return parcel.is_own
    return waiting.priority > parcel.priority
