"""The list of packets: one line each, newest at the end, followed until the user looks back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from meshtui.model.packet import Verdict
from meshtui.model.text import clean_line
from meshtui.tui.text.columns import place, titles
from meshtui.tui.text.format import clock_exact
from meshtui.tui.text.packet_columns import DEFAULT, fitting
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.strip import Strip

    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.state.packets import Packets
    from meshtui.tui.text.columns import Placed
    from meshtui.tui.text.glyphs import Glyphs
    from meshtui.tui.widgets.ink import Ink, Part

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
_MAX_TEXT = 200
_ROOM_FOR_BOTH = 16
_FIVE_DIGITS = 99_999
_PREFIXES = {"m": "mark", "apostrophe": "go"}


class Names(Protocol):
    """Who is meant, cleaned."""

    def name_of(self, node_id: str) -> str:
        """A node or a channel, as a person reads it."""
        ...

    def hop_name(self, network: str, hop: str) -> str:
        """A relay, which may be named by a hash."""
        ...


class PacketList(InkedList):
    """Draws packets. `m` and `'` take one more letter: a mark to set, or to go to."""

    @dataclass
    class Lettered(Message):
        """A letter was typed after `m` (`mark`) or `'` (`go`); empty = one is waited for."""

        what: str
        letter: str

    def __init__(self, view: Packets, names: Names, glyphs: Glyphs) -> None:
        """Begin with what the view holds."""
        super().__init__(follow=True, show_cursor=True, id="packet-list")
        self.view = view
        self.marked: tuple[int, ...] = ()
        self.letters: dict[str, int] = {}
        self.is_delta = False
        self.chosen: Sequence[str] = DEFAULT
        self._names = names
        self._glyphs = glyphs
        self._prefix = ""
        self._placed: tuple[Placed, ...] = ()
        self._placed_for: tuple[object, ...] = ()

    def header(self, width: int) -> list[list[Part]]:
        """The line of titles."""
        return [[(titles(self._layout(width)), "head")]]

    def on_key(self, event: events.Key) -> None:
        """Take the letter of a mark."""
        if self._prefix:
            what, self._prefix = self._prefix, ""
            if event.character is not None and event.character.isascii():
                event.stop()
                event.prevent_default()
                self.post_message(self.Lettered(what, event.character))
        elif event.key in _PREFIXES:
            event.stop()
            event.prevent_default()
            self._prefix = _PREFIXES[event.key]
            self.post_message(self.Lettered(self._prefix, ""))

    def await_letter(self, what: str) -> None:
        """Take the next key as a letter to `mark` with, or to `go` to."""
        self.focus()
        self._prefix = what
        self.post_message(self.Lettered(what, ""))

    def on_blur(self) -> None:
        """A letter typed elsewhere is none of ours."""
        self._prefix = ""

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
        before = self._placed
        if self._layout(self.size.width) is not before:
            self.changed()

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
        for placed in self._layout(width):
            name = placed.column.name
            text = texts[name]
            if name == "verdict" and placed.width < _ROOM_FOR_BOTH:
                text = clean_line(row.summary.reason, _MAX_ID) or row.summary.verdict.value
            parts.append((placed.cell(text) + " ", self._ink(row, name)))
        if is_cursor and row.number not in self.marked:
            parts[0] = (f"{self._glyphs.cursor} ", "name")
        return self.line(parts, width, is_cursor=is_cursor)

    def _layout(self, width: int) -> tuple[Placed, ...]:
        """The columns where they stand; the same object until something of it changes."""
        newest = self.view.rows[-1].number if self.view.rows else 0
        digits = len(str(newest)) if newest > _FIVE_DIGITS else 0
        key = (width, *self.chosen, len(self.view.known), digits)
        if key != self._placed_for:
            columns = fitting(width, self.chosen, self.view.known)
            if digits:
                columns = [replace(c, width=digits) if c.name == "number" else c for c in columns]
            self._placed_for = key
            self._placed = place(columns, width, self._glyphs.ellipsis)
        return self._placed

    def _texts(self, row: PacketRow, before: PacketRow | None) -> Mapping[str, str]:
        summary = row.summary
        return {
            "mark": self._mark(row.number),
            "number": str(row.number),
            "time": self._time(row, before),
            "dir": row.direction,
            "net": clean_line(row.network, _MAX_ID),
            "link": clean_line(row.link_id, _MAX_ID),
            "type": clean_line(summary.kind, _MAX_ID),
            "stations": self._stations(row),
            "channel": clean_line(summary.channel, _MAX_ID),
            "text": clean_line(summary.text or summary.detail, _MAX_TEXT),
            "bytes": f"{len(row.payload)} B",
            "hops": "" if summary.hops is None else str(summary.hops),
            "path": self.path_words(row),
            "ttl": "" if summary.ttl is None else str(summary.ttl),
            "dBm": "" if row.rssi_dbm is None else str(row.rssi_dbm),
            "snr": "" if row.snr_db is None else snr_figure(row.snr_db),
            "verdict": verdict_words(row),
            "id": clean_line(summary.message_id, _MAX_ID),
            "hash": clean_line(summary.packet_hash, _MAX_ID),
            "topic": clean_line(row.endpoint, _MAX_ID),
        }

    def _mark(self, number: int) -> str:
        if number in self.marked[:2]:
            return "AB"[self.marked.index(number)]
        return next((sign for sign, at in self.letters.items() if at == number), "")

    def _time(self, row: PacketRow, before: PacketRow | None) -> str:
        if not self.is_delta:
            return clock_exact(row.at.unix_ms)
        if before is None:
            return "first"
        return f"+{max(0.0, row.at.mono_s - before.at.mono_s):.3f} s"

    def path_words(self, row: PacketRow) -> str:
        """The relays a packet names, first passed first."""
        return " > ".join(self._names.hop_name(row.network, hop) for hop in row.summary.path)

    def _stations(self, row: PacketRow) -> str:
        source, destination = row.summary.source, row.summary.destination
        left = self._names.name_of(source) if source else ""
        right = self._names.name_of(destination) if destination else ""
        if not right and row.summary.channel:
            right = f"channel {clean_line(row.summary.channel, _MAX_ID)}"
        if right:
            return f"{left or '?'} > {right}"
        return left or clean_line(row.endpoint, _MAX_ID)

    def _ink(self, row: PacketRow, column: str) -> Ink:
        if column in {"verdict", "type"}:
            return _INKS[row.summary.verdict]
        if column == "mark":
            return "warn"
        if column == "text" and not row.summary.text:
            return "dim"
        return "plain" if column in {"stations", "text", "bytes", "dBm", "snr"} else "dim"


def snr_figure(snr_db: float) -> str:
    """A signal-to-noise ratio as radios tell it, in quarters: `-9.75`."""
    return f"{round(snr_db, 2):g}"


def verdict_words(row: PacketRow) -> str:
    """What became of a packet, and why: `dropped: seen`."""
    reason = clean_line(row.summary.reason, _MAX_ID)
    return f"{row.summary.verdict.value}: {reason}" if reason else row.summary.verdict.value
