"""Where a window stands over rows of unlike heights: arithmetic, nothing of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class LineWindow:
    """The topmost row, and how many of its lines are above the window.

    Heights are asked for only around the window, so a list may be as long as it likes.

    Attributes:
        count: Rows in all.
        height: Lines of the window.
        top: The topmost row.
        skip: Its lines above the window.
    """

    def __init__(self, height_of: Callable[[int], int]) -> None:
        """Stand at the beginning of an empty list; `height_of` tells a row's lines."""
        self.count = 0
        self.height = 0
        self.top = 0
        self.skip = 0
        self._height_of = height_of

    def to_row(self, row: int) -> None:
        """Begin with a row."""
        self.top, self.skip = row, 0

    def to_end(self) -> None:
        """Stand so that the last line of the last row is the window's last line."""
        row, missing = self.count, self.height
        while row > 0 and missing > 0:
            row -= 1
            missing -= self._height_of(row)
        self.top, self.skip = max(row, 0), max(-missing, 0)

    def fill(self) -> bool:
        """Leave no room below the last row while there are rows above.

        Returns:
            True where the window stands at the end of the list.
        """
        before = (self.top, self.skip)
        self.to_end()
        if before < (self.top, self.skip):
            self.top, self.skip = before
            return False
        return True

    def reveal(self, row: int) -> None:
        """Move as little as possible so that a row is in the window."""
        if row < self.top or (row == self.top and self.skip):
            self.to_row(row)
        else:
            self._lower_to(row)

    def scroll(self, lines: int) -> None:
        """Move by lines, upwards where negative, no further than the beginning."""
        while lines > 0 and self.top < self.count:
            left = self._height_of(self.top) - self.skip
            if lines < left:
                self.skip += lines
                break
            lines -= left
            self.to_row(self.top + 1)
        while lines < 0 and (self.top > 0 or self.skip > 0):
            if self.skip:
                step = min(self.skip, -lines)
                self.skip -= step
                lines += step
            else:
                self.top -= 1
                self.skip = self._height_of(self.top)

    def _lower_to(self, row: int) -> None:
        """Bring the last line of a row that may stand below the window into it."""
        room, walk = self.height, row
        while walk >= self.top and room > 0:
            room -= self._height_of(walk) - (self.skip if walk == self.top else 0)
            walk -= 1
        if room < 0:
            self.top = walk + 1
            self.skip = min(-room, self._height_of(walk + 1) - 1)
        elif walk >= self.top:
            self.to_row(walk + 1)
