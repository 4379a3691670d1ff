"""The list of packets: one line each, newest at the end, followed until the user looks back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.packet import Verdict
from meshtui.model.text import clean_line
from meshtui.tui.text.columns import Column, place, titles
from meshtui.tui.text.format import clock_exact
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.strip import Strip

    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.state.packets import PacketView
    from meshtui.tui.text.glyphs import Glyphs
    from meshtui.tui.widgets.ink import Ink, Part

_COLUMNS = (
    Column("mark", 1, title=""),
    Column("number", 6, is_right=True, title="#"),
    Column("time", 12),
    Column("dir", 2, title=""),
    Column("link", 7, from_width=70),
    Column("type", 8),
    Column("stations", 12, grow=3, title="from > to"),
    Column("bytes", 6, is_right=True),
    Column("hops", 4, is_right=True, title="via"),
    Column("ttl", 3, from_width=110, is_right=True),
    Column("dBm", 5, from_width=84, is_right=True),
    Column("snr", 7, from_width=104, is_right=True),
    Column("short", 10, below_width=100, title="verdict"),
    Column("verdict", 20, from_width=100),
    Column("id", 9, grow=1, from_width=130),
    Column("topic", 14, grow=2, from_width=130),
)
_WITHOUT_SIGNAL = tuple(column for column in _COLUMNS if column.name not in {"dBm", "snr"})
_INKS: Mapping[Verdict, Ink] = {
    Verdict.DELIVERED: "good",
    Verdict.HANDLED: "plain",
    Verdict.RELAYED: "plain",
    Verdict.DROPPED: "warn",
    Verdict.UNREADABLE: "bad",
    Verdict.REJECTED: "bad",
    Verdict.SENT: "name",
    Verdict.IGNORED: "dim",
}
_MAX_ID = 64


class PacketList(InkedList):
    """Draws a `PacketView`."""

    def __init__(self, view: PacketView, name_of: Callable[[str], str], glyphs: Glyphs) -> None:
        """Begin with what the view holds.

        Args:
            name_of: A node id as a person reads it; cleaned.
        """
        super().__init__(follow=True, show_cursor=True, id="packet-list")
        self.view = view
        self.marked: tuple[int, ...] = ()
        self.is_delta = False
        self._name_of = name_of
        self._glyphs = glyphs

    def header(self, width: int) -> list[list[Part]]:
        """The line of titles."""
        return [[(titles(place(self._columns(), width)), "head")]]

    def show_all(self, *, number: int | None = None) -> None:
        """Draw the view's rows anew, the cursor on packet `number` or the one after it."""
        cursor = None if number is None or self.is_following else self.view.index_of(number)
        self.set_rows(len(self.view.rows), self._draw_row, cursor=cursor)

    def advance(self, gone: int, come: int) -> None:
        """Rows went in front and came at the end."""
        if gone:
            self.drop_first(gone)
        if come or gone:
            self.grow(len(self.view.rows))

    def current(self) -> PacketRow | None:
        """The packet under the cursor."""
        rows = self.view.rows
        return rows[self.cursor] if 0 <= self.cursor < len(rows) else None

    def _draw_row(self, index: int, width: int, is_cursor: bool) -> Strip:  # noqa: FBT001
        rows = self.view.rows
        if index >= len(rows):
            return self.line([], width)
        row = rows[index]
        texts = self._texts(row, rows[index - 1] if index else None)
        parts: list[Part] = []
        for placed in place(self._columns(), width, self._glyphs.ellipsis):
            name = placed.column.name
            parts.append((placed.cell(texts[name]) + " ", self._ink(row, name)))
        if is_cursor and row.number not in self.marked:
            parts[0] = (f"{self._glyphs.cursor} ", "name")
        return self.line(parts, width, is_cursor=is_cursor)

    def _columns(self) -> Sequence[Column]:
        """Signal strengths only once a radio has told some."""
        return _COLUMNS if self.view.log.has_signal else _WITHOUT_SIGNAL

    def _texts(self, row: PacketRow, before: PacketRow | None) -> Mapping[str, str]:
        summary = row.summary
        return {
            "mark": self._mark(row.number),
            "number": str(row.number),
            "time": self._time(row, before),
            "dir": row.direction,
            "link": clean_line(row.link_id, _MAX_ID),
            "type": clean_line(summary.kind, _MAX_ID),
            "stations": self._stations(row),
            "bytes": f"{len(row.payload)} B",
            "hops": "" if summary.hops is None else str(summary.hops),
            "ttl": "" if summary.ttl is None else str(summary.ttl),
            "dBm": "" if row.rssi_dbm is None else str(row.rssi_dbm),
            "snr": "" if row.snr_db is None else f"{row.snr_db:g} dB",
            "short": clean_line(summary.reason, _MAX_ID) or summary.verdict.value,
            "verdict": verdict_words(row),
            "id": clean_line(summary.message_id, _MAX_ID),
            "topic": clean_line(row.endpoint, _MAX_ID),
        }

    def _mark(self, number: int) -> str:
        return "AB"[self.marked.index(number)] if number in self.marked[:2] else ""

    def _time(self, row: PacketRow, before: PacketRow | None) -> str:
        if not self.is_delta:
            return clock_exact(row.at.unix_ms)
        if before is None:
            return "first"
        return f"+{max(0.0, row.at.mono_s - before.at.mono_s):.3f} s"

    def _stations(self, row: PacketRow) -> str:
        source, destination = row.summary.source, row.summary.destination
        left = self._name_of(source) if source else ""
        right = self._name_of(destination) if destination else ""
        return f"{left or '?'} > {right}" if right else left

    def _ink(self, row: PacketRow, column: str) -> Ink:
        if column in {"verdict", "short", "type"}:
            return _INKS[row.summary.verdict]
        if column == "mark":
            return "warn"
        return "plain" if column in {"stations", "bytes", "dBm", "snr"} else "dim"


def verdict_words(row: PacketRow) -> str:
    """What became of a packet, and why: `dropped: seen`."""
    reason = clean_line(row.summary.reason, _MAX_ID)
    return f"{row.summary.verdict.value}: {reason}" if reason else row.summary.verdict.value
