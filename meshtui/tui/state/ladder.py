"""A message as a ladder: every frame that has to do with it, drawn between the stations it names.

A reception stands for the whole way it came: its sender, the relays it names, us. What we sent goes
from us to its recipient, or where it names its way, along that. An acknowledgement runs back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from meshtui.model.packet_row import PacketRow

ME = "\x00me"
"""The station that is us; no node id holds a NUL."""

UNKNOWN = "\x00?"
EVERYBODY = "\x00*"

_HASH_DIGITS = (2, 4, 6)
MAX_STEPS = 300
MAX_STATIONS = 40


@dataclass(frozen=True, slots=True)
class Step:
    """One frame.

    Attributes:
        stations: Where it passed, in that order; at least two.
        is_back: It answers the message: an acknowledgement.
    """

    row: PacketRow
    stations: tuple[str, ...]
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """Attributes:
    stations: All of them, from the message's origin on.
    steps: In the order in which they passed.
    names: The message ids and packet hashes by which its frames are known.
    """

    stations: tuple[str, ...]
    steps: tuple[Step, ...]
    names: frozenset[str] = frozenset()

    @property
    def copies(self) -> int:
        """How often the message itself was heard."""
        return sum(step.row.direction == "rx" and not step.is_back for step in self.steps)

    def concerns(self, row: PacketRow) -> bool:
        """Tell whether another frame is one of this message's."""
        return _belongs(row, self.names, self.names)


def related(rows: Iterable[PacketRow], row: PacketRow) -> list[PacketRow]:
    """Return the frames of a frame's message: its copies, and what acknowledges it."""
    summary = row.summary
    messages = {summary.acks or summary.message_id} - {""}
    hashes = {summary.packet_hash} - {""}
    kept = list(rows)
    # a copy may name what the chosen frame does not: an attempt of the same message, its hash
    for other in kept:
        if _belongs(other, messages, hashes):
            hashes |= {other.summary.packet_hash} - {""}
            messages |= {other.summary.acks or other.summary.message_id} - {""}
    found = [other for other in kept if _belongs(other, messages, hashes)]
    return found[:MAX_STEPS] or [row]


def ladder_of(rows: Iterable[PacketRow], row: PacketRow, own: Collection[str]) -> Ladder:
    """Draw a frame's message.

    Args:
        own: Our node ids.
    """
    found = related(rows, row)
    origin, target = _ends(found, own)
    acknowledged = {other.summary.acks for other in found} - {""}
    steps = tuple(
        Step(other, _stations(other, own, origin, target), _is_back(other, acknowledged))
        for other in found
    )
    names = {name for other in found for name in _names(other)} - {""}
    return Ladder(_in_order(steps, origin), steps, frozenset(names))


def _names(row: PacketRow) -> tuple[str, str, str]:
    return row.summary.message_id, row.summary.acks, row.summary.packet_hash


def _belongs(row: PacketRow, messages: Collection[str], hashes: Collection[str]) -> bool:
    summary = row.summary
    return (
        summary.message_id in messages or summary.acks in messages or summary.packet_hash in hashes
    )


def _is_back(row: PacketRow, acknowledged: Collection[str]) -> bool:
    return bool(row.summary.acks) and row.summary.acks in acknowledged


def _ends(rows: Sequence[PacketRow], own: Collection[str]) -> tuple[str, str]:
    """Who wrote the message, and to whom, where a frame of it says so."""
    for row in rows:
        summary = row.summary
        if not summary.acks and summary.source:
            origin = ME if summary.source in own else summary.source
            return origin, _recipient(summary.destination, own)
    return UNKNOWN, UNKNOWN


def _recipient(destination: str, own: Collection[str]) -> str:
    if destination in own:
        return ME
    is_wide = not destination or destination.startswith("#") or destination == "broadcast"
    return EVERYBODY if is_wide else destination


def _stations(row: PacketRow, own: Collection[str], origin: str, target: str) -> tuple[str, ...]:
    summary = row.summary
    # who acknowledges does not always say who he is: it is whom the message was for
    fallback = target if summary.acks else origin
    source = (ME if summary.source in own else summary.source) or fallback
    path = tuple(ME if _is_us(hop, own) else hop for hop in summary.path[:MAX_STATIONS])
    if row.direction == "tx":
        if source != ME:  # passed on: what it names so far lies behind it
            return (ME, _goal(summary.destination, own, origin if summary.acks else target))
        return (ME, *path, _goal(summary.destination, own, origin if summary.acks else target))
    if source == ME:  # our own packet, passed on by the last relay it names
        return (path[-1] if path else UNKNOWN, ME)
    return (source, *path, ME)


def _is_us(hop: str, own: Collection[str]) -> bool:
    """Whether a relay is named by our id, or by the first bytes of it."""
    return hop in own or (len(hop) in _HASH_DIGITS and any(me.startswith(hop) for me in own))


def _goal(destination: str, own: Collection[str], fallback: str) -> str:
    goal = _recipient(destination, own) if destination else fallback
    return EVERYBODY if goal == ME else goal


def _in_order(steps: Iterable[Step], origin: str) -> tuple[str, ...]:
    """Lay all stations in one line, such that most ways run to the right.

    Whoever passes our message on stands between us and its recipient.
    """
    order: list[str] = []
    for step in steps:
        place = -1
        is_against = step.is_back or (origin == ME and step.stations[-1] == ME)
        for station in reversed(step.stations) if is_against else step.stations:
            if station in order:
                place = order.index(station)
            elif len(order) < MAX_STATIONS:
                place += 1
                order.insert(place, station)
    return tuple(order)
