"""Who passed a text of ours on, as far as the copies that are heard tell.

Nothing in a copy proves who sent it: whoever heard our packet can play it back, under any
repeater's hash. So this counts what is claimed, each repeater once and not without bound, and
nothing but a count ever follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from meshtui.networks.meshcore.packet import Packet

MAX_RELAYS: Final = 32


class Relays:
    """The repeaters of one text."""

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        """Begin with none."""
        self._marks: set[bytes] = set()

    def note(self, packet: Packet) -> bool:
        """Take a copy that was heard; tells whether it is another repeater's than those before."""
        mark = _mark_of(packet)
        if not mark or mark in self._marks or len(self._marks) >= MAX_RELAYS:
            return False
        self._marks.add(mark)
        return True


def _mark_of(packet: Packet) -> bytes:
    """Tell a copy's sender from others; empty where no repeater can have sent it."""
    if packet.is_flood:
        # each puts its hash behind the path; a copy without any is our own, played back
        return b"flood" + packet.path[-packet.hash_size :] if packet.hops else b""
    # along a path each takes itself out of it: what is left tells where it is
    return b"direct" + bytes((packet.path_len,)) + packet.path
