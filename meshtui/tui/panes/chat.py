"""The chat pane: list of chats, talk, message line, and beside them what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from meshtui.model.command import JoinChannel, MarkRead
from meshtui.model.event import (
    ChannelChanged,
    FrameSent,
    LinkChanged,
    MessageQueued,
    NodeMarked,
)
from meshtui.model.ids import (
    NodeId,
    channel_conversation,
    channel_title,
    split_conversation,
)
from meshtui.model.message import Proof
from meshtui.model.node import PinState
from meshtui.tui.command import bindings_of
from meshtui.tui.commands import CHAT
from meshtui.tui.keys_in_turn import OPENING
from meshtui.tui.panes.chat_actions import RETRIABLE, is_command
from meshtui.tui.panes.chat_search import PAGE
from meshtui.tui.panes.chat_sending import ChatSending
from meshtui.tui.state.arrivals import Arrivals
from meshtui.tui.state.chat import Change, ChatLog
from meshtui.tui.state.completion import Vocabulary
from meshtui.tui.state.joining import is_card, is_invitation
from meshtui.tui.state.networks import network_title
from meshtui.tui.text.format import padlock_words
from meshtui.tui.text.radio import arrival_pieces
from meshtui.tui.widgets.bar_line import BarLine
from meshtui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from meshtui.model.event import Event
    from meshtui.model.ids import ConversationId
    from meshtui.tui.widgets.chat_list import ChatList
    from meshtui.tui.widgets.line_input import LineInput
    from meshtui.tui.widgets.line_list import LineList
    from meshtui.tui.widgets.pane import Desk

WITH_LIST = 90
WITH_DETAILS = 131
_SEVERAL = 2
_DRAFT_AFTER_S = 1.0
_COST_EVERY_S = 5.0


class ChatPane(ChatSending):
    """Reads and writes conversations."""

    pane_id = "chat"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(CHAT, "chat")
    DEFAULT_CSS = """
    ChatPane { layers: default slide; layout: horizontal; }
    ChatPane #chats { width: 26; border-right: solid $rule; }
    ChatPane.-narrow #chats {
        layer: slide; width: 32; height: 1fr; display: none; background: $surface;
    }
    ChatPane.-narrow.-slid #chats { display: block; }
    ChatPane #talk { width: 1fr; height: 1fr; }
    ChatPane #find { display: none; padding: 0 0 0 1; background: $bar; }
    ChatPane #find.-shown { display: block; }
    ChatPane #below { background: $background; }
    ChatPane #details { width: 38; border-left: solid $rule; display: none; }
    ChatPane.-wide #details { display: block; }
    ChatPane.-plain #chats { border-right: ascii $rule; }
    ChatPane.-plain #details { border-left: ascii $rule; }
    """

    def __init__(self, desk: Desk) -> None:
        """Begin without a conversation."""
        super().__init__(desk)
        self.details = TextLines(id="details")
        self.below = BarLine(id="below")
        self._draft_timer: Timer | None = None
        self._arrivals = Arrivals()
        self._arrivals_end: Timer | None = None
        self._hidden = 0
        self._is_reading = False

    def compose(self) -> ComposeResult:
        """List, talk, details."""
        yield self.chats
        with Vertical(id="talk"):
            yield self.messages
            yield self.finder
            yield self.below
            yield self.composer
        yield self.details

    # -- the pane's promise ------------------------------------------------------------------

    async def load(self) -> None:
        """Read conversations and channels, and open the newest conversation."""
        api = self.desk.api
        channels = await api.channels()
        self.channels = {(channel.network, channel.name): channel for channel in channels}
        self.book.load(await api.conversations(), channels)
        first = self.book.first_to_open()
        if first is not None:
            await self._open(first)
        else:
            self.composer.refuse("/join #channel or /dm NODE to begin")
        self.chats.redraw()
        self.set_interval(_COST_EVERY_S, self._while_waiting)

    def _while_waiting(self) -> None:
        """Count down what the duty cycle lets wait; else nothing moves by itself."""
        cost = self.composer.cost
        if cost is not None and cost.wait_s > 0 and self.display:
            self.composer.ask_cost_again()

    def consume(self, events: Sequence[Event]) -> None:
        """Fold and refresh once."""
        is_list_changed = is_arriving = is_air_used = False
        changes = Change()
        for event in events:
            is_list_changed = self.book.apply(event) or is_list_changed
            is_arriving = self._arrivals.apply(event) or is_arriving
            is_air_used = is_air_used or isinstance(event, FrameSent | LinkChanged)
            self._note(event)
            if self.log_shown is not None:
                _merge(changes, self.log_shown.apply(event))
        if self.messages.log_shown is self.log_shown:
            self.messages.apply(changes)
        if changes.appended:
            self._mark_read()
        if changes.rows:
            self._show_details()
        if is_list_changed:
            self.chats.redraw()
            self._open_first()
        if is_arriving:
            self._show_below()
        if is_air_used and self.composer.value:
            self.composer.ask_cost_again()
        self.post_message(self.Restated())

    def _open_first(self) -> None:
        """The first chat there ever is: a radio told its channels."""
        first = self.book.first_to_open() if self.book.open_id is None else None
        if first is not None and not self.composer.value:
            self.open_conversation(first)

    def on_line_list_moved(self, event: LineList.Moved) -> None:
        """Say how much is below the window."""
        if event.line_list is self.messages:
            self._hidden = self.messages.count - 1 - self.messages.visible_rows[1]
            self._show_below()

    def _show_below(self) -> None:
        """Say what is on its way, and how much is below the window."""
        if self._arrivals_end is not None:
            self._arrivals_end.stop()
            self._arrivals_end = None
        now_ms = self.desk.now_ms()
        arriving = self._arrivals.shown(now_ms)
        left = arrival_pieces(arriving, lambda node: self.desk.directory.name_of(NodeId(node)))
        if arriving:
            wait_s = max(self._arrivals.next_end_ms() - now_ms, 0) / 1000 + 0.05
            self._arrivals_end = self.set_timer(wait_s, self._show_below)
        words = f"{self._hidden} more below: PageDown, or Esc G" if self._hidden > 0 else ""
        self.below.show(left, [(f"{words} ", "accent")] if words else [])

    def names_changed(self) -> None:
        """A node is called differently now, or its key changed."""
        self.messages.changed()
        self.chats.redraw()
        self._show_details()

    def title(self) -> str:
        """The open conversation."""
        conversation = self.book.open_id
        return self.chats.title_of(self.book.talks[conversation]) if conversation else "CHAT"

    def status(self) -> str:
        """What protects it."""
        conversation = self.book.open_id
        if conversation is None:
            return "no chat yet"
        network, _, target = split_conversation(conversation)
        peer = self.desk.directory.nodes.get(self.peer())
        if peer is not None and peer.pin is PinState.FIRST_SEEN and self._is_first_contact():
            words = "end-to-end, first contact"
        else:
            words = padlock_words(conversation, peer, self.channels.get((network, target)))
        if words.startswith("key changed") or len(self.networks()) < _SEVERAL:
            return words
        return f"{network_title(network)}: {words}"

    def _is_first_contact(self) -> bool:
        """Nothing was heard under the pinned key but what came with it."""
        messages = self.log_shown.messages if self.log_shown else []
        proofs = {message.proof for message in messages}
        return Proof.FIRST_CONTACT in proofs and Proof.PINNED not in proofs

    def context_keys(self) -> Sequence[tuple[str, str]]:
        """Other keys while writing, reading, searching."""
        if self.finder.has_focus:
            return (("Enter", "search"), ("Esc", "close"))
        if self.composer.has_focus:
            if self.composer.held_paste:
                return (("Enter", "insert"), ("Esc", "drop the paste"))
            keys = [("F2", "chats"), ("Alt+A", "next unread"), ("Tab", "complete")]
            return (*keys, ("Ctrl+P", "find"), ("Esc", "read"), ("F1", "help"))
        if self.chats.has_focus:
            return (("Enter", "open"), ("j k", "move"), ("Esc", "back"), ("?", "help"))
        own = self.messages.selected()
        failed = own is not None and own.delivery is not None and own.delivery.state in RETRIABLE
        first = ("r", "send again") if failed else ("m", "mention")
        keys = [("i", "write"), first, ("y", "copy"), ("d", "direct"), ("Enter", "details")]
        return (*keys, ("1-6", "panes"), ("?", "help"))

    def take_focus(self) -> None:
        """Writing is what one comes for."""
        self.composer.focus()

    def return_focus(self) -> None:
        """Who came from reading goes on reading: only `i` and Tab lead from there to writing."""
        (self.messages if self._is_reading else self.composer).focus()

    def step_back(self) -> bool:
        """Paste, search, list, writing: one after the other; never from reading to writing."""
        if self.composer.drop_paste():
            return True
        if self.finder.has_class("-shown"):
            self.close_finder()
        elif self.chats.has_focus or self.has_class("-slid"):
            self.remove_class("-slid")
            self.return_focus()
        else:
            self.messages.focus()
        return True

    # -- opening -----------------------------------------------------------------------------

    def open_conversation(self, conversation: ConversationId, at: int = 0) -> None:
        """Show a conversation, at the message with an order; an unknown one begins empty."""
        self.run_worker(self._open(conversation, at), group=OPENING, exclusive=True)

    async def _open(self, conversation: ConversationId, at: int = 0) -> None:
        await self.save_draft()
        talk = self.book.open(conversation)
        log = ChatLog(conversation)
        log.enter(talk.last_read, talk.unread)
        self.log_shown = log
        log.load(await self.desk.api.history(conversation, None, PAGE), PAGE)
        if self.log_shown is not log:
            return
        self.messages.show(log)
        self.composer.value = talk.draft
        self.composer.ask_cost_again()
        self.composer.refuse("")
        self.close_finder(keep_focus=True)
        self.remove_class("-slid")
        self.composer.focus()
        self._mark_read()
        self.chats.redraw()
        self._show_details()
        self.post_message(self.Restated())
        if at:
            self.messages.focus()
            self.call_after_refresh(self.go_to, log, at)

    def join(self, request: JoinChannel, typed: str = "") -> None:
        """Join a channel and open it; where it is refused, what was typed comes back."""
        self.run_worker(self._join(request, typed), group="join")

    async def _join(self, request: JoinChannel, typed: str) -> None:
        here = self.book.open_id
        if await self.screen_submit(request):
            self.open_conversation(channel_conversation(request.network, request.name))
        elif self.book.open_id == here and not self.composer.value:
            self.composer.value = typed

    def _mark_read(self) -> None:
        log = self.log_shown
        if log is None or not log.last_order or not self.display:
            return
        talk = self.book.talks.get(log.conversation)
        if talk is not None and talk.last_read < log.last_order:
            self.submit(MarkRead(log.conversation, log.last_order))

    def _note(self, event: Event) -> None:
        match event:
            case MessageQueued(message):
                self.unkept.discard(message.message_id)
            case ChannelChanged(channel):
                self.channels[channel.network, channel.name] = channel
            case NodeMarked(_, node_id, marks) if marks.is_blocked and self.log_shown is not None:
                self.log_shown.remove_sender(node_id)
                self.messages.show(self.log_shown)

    # -- messages from the widgets -----------------------------------------------------------

    def on_chat_list_opened(self, event: ChatList.Opened) -> None:
        """A chat was chosen."""
        self.open_conversation(event.conversation)

    def on_chat_list_joined(self, event: ChatList.Joined) -> None:
        """An announced channel was chosen."""
        self.join(JoinChannel(event.channel.network, event.channel.name))

    def on_line_list_highlighted(self, _event: LineList.Highlighted) -> None:
        """Another message is selected."""
        self._show_details()
        self.post_message(self.Restated())

    def on_line_list_selected(self, event: LineList.Selected) -> None:
        """Enter on a message."""
        if event.line_list is self.messages:
            event.stop()
            self.action_details()

    def on_line_list_top_reached(self, event: LineList.TopReached) -> None:
        """Read an older page."""
        log = self.log_shown
        if event.line_list is self.messages and log is not None and log.has_older:
            self.run_worker(self.page_up(log), group="page")

    def on_line_input_changed(self, event: LineInput.Changed) -> None:
        """Keep the draft a second after the last key."""
        if event.line_input is not self.composer:
            return
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = self.set_timer(_DRAFT_AFTER_S, self.save_draft)

    def on_line_input_submitted(self, event: LineInput.Submitted) -> None:
        """Send, run or search."""
        event.stop()
        if event.line_input is self.finder:
            self.find_text(event.value)
        elif event.value.strip():
            self._send(event.value)

    def on_descendant_focus(self) -> None:
        """Other keys and details matter now."""
        if self.composer.has_focus or self.messages.has_focus:
            self._is_reading = self.messages.has_focus
        self._show_details()
        self.post_message(self.Restated())

    def on_key(self, event: events.Key) -> None:
        """Scroll the talk while writing."""
        pages = {"pageup": -1.0, "pagedown": 1.0}.get(event.key)
        if pages is not None and self.composer.has_focus:
            event.stop()
            self.messages.action_page(pages)

    def on_resize(self, event: events.Resize) -> None:
        """One pane, two, or three."""
        self.set_class(event.size.width < WITH_LIST, "-narrow")
        self.set_class(event.size.width >= WITH_DETAILS, "-wide")
        self._show_details()

    # -- sending -----------------------------------------------------------------------------

    def _send(self, typed: str) -> None:
        if is_invitation(typed.strip()) or is_card(typed.strip()):
            self.offer_link(typed.strip())
            self.clear_line(typed)
            return
        if is_command(typed):
            if self._slash.run(typed.strip()):
                self.clear_line(typed)
            return
        self.say(typed)

    def run_slash(self, line: str) -> None:
        """Carry out a typed command."""
        self._slash.run(line)

    def vocabulary(self) -> Vocabulary:
        directory = self.desk.directory
        likely = self.log_shown.senders() if self.log_shown else []
        nodes = dict.fromkeys([*likely, *directory.nodes])
        names = [directory.name_of(node) for node in nodes if not directory.is_own(node)]
        channels = [channel_title(network, name) for network, name in sorted(self.channels)]
        return Vocabulary(self._slash.words(), names, channels)

    def _show_details(self) -> None:
        if not self.has_class("-wide") or self.log_shown is None:
            return
        message = self.messages.selected() if self.messages.has_focus else None
        self.details.show(self.detail_lines(message))


def _merge(total: Change, change: Change) -> None:
    total.appended += change.appended
    total.dropped += change.dropped
    total.rows += change.rows
    total.is_reordered = total.is_reordered or change.is_reordered
