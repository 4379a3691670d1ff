"""Which repeaters a repeater hears itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.payloads.request import NeighbourOrder, NeighboursRequest
from meshtui.networks.meshcore.payloads.response import (
    MAX_NEIGHBOUR_BYTES,
    Neighbour,
    Neighbours,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NEIGHBOURS: Final = 50
_KEY_BYTES: Final = 32
_ENTRY_BYTES: Final = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """A repeater whose advertisement came without a hop.

    Attributes:
        at_s: By our clock, Unix seconds.
        snr_q4: Quarters of a decibel.
    """

    public_key: bytes
    at_s: int
    snr_q4: int


class NeighbourTable:
    """At most fifty; who was not heard for longest makes room."""

    def __init__(self) -> None:
        """Begin with none."""
        self._heard: dict[bytes, Heard] = {}

    def __len__(self) -> int:
        """Count them."""
        return len(self._heard)

    def __iter__(self) -> Iterator[Heard]:
        """Go through all, the last heard first."""
        return iter(sorted(self._heard.values(), key=lambda one: -one.at_s))

    def put(self, heard: Heard) -> None:
        """Note one."""
        self._heard.pop(heard.public_key, None)
        self._heard[heard.public_key] = heard
        if len(self._heard) > MAX_NEIGHBOURS:
            del self._heard[next(iter(self._heard))]

    def page(self, wanted: NeighboursRequest, now_s: int) -> Neighbours:
        """Return the part of the table that is asked for, as far as it fits an answer."""
        prefix_bytes = min(wanted.prefix_bytes, _KEY_BYTES)
        room = MAX_NEIGHBOUR_BYTES // (prefix_bytes + _ENTRY_BYTES)
        ordered = _ordered(list(self._heard.values()), wanted.order)
        part = ordered[wanted.offset : wanted.offset + min(wanted.count, room)]
        entries = tuple(
            Neighbour(one.public_key[:prefix_bytes], max(0, now_s - one.at_s), one.snr_q4 / 4)
            for one in part
        )
        return Neighbours(len(ordered), entries)


def _ordered(heard: list[Heard], order: int) -> list[Heard]:
    """Sort them; an order nobody knows leaves them as they came."""
    match order:
        case NeighbourOrder.NEWEST:
            return sorted(heard, key=lambda one: -one.at_s)
        case NeighbourOrder.OLDEST:
            return sorted(heard, key=lambda one: one.at_s)
        case NeighbourOrder.STRONGEST:
            return sorted(heard, key=lambda one: -one.snr_q4)
        case NeighbourOrder.WEAKEST:
            return sorted(heard, key=lambda one: one.snr_q4)
        case _:
            return heard
