"""What a format's reader offers: finding packets by their places, and decoding one when asked.

Per packet 16 bytes are kept (place, size, a mark of the format's own), so a gigabyte costs what
its packets number, not what they hold.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from meshtui.capture.packet import CapturedPacket

MAX_PACKETS: Final = 10_000_000
MAX_PROBLEMS: Final = 20
MAX_RECORD_BYTES: Final = 512 * 1024
"""No record that matters is longer; a reader is always given at least that much at once."""


class Scanner(ABC):
    """Reads one format. `scan` may run in one thread while others `decode`.

    Attributes:
        form: The format's name for a person.
        places: Where each packet's record begins; grows last, so its length is how many there are.
        sizes: Bytes of each record.
        marks: Whatever the format needs to decode one: an interface, a line number.
        problems: What is wrong, a sentence each; at most `MAX_PROBLEMS`.
        is_stopped: Nothing after this can be read.
    """

    form = ""

    def __init__(self) -> None:
        """Begin at the start of the content."""
        self.places = array("Q")
        self.sizes = array("I")
        self.marks = array("I")
        self.problems: list[str] = []
        self.is_stopped = False

    @abstractmethod
    def scan(self, data: bytes, base: int) -> int:
        """Find whole records in `data`, which begins at place `base`.

        Returns:
            The place of the first byte that must be given again; beyond `data` where what lies
            there does not matter.
        """

    @abstractmethod
    def finish(self, data: bytes, base: int) -> None:
        """Take what is left at the very end, and say what is wrong with it."""

    @abstractmethod
    def decode(self, record: bytes, mark: int) -> CapturedPacket:
        """Read one record. Never raises."""

    def add(self, place: int, size: int, mark: int) -> bool:
        """Remember a packet; False = there are too many, and reading stops."""
        if len(self.places) >= MAX_PACKETS:
            self.stop(f"only the first {MAX_PACKETS:,} packets are shown")
            return False
        self.sizes.append(size)
        self.marks.append(mark)
        self.places.append(place)
        return True

    def note(self, problem: str) -> None:
        """Say what is wrong."""
        if len(self.problems) < MAX_PROBLEMS and problem not in self.problems:
            self.problems.append(problem)

    def stop(self, problem: str) -> None:
        """Say why nothing more can be read; what was whole is kept."""
        self.note(problem)
        self.is_stopped = True
