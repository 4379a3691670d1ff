"""What the keys of the packet inspector do, live or over a recording."""

from __future__ import annotations

import asyncio
import string
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from meshtui.errors import MeshtuiError
from meshtui.model.filter_completion import quoted
from meshtui.model.packet_row import json_line
from meshtui.model.text import clean_line
from meshtui.tui.panes.packet_frame import PacketFrame
from meshtui.tui.state.ladder import ladder_of
from meshtui.tui.state.packet_search import needle_of, places_from
from meshtui.tui.state.packet_stats import PacketStatistics

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from textual.timer import Timer

    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.state.packet_search import Needle
    from meshtui.tui.state.packets import Packets
    from meshtui.tui.widgets.packet_list import Names, PacketList
    from meshtui.tui.widgets.pane import Desk

SLICE_S: Final = 0.005
"""Work on many packets lets go of the screen after that long."""

FORMS: Final = ("jsonl", "pcap", "pcapng")
_STATS_EVERY_S: Final = 1.0
_TELL_EVERY_S: Final = 1.0
_PARTS: Final = ("packet-list", "packet-detail", "hex-view")


class Slices:
    """Lets others have their turn whenever a slice of time is used up."""

    def __init__(self) -> None:
        """Begin the first slice."""
        self._until_s = time.perf_counter() + SLICE_S

    async def rest(self) -> bool:
        """Rest if the slice is used up; tell whether it was."""
        if time.perf_counter() < self._until_s:
            return False
        await asyncio.sleep(0)
        self._until_s = time.perf_counter() + SLICE_S
        return True


def filter_of_message(row: PacketRow) -> str:
    """Write the filter that a packet's message passes; empty where it names none."""
    summary = row.summary
    message = summary.acks or summary.message_id
    tests = [f"id=={quoted(message)}", f"acks=={quoted(message)}"] if message else []
    if summary.packet_hash:
        tests.append(f"hash=={quoted(summary.packet_hash)}")
    return " || ".join(tests)


class PacketActions(PacketFrame):
    """The keys. Where packets come from, and where files go, subclasses say."""

    def __init__(self, desk: Desk, view: Packets, names: Names) -> None:
        """Nothing is looked for yet."""
        super().__init__(desk, view, names)
        self.needle: Needle | None = None
        self._sought = ""
        self._stats_rest: Timer | None = None
        self._are_stats_due = False

    # -- what subclasses say -------------------------------------------------------------------

    @abstractmethod
    def own_ids(self) -> Collection[str]:
        """Which nodes are us."""

    @abstractmethod
    async def write_file(self, form: str) -> Path:
        """Write what is shown to a new file.

        Raises:
            OSError: It cannot be written.
            MeshtuiError: It cannot be written in that form.
        """

    @abstractmethod
    def give_channel(self, row: PacketRow, typed: str) -> None:
        """Use a channel's key from now on, for packets such as this one."""

    # -- finding -------------------------------------------------------------------------------

    def action_filter_rows(self) -> None:
        """Type a filter."""
        self._filter.open(self.packets.filter_text)
        self.apply_filter(self.packets.filter_text)
        self.post_message(self.Restated())

    def action_look_for(self) -> None:
        """Type what to look for."""
        again = f"Enter alone: {clean_line(self._sought, 20)} again; " if self._sought else ""
        hint = f"{again}words, or hex digits; n next, N before, Esc takes it back"
        self._ask.ask("find", hint, self._look_for)
        self.post_message(self.Restated())

    def action_next_found(self) -> None:
        """On to the next."""
        self._look(1)

    def action_previous_found(self) -> None:
        """Back to the one before."""
        self._look(-1)

    def _look_for(self, typed: str) -> None:
        self._sought = typed or self._sought
        self.needle = needle_of(self._sought)
        self._look(1, is_first=True)

    def _look(self, step: int, *, is_first: bool = False) -> None:
        if self.needle is None:
            if not is_first:
                self.post_message(self.Notice("Nothing is looked for yet: s"))
            return
        self.run_worker(self._search(self.needle, step), exclusive=True, group="search")

    async def _search(self, needle: Needle, step: int) -> None:
        rows, slices, told_s = self.packets.snapshot(), Slices(), time.perf_counter()
        current = self._list.current()
        start = self.packets.index_of(current.number) if current is not None else 0
        for done, place in enumerate(places_from(start, len(rows), step), 1):
            row = rows[place]
            if needle.is_in_row(row, self.names.name_of) or needle.is_in_dissection(
                self.dissect(row)
            ):
                self._found(needle, row, has_wrapped=(place - start) * step <= 0)
                return
            if await slices.rest() and time.perf_counter() > told_s + _TELL_EVERY_S:
                told_s = time.perf_counter()
                self.post_message(self.Notice(f"looking, {100 * done // len(rows)} %"))
        said = clean_line(self._sought, 60)
        self.post_message(self.Notice(f"No packet here holds {said}", is_error=True))

    def _found(self, needle: Needle, row: PacketRow, *, has_wrapped: bool) -> None:
        self._list.move_to(self.packets.index_of(row.number))
        self._list.pause_following()
        self.select()
        self._parts.show_found(needle)
        round_ = ", round the end" if has_wrapped else ""
        self.post_message(self.Notice(f"Found in #{row.number}{round_}: n next, N before"))

    # -- one message ---------------------------------------------------------------------------

    def action_follow_message(self) -> None:
        """Show every packet of the selected one's message."""
        row = self.selected()
        if row is None:
            return
        text = filter_of_message(row)
        if not text:
            self.post_message(self.Notice("This packet carries no message id."))
            return
        self.apply_filter_for_now(text, row.number)

    def action_ladder(self) -> None:
        """Draw the selected packet's message, or go back to the list."""
        if self._over == "ladder":
            self.lay_over("")
            return
        row = self._list.current()
        if row is None:
            return
        self.draw_ladder(row)
        self.lay_over("ladder")

    def draw_ladder(self, row: PacketRow) -> None:
        """Draw a packet's message as it stands."""
        self.draw_ladder_of(self.packets.around(row.number), row)

    def draw_ladder_of(self, rows: Sequence[PacketRow], row: PacketRow) -> None:
        """Draw a packet's message out of these packets."""
        self._ladder.show(ladder_of(rows, row, self.own_ids()), row)
        self._ladder_head.redraw()
        self.give_room()

    # -- marks ---------------------------------------------------------------------------------

    def action_mark_packet(self) -> None:
        """Mark the selected packet; with two marked, compare them."""
        row = self._list.current()
        if row is None:
            return
        marked = [number for number in self._list.marked if number != row.number]
        if len(marked) == len(self._list.marked):
            marked = [*marked[-1:], row.number]
        self.mark(tuple(marked))

    def action_letter_packet(self) -> None:
        """A mark is set in the list, where the next key is its letter."""
        self._list.await_letter("mark")

    def action_go_to_letter(self) -> None:
        """Likewise."""
        self._list.await_letter("go")

    def on_packet_list_lettered(self, message: PacketList.Lettered) -> None:
        """Set a mark, or go to one."""
        message.stop()
        letter, letters = message.letter, self._list.letters
        row = self._list.current()
        if not letter:
            what = "Mark with" if message.what == "mark" else f"Go to {', '.join(sorted(letters))}"
            self.post_message(self.Notice(f"{what}: a letter" if message.what == "mark" else what))
        elif letter not in string.ascii_lowercase:
            self.post_message(self.Notice("A mark is a letter from a to z", is_error=True))
        elif message.what == "mark" and row is not None:
            letters[letter] = row.number
            self._list.changed()
            self.post_message(self.Notice(f"#{row.number} is {letter}: ' {letter} goes there"))
        elif letter in letters:
            self._go_to_letter(letters[letter])
        else:
            self.post_message(self.Notice(f"Nothing is marked {letter}", is_error=True))

    def _go_to_letter(self, number: int) -> None:
        place = self.packets.index_of(number)
        if place < 0 or self.packets.rows[place].number != number:
            self.post_message(
                self.Notice(f"#{number} is not in this list (any more)", is_error=True)
            )
        else:
            self._list.move_to(place)

    # -- parts and columns ---------------------------------------------------------------------

    def action_choose_columns(self) -> None:
        """Tick columns."""
        self.lay_over("" if self._over == "columns" else "columns")
        self.offer_columns()

    def action_maximise(self) -> None:
        """Give the focused part the whole pane, or bring the others back."""
        focused = self.screen.focused
        part = focused.id if focused is not None and focused.id in _PARTS else _PARTS[0]
        self._maximise("" if self._maximised() else part or "")

    def action_hex_aside(self) -> None:
        """Hex under the tree, or beside it."""
        self._parts.toggle_class("-stacked")

    def action_next_buffer(self) -> None:
        """Show the other bytes."""
        self._parts.next_buffer()

    def action_time_mode(self) -> None:
        """Time of day, or since the packet before."""
        self._list.is_delta = not self._list.is_delta
        self._list.changed()

    # -- statistics ----------------------------------------------------------------------------

    def action_packet_statistics(self) -> None:
        """Count what is shown, or go back to the list."""
        self.lay_over("" if self._over == "stats" else "stats")
        self.count_soon()

    def count_soon(self) -> None:
        """Count anew while the statistics are shown, at most once a second."""
        if self._over != "stats":
            return
        if self._stats_rest is not None:
            self._are_stats_due = True
            return
        self._stats_rest = self.set_timer(_STATS_EVERY_S, self._count_again)
        self.run_worker(self._count(), exclusive=True, group="statistics")

    def _count_again(self) -> None:
        self._stats_rest = None
        if self._are_stats_due:
            self._are_stats_due = False
            self.count_soon()

    async def _count(self) -> None:
        counts, slices = PacketStatistics(), Slices()
        shown_s = time.perf_counter()
        for row in self.packets.snapshot():
            counts.add(row)
            if await slices.rest() and time.perf_counter() - shown_s > _STATS_EVERY_S:
                shown_s = time.perf_counter()
                self._stats.show(counts)
        self._stats.show(counts)

    def filter_changed(self) -> None:
        """What is counted is what is shown."""
        self.count_soon()

    # -- away from here ------------------------------------------------------------------------

    def action_give_key(self) -> None:
        """Ask for the channel that opens the selected packet."""
        row = self.selected()
        if row is None:
            return
        named = row.summary.channel or row.summary.destination
        name = clean_line(named, 64) if named.startswith("#") else ""
        which = f"its hash is {clean_line(named, 64)}; " if named and not name else ""
        hint = f"{which}#name, name and key in hex, or an invitation"
        self._ask_channel(row, hint, name or "#")

    def _ask_channel(self, row: PacketRow, hint: str, text: str) -> None:
        self._ask.ask("join channel", hint, lambda typed: self._give(row, hint, typed), text=text)
        self.post_message(self.Restated())

    def _give(self, row: PacketRow, hint: str, typed: str) -> None:
        """What is refused stays in the line."""
        if not typed.strip(" #"):
            return
        try:
            self.give_channel(row, typed.strip())
        except MeshtuiError as error:
            self._ask_channel(row, hint, typed)
            self.post_message(self.Notice(clean_line(str(error), 200), is_error=True))

    def action_copy_hex(self) -> None:
        """Copy the frame's bytes."""
        row = self.selected()
        if row is not None:
            self.post_message(self.Copy(row.payload.hex(), f"packet #{row.number} as hex"))

    def action_copy_json(self) -> None:
        """Copy the packet's JSON line."""
        row = self.selected()
        if row is not None:
            self.post_message(self.Copy(json_line(row), f"packet #{row.number} as JSON"))

    def action_export(self) -> None:
        """Ask in which form the packets shown are written."""
        if not self.packets.rows:
            self.post_message(self.Notice("There is no packet to write."))
            return
        self._ask.ask(
            "write as",
            f"{self.export_hint()}; Tab for another form",
            self._write,
            text=FORMS[0],
            offered=FORMS,
        )
        self.post_message(self.Restated())

    def export_hint(self) -> str:
        """What is written where."""
        return f"{len(self.packets.rows):,} packets"

    def _write(self, typed: str) -> None:
        form = typed.strip().rpartition(".")[2].lower()
        if form not in FORMS:
            told = f"There are {', '.join(FORMS)}"
            self.post_message(self.Notice(told, is_error=True))
            return
        self.run_worker(self._export(form), exclusive=True, group="export")

    async def _export(self, form: str) -> None:
        count = len(self.packets.rows)
        try:
            path = await self.write_file(form)
        except (OSError, MeshtuiError) as error:
            self.post_message(self.Notice(clean_line(f"Not written: {error}", 200), is_error=True))
            return
        self.post_message(self.Notice(clean_line(f"{count:,} packets in {path}", 200)))
