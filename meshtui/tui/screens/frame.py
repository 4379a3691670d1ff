"""The frame of the main screen: status line, one pane at a time, key line; events in."""

from __future__ import annotations

import asyncio
from collections import deque
from importlib import import_module
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.containers import Container
from textual.screen import Screen

from meshtui.errors import MeshtuiError
from meshtui.model.event import (
    EventsMissed,
    FrameReceived,
    FrameSent,
    LinkChanged,
    MessageReceived,
    PacketDropped,
    PacketRelayed,
    SecurityRaised,
    StoreFailed,
)
from meshtui.model.link import LinkInfo, LinkState
from meshtui.model.node import PinState
from meshtui.model.text import clean
from meshtui.tui.bridge import pump
from meshtui.tui.panes.chat import ChatPane
from meshtui.tui.state.alerts import should_ring
from meshtui.tui.state.publishers import alarm_of
from meshtui.tui.terminal import set_title
from meshtui.tui.text.format import count_of
from meshtui.tui.widgets.bar_line import BarLine
from meshtui.tui.widgets.pane import Desk, Pane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.timer import Timer

    from meshtui.model.command import Command as MeshCommand
    from meshtui.model.event import Event
    from meshtui.model.ids import LinkId, NodeId

PANES = {
    "chat": "meshtui.tui.panes.chat:ChatPane",
    "nodes": "meshtui.tui.panes.nodes:NodesPane",
    "routes": "meshtui.tui.panes.routes:RoutesPane",
    "packets": "meshtui.tui.panes.packets:PacketsPane",
    "metrics": "meshtui.tui.panes.metrics:MetricsPane",
    "publishers": "meshtui.tui.panes.publishers:PublishersPane",
}
FRAME_BACKLOG = 2_000
_NOTICE_S = 6.0
_ALARM_EVERY_S = 2.0
_ROOMY = 90
_BETWEEN = 3
_FRAME_EVENTS = (FrameReceived, FrameSent, PacketDropped, PacketRelayed)


class MainFrame(Screen[None]):
    """Holds the panes; the chat pane always, the others from their first visit."""

    DEFAULT_CSS = """
    MainFrame { background: $background; color: $foreground; overflow: hidden; }
    MainFrame #panes { height: 1fr; width: 1fr; }
    MainFrame #banner { display: none; background: $panel; }
    MainFrame #banner.-shown { display: block; }
    """

    def __init__(self, desk: Desk) -> None:
        """Hold the desk for the panes."""
        super().__init__()
        self.desk = desk
        self.links: dict[LinkId, LinkInfo] = {}
        self._signals: dict[LinkId, int] = {}
        self.panes: dict[str, Pane] = {}
        self.pane_shown = "chat"
        self.warning = ""
        self._opening = asyncio.Lock()
        self._backlog: deque[Event] = deque(maxlen=FRAME_BACKLOG)
        self._notice: tuple[str, bool] | None = None
        self._notice_end: Timer | None = None
        self._is_focused = True
        self._window_title = ""
        self._alarm = ""

    def compose(self) -> ComposeResult:
        """Two lines and what is between."""
        ellipsis = self.desk.glyphs.ellipsis
        yield BarLine(id="status", ellipsis=ellipsis)
        yield BarLine(id="banner", ellipsis=ellipsis)
        with Container(id="panes"):
            chat = ChatPane(self.desk)
            self.panes["chat"] = chat
            yield chat
        yield BarLine(id="keys", ellipsis=ellipsis)

    async def on_mount(self) -> None:
        """Follow first, then read what was, then apply what came meanwhile."""
        subscription = self.desk.api.subscribe()
        self.links = {link.link_id: link for link in self.desk.api.links()}
        self.desk.directory.load(await self.desk.api.nodes())
        await self.panes["chat"].load()
        self.panes["chat"].take_focus()
        self.run_worker(pump(subscription, self.consume), group="bridge")
        self.set_interval(_ALARM_EVERY_S, self._look_after_publishers)
        self._look_after_publishers()
        self.restate()

    @property
    def chat(self) -> ChatPane:
        """The chat pane."""
        pane = self.panes["chat"]
        if not isinstance(pane, ChatPane):
            msg = "the first pane is the chat"
            raise TypeError(msg)
        return pane

    @property
    def pane(self) -> Pane:
        """The pane that is shown."""
        return self.panes[self.pane_shown]

    def consume(self, events: Sequence[Event]) -> None:
        """Take one batch: names first, then panes, then the lines around them."""
        if not self.query("#status"):
            return  # the screen is being taken down, its widgets first
        are_names_changed = False
        for event in events:
            if isinstance(event, _FRAME_EVENTS):
                if isinstance(event, FrameReceived) and event.frame.rx.rssi_dbm is not None:
                    self._signals[event.frame.link_id] = event.frame.rx.rssi_dbm
                self._backlog.append(event)
                continue
            if self.desk.directory.apply(event) is not None:
                are_names_changed = True
            self._note(event)
        for pane in self.panes.values():
            pane.consume(events)
        if are_names_changed:
            self.chat.names_changed()
        self._ring(events)
        self.restate()

    async def open_pane(self, pane_id: str, hint: str = "", *, is_return: bool = False) -> None:
        """Show a pane, making it at its first visit; `is_return`: it was there before this one."""
        async with self._opening:  # two quick presses of a digit make one pane
            pane = self.panes.get(pane_id) or await self._make_pane(pane_id)
        self.pane_shown = pane_id
        for other_id, other in self.panes.items():
            other.display = other_id == pane_id
        if hint:
            pane.receive_hint(hint)
        if is_return:
            pane.return_focus()
        else:
            pane.take_focus()
        self.restate()

    async def _make_pane(self, pane_id: str) -> Pane:
        """Make a pane that misses nothing: it follows from here on, and then loads what was."""
        module, _, name = PANES[pane_id].partition(":")
        pane = getattr(import_module(module), name)(self.desk)
        if not isinstance(pane, Pane):
            msg = f"{module} makes no pane"
            raise TypeError(msg)
        await self.query_one("#panes").mount(pane)
        pane.consume(tuple(self._backlog))
        self.panes[pane_id] = pane
        await pane.load()
        return pane

    async def submit(self, command: MeshCommand) -> None:
        """Ask the mesh; say why where it refuses."""
        try:
            await self.desk.api.submit(command)
        except MeshtuiError as error:
            self.tell(clean(str(error), limit=200), is_error=True)

    # -- the lines around --------------------------------------------------------------------

    def restate(self) -> None:
        """Say anew what the lines say; unchanged ones are not repainted."""
        if not self.is_mounted:
            return
        pane = self.pane
        status = self.chat.status() if pane is self.chat else pane.status()
        left = [(pane.title(), "title")]
        if status:
            left.append((f"  {status}", "bad" if status.startswith("key changed") else "dim"))
        right = self._right_side()
        if pane is not self.chat and _cells(left) + _cells(right) > self.size.width - _BETWEEN:
            right = self._right_side(has_names=False)  # a filter in force says more
        self.query_one("#status", BarLine).show(left, right)
        self._show_banner()
        self._show_keys()
        self._entitle()

    def _entitle(self) -> None:
        """Say in the window's title how much waits, for tmux and the task bar."""
        unread, for_us = self.chat.book.unread_elsewhere()
        waiting = max(unread, for_us)
        title = f"({waiting}) meshtui" if waiting else "meshtui"
        if title != self._window_title:
            self._window_title = title
            set_title(self.app, title)

    def tell(self, text: str, *, is_error: bool = False) -> None:
        """Say something on the bottom line for a few seconds; empty = nothing any more."""
        if self._notice_end is not None:
            self._notice_end.stop()  # the end of the one before would take this one away early
        if not text:
            self._drop_notice()
            return
        self._notice = (text, is_error)
        self._show_keys()
        self._notice_end = self.set_timer(_NOTICE_S, self._drop_notice)

    def _drop_notice(self) -> None:
        self._notice = None
        self._show_keys()

    def _show_keys(self) -> None:
        line = self.query_one("#keys", BarLine)
        if self._notice is not None:
            text, is_error = self._notice
            line.say(text, "bad" if is_error else "good", self.size.width)
            return
        pieces: list[tuple[str, str]] = []
        for key, word in _fitting(self.pane.context_keys(), self.size.width - 1):
            pieces += [(key, "key"), (f" {word}  ", "")]
        line.show(pieces)

    def _right_side(self, *, has_names: bool = True) -> list[tuple[str, str]]:
        """What is elsewhere, and the links: where room is needed, by their signs alone."""
        unread, for_us = self.chat.book.unread_elsewhere()
        pieces: list[tuple[str, str]] = []
        if self.size.width >= _ROOMY:
            pieces.append((f"{count_of(len(self.desk.directory.nodes), 'node')}  ", "dim"))
        if for_us:
            pieces.append((f"{self.desk.glyphs.mention}{for_us}  ", "accent"))
        if unread > for_us:
            where = " elsewhere" if self.size.width >= _ROOMY else ""
            pieces.append((f"{unread} unread{where}  ", "dim"))
        if self._alarm:
            pieces.append((f"{self.desk.glyphs.warning} {self._alarm}  ", "bad"))
        signs = {
            LinkState.UP: (self.desk.glyphs.link_up, "good"),
            LinkState.CONNECTING: (self.desk.glyphs.link_connecting, "warn"),
            LinkState.DOWN: (self.desk.glyphs.link_down, "bad"),
        }
        for link in self.links.values():
            sign, look = signs[link.state]
            name = f" {clean(link.title, limit=16)}{self._air(link)}" if has_names else ""
            pieces += [(sign, look), (f"{name} ", "dim")]
        if not self.links:
            pieces.append(("no link ", "warn"))
        return pieces

    def _look_after_publishers(self) -> None:
        """A broker that is lost makes no event."""
        publishing = self.desk.api.publishing()
        alarm = alarm_of(publishing.status() if publishing is not None else None)
        if alarm != self._alarm:
            self._alarm = alarm
            self.restate()

    def _air(self, link: LinkInfo) -> str:
        """What a radio link is, and how well it heard its last frame, where there is room."""
        if link.radio is None or self.size.width < _ROOMY:
            return ""
        medium = link.url.partition("://")[0].partition("+")[2]
        heard = self._signals.get(link.link_id) if link.state is LinkState.UP else None
        words = (medium if medium != link.title else "", "" if heard is None else f"{heard} dBm")
        return "".join(f" {word}" for word in words if word)

    def _show_banner(self) -> None:
        banner = self.query_one("#banner", BarLine)
        changed = self.changed_nodes()
        sign = self.desk.glyphs.warning
        if changed:
            name = self.desk.directory.name_of(changed[0])
            more = f" and {count_of(len(changed) - 1, 'other')}" if len(changed) > 1 else ""
            text = f"{sign} {name}{more} shows another key: its messages are refused"
            banner.show([(text, "bad")], [("Alt+K", "key"), (" compare ", "")])
        elif self.warning:
            banner.show([(f"{sign} {self.warning}", "warn")], [("Esc", "key"), (" dismiss ", "")])
        banner.set_class(bool(changed or self.warning), "-shown")

    def _note(self, event: Event) -> None:
        match event:
            case LinkChanged(link):
                self.links[link.link_id] = link
                if link.state is LinkState.DOWN and link.reason:
                    self.tell(clean(f"{link.title}: {link.reason}", limit=160), is_error=True)
            case SecurityRaised(_, kind, node_id, detail) if kind != "key-changed":
                name = self.desk.directory.name_of(node_id)
                self.warning = f"{name}: {clean(detail or kind, limit=120)}"
            case StoreFailed(detail):
                self.warning = clean(f"Nothing is kept: {detail}", limit=160)
            case EventsMissed(count):
                self.tell(f"{count_of(count, 'event')} missed here; the store has them")

    def _ring(self, events: Sequence[Event]) -> None:
        """One bell for a batch, however many messages it holds."""
        seen = self.chat.book.open_id if self.pane is self.chat and self._is_focused else None
        for event in events:
            if isinstance(event, MessageReceived) and should_ring(
                event.message, self.chat.book, self.desk.directory, seen
            ):
                self.app.bell()
                return

    def changed_nodes(self) -> list[NodeId]:
        """Nodes under whose id another key appeared."""
        nodes = self.desk.directory.nodes.values()
        return [node.node_id for node in nodes if node.pin is PinState.CHANGED]

    def on_resize(self) -> None:
        """More keys fit, or fewer."""
        self.restate()

    def on_app_focus(self) -> None:
        """The user looks here."""
        self._is_focused = True

    def on_app_blur(self) -> None:
        """The user looks elsewhere: the open chat may ring too."""
        self._is_focused = False


def _cells(pieces: Sequence[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _fitting(keys: Sequence[tuple[str, str]], width: int) -> Sequence[tuple[str, str]]:
    """Whole words only: the first keys that fit, and the last one, which helps."""
    if not keys:
        return keys
    widths = [cell_len(key) + 1 + cell_len(word) + 2 for key, word in keys]
    taken, room = [], width + 2 - widths[-1]
    for key, needed in zip(keys[:-1], widths[:-1], strict=True):
        room -= needed
        if room < 0:
            break
        taken.append(key)
    return (*taken, keys[-1])
