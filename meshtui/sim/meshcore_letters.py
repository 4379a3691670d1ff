"""The texts of a simulated person, until they are acknowledged: as the clients of people do it.

Three attempts, each a little longer than the radio says; for the third the way is forgotten, so it
goes everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError

if TYPE_CHECKING:
    from meshtui.sim.meshcore_station import MeshcoreStation
    from meshtui.sim.tally import Tally

MAX_OPEN: Final = 8  # the node waits for no more acknowledgements
ATTEMPTS: Final = 3
_PATIENCE: Final = 1.2


@dataclass(slots=True, eq=False)
class Letter:
    """A text on its way.

    Attributes:
        acks: What would acknowledge any of its attempts.
    """

    peer: bytes
    text: str
    timestamp: int
    message_id: str
    attempt: int
    acks: set[bytes]


class Letters:
    """Those of one person."""

    def __init__(self, station: MeshcoreStation, tally: Tally) -> None:
        """Begin with none."""
        self._station = station
        self._tally = tally
        self._open: list[Letter] = []

    def write(self, peer: bytes, text: str, message_id: str = "") -> int | None:
        """Begin to send a text; returns its time stamp. None = too long, or too many are open.

        Args:
            message_id: By which it is counted; empty = it is not.
        """
        if len(self._open) >= MAX_OPEN:
            self._tally.refused("too many texts wait for an acknowledgement")
            return None
        station = self._station
        timestamp = station.node.unique_time(station.engine.instant())
        letter = Letter(peer, text, timestamp, message_id, 0, set())
        self._open.append(letter)
        try:
            self._send(letter)
        except EncodeError as error:
            self._open.remove(letter)
            self._tally.refused(str(error))
            return None
        return timestamp

    def acked(self, ack: bytes) -> None:
        """Take an acknowledgement."""
        for letter in self._open:
            if ack in letter.acks:
                self._tally.confirmed(letter.message_id)
                self._open.remove(letter)
                return

    def _send(self, letter: Letter) -> None:
        station = self._station
        now = station.engine.instant()
        if letter.attempt == ATTEMPTS - 1:
            station.node.set_out_path(letter.peer, None, now)
        sent = station.node.send_text(
            letter.peer, letter.text, letter.timestamp, now, letter.attempt
        )
        self._tally.tried(letter.message_id)
        letter.acks.add(sent.ack)
        station.do(sent.outputs)
        station.engine.after(
            _PATIENCE * sent.est_timeout_ms / 1000, self._late, letter, letter.attempt
        )

    def _late(self, letter: Letter, attempt: int) -> None:
        if letter not in self._open or letter.attempt != attempt:
            return
        letter.attempt += 1
        if letter.attempt == ATTEMPTS or not self._station.is_on:
            self._open.remove(letter)
        else:
            self._send(letter)
