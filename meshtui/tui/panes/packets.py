"""The packet inspector over the running mesh: every frame in and out, live."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from meshtui.model.event import NodeHeard
from meshtui.model.ids import NetworkName, NodeId
from meshtui.model.packet import Verdict
from meshtui.model.packet_row import frame_of
from meshtui.tui.command import bindings_of
from meshtui.tui.mesh_commands import MESH_COMMANDS
from meshtui.tui.panes.packet_actions import SLICE_S, PacketActions, Slices
from meshtui.tui.state.claimed_names import ClaimedNames
from meshtui.tui.state.joining import read_joining
from meshtui.tui.state.packets import PacketLog, PacketView, position_of
from meshtui.tui.state.rereading import KeyWatch, unopened
from meshtui.tui.text.format import count_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual.binding import BindingType
    from textual.timer import Timer

    from meshtui.model.event import Event
    from meshtui.model.packet import Dissection
    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.state.directory import Directory
    from meshtui.tui.widgets.pane import Desk

_REREAD_EVERY_S = 2.0
"""Packets that were not opened are tried again at most this often, whatever is heard."""

_LAYOUT_S = 0.15
"""So long packets wait when something is laid over the list, or taken off it."""

_AT_A_TIME = 50
_MOST_PENDING = 10_000
"""Events that wait for their slice; what is more is folded at once."""


class DirectoryNames:
    """Who is meant, as the directory knows by now."""

    def __init__(self, directory: Directory) -> None:
        """Look into this directory."""
        self._directory = directory

    def name_of(self, node_id: str) -> str:
        """A node, or a channel, which is its own name."""
        return self._directory.name_of(NodeId(node_id))

    def hop_name(self, network: str, hop: str) -> str:
        """A relay, which may be named by a hash."""
        return self._directory.hop_name(NetworkName(network), NodeId(hop))


class PacketsPane(PacketActions):
    """The newest packets, followed until the user looks back."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(MESH_COMMANDS, "packets")

    def __init__(self, desk: Desk) -> None:
        """Begin empty."""
        self.view = PacketView(PacketLog(), ClaimedNames(desk.directory))
        super().__init__(desk, self.view, DirectoryNames(desk.directory))
        self._exports = desk.exports_dir or Path.home() / "meshtui-exports"
        self._keys = KeyWatch()
        self._pending: deque[Event] = deque()
        self._is_folding = False
        self._laid_out_s = 0.0
        self._drawn = 0  # the newest packet that the ladder was drawn with
        self._to_reread: set[NetworkName] = set()
        self._reread_rest: Timer | None = None

    async def load(self) -> None:
        """Frames are not kept on disk."""
        self._list.show_all()

    def consume(self, events: Sequence[Event]) -> None:
        """Take frames, names and keys: many of them in slices, so that a key press goes before."""
        self._pending.extend(events)
        if not self._is_folding:
            if time.perf_counter() >= self._laid_out_s:
                self._fold_slice()
            if self._pending:
                self._is_folding = True
                self.run_worker(self._fold_on(), group="fold")
        while len(self._pending) > _MOST_PENDING:
            self._fold_slice()

    async def _fold_on(self) -> None:
        while self._pending:
            await asyncio.sleep(max(0.0, self._laid_out_s - time.perf_counter()))
            self._fold_slice()
        self._is_folding = False

    def lay_over(self, name: str) -> None:
        """Let what was asked for be seen before more packets are."""
        self._laid_out_s = time.perf_counter() + _LAYOUT_S
        super().lay_over(name)

    def _fold_slice(self) -> None:
        """Fold for as long as a slice is, and show what came of it."""
        before, until_s = self._state(), time.perf_counter() + SLICE_S
        while self._pending:
            events = [self._pending.popleft() for _ in range(min(len(self._pending), _AT_A_TIME))]
            if any(isinstance(event, NodeHeard) for event in events):
                self._list.changed()
            self._list.advance(*self.view.extend(events))
            self._to_reread |= self._keys.networks_with_new_keys(events)
            if time.perf_counter() > until_s:
                break
        self._reread_soon()
        if before != self._state():
            self._list_head.redraw()
            self.count_soon()
            self._extend_ladder()
            self.post_message(self.Restated())

    # -- what the frame asks -------------------------------------------------------------------

    def dissect(self, row: PacketRow) -> Dissection:
        """Take a packet apart with the keys at hand."""
        return self.desk.api.dissect(row.network, frame_of(row))

    def own_ids(self) -> Collection[str]:
        """Us, in every network."""
        return {str(me.node_id) for me in self.desk.api.myself()}

    async def write_file(self, form: str) -> Path:
        """Write the packets shown."""
        return await self.desk.api.export(self._exports, self.view.snapshot(), form)

    def give_channel(self, row: PacketRow, typed: str) -> None:
        """Join it."""
        networks = [me.network for me in self.desk.api.myself()]
        self.post_message(self.Submit(read_joining(typed, row.network, networks)))

    def list_keys(self) -> Sequence[tuple[str, str]]:
        """The keys that matter now; a packet that no key opened says what would."""
        row = self.selected()
        if row is not None and row.summary.verdict is Verdict.UNREADABLE:
            return (("c", "join the channel that opens it"), *super().list_keys())
        return (("p", "go on" if self.view.is_paused else "pause"), *super().list_keys())

    # -- actions -------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Hold the list still, or catch up and follow."""
        self.view.set_paused(not self.view.is_paused)
        if self.view.is_paused:
            self._list.pause_following()
        else:
            self.action_newest()
        self.post_message(self.Restated())

    def action_newest(self) -> None:
        """Go to the end and stay there."""
        self.view.set_paused(False)
        self._list.show_all()
        self._list.follow_end()
        self.post_message(self.Restated())

    # -- within --------------------------------------------------------------------------------

    def _state(self) -> tuple[int, ...]:
        view = self.view
        newest = view.rows[-1].number if view.rows else 0
        return len(view.rows), newest, view.log.dropped, view.waiting, len(view.log.known)

    def _motion(self) -> str:
        if self.view.is_paused:
            return f"paused, {self.view.waiting:,} waiting" if self.view.waiting else "paused"
        return "following" if self._list.is_following else "G to follow"

    def _extend_ladder(self) -> None:
        """Draw the ladder anew where one of the packets since is of its message."""
        ladder, row = self._ladder.ladder, self._ladder.current()
        if self._over != "ladder" or ladder is None or row is None:
            return
        rows = self.view.around(row.number)
        fresh = rows[position_of(rows, self._drawn + 1) :]
        self._drawn = rows[-1].number if rows else self._drawn
        if any(ladder.concerns(each) for each in fresh):
            self.draw_ladder(row)

    def draw_ladder(self, row: PacketRow) -> None:
        """Draw a packet's message as it stands, and note how far that is."""
        rows = self.view.around(row.number)
        self._drawn = rows[-1].number if rows else 0
        super().draw_ladder(row)

    def _reread_soon(self) -> None:
        if self._to_reread and self._reread_rest is None:
            self._reread_rest = self.set_timer(_REREAD_EVERY_S, self._rested)
            self.run_worker(self._reread(), group="reread")

    def _rested(self) -> None:
        self._reread_rest = None
        self._reread_soon()

    async def _reread(self) -> None:
        """Try the packets that no key opened again, a slice at a time."""
        networks, self._to_reread = self._to_reread, set()
        fresh: list[PacketRow] = []
        slices = Slices()
        for row in unopened(self.view.log.rows, networks):
            summary = self.desk.api.summarise(row.network, frame_of(row))
            if summary.verdict is not Verdict.UNREADABLE:
                fresh.append(replace(row, summary=summary))
            await slices.rest()
        if fresh:
            current = self._list.current()
            self.view.replace(fresh)
            self._shown, self._drawn = None, 0
            self._list.show_all(number=current.number if current is not None else None)
            self.select()
            self.post_message(self.Notice(f"{count_of(len(fresh), 'packet')} opened"))
            self.post_message(self.Restated())
