"""The packet inspector over a recording: read on demand, filtered in the background."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from meshtui.model.filter_completion import quoted
from meshtui.model.ids import NodeId
from meshtui.model.packet import Verdict
from meshtui.model.text import clean_line
from meshtui.tui.command import bindings_of
from meshtui.tui.mesh_commands import MESH_COMMANDS
from meshtui.tui.panes.packet_actions import PacketActions, filter_of_message
from meshtui.tui.state.directory import short_id
from meshtui.tui.state.joining import read_joining
from meshtui.tui.state.ladder import MAX_STEPS
from meshtui.tui.state.recorded import RecordedView
from meshtui.tui.text.format import count_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual.binding import BindingType

    from meshtui.model.packet import Dissection
    from meshtui.model.packet_row import PacketRow
    from meshtui.runtime.api import ReadingProgress, RecordingApi
    from meshtui.tui.widgets.line_list import LineList
    from meshtui.tui.widgets.pane import Desk

_MAX_NAME = 32


class RecordedNames:
    """Who is meant, as far as the packets read so far say."""

    def __init__(self, api: RecordingApi, ellipsis: str) -> None:
        """Ask this recording."""
        self._api = api
        self._ellipsis = ellipsis

    def name_of(self, node_id: str) -> str:
        """A node or a channel, cleaned; it may call itself anything, so its id begins it too."""
        name = clean_line(self._api.name_of(node_id), _MAX_NAME)
        short = short_id(NodeId(node_id), self._ellipsis)
        return name or short

    def hop_name(self, _network: str, hop: str) -> str:
        """A relay; a hash of it stays one."""
        return self.name_of(hop)


class RecordingPane(PacketActions):
    """All packets of a recording; nothing is decoded but what is shown, or asked for."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(MESH_COMMANDS, "packets")

    def __init__(self, desk: Desk, recording: RecordingApi) -> None:
        """Begin with what was found when it was opened."""
        self.recording = recording
        self.view = RecordedView(recording)
        super().__init__(desk, self.view, RecordedNames(recording, desk.glyphs.ellipsis))
        self._exports = desk.exports_dir or Path.cwd()
        self._reading = ""
        self._columns_known = 0

    async def load(self) -> None:
        """Show the first packets, and read on."""
        self._list.show_all()
        if self.recording.progress().bytes_total is not None:
            self._list.pause_following()
            self._list.move_to(0, to_top=True)
        # both at once would share one processor, and the first screen is waited for
        self.call_after_refresh(self._begin_to_read_on)

    def _begin_to_read_on(self) -> None:
        self.run_worker(self._read_on(), group="read")

    # -- what the frame asks -------------------------------------------------------------------

    def dissect(self, row: PacketRow) -> Dissection:
        """Take a packet apart with the keys at hand."""
        return self.recording.dissect(row)

    def own_ids(self) -> Collection[str]:
        """Those who sent what was recorded as sent."""
        around = self.view.around(row.number) if (row := self._list.current()) else ()
        sent = (row for row in around if row.summary.verdict is Verdict.SENT)
        return {row.summary.source for row in sent} - {""}

    async def write_file(self, form: str) -> Path:
        """Write the packets shown."""
        return await self.recording.export(self._exports, self.view.indices, form)

    def give_channel(self, row: PacketRow, typed: str) -> None:
        """Read with its key from now on."""
        request = read_joining(typed, row.network, (row.network,))
        secret = "" if request.secret is None else request.secret.reveal.hex()
        self.recording.add_channel(request.name, secret)
        self.post_message(self.Notice(f"Read with {clean_line(request.name, 64)} from now on"))
        self.run_worker(self._count_opened(request.name), exclusive=True, group="opened")
        current = self._list.current()
        self.apply_filter(self.view.filter_text, number=current.number if current else None)

    def list_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter now."""
        row = self.selected()
        if row is not None and row.summary.verdict is Verdict.UNREADABLE:
            return (("c", "give the channel that opens it"), *super().list_keys())
        return super().list_keys()

    def filter_changed(self) -> None:
        """Look for what passes, in the background."""
        super().filter_changed()
        self._shown = None
        self._note("")
        if self.view.filter_text.strip():
            self.run_worker(self._sift(), exclusive=True, group="filter")
        else:
            self.workers.cancel_group(self, "filter")

    def on_line_list_moved(self, message: LineList.Moved) -> None:
        """What was read may fill columns that were blank."""
        super().on_line_list_moved(message)
        if len(self.view.known) != self._columns_known:
            self._columns_known = len(self.view.known)
            self._list.changed()
            self._list_head.redraw()

    def draw_ladder(self, row: PacketRow) -> None:
        """Draw what is near at once; all of the recording is looked through behind it."""
        super().draw_ladder(row)
        if text := filter_of_message(row):
            self.run_worker(self._look_further(row, text), exclusive=True, group="ladder")

    def action_pause(self) -> None:
        """A recording stands still."""
        self._list.pause_following()

    def action_newest(self) -> None:
        """The last one, and follow where more may come."""
        self._list.follow_end()

    # -- within --------------------------------------------------------------------------------

    async def _read_on(self) -> None:
        async with aclosing(self.recording.read_on()) as reports:
            async for progress in reports:
                self._reading = "" if progress.is_complete else _reading_words(progress)
                self._note("")
                if not self.view.filter_text.strip():
                    self._grown(self.view.grow())
        self._reading = ""
        self._note("")
        problems = self.recording.progress().problems
        if problems:
            said = clean_line(problems[0], 160)
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            self.post_message(self.Notice(said + more, is_error=True))
        if self.view.filter_text.strip():
            self.filter_more()

    def filter_more(self) -> None:
        """What was found after the filter began is looked at as well."""
        if self.view.looked_at < len(self.recording):
            self.run_worker(self._sift(), exclusive=True, group="filter")

    async def _sift(self) -> None:
        start = self.view.looked_at
        async with aclosing(self.recording.filtered(self.view.filter_text, start)) as reports:
            async for progress in reports:
                looked_at = start + progress.looked_at
                self._grown(self.view.pass_on(progress.passing, looked_at))
                self._note(f"filtering, {100 * progress.looked_at // max(progress.total, 1)} %")
        self._note("")
        self.count_soon()

    async def _look_further(self, row: PacketRow, text: str) -> None:
        found: list[int] = []
        async with aclosing(self.recording.filtered(text)) as reports:
            async for progress in reports:
                found += progress.passing
                if len(found) >= MAX_STEPS:
                    break
        near = {each.number: each for each in self.view.around(row.number)}
        far = [self.recording.row(at) for at in found[:MAX_STEPS] if at + 1 not in near]
        if far and self._over == "ladder":
            near.update((each.number, each) for each in far)
            rows = [near[number] for number in sorted(near)]
            self.draw_ladder_of(rows, self._ladder.current() or row)
            self.post_message(self.Restated())

    async def _count_opened(self, name: str) -> None:
        text = f"channel=={quoted(name)} && verdict!=unreadable"
        opened = 0
        async with aclosing(self.recording.filtered(text)) as reports:
            async for progress in reports:
                opened += len(progress.passing)
        if opened:
            said = f"{count_of(opened, 'packet')} read with {clean_line(name, 64)}"
            self.post_message(self.Notice(said))

    def _grown(self, come: int) -> None:
        was_empty = not self._list.count
        self._list.advance(0, come)
        if come and was_empty:
            self._list.move_to(0)
            self.select()
        if come:
            self.count_soon()

    def _note(self, filtering: str) -> None:
        problems = len(self.recording.progress().problems)
        broken = count_of(problems, "problem") if problems else ""
        dot = f" {self.desk.glyphs.dot} "
        self.view.note = dot.join(word for word in (self._reading, filtering, broken) if word)
        self.post_message(self.Restated())


def _reading_words(progress: ReadingProgress) -> str:
    if progress.bytes_total is None:
        return "reading"
    return f"reading, {100 * progress.bytes_read // max(progress.bytes_total, 1)} %"
